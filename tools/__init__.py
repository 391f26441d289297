"""Tools of the project: boards, benchmarks, fault tests, zoo, study, releases."""

"""The files below are run by the boards (tests/board/run.py), not collected here."""

collect_ignore_glob = ["cases/*", "fakes/*", "lib/*", "native/*"]

"""The files below are run by the boards (tests/on_board/run.py), not collected here."""

collect_ignore_glob = ["cases/*", "fakes/*", "lib/*", "native/*"]

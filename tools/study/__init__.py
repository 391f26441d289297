"""The parts of ``tools/study/__main__.py``: each makes tables and plots of one question."""

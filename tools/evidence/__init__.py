"""The parts of ``tools/study.py``: each makes tables and plots of one question."""

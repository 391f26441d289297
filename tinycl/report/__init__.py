"""What came out of a run: metrics, and a page that a person would rather look at."""

from tinycl.report.page import write_report
from tinycl.report.plots import accuracy_figure
from tinycl.report.record import RunRecord, read_summary

__all__ = [
    "RunRecord",
    "accuracy_figure",
    "read_summary",
    "write_report",
]

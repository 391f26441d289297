"""What came out of a run: metrics, and a page that a person would rather look at."""

from tinycl.experiment.metrics import confusion, forgetting
from tinycl.report.page import write_report
from tinycl.report.plots import accuracy_figure
from tinycl.report.record import RunRecord, read_summary

__all__ = [
    "RunRecord",
    "accuracy_figure",
    "confusion",
    "forgetting",
    "read_summary",
    "write_report",
]

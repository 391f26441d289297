"""What a stream to a board looks like in a terminal: pure functions from a state to lines of text.

state -> picture, trace, chart, matrix, bars -> view
"""

from tinycl.ui.stream_state import BoardStats, Sample, State
from tinycl.ui.stream_view import View, view

__all__ = ["BoardStats", "Sample", "State", "View", "view"]

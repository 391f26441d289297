"""What a stream to a board looks like in a terminal: pure functions from a state to lines of text.

state -> picture, trace, chart, matrix, bars -> view
"""

from tinycl.watch.state import Seen, State, Vitals
from tinycl.watch.view import View, view

__all__ = ["Seen", "State", "View", "Vitals", "view"]

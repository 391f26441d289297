"""Lines of a page that quote figures: where they stand, and what they should say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from tinycl.exceptions import TinyclError

__all__ = ["Line", "LineError"]

_FIELD = re.compile(r"\{[^{}]+\}")


class LineError(TinyclError):
    """A page has no line, or several, of a template."""


@dataclass(frozen=True)
class Line:
    """A template of ``str.format`` that one line of a page follows.

    Attributes
    ----------
    page : str
        Its path in the project.
    template : str
        From anywhere in the line to anywhere, such as ``"| flash | {flash:.1f} KiB |"``.
    """

    page: str
    template: str

    def wanted(self, values: dict[str, Any]) -> str:
        """The text with the figures as measured; KeyError: one was not."""
        return self.template.format_map(values)

    def found(self, text: str) -> str:
        """The text as the page has it; LineError: it is not there, or more than once."""
        literals = map(re.escape, _FIELD.split(self.template))
        found = re.findall(r"[^|\n]{1,60}?".join(literals), text)
        if len(found) != 1:
            raise LineError(
                f"{self.page}: expected one line such as {self.template!r}, found {len(found)}"
            )
        return str(found[0])

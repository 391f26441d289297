"""Settings as users write them: one value, or several with commas between, for a grid of them.

>>> [s.qf for s in grid({"qf": "4,6,8"})]
[4, 6, 8]
>>> [s.scenario for s in grid({"scenario": "nc:1,first=5,nic:3"})]
['nc:1,first=5', 'nic:3']
"""

from __future__ import annotations

import itertools
import re
import reprlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tinycl.exceptions import DataError
from tinycl.experiment.settings import ExperimentSettings

__all__ = ["grid"]

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_COMMA = re.compile(r",(?!\s*first=)")  # a scenario's own comma does not part it


def grid(given: Mapping[str, Any]) -> list[ExperimentSettings]:
    """All combinations of the values given, in the order of the fields; no run twice.

    Parameters
    ----------
    given
        Text or values by the names of the fields; what is missing or None has its default.

    Raises
    ------
    DataError
        A number was expected, or a value is missing between two commas.
    """
    unknown = set(given) - {field.name for field in fields(ExperimentSettings)}
    if unknown:
        raise DataError(f"expected fields of ExperimentSettings, got {', '.join(sorted(unknown))}")
    names = [
        field.name for field in fields(ExperimentSettings) if given.get(field.name) is not None
    ]
    kinds = {field.name: str(field.type) for field in fields(ExperimentSettings)}
    values = [_values(name, kinds[name], given[name]) for name in names]
    found = (
        ExperimentSettings(**dict(zip(names, row, strict=True)))
        for row in itertools.product(*values)
    )
    return list(dict.fromkeys(settings.plain() for settings in found))


def _values(name: str, kind: str, given: Any) -> list[Any]:
    if not isinstance(given, str):
        return [given]
    return [_value(name, kind, text.strip()) for text in _COMMA.split(given)]


def _value(name: str, kind: str, text: str) -> Any:
    option = f"--{name.replace('_', '-')}"
    if not text:
        raise DataError(f"{option}: a value is missing beside a comma")
    if "int" not in kind:
        return text
    if _WHOLE.fullmatch(text):
        return int(text)
    if "str" in kind:  # a replay memory in bytes
        return text
    raise DataError(f"{option}: expected whole numbers, got {reprlib.repr(text)}")

"""The record of one run, as ``summary.json`` holds it, checked before anything shows it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinycl.exceptions import DataError
from tinycl.report import checks
from tinycl.report.checks import list_of
from tinycl.text import class_label

__all__ = ["ExperienceRecord", "RunRecord", "read_summary"]

_MOST_CLASSES = 1000


@dataclass(frozen=True)
class ExperienceRecord:
    """One experience: its number, the classes it brought, how many samples were streamed."""

    number: int
    classes: tuple[int, ...]
    samples: int


@dataclass(frozen=True)
class RunRecord:
    """All that a report shows; only the first two fields must be there.

    Accuracies and `forgetting` are fractions; `confusion` has the true class as row; lists
    ``..._after_experience`` have one entry per experience, on the classes seen so far. The pairs
    of ``confidence["reliability"]`` are mean confidence and accuracy of a bin, those of
    ``confidence["coverage"]`` the share of samples of which the board is surest, and accuracy.
    """

    final_accuracy: float
    accuracy_after_experience: list[float]
    per_class_after_experience: list[dict[int, float]] | None = None
    forgetting: float | None = None
    naive_final_accuracy: float | None = None
    naive_accuracy_after_experience: list[float] | None = None
    confusion: list[list[int]] | None = None
    class_names: list[str] | None = None
    experiences: list[ExperienceRecord] | None = None
    replay_bytes: int | None = None
    replay_bytes_float32: int | None = None
    replay_slots: int | None = None
    model_bytes: int | None = None
    head_bytes: int | None = None
    samples_streamed: int | None = None
    samples_per_second: float | None = None
    bytes_sent: int | None = None
    bytes_received: int | None = None
    retransmissions: int | None = None
    bits_checked_against_lce: int | None = None
    bits_differing: int | None = None
    confidence: dict[str, Any] | None = None
    board: dict[str, Any] | None = None
    saved: bool | None = None
    board_fingerprint: str | None = None
    simulator_fingerprint: str | None = None
    settings: dict[str, Any] | None = None
    command: str | None = None
    version: str | None = None

    @classmethod
    def from_dict(cls, summary: dict[str, Any]) -> RunRecord:
        """Check a summary; fields that are missing or null are None, unknown ones are ignored.

        Raises
        ------
        DataError
            If a field is of the wrong type, or fields contradict one another.
        """
        summary = checks.mapping(summary, "the file")
        for needed in ("final_accuracy", "accuracy_after_experience"):
            if summary.get(needed) is None:
                raise DataError(f"summary: {needed} is missing; this is no tinycl summary.json")
        values = {
            name: check(summary[name], name)
            for name, check in _CHECKS.items()
            if summary.get(name) is not None
        }
        record = cls(**values)
        record._check_lengths()
        return record

    @property
    def classes(self) -> int | None:
        """Number of classes, where any field tells."""
        if self.class_names:
            return len(self.class_names)
        if self.confusion:
            return len(self.confusion)
        if self.per_class_after_experience:
            return 1 + max(max(entry, default=-1) for entry in self.per_class_after_experience)
        return None

    @property
    def experience_labels(self) -> list[str]:
        """What each experience is called: by the classes it brought, or by its number."""
        if not self.experiences:
            return [str(number) for number in range(len(self.accuracy_after_experience))]
        return [class_label(entry.classes, self.name_of) for entry in self.experiences]

    def name_of(self, label: int) -> str:
        """Return a class's name, or its number where names are not known."""
        return self.class_names[label] if self.class_names else str(label)

    def _check_lengths(self) -> None:
        experiences = len(self.accuracy_after_experience)
        if not experiences:
            raise DataError("summary: accuracy_after_experience is empty")
        for name in (
            "naive_accuracy_after_experience",
            "per_class_after_experience",
            "experiences",
        ):
            value = getattr(self, name)
            if value is not None and len(value) != experiences:
                raise DataError(
                    f"summary: {name} has {len(value)} entries, accuracy_after_experience "
                    f"{experiences}; expected one per experience"
                )
        classes = self.classes or 0
        if classes > _MOST_CLASSES:
            raise DataError(f"summary: {classes} classes; a page shows at most {_MOST_CLASSES}")
        if self.confusion and any(len(row) != len(self.confusion) for row in self.confusion):
            raise DataError(
                "summary: confusion is not square; expected one row and column a class"
            )
        if self.confusion and len(self.confusion) != classes:
            raise DataError(
                f"summary: confusion has {len(self.confusion)} classes, class_names {classes}"
            )
        named = [label for entry in self.per_class_after_experience or [] for label in entry]
        named += [label for entry in self.experiences or [] for label in entry.classes]
        if self.classes is not None and named and max(named) >= classes:
            raise DataError(f"summary: class {max(named)} is named; there are {classes} classes")


def read_summary(path: Path) -> RunRecord:
    """Read ``summary.json``.

    Raises
    ------
    DataError
        If there is no such file, it is not JSON, or not a summary.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"no such file: {path}; expected the folder of a finished run") from None
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON ({error})") from error
    try:
        return RunRecord.from_dict(content)
    except DataError as error:
        raise DataError(f"{path}: {error}") from None


def _experience(value: Any, where: str) -> ExperienceRecord:
    entry = checks.mapping(value, where)
    return ExperienceRecord(
        checks.count(entry.get("number"), f"{where}.number"),
        tuple(list_of(checks.count)(entry.get("classes"), f"{where}.classes")),
        checks.count(entry.get("samples"), f"{where}.samples"),
    )


def _confidence(value: Any, where: str) -> dict[str, Any]:
    """See ``tinycl.experiment.confidence.figures``; older summaries have fewer of its parts."""
    entry, found = checks.mapping(value, where), {}
    for name in ("mean", "accuracy", "known", "calibration_error", *_UNKNOWN):
        if entry.get(name) is not None:
            found[name] = checks.fraction(entry[name], f"{where}.{name}")
    for name, keys in (("reliability", ("confidence", "accuracy")), ("coverage", _COVERAGE)):
        rows = list_of(checks.mapping)(entry.get(name) or [], f"{where}.{name}")
        found[name] = [
            tuple(checks.fraction(row.get(key), f"{where}.{name}.{key}") for key in keys)
            for row in rows
        ]
    return found


_UNKNOWN = ("unknown_auroc", "unknown_accepted")
_COVERAGE = ("share", "accuracy")

_CHECKS: dict[str, checks.Check] = {
    "final_accuracy": checks.fraction,
    "accuracy_after_experience": list_of(checks.fraction),
    "per_class_after_experience": list_of(checks.by_class),
    "forgetting": checks.between(-1, 1),
    "naive_final_accuracy": checks.fraction,
    "naive_accuracy_after_experience": list_of(checks.fraction),
    "confusion": list_of(list_of(checks.count)),
    "class_names": list_of(checks.text),
    "experiences": list_of(_experience),
    "samples_per_second": checks.between(0, math.inf),
    "confidence": _confidence,
    "board": checks.mapping,
    "saved": checks.flag,
    "board_fingerprint": checks.token,
    "simulator_fingerprint": checks.token,
    "settings": checks.mapping,
    "command": checks.text,
    "version": checks.text,
    **dict.fromkeys(
        (
            "replay_bytes",
            "replay_bytes_float32",
            "replay_slots",
            "model_bytes",
            "head_bytes",
            "samples_streamed",
            "bytes_sent",
            "bytes_received",
            "retransmissions",
            "bits_checked_against_lce",
            "bits_differing",
        ),
        checks.count,
    ),
}

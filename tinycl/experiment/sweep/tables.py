"""The groups of a sweep as one tidy table: a row for every run and experience."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

__all__ = ["csv_text", "rows", "varying"]

Group = dict[str, Any]


def rows(groups: Sequence[Group]) -> Iterator[dict[str, Any]]:
    """One row for each experience of each run.

    A row has the model, all settings, the seed, the experience with its samples and the number of
    classes seen, the accuracy after it, and the figures of the whole run: ``final_accuracy``,
    ``forgetting``, ``state_fingerprint``, ``seconds``.
    """
    for group in groups:
        about = {key: group[key] for key in ("model", "model_fingerprint")}
        about |= group["settings"] | {"replay_bytes": group["replay_bytes"]}
        for run in group["runs"]:
            whole = {
                name: run[name]
                for name in ("final_accuracy", "forgetting", "state_fingerprint", "seconds")
            }
            steps = zip(
                run["experiences"],
                run["accuracy_after_experience"],
                run["per_class_after_experience"],
                strict=True,
            )
            for experience, accuracy, per_class in steps:
                yield {
                    **about,
                    "seed": run["seed"],
                    "experience": experience["number"],
                    "samples": experience["samples"],
                    "classes_seen": len(per_class),
                    "accuracy": accuracy,
                    **whole,
                }


def csv_text(groups: Sequence[Group]) -> str:
    """The rows as CSV with a header."""
    table = list(rows(groups))
    file = io.StringIO()
    writer = csv.DictWriter(file, list(table[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(table)
    return file.getvalue()


def varying(groups: Sequence[Group]) -> list[str]:
    """What tells each group from the others, such as ``qf 4, replay 200``.

    What every group has in common is left out; a group alone is called by its method.
    """
    settings = [group["settings"] for group in groups]
    names = [name for name in settings[0] if len({str(s.get(name)) for s in settings}) > 1]
    names = [name for name in names if name != "seed"]
    if not names:
        return [str(s["method"]) for s in settings]
    words = ("method", "learn", "arithmetic", "policy", "scenario")  # they speak for themselves
    return [
        ", ".join(str(s[name]) if name in words else f"{name} {s[name]}" for name in names)
        for s in settings
    ]

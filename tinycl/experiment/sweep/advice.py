"""Which settings pay on a data set: the same stream, seed by seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinycl.experiment.settings import OF_TAIL

__all__ = ["best", "compare", "sentences"]

Group = dict[str, Any]

_MAY_DIFFER = {"learn", "head", "rank", "replay", *OF_TAIL}
_OF_THE_STREAM = ("limit", "scenario", "order", "epochs", "unknown")


def best(groups: Sequence[Group]) -> Group | None:
    """The group whose settings to use: the cheapest that no other surpasses with every seed.

    Settings are cheaper that learn less deep, then that replay from fewer bytes. Runs in float32,
    and of methods that are there for contrast, are left out.

    Returns
    -------
    dict or None
        None where there is no choice, or where the streams differ.
    """
    choices = [g for g in groups if _is_a_choice(g["settings"])]
    streams = {tuple(g["settings"][name] for name in _OF_THE_STREAM) for g in choices}
    if len(choices) < 2 or len(streams) > 1:
        return None
    highest = max(choices, key=lambda g: sum(_finals(g)))
    return next(  # the highest surpasses itself with no seed
        group
        for group in sorted(choices, key=_cost)
        if any(a <= b for a, b in zip(_finals(highest), _finals(group), strict=True))
    )


def compare(groups: Sequence[Group]) -> list[tuple[Group, list[float]]]:
    """Deeper groups that have a head to compare with, and what each seed gains by the depth.

    The head is the best one with the same settings and as many slots of replay memory or, where
    the memory was given in bytes, as many bytes to a latent; or a head that replays nothing.
    """
    found = []
    for group in groups:
        if group["settings"]["learn"] == "head":
            continue
        heads = [other for other in groups if _is_its_head(other, group)]
        if heads:
            finals = _finals(max(heads, key=lambda g: sum(_finals(g))))
            pairs = zip(_finals(group), finals, strict=True)
            found.append((group, [a - b for a, b in pairs]))
    return found


def sentences(groups: Sequence[Group], names: Sequence[str]) -> list[str]:
    """A verdict on each deeper group, which pays if every seed gains; then what to use."""
    by_group = {id(group): name for group, name in zip(groups, names, strict=True)}
    said = []
    for group, gains in compare(groups):
        mean = sum(gains) / len(gains)
        verdict = "pays" if min(gains) > 0 else "does not pay" if mean <= 0 else "hardly pays"
        said.append(
            f"{by_group[id(group)]}: {verdict} here, {100 * mean:+.1f} points against the head "
            f"alone ({100 * min(gains):+.1f} to {100 * max(gains):+.1f} by seed)"
        )
    chosen = best(groups)
    if chosen:
        settings = chosen["settings"]
        options = [
            f"--{name.replace('_', '-')} {settings[name]}"
            for name in settings
            if name != "seed" and len({str(g["settings"][name]) for g in groups}) > 1
        ]
        mean = sum(_finals(chosen)) / len(chosen["runs"])
        said.append(
            f"use {' '.join(options)}: {100 * mean:.1f} %, and nothing cheaper does as well"
        )
    return said


def _finals(group: Group) -> list[float]:
    return [run["final_accuracy"] for run in group["runs"]]


def _is_a_choice(settings: dict[str, Any]) -> bool:
    return settings["arithmetic"] == "integer" and settings["method"] == "cwr"


def _cost(group: Group) -> tuple[int, int]:
    learn = group["settings"]["learn"]
    depth = 0 if learn == "head" else 256 if learn == "full" else int(learn.partition(":")[2])
    return depth, group["replay_bytes"]


def _is_its_head(head: Group, group: Group) -> bool:
    a, b = head["settings"], group["settings"]
    if a["learn"] != "head" or any(a[name] != b[name] for name in a if name not in _MAY_DIFFER):
        return False
    if a["head"] in ("mean", "lda") or a["replay"] == b["replay"]:
        return True
    apart = abs(head["replay_bytes"] - group["replay_bytes"])
    latents = (g["replay_bytes"] // max(1, g["settings"]["replay"]) for g in (head, group))
    return bool(apart < max(latents))

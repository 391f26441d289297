"""Whether it pays to learn deeper than the head: the same stream, seed by seed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tinycl.experiment.settings import OF_TAIL

__all__ = ["compare", "sentences"]

Group = dict[str, Any]

_MAY_DIFFER = {"learn", "replay", *OF_TAIL}


def compare(groups: Sequence[Group]) -> list[tuple[Group, list[float]]]:
    """Deeper groups that have a head to compare with, and what each seed gains by the depth.

    The head is the one with the same settings and as many slots of replay memory or, where the
    memory was given in bytes, as many bytes to a latent.
    """
    found = []
    for group in groups:
        if group["settings"]["learn"] == "head":
            continue
        heads = [other for other in groups if _is_its_head(other, group)]
        if heads:
            pairs = zip(group["runs"], heads[0]["runs"], strict=True)
            found.append((group, [a["final_accuracy"] - b["final_accuracy"] for a, b in pairs]))
    return found


def sentences(groups: Sequence[Group], names: Sequence[str]) -> list[str]:
    """A verdict on each deeper group: it pays if every seed gains, not if the mean loses."""
    by_group = {id(group): name for group, name in zip(groups, names, strict=True)}
    said = []
    for group, gains in compare(groups):
        mean = sum(gains) / len(gains)
        verdict = "pays" if min(gains) > 0 else "does not pay" if mean <= 0 else "hardly pays"
        said.append(
            f"{by_group[id(group)]}: {verdict} here, {100 * mean:+.1f} points against the head "
            f"alone ({100 * min(gains):+.1f} to {100 * max(gains):+.1f} by seed)"
        )
    return said


def _is_its_head(head: Group, group: Group) -> bool:
    a, b = head["settings"], group["settings"]
    if a["learn"] != "head" or any(a[name] != b[name] for name in a if name not in _MAY_DIFFER):
        return False
    if a["replay"] == b["replay"]:
        return True
    apart = abs(head["replay_bytes"] - group["replay_bytes"])
    latents = (g["replay_bytes"] // max(1, g["settings"]["replay"]) for g in (head, group))
    return bool(apart < max(latents))

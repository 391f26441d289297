"""Place all activations in one block of memory; those that are never alive together share it."""

from dataclasses import dataclass

from tinycl_rt import tcm

from tinycl.convert.ir import Program

__all__ = ["Arena", "plan"]

_ALIGN = 4


@dataclass(frozen=True)
class Arena:
    """Offsets of the activations (None: kept by the caller) and the bytes of the whole block."""

    offsets: tuple[int | None, ...]
    nbytes: int
    largest: int
    """Index of the activation that takes most."""


def plan(program: Program) -> Arena:
    """Greedy placement, largest first, each at the lowest offset that is free while it lives.

    The pixels belong to the caller and the features to the head, so they take no place.
    """
    first = [0] * len(program.activations)
    last = [0] * len(program.activations)
    for i, step in enumerate(program.steps):
        first[step.target] = i
        last[step.target] = last[step.source] = i
    inner = [i for i, a in enumerate(program.activations) if a.dtype == tcm.BITS]
    offsets: list[int | None] = [None] * len(program.activations)
    ends: dict[int, int] = {}
    for i in sorted(inner, key=lambda k: -program.activations[k].nbytes):
        size = program.activations[i].nbytes
        rivals = sorted(
            (offsets[k] or 0, ends[k]) for k in ends if first[k] <= last[i] and first[i] <= last[k]
        )
        place = 0
        for start, end in rivals:
            if start - place >= size:
                break
            place = max(place, -(-end // _ALIGN) * _ALIGN)
        offsets[i] = place
        ends[i] = place + size
    total = -(-max(ends.values()) // _ALIGN) * _ALIGN
    return Arena(tuple(offsets), total, max(inner, key=lambda k: program.activations[k].nbytes))

"""Place all activations in two blocks of memory: one for bits, one for floats."""

from collections.abc import Sequence
from dataclasses import dataclass

from tinycl_rt import tcm

from tinycl.compiler.ir import Program

__all__ = ["Arena", "plan_memory"]


@dataclass(frozen=True)
class Arena:
    """Offsets of the activations (None: kept by the caller) and the bytes of the blocks."""

    offsets: tuple[int | None, ...]
    bit_bytes: int
    largest: int
    """Index of the activation that takes most."""
    float_bytes: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes of both blocks."""
        return self.bit_bytes + self.float_bytes


def plan_memory(program: Program) -> Arena:
    """Place the activations; those that are alive together never share a byte.

    An elementwise operator writes over its input if nobody reads that again. The pixels that come
    in belong to the caller and the features to the head: they take no place. Bytes and floats lie
    in blocks of their own, because MicroPython cannot see a piece of bytes as floats.
    """
    sizes = [0 if a.dtype == tcm.COUNTS else -(-a.nbytes // 4) * 4 for a in program.activations]
    sizes[0] = 0
    place = _places(program)
    offsets: list[int | None] = [None] * len(sizes)
    totals = {}
    for floats in (False, True):
        mine = [
            i
            for i, a in enumerate(program.activations)
            if sizes[i] and (a.dtype == tcm.FLOAT32) == floats
        ]
        found, totals[floats] = _block(program, mine, sizes, place)
        for i in mine:
            offsets[i] = found[place[i]]
    largest = max(range(len(sizes)), key=lambda k: sizes[k])
    return Arena(tuple(offsets), totals[False], largest, totals[True])


def _places(program: Program) -> list[int]:
    """The activation whose memory each one takes: its own, or that of an operator's input."""
    last = _last_reads(program)
    place = list(range(len(program.activations)))
    for k, step in enumerate(program.steps):
        free = [s for s in step.sources if last[s] == k]
        if step.code in tcm.IN_PLACE and free:
            place[step.target] = place[free[0]]
    return place


def _last_reads(program: Program) -> list[int]:
    last = [-1] * len(program.activations)
    for k, step in enumerate(program.steps):
        for source in step.sources:
            last[source] = k
        last[step.target] = max(last[step.target], k)
    if program.output is not None:
        last[program.output] = len(program.steps)
    return last


def _block(
    program: Program, mine: Sequence[int], sizes: Sequence[int], place: Sequence[int]
) -> tuple[dict[int, int], int]:
    """Offsets of the places of some activations, and the bytes they take together."""
    last = _last_reads(program)
    first = {step.target: k for k, step in enumerate(program.steps)}
    spans: dict[int, tuple[int, int]] = {}
    for i in mine:
        start, end = spans.get(place[i], (first[i], 0))
        spans[place[i]] = (min(start, first[i]), max(end, last[i]))
    if not spans:
        return {}, 0
    if _chain(list(spans.values())):
        return _by_turns(list(spans), sizes)
    return _greedy(spans, sizes)


def _chain(spans: Sequence[tuple[int, int]]) -> bool:
    """Whether no more than two neighbours are alive together."""
    return all(end < spans[k + 2][0] for k, (_, end) in enumerate(spans[:-2])) and all(
        start <= spans[k + 1][0] for k, (start, _) in enumerate(spans[:-1])
    )


def _by_turns(order: Sequence[int], sizes: Sequence[int]) -> tuple[dict[int, int], int]:
    """By turns at the bottom and at the top.

    Only neighbours are alive together, so the block is as large as the largest such pair, which
    no plan can beat.
    """
    ordered = [sizes[i] for i in order]
    total = max((a + b for a, b in zip(ordered, [*ordered[1:], 0], strict=True)))
    return {i: (total - sizes[i]) * (turn % 2) for turn, i in enumerate(order)}, total


def _greedy(spans: dict[int, tuple[int, int]], sizes: Sequence[int]) -> tuple[dict[int, int], int]:
    """The largest first, each at the lowest offset that is free for all of its life."""
    offsets: dict[int, int] = {}
    for i in sorted(spans, key=lambda k: (-sizes[k], k)):
        start, end = spans[i]
        at = 0
        for other in sorted(offsets, key=lambda k: offsets[k]):
            together = spans[other][0] <= end and start <= spans[other][1]
            if together and offsets[other] < at + sizes[i]:
                at = max(at, offsets[other] + sizes[other])
        offsets[i] = at
    return offsets, max(offsets[i] + sizes[i] for i in spans)

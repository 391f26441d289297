"""Place all activations in one block of memory."""

from dataclasses import dataclass

from tinycl_rt import tcm

from tinycl.convert.ir import Program

__all__ = ["Arena", "plan"]


@dataclass(frozen=True)
class Arena:
    """Offsets of the activations (None: kept by the caller) and the bytes of the whole block."""

    offsets: tuple[int | None, ...]
    nbytes: int
    largest: int
    """Index of the activation that takes most."""


def plan(program: Program) -> Arena:
    """Place the activations of a chain: by turns at the bottom and at the top.

    In a chain only a step's input and output are alive together, so the block is as large as the
    largest such pair, which no plan can beat. The pixels belong to the caller and the features to
    the head: they take no place.
    """
    sizes = [a.nbytes if a.dtype == tcm.BITS else 0 for a in program.activations]
    total = max(sizes[step.source] + sizes[step.target] for step in program.steps)
    offsets: list[int | None] = [None] * len(sizes)
    for turn, step in enumerate(program.steps):
        if sizes[step.target]:
            offsets[step.target] = (total - sizes[step.target]) * (turn % 2)
    return Arena(tuple(offsets), total, max(range(len(sizes)), key=lambda k: sizes[k]))

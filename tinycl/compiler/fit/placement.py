"""Where a model's weights lie on a board, and whether learner and runtime fit its heap."""

from __future__ import annotations

from dataclasses import dataclass

from tinycl_rt.config import CWR, Config
from tinycl_rt.model.loader import Model

from tinycl.boards import Board
from tinycl.compiler.fit.memory import PLACES, largest_block, learner_bytes
from tinycl.exceptions import BoardError

__all__ = ["HEAP_BYTES", "MAPPED_BYTES", "SOURCES_BYTES", "Placement", "code_bytes", "place"]

# Firmware, runtime and a running service: `python -m tools.bench.ram`, field runtime_bytes. Code
# read in place from memory-mapped flash; in the heap; compiled there from sources, with kernels in
# plain Python. tests/boards/test_ram.py compares.
MAPPED_BYTES = 35_000
HEAP_BYTES = 57_400
SOURCES_BYTES = 71_800
# A heap of 200 KB or more takes frames of 4 KiB in place of 1 KiB: measured on stock firmware of
# the Pico, with what tests/boards/test_pico.py compares.
_LARGE_HEAP = 200_000
_LARGE_FRAMES_BYTES = 3_500
# The runtime above has the code of the head lda: cwr has that much less (tools.figures, part ram).
_LESS_BY_CWR = 5_800
# Machine code of a Cortex-M0 beside that of a Cortex-M3: `python -m tools.bench.pico --heap`.
_MORE_ON_ARMV6M = 9_300


def code_bytes(mapped: bool, compiled: bool) -> int:
    """Heap that firmware, runtime and a running service take.

    Parameters
    ----------
    mapped
        The code is read in place from memory-mapped flash.
    compiled
        It is compiled beforehand; else the board compiles sources.
    """
    return MAPPED_BYTES if mapped else HEAP_BYTES if compiled else SOURCES_BYTES


@dataclass(frozen=True)
class Placement:
    """A model on a board.

    Attributes
    ----------
    weights : str
        The place that the board chooses: "mapped", "heap" or "streamed".
    memory : dict of str to dict of str to int
        For each place there is: RAM of the learner in bytes, by what for.
    largest : int
        The largest block among it that is made when the heap is in pieces.
    runtime_bytes, heap_bytes : int
        What the runtime takes of the heap, and the heap.
    """

    weights: str
    memory: dict[str, dict[str, int]]
    largest: int
    runtime_bytes: int
    heap_bytes: int

    def need(self, weights: str) -> int:
        """Bytes of heap with the weights in that place."""
        return self.runtime_bytes + sum(self.memory[weights].values())

    def fits(self, weights: str) -> bool:
        """Whether all fits the heap with the weights in that place.

        A heap is in pieces by then, so there has to be room for the largest block twice: on a
        Pico that keeps 8 rows for ``colour-s`` and refuses 16, the same says so.
        """
        return self.need(weights) + self.largest <= self.heap_bytes


def place(model: Model, board: Board, config: Config) -> Placement:
    """Choose as ``tinycl_rt.device`` does.

    In place where flash is mapped; in the heap, if the file takes no more than a third of what
    is free and all fits; else streamed.

    Parameters
    ----------
    model : Model
    board : Board
    config : Config
        Classes, latents of the replay memory, depth.

    Raises
    ------
    BoardError
        No heap size is known for this board.
    """
    if board.heap_bytes is None:
        raise BoardError(f"no heap size is known for {board.name}: choose another board")
    places = [weights for weights in PLACES if board.romfs or weights != "mapped"]
    memory = {weights: learner_bytes(model, config, weights) for weights in places}
    largest = largest_block(model, config)
    runtime = code_bytes(board.romfs, bool(board.native_arch))
    if board.heap_bytes >= _LARGE_HEAP and board.native_arch:
        runtime += _LARGE_FRAMES_BYTES
    if not board.romfs and board.native_arch:
        runtime -= _LESS_BY_CWR if config.head == CWR else 0
        runtime += _MORE_ON_ARMV6M if board.native_arch == "armv6m" else 0
    found = Placement("mapped", memory, largest, runtime, board.heap_bytes)
    if board.romfs:
        return found
    most = (board.heap_bytes - runtime) // 3
    whole = model.nbytes <= most and found.fits("heap")
    weights = "heap" if whole else "streamed"
    return Placement(weights, memory, largest, runtime, board.heap_bytes)

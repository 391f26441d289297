"""The arena planner: activations that live at the same time never share a byte."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from helpers.hostile import run_everywhere
from helpers.tiny import Sketch, compiled, random_program
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt import tcm
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.loader import Model

from tinycl.compiler.arena import Arena, plan_memory
from tinycl.compiler.ir import Activation, Program, Step, Window
from tinycl.compiler.writer import write


def live(program: Program) -> list[range]:
    """Steps during which each activation must stay as it is."""
    spans = []
    for i in range(len(program.activations)):
        steps = [k for k, s in enumerate(program.steps) if i in (s.source, s.target)]
        spans.append(range(min(steps), max(steps) + 1) if steps else range(0))
    return spans


def check(program: Program, arena: Arena) -> None:
    spans = live(program)
    placed = [i for i, a in enumerate(program.activations) if a.dtype == tcm.BITS]
    assert [i for i, offset in enumerate(arena.offsets) if offset is not None] == placed
    for i in placed:
        start, size = arena.offsets[i] or 0, program.activations[i].nbytes
        assert start % 4 == 0 and start + size <= arena.nbytes
        for k in placed:
            if k >= i or not set(spans[i]) & set(spans[k]):
                continue
            other, length = arena.offsets[k] or 0, program.activations[k].nbytes
            assert start + size <= other or other + length <= start
    sizes = [program.activations[i].nbytes for i in placed]
    assert max(sizes) <= arena.nbytes <= sum(sizes)
    assert program.activations[arena.largest].nbytes == max(sizes)


def chain(shapes: list[tuple[int, int, int]]) -> Program:
    """Activations one after another; the operators do not matter to the planner."""
    program = Program([Activation(tcm.PIXELS, (9, 9, 1))])
    for shape in shapes:
        target = program.add(Activation(tcm.BITS, shape))
        program.steps.append(Step(tcm.BPOOL, target - 1, target))
    target = program.add(Activation(tcm.COUNTS, (1, 1, shapes[-1][2])))
    program.steps.append(Step(tcm.SUM_POOL, target - 1, target))
    return program


def test_integer_programs_keep_their_bytes() -> None:
    # Models on boards are known by their fingerprints: what learned states belong to.
    data = b"".join(compiled(random_program(seed)) for seed in range(60))
    digest = "4e92cc9d1fd4f715b62d21fd53e4a91a530c4eae87db6dccbe296c48c969c287"
    assert hashlib.sha256(data).hexdigest() == digest


SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.integers(1, 200))


@given(st.lists(SHAPES, min_size=1, max_size=12))
def test_chains(shapes: list[tuple[int, int, int]]) -> None:
    program = chain(shapes)
    arena = plan_memory(program)
    check(program, arena)
    # In a chain two neighbours are alive at a time: no plan needs less.
    sizes = [a.nbytes for a in program.activations[1:-1]]
    assert arena.nbytes == max(a + b for a, b in zip(sizes, [*sizes[1:], 0], strict=True))


@pytest.mark.parametrize("seed", range(60))
def test_sharing_memory_changes_no_bit(seed: int) -> None:
    program = random_program(seed)
    arena = plan_memory(program)
    check(program, arena)
    # The same program with a place of its own for everything.
    offsets, end = [], 0
    for activation, offset in zip(program.activations, arena.offsets, strict=True):
        offsets.append(None if offset is None else end)
        end += 0 if offset is None else activation.nbytes
    roomy = Model(write(program, Arena(tuple(offsets), end, arena.largest), {}))
    tight = Model(compiled(program))
    assert tight.arena_bytes <= roomy.arena_bytes
    rng = np.random.default_rng(seed)
    one, two = Backbone(tight, reference), Backbone(roomy, reference)
    for _ in range(3):
        x = rng.integers(0, 256, tight.input_bytes, np.uint8).tobytes()
        assert bytes(one.run(x)) == bytes(two.run(x))


def test_a_plan_that_overlaps_is_refused_by_the_loader() -> None:
    sketch = Sketch((6, 6, 1), np.random.default_rng(0))
    sketch.binarise()
    sketch.bconv(5, Window(3, 3), same=True)
    program = sketch.count(2)
    arena = plan_memory(program)
    assert run_everywhere(Model(write(program, arena, {})))
    shared = replace(arena, offsets=(None, 0, 0, None))
    with pytest.raises(ValueError, match="operator 1 writes over its own input"):
        Model(write(program, shared, {}))

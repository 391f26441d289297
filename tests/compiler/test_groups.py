"""Joins of channels: each pair once, in its order."""

import pytest
from tinycl_rt import tcm

from tinycl.compiler.ir import Activation, Program
from tinycl.compiler.lower.groups import concat_channels


@pytest.mark.parametrize("dtype", [tcm.BITS, tcm.FLOAT32])
def test_the_same_channels_are_joined_once(dtype: int) -> None:
    program = Program()
    one, two, three = (program.add(Activation(dtype, (3, 2, n))) for n in (32, 64, 96))
    first = concat_channels(program, one, two, "first")
    joined = concat_channels(program, first, three, "second")
    assert concat_channels(program, one, two, "again") == first
    assert concat_channels(program, two, one, "turned") not in (first, joined)
    shapes = [program.activations[step.target].shape for step in program.steps]
    assert shapes == [(3, 2, 96), (3, 2, 192), (3, 2, 96)]

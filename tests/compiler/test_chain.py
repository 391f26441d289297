"""Thresholds of real-valued chains, and integers found again in float kernels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinycl.compiler.lower.chain import Chain, FloatArray, activation
from tinycl.compiler.lower.kernels import integer_kernel, zero_point
from tinycl.compiler.lower.symbols import Pixels
from tinycl.exceptions import CompileError

C = 7


def random_chain(seed: int, bound: int, pools: list[int]) -> Chain:
    """Scales of both signs, zero and tiny ones, biases at and between integers, activations.

    ``pools`` gets a place in the chain, where a maximum may be taken.
    """
    rng = np.random.default_rng(seed)

    def constants(spread: float) -> FloatArray:
        values = rng.normal(0, spread, C) * rng.choice([0, 1e-3, 1, 1], C)
        return np.where(rng.random(C) < 0.3, np.rint(values), values).astype(np.float32)

    low = np.full(C, -bound, np.int64)
    scale, bias = constants(1), constants(bound / 2 + 1)
    chain = Chain(low, -low, lambda a: (a.astype(np.float32) * scale + bias).astype(np.float32))
    for _ in range(int(rng.integers(0, 4))):
        kind = rng.choice(["scale", "bias", "relu", "relu6", "relu_n1_to_1"])
        if kind == "scale":
            factor = constants(2)
            chain.append(lambda v, factor=factor: v * factor)
        elif kind == "bias":
            term = constants(3)
            chain.append(lambda v, term=term: v + term)
        else:
            chain.append(activation(kind))
    pools.append(int(rng.integers(0, len(chain) + 1)))
    return chain


@given(st.integers(0, 2**31), st.sampled_from([0, 1, 5, 40, 300]))
def test_a_threshold_is_the_whole_chain(seed: int, bound: int) -> None:
    chain = random_chain(seed, bound, [])
    found = chain.thresholds("layer")
    for acc in range(-bound, bound + 1):
        everywhere = np.full(C, acc, np.int64)
        bit = found.sign * everywhere < found.value
        assert np.array_equal(bit, chain.value(everywhere) < 0), acc


@given(st.integers(0, 2**31), st.sampled_from([1, 5, 40]))
def test_a_maximum_inside_the_chain_is_a_maximum_or_minimum_of_signs(
    seed: int, bound: int
) -> None:
    pools: list[int] = []
    chain = random_chain(seed, bound, pools)
    taps = np.random.default_rng(seed).integers(-bound, bound + 1, (4, C))
    # As the graph has it: up to the pool for each tap, the maximum, and the rest.
    pooled = np.max([chain.value(tap, pools[0]) for tap in taps], axis=0)
    for step in chain._steps[pools[0] :]:
        pooled = step(pooled).astype(np.float32)
    # As the board has it: the sign of each tap, then the maximum or the minimum.
    found = chain.thresholds("layer")
    negative = np.array([found.sign * tap < found.value for tap in taps])
    falls = chain.falls_after(pools[0])
    assert np.array_equal(np.where(falls, negative.any(0), negative.all(0)), pooled < 0)


def test_signs_of_zero_are_positive() -> None:
    # Larq: sign(0) = +1, also for the -0.0 of a negative scale.
    none = np.full(2, 3, np.int64)
    chain = Chain(-none, none, lambda a: a.astype(np.float32) * np.array([1, -1], np.float32))
    found = chain.thresholds("layer")
    assert found.value.tolist() == [0, 0] and found.sign.tolist() == [1, -1]


def test_a_constant_chain() -> None:
    none = np.full(2, 3, np.int64)
    chain = Chain(-none, none, lambda a: a.astype(np.float32) * 0)
    chain.append(lambda v: v + np.array([-1, 1], np.float32))
    found = chain.thresholds("layer")
    for acc in range(-3, 4):
        assert (found.sign * acc < found.value).tolist() == [True, False]


def test_constants_that_are_not_finite_are_refused() -> None:
    none = np.full(1, 3, np.int64)
    for value in (np.nan, np.inf):
        chain = Chain(-none, none, lambda a, value=value: a.astype(np.float32) * value)
        with pytest.raises(CompileError, match="CONV_2D 'x' has constants that are not finite"):
            chain.thresholds("CONV_2D 'x'")


@given(st.integers(0, 2**31), st.sampled_from([127, 3, 1]), st.integers(1, 30))
def test_integers_come_back_from_float32(seed: int, top: int, taps: int) -> None:
    rng = np.random.default_rng(seed)
    integers = rng.integers(-top, top + 1, (5, 1, taps, 1))
    scale = (rng.uniform(0.5, 2, 5) * 10.0 ** rng.integers(-6, 3, 5)).astype(np.float32)
    kernel = (integers.astype(np.float32) / 127 * scale[:, None, None, None]).astype(np.float32)
    found, step = integer_kernel(kernel.astype(np.float64), "layer")
    assert np.allclose(found * step[:, None, None, None], kernel, rtol=1e-6, atol=0)
    # The same integers up to a common factor.
    factor = np.abs(integers).max(axis=(1, 2, 3)) / np.maximum(
        np.abs(found).max(axis=(1, 2, 3)), 1
    )
    assert np.array_equal(found * factor[:, None, None, None], integers)
    assert np.all(step > 0)


def test_kernels_that_are_not_8_bit_are_refused() -> None:
    rng = np.random.default_rng(0)
    kernel = rng.normal(0, 1, (6, 3, 3, 2))
    kernel[0] = rng.integers(-127, 128, (3, 3, 2))
    with pytest.raises(CompileError, match=r"'c' has weights .* \(5 of 6 channels\)"):
        integer_kernel(kernel, "CONV_2D 'c'")


@pytest.mark.parametrize(
    "scale, offset, padded, zero",
    [
        (1, 0, True, 0),
        (1, -128, True, 128),
        (1, 100, True, -100),
        (1 / 64, -2, True, 128),
        (-1, 255, True, 255),
        (1 / 127.5, -1, False, 0),  # 127.5: nothing is padded, so the bias may take it
        (1, -300, False, 0),
    ],
)
def test_zero_points(scale: float, offset: float, padded: bool, zero: int) -> None:
    assert zero_point(Pixels(scale, offset), padded, "layer") == zero


def test_zero_points_that_are_no_pixels_are_refused() -> None:
    for scale, offset in ((1 / 127.5, -1), (1, -300)):
        with pytest.raises(CompileError, match="Rescaling"):
            zero_point(Pixels(scale, offset), True, "layer")
    with pytest.raises(CompileError, match="multiplied by zero"):
        zero_point(Pixels(0, 1), True, "layer")

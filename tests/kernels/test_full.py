"""Kernels of full depth: sets agree on every input."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from helpers.geometry import Geometry, fill, geometries, packed
from hypothesis import given
from hypothesis import strategies as st
from tinycl_rt.kernels.numpy import full as numpy_full
from tinycl_rt.kernels.reference import full as reference_full
from tinycl_rt.tcm import words

STYLES = st.sampled_from(["any", "any", "ends", "low", "high"])
SEEDS = st.integers(0, 2**32 - 1)
IMAGES = st.integers(1, 3)
PADS = st.integers(0, 1)

# tests/kernels/native/sanitized_full.py puts the C kernels here.
other = SimpleNamespace(kernels=numpy_full)


def both(call: Callable[[Any], Any]) -> Any:
    """The same call on fresh buffers gives the same under both sets."""
    wanted = call(reference_full)
    assert call(other.kernels) == wanted
    return wanted


def bits(seed: int, style: str, *shape: int) -> bytes:
    return packed(fill(seed, style, 0, 1, shape) > 0)


def ints(code: str, seed: int, style: str, low: int, high: int, n: int) -> array:
    return array(code, fill(seed, style, low, high, n).tolist())


@given(geometries(), PADS, IMAGES, SEEDS, STYLES, STYLES, STYLES)
def test_norm_forward(
    g: Geometry, pad: int, n: int, seed: int, image: str, kernel: str, state: str
) -> None:
    g = g.replace(pad=pad)
    x, w = bits(seed, image, n * g.h * g.w, g.c), bits(seed + 1, kernel, g.oc * g.kh * g.kw, g.c)
    cells, top = n * g.oh * g.ow, 2**27
    size = cells * words(g.oc)
    norm = ints("i", seed, state, -127, 127, g.oc) + ints("i", seed, state, -top, top, g.oc)
    norm += ints("i", seed + 2, state, 0, top, g.oc)

    def run(k: Any) -> tuple[Any, ...]:
        y, inside, above = (bytearray(b"\xaa" * size) for _ in range(3))
        t, psi = array("i", bytes(4 * g.oc)), array("i", bytes(4 * g.oc))
        moved, acc = array("i", norm), array("h", bytes(2 * cells))
        base = k.norm_forward(g.p, n, x, w, moved, t, psi, y, inside, above, acc)
        return base, moved, t, psi, y, inside, above

    base, _, _, psi, *_ = both(run)
    assert min(psi) <= base <= max(psi)
    assert min(psi) >= 16


@given(geometries(), IMAGES, SEEDS, STYLES, STYLES, st.integers(0, 3), st.integers(7, 127))
def test_norm_back(
    g: Geometry, n: int, seed: int, style: str, sides: str, step: int, limit: int
) -> None:
    cells = n * g.oh * g.ow
    e = ints("b", seed, style, -limit, limit, cells * g.oc)
    above = bits(seed, sides, cells, g.oc)
    psi = ints("i", seed, style, 16, 16 + seed % 2**12, g.oc)
    norm = ints("i", seed + 1, style, -127, 127, 3 * g.oc)

    def run(k: Any) -> tuple[int, array, array]:
        errors, moved = array("b", e), array("i", norm)
        base = sum(psi) // len(psi)
        return k.norm_back(g.p, n, errors, above, psi, moved, base, step, limit), errors, moved

    peak, errors, _ = both(run)
    assert peak == max(abs(v) for v in e)
    assert max(abs(v) for v in errors) <= limit


@given(geometries(), st.sampled_from("bh"), SEEDS, st.data())
def test_init_weights(g: Geometry, code: str, seed: int, data: st.DataObject) -> None:
    margin = data.draw(st.integers(1, 127 if code == "b" else 32512))
    n = g.oc * g.kh * g.kw

    def run(k: Any) -> tuple[bytearray, array, array]:
        w, rng = bytearray(b"\xaa" * (n * words(g.c))), array("I", [seed or 1])
        latent = array(code, [5] * (n * g.c))
        k.init_weights(g.p, w, latent, margin, rng)
        return w, latent, rng

    w, latent, _ = both(run)
    assert max(abs(v) for v in latent) <= margin
    assert w == packed(np.array(latent).reshape(n, g.c) < 0)

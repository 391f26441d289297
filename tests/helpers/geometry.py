"""Hypothesis strategies for what kernels take: geometries, and data at its extremes."""

from array import array
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

__all__ = ["Geometry", "by_position", "fill", "geometries", "packed"]


class Geometry(NamedTuple):
    """The fields of ``p``, see ``tinycl_rt.kernels.reference.core``."""

    h: int
    w: int
    c: int
    kh: int
    kw: int
    sh: int
    sw: int
    top: int
    left: int
    oh: int
    ow: int
    oc: int
    pad: int
    zero: int
    shift: int

    @property
    def p(self) -> array:
        return array("i", self)

    def replace(self, **fields: int) -> "Geometry":
        return self._replace(**fields)


@st.composite
def geometries(draw: st.DrawFn, channels: int = 70, outputs: int = 40) -> Geometry:
    """Any window that the model loader lets through, on small images; oc may differ from c."""

    def axis() -> tuple[int, int, int, int, int]:
        n, k, s = (draw(st.integers(1, top)) for top in (6, 4, 3))
        p = draw(st.integers(0, k - 1))
        return n, k, s, p, draw(st.integers(1, (n - 1 + p) // s + 1))

    h, kh, sh, top, oh = axis()
    w, kw, sw, left, ow = axis()
    c, oc = draw(st.integers(1, channels)), draw(st.integers(1, outputs))
    pad, zero = draw(st.integers(0, 1)), draw(st.sampled_from([0, 128, -255, 255, 7]))
    return Geometry(h, w, c, kh, kw, sh, sw, top, left, oh, ow, oc, pad, zero, 0)


def fill(seed: int, style: str, low: int, high: int, shape: object) -> npt.NDArray[np.int64]:
    """Integers in low..high: ``any`` of them, only the two ``ends``, or all ``low`` / ``high``."""
    rng = np.random.default_rng(seed)
    if style == "any":
        return rng.integers(low, high, shape, dtype=np.int64, endpoint=True)
    if style == "ends":
        return rng.choice([low, high], shape).astype(np.int64)
    return np.full(shape, low if style == "low" else high, np.int64)


def packed(negative: npt.NDArray[np.bool_]) -> bytes:
    """Booleans (..., channels) -> bits, one 32-bit word for 32 channels, by plain arithmetic."""
    rows = negative.reshape(-1, negative.shape[-1])
    out = bytearray()
    for row in rows:
        for start in range(0, len(row), 32):
            word = sum(1 << k for k, bit in enumerate(row[start : start + 32]) if bit)
            out += word.to_bytes(4, "little")
    return bytes(out)


def by_position(seed: int, oh: int, ow: int, oc: int) -> tuple[list[int], int]:
    """Where each row's and each column's thresholds begin (``pad`` 2), and entries in all.

    Positions share sets of thresholds, and sets may overlap: the format allows it.
    """
    rng = np.random.default_rng(seed)
    rows = [oh + ow + int(a) for a in rng.integers(0, 2 * oc, oh)]
    columns = [int(b) for b in rng.integers(0, oc, ow)]
    return rows + columns, max(rows) + max(columns) + oc

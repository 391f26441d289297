"""Binary convolutions that pad with zeros, at the border of the image.

Bits cannot be zero: LCE convolves with +1 outside the image, scales, and adds a correction in
float32. In exact arithmetic that is the sum over the taps inside the image, one threshold a
channel. Where the rounding of the correction decides a sign, the border needs thresholds of its
own: then taps outside count +1, and a table says which thresholds belong to a position.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tinycl.compiler.ir import Window
from tinycl.compiler.lower.chain import Chain, FloatArray, Numbers, Thresholds

__all__ = ["ZeroPadding"]

Overflow = tuple[int, int]
"""Rows (columns) that a window sticks out before and behind the image; negative: it does not."""


@dataclass(frozen=True)
class ZeroPadding:
    """Kinds of positions of a padded convolution.

    Parameters
    ----------
    rows, columns
        Kind of each output row and column.
    weights
        +-1, (oc, kh, kw, c).
    scale
        float32 (oc,): LCE's multiplier, for the correction.
    """

    rows: tuple[Overflow, ...]
    columns: tuple[Overflow, ...]
    weights: npt.NDArray[np.int8]
    scale: FloatArray

    @classmethod
    def of(
        cls,
        window: Window,
        shape: tuple[int, int, int],
        out: tuple[int, int, int],
        weights: npt.NDArray[np.int8],
        scale: FloatArray,
    ) -> ZeroPadding:
        """ZeroPadding of a convolution from its geometry."""
        rows = _overflows(shape[0], out[0], window.kh, window.sh)
        columns = _overflows(shape[1], out[1], window.kw, window.sw)
        return cls(rows, columns, weights, scale)

    def table(self, chain: Chain, name: str) -> tuple[int, Thresholds]:
        """Padding mode and thresholds: mode 0 with one set, or 2 with a set for each kind.

        The table of mode 2 holds an offset for each row, one for each column, and the sets: the
        set of a position begins at the sum of its two offsets.
        """
        plain = chain.thresholds(name)
        kinds = {
            (r, c): chain.starting(self._start(chain.start, r, c)).thresholds(name)
            for r in dict.fromkeys(self.rows)
            for c in dict.fromkeys(self.columns)
        }
        falls = np.any([t.sign < 0 for t in (plain, *kinds.values())], axis=0)
        sign = np.where(falls, -1, 1).astype(np.int8)
        if all(self._agrees(plain.value, t.value, sign, r, c) for (r, c), t in kinds.items()):
            return 0, Thresholds(plain.value, sign)
        sets = {kind: t.value for kind, t in kinds.items()}
        return 2, Thresholds(self._by_position(sets, 0).astype(np.int32), sign)

    def corrections(self, begin: int) -> FloatArray:
        """LCE's corrections by position: a table like that of mode 2 that follows ``begin``
        entries of a larger one."""
        sets = {(r, c): self._correction(r, c) for r in self.rows for c in self.columns}
        return self._by_position(sets, begin).astype(np.float32)

    def _by_position(
        self, sets: dict[tuple[Overflow, Overflow], npt.NDArray[Any]], begin: int
    ) -> npt.NDArray[Any]:
        oc = len(self.scale)
        row_kinds, column_kinds = list(dict.fromkeys(self.rows)), list(dict.fromkeys(self.columns))
        begin += len(self.rows) + len(self.columns)
        offsets = [begin + row_kinds.index(r) * len(column_kinds) * oc for r in self.rows]
        offsets += [column_kinds.index(c) * oc for c in self.columns]
        ordered = [sets[r, c] for r in row_kinds for c in column_kinds]
        return np.concatenate([np.array(offsets), *ordered])

    def _start(
        self, start: Callable[[Numbers], FloatArray], r: Overflow, c: Overflow
    ) -> Callable[[Numbers], FloatArray]:
        """The chain's first function of a sum with +1 outside, LCE's correction included."""
        if not _corrected(r, c, self.weights.shape[1:3]).any():
            return start
        correction = self._correction(r, c)
        return lambda acc: (start(acc) + correction).astype(np.float32)

    def _correction(self, r: Overflow, c: Overflow) -> FloatArray:
        taps = _corrected(r, c, self.weights.shape[1:3])
        total = self.weights.astype(np.int64).sum(axis=3)[:, taps].sum(axis=1)
        return -self.scale * total.astype(np.float32)

    def _agrees(
        self,
        plain: npt.NDArray[np.int32],
        kind: npt.NDArray[np.int32],
        sign: npt.NDArray[np.int8],
        r: Overflow,
        c: Overflow,
    ) -> bool:
        """Whether no sum that can come up lies between the two thresholds of any channel."""
        outside = _outside(r, c, self.weights.shape[1:3])
        extra = self.weights.astype(np.int64).sum(axis=3)[:, outside].sum(axis=1)
        values = int((~outside).sum()) * self.weights.shape[3]
        moved = kind - sign * extra
        low = np.maximum(np.minimum(plain, moved), -values)
        high = np.minimum(np.maximum(plain, moved), values + 1)
        # Sums have the parity of the number of values.
        first = low + (low - values) % 2
        return bool(np.all(first >= high))


def _overflows(n: int, o: int, k: int, s: int) -> tuple[Overflow, ...]:
    total = (o - 1) * s + k - n
    before = max(total, 0) // 2
    return tuple((before - i * s, k - n - before + i * s) for i in range(o))


def _outside(r: Overflow, c: Overflow, kernel: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    y, x = np.indices(kernel)
    rows = (y < r[0]) | (kernel[0] - y <= r[1])
    return rows | (x < c[0]) | (kernel[1] - x <= c[1])


def _corrected(r: Overflow, c: Overflow, kernel: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Taps that LCE corrects for: those outside, unless the kernel is larger than the image.

    Source: ``zero_padding_correction.h`` of LCE 0.16, which assumes that a window never sticks
    out on two opposite sides, and leaves such positions as they are.
    """
    (top, bottom), (left, right) = r, c
    known = (
        (right <= 0 and top > 0 and bottom < 0)
        or (left < 0 and right > 0 and bottom <= 0)
        or (left > 0 and right < 0 and top <= 0)
        or (left <= 0 and top < 0 and bottom > 0)
    )
    return _outside(r, c, kernel) if known else np.zeros(kernel, bool)

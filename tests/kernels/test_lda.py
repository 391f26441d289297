"""Kernels of class sums and sketches: sets agree on every input, and are what they stand for."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from helpers.geometry import fill
from hypothesis import example, given
from hypothesis import strategies as st
from tinycl_rt.kernels.numpy import lda as numpy_lda
from tinycl_rt.kernels.reference import lda as reference_lda
from tinycl_rt.lib.integers import isqrt

STYLES = st.sampled_from(["any", "any", "ends", "low", "high"])
SEEDS = st.integers(0, 2**32 - 1)
FEATURES = st.one_of(st.integers(1, 70), st.sampled_from([16, 32, 256]))
ROWS = st.integers(1, 6)
SHIFTS = st.integers(0, 30)
LIMITS = st.sampled_from([0, 1, 4095, 8191, 32767])
MOST = 8191

# tests/kernels/native/sanitized_lda.py puts the C kernels here.
other = SimpleNamespace(kernels=numpy_lda)


def both(call: Callable[[Any], Any]) -> Any:
    """The same call on fresh buffers gives the same under both sets."""
    wanted = call(reference_lda)
    assert call(other.kernels) == wanted
    return wanted


def ints(code: str, seed: int, style: str, low: int, high: int, n: int) -> array:
    return array(code, fill(seed, style, low, high, n).tolist())


def dot(a: npt.ArrayLike, b: npt.ArrayLike) -> int:
    """As ``reference.lda`` says, written down again."""
    products = np.asarray(a, np.int64) * np.asarray(b, np.int64)
    return sum((int(products[i : i + 16].sum()) + 128) // 256 for i in range(0, len(products), 16))


def energies(rows: array, rank: int, d: int) -> array:
    """Energies of the rows, and a place for that of x."""
    return array(
        "i", [dot(rows[k * d : k * d + d], rows[k * d : k * d + d]) for k in range(rank)] + [77]
    )


@given(ROWS, FEATURES, SEEDS, STYLES, STYLES, st.data())
def test_class_add(rows: int, d: int, seed: int, style: str, image: str, data: Any) -> None:
    row, old = (
        data.draw(st.integers(0, rows - 1)),
        ints("i", seed, style, -(2**30), 2**30, rows * d),
    )
    x = ints("b", seed + 1, image, -128, 127, d)

    def run(k: Any) -> array:
        sums = array("i", old)
        k.class_add(sums, row, x, d)
        return sums

    found = np.array(both(run)).reshape(rows, d) - np.array(old).reshape(rows, d)
    assert found[row].tolist() == x.tolist()
    assert np.count_nonzero(np.delete(found, row, 0)) == 0


@given(
    ROWS, FEATURES, SEEDS, st.integers(1, 127), st.integers(0, 2**23), SHIFTS, LIMITS, STYLES,
    st.integers(-(2**15), 2**15), st.booleans(), st.data(),
)  # fmt: skip
def test_residual(
    rows: int, d: int, seed: int, top: int, n: int, shift: int, limit: int, style: str,
    factor: int, means: bool, data: Any,
) -> None:  # fmt: skip
    row, out_row = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, rows - 1))
    sums = ints("i", seed, style, -top * n, top * n, rows * d)
    x = ints("b", seed + 1, style, -top, top, d)
    n, reach = (0, top * n) if means else (n, 2 * top * n)
    pre = max(0, reach.bit_length() - 15)

    def run(k: Any) -> array:
        out = array("h", [99] * (rows * d))
        k.residual(sums, row, x, out, out_row, d, n, pre, factor, shift, limit)
        return out

    found = np.array(both(run)).reshape(rows, d)
    assert (np.delete(found, out_row, 0) == 99).all()
    s = np.array(sums, np.float64).reshape(rows, d)[row]
    exact = (np.array(x) * float(n) - s) * factor / 2.0 ** (pre + shift)
    error = abs(factor) / 2.0**shift + 0.5
    assert np.abs(found[out_row] - np.clip(exact, -limit, limit)).max() <= error


@given(FEATURES, ROWS, st.integers(0, 6), SEEDS, STYLES, STYLES, st.data())
@example(4096, 1, 1, 0, "low", "high", None)
def test_dots(d: int, rows: int, count: int, seed: int, a: str, b: str, data: Any) -> None:
    one = ints("h", seed, a, -MOST, MOST, rows * d)
    several = ints("h", seed + 1, b, -MOST, MOST, (count + 1) * d)
    a_row, b_row = rows - 1, data.draw(st.integers(0, 1)) if data else 0

    def run(k: Any) -> array:
        out = array("i", [5] * (count + 1))
        k.dots(one, a_row, several, b_row, count, d, out)
        return out

    found = both(run)
    table = np.array(several).reshape(-1, d)
    mine = one[a_row * d :]
    assert found.tolist() == [dot(mine, table[b_row + i]) for i in range(count)] + [5]
    if count:
        exact = float(table[b_row].astype(np.int64) @ np.array(mine, np.int64)) / 256
        assert abs(found[0] - exact) <= (d + 15) // 16 / 2


@given(
    st.one_of(st.integers(1, 5), st.just(64)), FEATURES, SEEDS, STYLES, STYLES,
    st.sampled_from([1, 30, 4095, MOST]), st.sampled_from([1, 30, 4095, MOST]), st.integers(0, 64),
)  # fmt: skip
def test_fold(
    rank: int, d: int, seed: int, style: str, image: str, high: int, reach: int, used: int
) -> None:
    """Any rows, not only those that folding leaves: entries are cut at +-8191."""
    used, d = min(used, rank), min(d, 40) if rank == 64 else d
    rows = ints("h", seed, style, -high, high, used * d)
    rows.extend(array("h", bytes(2 * (rank - used) * d)))
    x = ints("h", seed + 1, image, -reach, reach, d)

    def run(k: Any) -> tuple[int, array, array, array]:
        mine, v, energy = array("h", rows), array("h", x), energies(rows, rank, d)
        return k.fold(mine, energy, v, rank, d), mine, energy, v

    most, found, energy, rest = both(run)
    assert max(map(abs, [*found, *rest])) <= MOST
    assert most <= max(map(abs, [*found, 0]))
    assert energy[rank] == dot(x, x)
    assert energy[:rank] == energies(found, rank, d)[:rank]


@given(st.integers(2, 9), st.integers(4, 70), SEEDS)
def test_a_sketch_keeps_the_sum_of_squares(rank: int, d: int, seed: int) -> None:
    """With room for all rows nothing is lost but rounding."""
    rng = np.random.default_rng(seed)
    given_rows = rng.integers(-900, 901, (min(rank, d), d))

    def run(k: Any) -> tuple[list[int], array, array]:
        rows, energy = array("h", bytes(2 * rank * d)), array("i", bytes(4 * rank + 4))
        most = []
        for x in given_rows:
            v = array("h", x.tolist())
            most.append(k.fold(rows, energy, v, rank, d))
        return most, rows, energy

    _, rows, _ = both(run)
    kept = np.array(rows, np.float64).reshape(rank, d)
    wanted = given_rows.T.astype(np.float64) @ given_rows
    # A rotation rounds two entries by a half and sine and cosine by 2^-14; a rest of less than
    # 12 in every entry counts as nothing.
    norm = np.sqrt(np.diag(wanted))
    slip = rank * (rank - 1) / 2 * (0.71 + norm / 2**13)
    bound = np.outer(slip, norm + slip) + np.outer(norm + slip, slip) + 128 * rank
    assert (np.abs(kept.T @ kept - wanted) <= bound).all()


def test_a_full_sketch_keeps_the_largest_directions() -> None:
    rng = np.random.default_rng(5)
    d, rank, true = 64, 8, 6
    basis = np.linalg.qr(rng.normal(size=(d, true)))[0]
    size = 3000 * 0.75 ** np.arange(true)
    rows, energy = array("h", bytes(2 * rank * d)), array("i", bytes(4 * rank + 4))
    total = np.zeros((d, d))
    for _ in range(60):
        x = np.rint((rng.normal(size=true) * size) @ basis.T + rng.normal(size=d)).astype(int)
        total += np.outer(x, x)
        reference_lda.fold(rows, energy, array("h", x.tolist()), rank, d)
    kept = np.array(rows, np.float64).reshape(rank, d)
    wanted = np.linalg.eigvalsh(total)[::-1][:true]
    found = np.linalg.eigvalsh(kept.T @ kept)[::-1][:true]
    assert np.abs(found / wanted - 1).max() < 0.02


@given(st.integers(-(2**31), 2**31 - 1), st.integers(-(2**30), 2**30))
@example(0, 0)
@example(-(2**31), 0)
@example(1, -1)
def test_a_rotation_is_one(a: int, b: int) -> None:
    cosine, sine = reference_lda._angle(a, b)
    assert abs(cosine * cosine + sine * sine - 2**28) <= 2**15
    assert cosine >= 0
    if a or b:  # twice the angle is that of (a, b)
        assert abs(np.angle(complex(a, b)) - 2 * np.arctan2(sine, cosine)) < 0.002


def test_fold_takes_what_is_empty() -> None:
    """No x, no row, rows of which the first is empty."""
    d = 21
    full = [3] * d

    def run(k: Any, x: list[int], rows: list[int]) -> tuple[int, array, array, array]:
        table, v = array("h", rows), array("h", x)
        energy = energies(table, len(rows) // d, d)
        return k.fold(table, energy, v, len(rows) // d, d), table, energy, v

    zero = [0] * d
    for x, rows in (
        (zero, full),
        (full, zero),
        (zero, zero),
        (full, zero + full),
        (full, full + zero),
    ):
        both(lambda k, x=x, rows=rows: run(k, x, rows))
    most, table, energy, _ = run(reference_lda, full, full + zero)
    assert most == 4  # sqrt(2) times 3
    assert list(table) == [4] * d + zero and energy[1] == 0
    tiny = [1, *zero[1:]]  # rounds to an energy of 0
    assert run(other.kernels, tiny, full) == run(reference_lda, tiny, full)


@given(
    ROWS, FEATURES, st.integers(0, 8), SEEDS, STYLES, STYLES, st.integers(0, 17), SHIFTS, LIMITS,
    st.sampled_from([0, 3, 2**17]),
)  # fmt: skip
def test_mix(
    rows: int, d: int, count: int, seed: int, style: str, mixed: str, up: int, shift: int,
    limit: int, total: int,
) -> None:  # fmt: skip
    high = min(MOST, 2 ** (30 - up) - 1)
    w, table = (
        ints("h", seed, style, -high, high, rows * d),
        ints("h", seed, mixed, -MOST, MOST, count * d),
    )
    factors = ints("i", seed + 2, mixed, -total, total, max(1, count))
    factors = array("i", [int(f / max(1, count)) for f in factors])
    shift = min(shift, 28)  # half of 2^30 and two sums of 2^30 would not fit

    def run(k: Any) -> tuple[int, array]:
        mine = array("h", w)
        return k.mix(mine, rows - 1, table, factors, count, d, up, shift, limit), mine

    most, found = both(run)
    assert found[: (rows - 1) * d] == w[: (rows - 1) * d]
    last = found[(rows - 1) * d :]
    assert most == max(map(abs, last)) <= limit
    sums = np.array(factors[:count], np.int64) @ np.array(table, np.int64).reshape(count, d)
    exact = (np.array(w[(rows - 1) * d :], np.float64) * 2**up - sums) / 2.0**shift
    assert np.abs(last - np.clip(exact, -limit, limit)).max() <= 0.5


@pytest.mark.parametrize("d", [16, 23, 64])
def test_cuts_in_the_middle_of_a_fold(d: int) -> None:
    """Entries of a row and of the rest, in each of its blocks, that have to be cut."""
    for at in range(d):
        for sign in (1, -1):
            x, row = [9] * d, [8] * (2 * d)
            x[at], row[at], row[d + at] = MOST, sign * MOST, -MOST

            def run(k: Any, x: list[int] = x, row: list[int] = row) -> Any:
                table, v = array("h", row), array("h", x)
                energy = energies(table, 2, d)
                return k.fold(table, energy, v, 2, d), table, energy, v

            most, _, _, _ = both(run)
            assert most == MOST


@given(st.one_of(st.integers(1, 9), st.just(20)), SEEDS, st.sampled_from([3, 200, 4095]))
def test_factor(rank: int, seed: int, high: int) -> None:
    """Of a sketch's dots, and equations by it; against numpy's solution."""
    d, rho = 48, 1 + seed % 5000
    table = fill(seed, "any", -high, high, (rank, d))
    gram = [[dot(a, b) for b in table] for a in table]
    roots = array("i", [isqrt((gram[i][i] + rho) << 8) for i in range(rank)])
    x = fill(seed + 1, "any", -8191, 8191, d)
    y = array("i", [dot(row, x) for row in table])

    def run(k: Any) -> tuple[array, array, array]:
        factor, forward = array("h", [7] * (rank * (rank + 1) // 2)), array("i", y)
        for i in range(rank):
            k.factor_row(factor, roots, array("i", gram[i]), i)
        k.solve(factor, roots, forward, rank)
        back = array("i", forward)
        k.solve_back(factor, roots, back, rank)
        return factor, forward, back

    factor, _, back = both(run)
    if rank > 9 or high < 200:
        return  # so near to singular that rounding counts
    exact = table @ table.T / 256 + rho * np.eye(rank)
    lower = np.zeros((rank, rank))
    lower[np.tril_indices(rank)] = np.array(factor) / 2**14
    scaled = lower * (np.array(roots) / 16)[:, None]
    assert np.abs(scaled @ scaled.T - exact).max() < 0.002 * exact.diagonal().max() + 5
    wanted = np.linalg.solve(exact, table @ x / 256.0)
    assert np.abs(np.array(back) / 2**17 - wanted).max() < 0.01 * np.abs(wanted).max() + 0.001

"""Reference kernels of the heads that keep class sums: class means and the shared covariance.

Rows are int16 vectors of ``features`` entries within +-8191 (13 bits and a sign), one behind the
other in an array. A *dot* of two rows adds products of 16 entries at a time and rounds each such
sum to a multiple of 256: ``sum over 16s of ((sum of products + 128) >> 8)``. It fits 32 bits for
up to 4,096 features, and is the same with any order of additions inside the 16.

Source of ``fold``: Givens rotations (Golub and Van Loan, Matrix Computations), as in a row-wise
update of a singular value decomposition.
"""

from tinycl_rt.lib.integers import isqrt

NAME = "reference"

_ONE = 1 << 14
_MOST = 8191
_FAR = 1 << 30


def class_add(sums, row, x, features):
    """Add int8 features to a row of int32 sums."""
    at = row * features
    for i in range(features):
        sums[at + i] += x[i]


def residual(sums, row, x, out, out_row, features, n, pre, factor, shift, limit):
    """Write ``((x * n - sum) >> pre) * factor``, rounded by ``shift`` bits, to a row of int16.

    With ``n`` 0 and a negative factor these are means. Values are cut to +-limit.
    """
    half = (1 << shift) >> 1
    at, to = row * features, out_row * features
    for i in range(features):
        v = (((x[i] * n - sums[at + i]) >> pre) * factor + half) >> shift
        out[to + i] = max(-limit, min(limit, v))


def _dot(a, at, b, to, features):
    total = 0
    for start in range(0, features, 16):
        part = 128
        for i in range(start, min(start + 16, features)):
            part += a[at + i] * b[to + i]
        total += part >> 8
    return total


def dots(a, a_row, b, b_row, count, features, out):
    """Dots of one row with ``count`` rows from ``b_row`` on, into ``out``."""
    for i in range(count):
        out[i] = _dot(a, a_row * features, b, (b_row + i) * features, features)


def _angle(a, b):
    """Cosine and sine, Q14, of the rotation that frees two rows of their product ``b``.

    ``a`` is half the difference of their energies. The row that comes first gets the larger one.
    """
    while abs(a) >= _ONE or abs(b) >= _ONE:
        a >>= 1
        b >>= 1
    while a and b and abs(a) < _ONE >> 1 and abs(b) < _ONE >> 1:
        a <<= 1
        b <<= 1
    h = isqrt(a * a + b * b)
    if not h:
        return _ONE, 0
    size = isqrt((((h + abs(a)) << 14) // h) << 13)  # of the larger one of cosine and sine
    small = (((abs(b) << 14) // h) << 13) // size
    rest = _ONE * _ONE - small * small
    large = isqrt(rest)
    if rest - large * large > large:
        large += 1
    cosine, sine = (large, small) if a >= 0 else (small, large)
    return cosine, -sine if b < 0 else sine


def fold(rows, energy, x, rank, features):
    """Take a row into a sketch of ``rank`` rows: ``rows^T rows + x^T x`` is kept but for a rest.

    Each row in turn is rotated with ``x`` so that it takes the larger part, until nothing is left
    or all rows had their turn. ``x`` is used up.

    Parameters
    ----------
    rows : array('h')
        rank x features, within +-4095.
    energy : array('i')
        Dot of each row with itself, 0 for an empty one; last that of ``x`` as it came.
    x : array('h')
        Within +-4095.

    Returns
    -------
    int
        Largest size of an entry that was written: beyond 4095 the rows must be halved.
    """
    most = 0
    energy[rank] = left = _dot(x, 0, x, 0, features)
    for k in range(rank):
        if not left:
            break
        at = k * features
        if not energy[k]:
            for i in range(features):
                rows[at + i] = x[i]
                most = max(most, abs(x[i]))
            energy[k] = left
            break
        c, s = _angle((energy[k] - left) >> 1, _dot(rows, at, x, 0, features))
        if not s:
            continue
        for i in range(features):
            r, v = rows[at + i], x[i]
            e = max(-_MOST, min(_MOST, (c * r + s * v + 8192) >> 14))
            rows[at + i] = e
            x[i] = max(-_MOST, min(_MOST, (c * v - s * r + 8192) >> 14))
            most = max(most, abs(e))
        energy[k] = _dot(rows, at, rows, at, features)
        left = _dot(x, 0, x, 0, features)
    return most


def mix(w, row, rows, factors, count, features, up, shift, limit):
    """``w = ((w << up) - sum(factors * rows)) >> shift``, rounded, cut to +-limit.

    Parameters
    ----------
    w : array('h')
        Its row ``row`` is replaced.
    rows : array('h')
        The first ``count`` of them take part.
    factors : array('i')
        The sum of their sizes is at most 2^17.

    Returns
    -------
    int
        Largest size of an entry that was written.
    """
    half = (1 << shift) >> 1
    at = row * features
    most = 0
    for i in range(features):
        v = (w[at + i] << up) + half
        for k in range(count):
            v -= factors[k] * rows[k * features + i]
        v = max(-limit, min(limit, v >> shift))
        w[at + i] = v
        most = max(most, abs(v))
    return most


def factor_row(factor, roots, dots, i):
    """Row ``i`` of Cholesky's factor, Q14, of rows' dots over the products of their roots.

    Parameters
    ----------
    factor : array('h')
        The lower half, row by row; rows before ``i`` are there.
    roots : array('i')
        Of the diagonal: positive.
    dots : array('i')
        Of row i with rows 0 to i - 1.
    """
    at, to = i * (i + 1) // 2, 0
    for j in range(i):
        v = (((dots[j] << 22) // (roots[i] * roots[j])) << 14) - _product(factor, at, to, j)
        factor[at + j] = max(-32767, min(32767, v // factor[to + j]))
        to += j + 1
    factor[at + i] = max(512, isqrt(max(0, (1 << 28) - _product(factor, at, at, i))))


def _product(factor, a, b, n):
    total = 0
    for i in range(n):
        total += factor[a + i] * factor[b + i]
    return total


def solve(factor, roots, y, used):
    """``L^-1 y`` in place of dots ``y`` with ``used`` rows; entries are cut to +-2^30."""
    at = 0
    for i in range(used):
        v = (y[i] << 22) // roots[i]
        for k in range(i):
            v -= factor[at + k] * y[k]
        y[i] = max(-_FAR, min(_FAR, v // factor[at + i]))
        at += i + 1


def solve_back(factor, roots, y, used):
    """Factors of the rows, Q17, in place of what ``solve`` left, cut likewise."""
    at = used * (used + 1) // 2
    for i in range(used - 1, -1, -1):
        at -= i + 1
        v, k = y[i] << 14, at + i
        for m in range(i + 1, used):
            k += m
            v -= factor[k] * y[m]
        y[i] = max(-_FAR, min(_FAR, v // factor[at + i]))
    for i in range(used):
        y[i] = max(-_FAR, min(_FAR, (y[i] << 17) // roots[i]))

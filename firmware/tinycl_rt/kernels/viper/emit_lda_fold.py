# ruff: noqa: F821
"""Rotations into a sketch in viper; ``viper.lda`` checks the buffers before."""

import micropython


@micropython.viper
def copy(v: int, x: ptr16, rows: ptr16, k: int, n: int) -> int:
    """Row ``k`` of ``rows`` becomes ``x``; returns its largest size."""
    most = 0
    rows = ptr16(int(rows) + 2 * k * n)
    while n:
        v = (x[0] ^ 0x8000) - 0x8000
        rows[0] = v
        if v < 0:
            v = 0 - v
        if v > most:
            most = v
        x = ptr16(int(x) + 2)
        rows = ptr16(int(rows) + 2)
        n -= 1
    return most


@micropython.viper
def root(n: int, r: int) -> int:
    """Largest integer whose square is at most n, below 2^30."""
    r = 0
    bit = 1 << 28
    while bit:
        if n >= r + bit:
            n -= r + bit
            r += bit + bit
        r >>= 1
        bit >>= 2
    return r


@micropython.viper
def angle(a: int, b: int, s: ptr32) -> int:
    """Writes cosine and sine to ``s``; returns the sine."""
    one = 1 << 14
    while a >= one or a <= 0 - one or b >= one or b <= 0 - one:
        a >>= 1
        b >>= 1
    p = a if a >= 0 else 0 - a
    q = b if b >= 0 else 0 - b
    while p and q and p < one >> 1 and q < one >> 1:
        p <<= 1
        q <<= 1
    h = int(root(p * p + q * q, 0))
    s[0] = one
    if h == 0:
        return 0
    size = int(root((((h + p) << 14) // h) << 13, 0))
    small = (((q << 14) // h) << 13) // size
    rest = one * one - small * small
    large = int(root(rest, 0))
    if rest - large * large > large:
        large += 1
    if a < 0:
        rest = large
        large = small
        small = rest
    if b < 0:
        small = 0 - small
    s[0] = large
    s[1] = small
    return small


@micropython.viper
def rotate(v: int, r: int, x: ptr16, rows: ptr16, k: int, n: int, s: ptr32, energy: ptr32) -> int:
    """Rotates row ``k`` with ``x`` by the angle in ``s``, and returns its largest size.

    Leaves its energy in ``energy``, and that of ``x`` in ``s[2]``.
    """
    top = 1
    top <<= 31
    c = s[0]
    sine = (s[1] ^ top) - top
    most = 0
    total = 0
    rest = 0
    rows = ptr16(int(rows) + 2 * k * n)
    while n:
        i = n
        if i > 16:
            i = 16
        n -= i
        p = 128
        q = 128
        while i:
            r = (rows[0] ^ 0x8000) - 0x8000
            v = (x[0] ^ 0x8000) - 0x8000
            e = (c * r + sine * v + 8192) >> 14
            v = (c * v - sine * r + 8192) >> 14
            if e > 8191:
                e = 8191
            elif e < -8191:
                e = -8191
            if v > 8191:
                v = 8191
            elif v < -8191:
                v = -8191
            rows[0] = e
            x[0] = v
            q += v * v
            p += e * e
            if e < 0:
                e = 0 - e
            if e > most:
                most = e
            rows = ptr16(int(rows) + 2)
            x = ptr16(int(x) + 2)
            i -= 1
        total += p >> 8
        rest += q >> 8
    energy[k] = total
    s[2] = rest
    return most

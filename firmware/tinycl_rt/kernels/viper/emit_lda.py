# ruff: noqa: F821
"""Class sums and rows in viper; ``viper.lda`` checks the buffers before."""

import micropython


@micropython.viper
def class_add(x: ptr8, n: int, sums: ptr32, row: int):
    sums = ptr32(int(sums) + 4 * row * n)
    while n:
        sums[0] = (x[0] ^ 128) - 128 + sums[0]
        sums = ptr32(int(sums) + 4)
        x = ptr8(int(x) + 1)
        n -= 1


@micropython.viper
def residual(
    v: int,
    sums: ptr32,
    row: int,
    x: ptr8,
    out: ptr16,
    out_row: int,
    features: int,
    n: int,
    pre: int,
    factor: int,
    shift: int,
    limit: int,
):
    top = 1
    top <<= 31
    span = uint(limit + limit)
    half = (1 << shift) >> 1
    sums = ptr32(int(sums) + 4 * row * features)
    out = ptr16(int(out) + 2 * out_row * features)
    while features:
        v = ((x[0] ^ 128) - 128) * n - ((sums[0] ^ top) - top)
        v = ((v >> pre) * factor + half) >> shift
        if uint(v + limit) > span:
            v = limit if v > 0 else 0 - limit
        out[0] = v
        sums = ptr32(int(sums) + 4)
        out = ptr16(int(out) + 2)
        x = ptr8(int(x) + 1)
        features -= 1


@micropython.viper
def dots(part: int, i: int, a: ptr16, a_row: int, b: ptr16, b_row: int, n: int, d: int, to: ptr32):
    first = int(a) + 2 * a_row * d
    b = ptr16(int(b) + 2 * b_row * d)
    while n:
        a = ptr16(first)
        total = 0
        left = d
        while left:
            i = left
            if i > 16:
                i = 16
            left -= i
            part = 128
            while i:
                part = ((a[0] ^ 0x8000) - 0x8000) * ((b[0] ^ 0x8000) - 0x8000) + part
                a = ptr16(int(a) + 2)
                b = ptr16(int(b) + 2)
                i -= 1
            total += part >> 8
        to[0] = total
        to = ptr32(int(to) + 4)
        n -= 1


@micropython.viper
def mix(
    v: int,
    k: int,
    w: ptr16,
    row: int,
    rows: ptr16,
    factors: ptr32,
    count: int,
    n: int,
    up: int,
    shift: int,
    limit: int,
) -> int:
    top = 1
    top <<= 31
    word = top + top - 1
    span = uint(limit + limit)
    half = (1 << shift) >> 1
    most = 0
    step = 2 * n
    w = ptr16(int(w) + row * step)
    while n:
        v = (((w[0] ^ 0x8000) - 0x8000) << up) + half
        r = rows
        f = factors
        k = count
        while k:
            v -= ((r[0] ^ 0x8000) - 0x8000) * f[0]
            r = ptr16(int(r) + step)
            f = ptr32(int(f) + 4)
            k -= 1
        v = (((v & word) ^ top) - top) >> shift
        if uint(v + limit) > span:
            v = limit if v > 0 else 0 - limit
        w[0] = v
        if v < 0:
            v = 0 - v
        if v > most:
            most = v
        w = ptr16(int(w) + 2)
        rows = ptr16(int(rows) + 2)
        n -= 1
    return most

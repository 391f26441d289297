# ruff: noqa: F821
"""The head in viper; ``viper.core`` checks the buffers before."""

import micropython


@micropython.viper
def forward(
    v: int, i: int, w: ptr16, x: ptr8, acc: ptr32, classes: int, n: int, shift: int, limit: int
) -> int:
    bias = ((1 << shift) >> 1) - 0x8000
    span = uint(limit + limit)
    most = 1
    most <<= 31
    most = 0 - most
    best = all = classes
    while classes:
        s = 0
        i = n
        while i:
            i -= 1
            v = ((w[i] ^ 0x8000) + bias) >> shift
            if uint(v + limit) > span:
                v = limit if v > 0 else 0 - limit
            s = ((x[i] ^ 128) - 128) * v + s
        w = ptr16(int(w) + 2 * n)
        acc[0] = s
        acc = ptr32(int(acc) + 4)
        if s > most:
            most = s
            best = classes
        classes -= 1
    return all - best


@micropython.viper
def softmax(
    acc: ptr32,
    lut: ptr16,
    g: ptr16,
    entries: uint,
    classes: int,
    label: int,
    shift: int,
    gbits: int,
) -> int:
    top = 1
    top <<= 31
    best = 0 - top
    j = 0
    while j < classes:
        v = (acc[j] ^ top) - top
        if v > best:
            best = v
        j += 1
    total = 0
    j = 0
    while j < classes:
        d = uint(best - ((acc[j] ^ top) - top)) >> shift
        v = 0
        if d < entries:
            v = lut[d]
        acc[j] = v
        total += v
        j += 1
    if total == 0:
        return 0
    shift = 16 - gbits
    half = (1 << shift) >> 1
    limit = (1 << (gbits - 1)) - 1
    j = 0
    while j < classes:
        v = (acc[j] << 15) // total
        if j == label:
            v -= 32768
        v = (v + half) >> shift
        if v > limit:
            v = limit
        elif v < 0 - limit:
            v = 0 - limit
        g[j] = v
        j += 1
    return total


@micropython.viper
def update(
    v: int, i: int, w: ptr16, g: ptr16, x: ptr8, classes: int, n: int, shift: int, limit: int
):
    span = uint(limit + limit)
    up = 0
    if shift < 0:
        up = 0 - shift
        shift = 0
    most = 1 << 23
    while classes:
        e = ((g[0] ^ 0x8000) - 0x8000) << up
        # Beyond this every feature but 0 saturates the weight.
        if e > most:
            e = most
        elif e < 0 - most:
            e = 0 - most
        if e:
            half = ((1 << shift) >> 1) - 128 * e
            i = n
            while i:
                i -= 1
                v = (((x[i] ^ 128) * e + half) >> shift) + 0x8000
                v = (w[i] ^ 0x8000) - v
                if uint(v + limit) > span:
                    v = limit if v > 0 else 0 - limit
                w[i] = v
        w = ptr16(int(w) + 2 * n)
        g = ptr16(int(g) + 2)
        classes -= 1


@micropython.viper
def update_stochastic(
    v: int, w: ptr16, g: ptr16, x: ptr8, n: int, features: int, shift: int, limit: int, rng: ptr32
):
    span = uint(limit + limit)
    top = 1
    top <<= 31
    word = uint(top + top - 1)
    mask = (1 << shift) - 1
    state = uint(rng[0])
    while n:
        e = (g[0] ^ 0x8000) - 0x8000
        if e:
            a = x
            i = features
            while i:
                state ^= state << 13 & word
                state ^= state >> 17
                state ^= state << 5 & word
                v = int(state) & mask
                v = ((((a[0] ^ 128) - 128) * e + v) >> shift) + 0x8000
                v = (w[0] ^ 0x8000) - v
                if uint(v + limit) > span:
                    v = limit if v > 0 else 0 - limit
                w[0] = v
                w = ptr16(int(w) + 2)
                a = ptr8(int(a) + 1)
                i -= 1
        else:
            w = ptr16(int(w) + 2 * features)
        g = ptr16(int(g) + 2)
        n -= 1
    rng[0] = int(state)


@micropython.viper
def row_sum(s: int, w: ptr16, row: int, features: int) -> int:
    w = ptr16(int(w) + 2 * row * features)
    s = 0
    while features:
        s = (w[0] ^ 0x8000) - 0x8000 + s
        w = ptr16(int(w) + 2)
        features -= 1
    return s


@micropython.viper
def merge(v: int, cw: ptr16, tw: ptr16, row: int, features: int, avg: int, keep: int, limit: int):
    cw = ptr16(int(cw) + 2 * row * features)
    tw = ptr16(int(tw) + 2 * row * features)
    learn = 32768 - keep
    avg += 0x8000
    while features:
        v = ((tw[0] ^ 0x8000) - avg) * learn + 16384
        v = (((cw[0] ^ 0x8000) - 0x8000) * keep + v) >> 15
        if v > limit:
            v = limit
        elif v < 0 - limit:
            v = 0 - limit
        cw[0] = v
        cw = ptr16(int(cw) + 2)
        tw = ptr16(int(tw) + 2)
        features -= 1

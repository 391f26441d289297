# ruff: noqa: F821
"""The trainable tail in viper; ``viper.tail`` checks the buffers before.

Sums of errors, each added or subtracted as a bit says, are made for two channels at once, 16
apart, in the halves of a word: ``(bits >> i & 0x10001) * e``. At most 250 terms fit a half.
"""

import micropython
from micropython import const

# Places in the geometry `p` of an operator.
_H = const(0)
_W = const(1)
_C = const(2)
_KH = const(3)
_KW = const(4)
_SH = const(5)
_SW = const(6)
_TOP = const(7)
_LEFT = const(8)
_OH = const(9)
_OW = const(10)
_OC = const(11)
_PAD = const(12)


@micropython.viper
def address(x: ptr8, offset: int) -> int:
    """A place in a buffer, for a function that takes a pointer."""
    return int(x) + offset


@micropython.viper
def inside_of_window(
    m: int, v: int, p: ptr32, t: ptr32, y: ptr32, acc: ptr32, s: ptr32, half: int
):
    """Bits of accumulators near their threshold, after ``emit_bconv.signs_of_window``."""
    top = 1
    top <<= 31
    span = uint(half + half)
    taps = s[4]
    t = ptr32(int(t) + 4 * s[5])
    y = ptr32(int(y) + 4 * s[2])
    oc = p[_OC]
    while oc:
        m = 0
        j = 1
        k = 32
        if oc < 32:
            k = oc
        oc -= k
        while k:
            v = acc[0]
            v = (v >> 16) + (v & 0xFFFF)
            # Beyond 2^31 it wraps, but not so far that it were near again.
            v = taps - v - v - ((t[0] ^ top) - top)
            if uint(v + half) <= span:
                m |= j
            j += j
            acc = ptr32(int(acc) + 4)
            t = ptr32(int(t) + 4)
            k -= 1
        y[0] = m
        y = ptr32(int(y) + 4)


@micropython.viper
def bconv_back(a: ptr32, v: int, p: ptr32, e: ptr8, w: ptr32, d: ptr32, s: ptr32):
    half = 0x10001
    h = p[_H]
    wd = p[_W]
    ci = p[_C]
    kh = p[_KH]
    kw = p[_KW]
    oc = p[_OC]
    cw = (ci + 31) >> 5
    row = 4 * kh * kw * cw
    a = d
    n = h * wd * ci
    while n:
        a[0] = 0
        a = ptr32(int(a) + 4)
        n -= 1
    oy = 0
    while oy < p[_OH]:
        ox = 0
        while ox < p[_OW]:
            ky = 0
            while ky < kh:
                iy = oy * p[_SH] - p[_TOP] + ky
                kx = 0
                while kx < kw:
                    ix = ox * p[_SW] - p[_LEFT] + kx
                    c = oc
                    if iy < 0 or iy >= h or ix < 0 or ix >= wd:
                        c = 0
                    q = e
                    at = int(w) + 4 * cw * (ky * kw + kx)
                    while c:
                        # Up to 250 channels in the halves, then into d.
                        k = 250
                        if c < 250:
                            k = c
                        c -= k
                        a = s
                        n = 16 * cw
                        while n:
                            a[0] = 0
                            a = ptr32(int(a) + 4)
                            n -= 1
                        total = 0
                        while k:
                            n = (q[0] ^ 128) - 128
                            if n:
                                total += n
                                a = s
                                b = ptr32(at)
                                words = cw
                                while words:
                                    v = b[0]
                                    a[0] = (v & half) * n + a[0]
                                    a[1] = (v >> 1 & half) * n + a[1]
                                    a[2] = (v >> 2 & half) * n + a[2]
                                    a[3] = (v >> 3 & half) * n + a[3]
                                    a[4] = (v >> 4 & half) * n + a[4]
                                    a[5] = (v >> 5 & half) * n + a[5]
                                    a[6] = (v >> 6 & half) * n + a[6]
                                    a[7] = (v >> 7 & half) * n + a[7]
                                    a[8] = (v >> 8 & half) * n + a[8]
                                    a[9] = (v >> 9 & half) * n + a[9]
                                    a[10] = (v >> 10 & half) * n + a[10]
                                    a[11] = (v >> 11 & half) * n + a[11]
                                    a[12] = (v >> 12 & half) * n + a[12]
                                    a[13] = (v >> 13 & half) * n + a[13]
                                    a[14] = (v >> 14 & half) * n + a[14]
                                    a[15] = (v >> 15 & half) * n + a[15]
                                    a = ptr32(int(a) + 64)
                                    b = ptr32(int(b) + 4)
                                    words -= 1
                            q = ptr8(int(q) + 1)
                            at += row
                            k -= 1
                        b = ptr32(int(d) + 4 * ci * (iy * wd + ix))
                        n = 0
                        while n < ci:
                            a = ptr32(int(s) + 64 * (n >> 5) + 4 * (n & 15))
                            v = a[0]
                            k = ((v & 0xFFFF) ^ 0x8000) - 0x8000
                            if n & 16:
                                k = (v - k) >> 16 & 0xFFFF
                                k = (k ^ 0x8000) - 0x8000
                            b[0] = b[0] + total - k - k
                            b = ptr32(int(b) + 4)
                            n += 1
                        k = 0
                    kx += 1
                ky += 1
            e = ptr8(int(e) + oc)
            ox += 1
        oy += 1


@micropython.viper
def gradient(
    a: ptr32, v: int, p: ptr32, x: ptr32, e: ptr8, s: ptr32, image: int, oy: int, rows: int
) -> int:
    """Errors of one output channel over ``rows`` rows of outputs, by the bits that each tap sees.

    ``e`` begins at the channel's error of row ``oy`` of ``image``. ``s``, zeros at first: a tap's
    errors, for each; then 16 words of two sums for each word of a tap's channels. Returns the sum
    of the errors.
    """
    half = 0x10001
    h = p[_H]
    wd = p[_W]
    cw = (p[_C] + 31) >> 5
    kh = p[_KH]
    kw = p[_KW]
    oc = p[_OC]
    pad = p[_PAD]
    sums = int(s) + 4 * kh * kw
    start = int(x) + 4 * cw * h * wd * image
    total = 0
    while rows:
        ox = 0
        while ox < p[_OW]:
            n = (e[0] ^ 128) - 128
            e = ptr8(int(e) + oc)
            if n:
                total += n
                a = ptr32(sums)
                t = s
                iy = oy * p[_SH] - p[_TOP]
                ky = kh
                while ky:
                    ix = ox * p[_SW] - p[_LEFT]
                    kx = kw
                    while kx:
                        if iy < 0 or iy >= h or ix < 0 or ix >= wd:
                            if pad:
                                t[0] = t[0] + n
                            a = ptr32(int(a) + 64 * cw)
                        else:
                            t[0] = t[0] + n
                            b = ptr32(start + 4 * cw * (iy * wd + ix))
                            words = cw
                            while words:
                                v = b[0]
                                a[0] = (v & half) * n + a[0]
                                a[1] = (v >> 1 & half) * n + a[1]
                                a[2] = (v >> 2 & half) * n + a[2]
                                a[3] = (v >> 3 & half) * n + a[3]
                                a[4] = (v >> 4 & half) * n + a[4]
                                a[5] = (v >> 5 & half) * n + a[5]
                                a[6] = (v >> 6 & half) * n + a[6]
                                a[7] = (v >> 7 & half) * n + a[7]
                                a[8] = (v >> 8 & half) * n + a[8]
                                a[9] = (v >> 9 & half) * n + a[9]
                                a[10] = (v >> 10 & half) * n + a[10]
                                a[11] = (v >> 11 & half) * n + a[11]
                                a[12] = (v >> 12 & half) * n + a[12]
                                a[13] = (v >> 13 & half) * n + a[13]
                                a[14] = (v >> 14 & half) * n + a[14]
                                a[15] = (v >> 15 & half) * n + a[15]
                                a = ptr32(int(a) + 64)
                                b = ptr32(int(b) + 4)
                                words -= 1
                        t = ptr32(int(t) + 4)
                        ix += 1
                        kx -= 1
                    iy += 1
                    ky -= 1
            ox += 1
        oy += 1
        if oy == p[_OH]:
            oy = 0
            start += 4 * cw * h * wd
        rows -= 1
    return total


@micropython.viper
def fold(v: int, k: int, p: ptr32, s: ptr32, row: ptr32):
    """What ``gradient`` has left in ``s``, into ``row``; leaves zeros in ``s``."""
    ci = p[_C]
    cw = (ci + 31) >> 5
    taps = p[_KH] * p[_KW]
    t = s
    s = ptr32(int(s) + 4 * taps)
    n = taps
    while n:
        c = 0
        while c < ci:
            v = s[16 * (c >> 5) + (c & 15)]
            k = ((v & 0xFFFF) ^ 0x8000) - 0x8000
            if c & 16:
                k = (v - k) >> 16 & 0xFFFF
                k = (k ^ 0x8000) - 0x8000
            row[c] = row[c] + t[0] - k - k
            c += 1
        c = 16 * cw
        while c:
            s[0] = 0
            s = ptr32(int(s) + 4)
            c -= 1
        t[0] = 0
        t = ptr32(int(t) + 4)
        row = ptr32(int(row) + 4 * ci)
        n -= 1


@micropython.viper
def clear(s: ptr32, n: int):
    while n:
        s[0] = 0
        s = ptr32(int(s) + 4)
        n -= 1


@micropython.viper
def draw(rng: ptr32, s: ptr32):
    """The next word of xorshift32, to ``s`` too."""
    top = 1
    top <<= 31
    word = uint(top + top - 1)
    state = uint(rng[0])
    state ^= state << 13 & word
    state ^= state >> 17
    state ^= state << 5 & word
    rng[0] = int(state)
    s[0] = int(state)


@micropython.viper
def learn(
    v: int, g: int, p: ptr32, row: ptr32, to: ptr8, wide: int, w: ptr32, rule: ptr32, s: ptr32
) -> int:
    """One channel's latent weights by one step of a rule; ``s`` holds the noise."""
    top = 1
    top <<= 31
    word = uint(top + top - 1)
    weyl = uint(0x9E37 << 16 | 0x79B1) & word
    kind = rule[0]
    shift = rule[1]
    near = rule[2]
    far = rule[3]
    limit = rule[4]
    random = shift
    if kind == 2:
        random = near
    down = 32 - random
    noise = uint(s[0])
    flips = 0
    taps = p[_KH] * p[_KW]
    while taps:
        taps -= 1
        c = p[_C]
        while c:
            k = 32
            if c < 32:
                k = c
            c -= k
            old = w[0]
            bits = 0
            bit = 1
            while k:
                g = (row[0] ^ top) - top
                row = ptr32(int(row) + 4)
                if wide:
                    v = (ptr16(to)[0] ^ 0x8000) - 0x8000
                else:
                    v = (to[0] ^ 128) - 128
                drawn = 0
                if random:
                    drawn = int(noise >> down)
                noise = noise + weyl & word
                if kind == 1:
                    v -= (g + drawn) >> shift
                elif kind == 0:
                    if g > 0:
                        v -= near
                    elif g < 0:
                        v += near
                else:
                    g >>= shift
                    if g > limit:
                        g = limit
                    elif g < 0 - limit:
                        g = 0 - limit
                    v += (g - v + drawn) >> near
                if v > limit:
                    v = limit
                elif v < 0 - limit:
                    v = 0 - limit
                if kind == 2:
                    if v > far or (v >= 0 - far and old & bit):
                        bits |= bit
                elif v < 0:
                    bits |= bit
                if (bits ^ old) & bit:
                    flips += 1
                bit += bit
                if wide:
                    ptr16(to)[0] = v
                    to = ptr8(int(to) + 2)
                else:
                    to[0] = v
                    to = ptr8(int(to) + 1)
                k -= 1
            # Bits behind the last channel stay.
            if bit & int(word):
                bits |= old & (0 - bit)
            w[0] = bits
            w = ptr32(int(w) + 4)
    s[0] = int(noise)
    return flips


@micropython.viper
def learn_thresholds(t: ptr32, first: int, sets: int, oc: int, total: int, shift: int, s: ptr32):
    """Thresholds of one channel: those from entry ``first`` on, every ``oc``-th."""
    top = 1
    top <<= 31
    limit = 1
    limit <<= 30
    far = limit + (1 << 26)  # a step beyond the limit
    step = (total + int(uint(s[0]) >> (32 - shift))) >> shift
    t = ptr32(int(t) + 4 * first)
    while sets:
        v = (t[0] ^ top) - top
        if v > far:
            v = far
        elif v < 0 - far:
            v = 0 - far
        v += step
        if v > limit:
            v = limit
        elif v < 0 - limit:
            v = 0 - limit
        t[0] = v
        t = ptr32(int(t) + 4 * oc)
        sets -= 1

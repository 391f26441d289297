# ruff: noqa: F821
"""The binary convolution in viper, pixel by pixel; ``viper.core`` checks the buffers before."""

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
def window(p: ptr32, x: ptr32, t: ptr32, s: ptr32) -> int:
    """Gather the words of the next window into ``s``: 0 when there is none.

    ``s``: row and column of the output, its word in ``y``, words of the window, +-1 values in it,
    entry of ``t`` at which its thresholds begin; then the window, then its words' places in the
    kernel. Taps outside the image are left out, or are 0 when ``p`` says that they count.
    """
    oy = s[0]
    ox = s[1]
    if oy == p[_OH]:
        return 0
    top = 1
    top <<= 31
    h = p[_H]
    wd = p[_W]
    ci = p[_C]
    cw = (ci + 31) >> 5
    kh = p[_KH]
    kw = p[_KW]
    pad = p[_PAD]
    left = ox * p[_SW] - p[_LEFT]
    n = kh * kw * cw
    taps = 0
    i = 6
    j = 0
    iy = oy * p[_SH] - p[_TOP]
    while kh:
        kh -= 1
        ix = left
        kx = kw
        while kx:
            kx -= 1
            words = cw
            if iy < 0 or iy >= h or ix < 0 or ix >= wd:
                if pad:
                    taps += ci
                    while words:
                        s[i] = 0
                        s[i + n] = j
                        i += 1
                        j += 1
                        words -= 1
                else:
                    j += words
            else:
                taps += ci
                xi = (iy * wd + ix) * cw
                while words:
                    s[i] = x[xi]
                    s[i + n] = j
                    i += 1
                    j += 1
                    xi += 1
                    words -= 1
            ix += 1
        iy += 1
    s[2] = (oy * p[_OW] + ox) * ((p[_OC] + 31) >> 5)
    s[3] = i - 6
    s[4] = taps
    s[5] = 0
    if pad == 2:
        s[5] = t[oy] + t[p[_OH] + ox]
    ox += 1
    if ox == p[_OW]:
        ox = 0
        s[0] = oy + 1
    s[1] = ox
    return 1


@micropython.viper
def largest(t: ptr32, first: int, n: int) -> int:
    """Largest of ``n`` entries of ``t``, or -1 if one of them is no place in a table."""
    most = 0
    while n:
        v = t[first]
        if v < 0 or v > 0xFFFFFF:
            return -1
        if v > most:
            most = v
        first += 1
        n -= 1
    return most


@micropython.viper
def signs_of_window(v: int, m: int, w: ptr32, p: ptr32, t: ptr32, y: ptr32, acc: ptr32, s: ptr32):
    """Count the bits in which a window differs from each channel's weights, then threshold."""
    m1 = 0x5555
    m1 |= m1 << 16
    m2 = 0x33333333
    m4 = 0x0F0F0F0F
    m8 = 0x00FF00FF
    weights = int(w)
    oc = p[_OC]
    n = p[_KH] * p[_KW] * ((p[_C] + 31) >> 5)
    row = 4 * n
    words = s[3]
    v = 0
    while v < oc:
        acc[v] = 0
        v += 1

    # Nine words at a time: five carry-save adders leave four words whose bits are counted.
    j = 0
    if words == n:
        while j + 9 <= n:
            a = ptr32(int(s) + 24 + 4 * j)
            x0 = a[0]
            x1 = a[1]
            x2 = a[2]
            x3 = a[3]
            x4 = a[4]
            x5 = a[5]
            x6 = a[6]
            x7 = a[7]
            x8 = a[8]
            w = ptr32(weights + 4 * j)
            a = acc
            c = oc
            while c:
                v = x0
                v = w[0] ^ v
                m = w[1] ^ v ^ x1
                k0 = (w[2] ^ v ^ x2) & m ^ v
                s0 = w[2] ^ m ^ x2
                v = x3
                v = w[3] ^ v
                m = w[4] ^ v ^ x4
                k1 = (w[5] ^ v ^ x5) & m ^ v
                s1 = w[5] ^ m ^ x5
                v = x6
                v = w[6] ^ v
                m = w[7] ^ v ^ x7
                k2 = (w[8] ^ v ^ x8) & m ^ v
                v = w[8] ^ m ^ x8
                m = s0 ^ v
                s0 = (s1 ^ v) & m ^ v  # twos
                s1 = s1 ^ m  # ones
                v = k2
                m = k0 ^ v
                k2 = (k1 ^ v) & m ^ v  # fours
                v = k1 ^ m  # twos
                m = m2
                v = v - ((v >> 1) & m1)
                v = ((v >> 2) & m) + (v & m)
                k0 = v + v
                v = s1
                v = v - ((v >> 1) & m1)
                k0 = ((v >> 2) & m) + (v & m) + k0
                v = k2
                v = v - ((v >> 1) & m1)
                v = ((v >> 2) & m) + (v & m)
                k1 = v + v
                v = s0
                v = v - ((v >> 1) & m1)
                v = ((v >> 2) & m) + (v & m) + k1
                m = m4
                v = ((v >> 4) & m) + (v & m)
                k1 = v + v
                v = k0
                v = ((v >> 4) & m) + (v & m) + k1
                m = m8
                v = ((v >> 8) & m) + (v & m)
                v = a[0] + v
                a[0] = v
                a = ptr32(int(a) + 4)
                w = ptr32(int(w) + row)
                c -= 1
            j += 9

    # The other words two at a time; the last may be alone.
    while j < words:
        x0 = s[6 + j]
        x1 = 0
        both = 0
        w = ptr32(weights + 4 * s[6 + n + j])
        q = w
        j += 1
        if j < words:
            x1 = s[6 + j]
            both = -1
            q = ptr32(weights + 4 * s[6 + n + j])
            j += 1
        a = acc
        c = oc
        while c:
            m = m2
            v = x1
            v = (q[0] ^ v) & both
            v = v - ((v >> 1) & m1)
            k1 = ((v >> 2) & m) + (v & m)
            v = x0
            v = w[0] ^ v
            v = v - ((v >> 1) & m1)
            v = ((v >> 2) & m) + (v & m) + k1
            m = m4
            v = ((v >> 4) & m) + (v & m)
            m = m8
            v = ((v >> 8) & m) + (v & m)
            v = a[0] + v
            a[0] = v
            a = ptr32(int(a) + 4)
            w = ptr32(int(w) + row)
            q = ptr32(int(q) + row)
            c -= 1

    # An acc holds two half sums of 16 bits each.
    top = 1
    top <<= 31
    taps = s[4]
    t = ptr32(int(t) + 4 * s[5])
    w = ptr32(int(y) + 4 * s[2])
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
            if taps - v - v < (t[0] ^ top) - top:
                m |= j
            j += j
            acc = ptr32(int(acc) + 4)
            t = ptr32(int(t) + 4)
            k -= 1
        w[0] = m
        w = ptr32(int(w) + 4)

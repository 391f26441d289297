# ruff: noqa: F821
"""The other layers in viper; ``viper.core`` checks the buffers before."""

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
_ZERO = const(13)
_SHIFT = const(14)


@micropython.viper
def conv8(v: int, w: ptr8, p: ptr32, x: ptr8, t: ptr32, y: ptr32, s: ptr32):
    """The whole operator: gather a window's values into ``s``, then multiply and threshold."""
    top = 1
    top <<= 31
    word = top + top - 1
    h = p[_H]
    wd = p[_W]
    ci = p[_C]
    kh = p[_KH]
    kw = p[_KW]
    zero = (p[_ZERO] ^ top) - top
    n = kh * kw * ci
    nines = n // 9
    rest = n - 9 * nines
    weights = int(w)
    oy = 0
    while oy < p[_OH]:
        ox = 0
        while ox < p[_OW]:
            a = s
            m = 0
            iy = oy * p[_SH] - p[_TOP]
            ky = kh
            while ky:
                ix = ox * p[_SW] - p[_LEFT]
                kx = kw
                while kx:
                    i = ci
                    if iy < 0 or iy >= h or ix < 0 or ix >= wd:
                        while i:
                            a[0] = 0
                            a = ptr32(int(a) + 4)
                            i -= 1
                    else:
                        w = ptr8(int(x) + (iy * wd + ix) * ci)
                        while i:
                            v = w[0] - zero
                            a[0] = v
                            m += v
                            w = ptr8(int(w) + 1)
                            a = ptr32(int(a) + 4)
                            i -= 1
                    ix += 1
                    kx -= 1
                iy += 1
                ky -= 1
            # w ^ 128 is the weight plus 128: take 128 times the sum of the window off again.
            bias = 0 - 128 * m
            w = ptr8(weights)
            q = t
            c = p[_OC]
            while c:
                m = 0
                bit = 1
                k = 32
                if c < 32:
                    k = c
                c -= k
                while k:
                    v = bias
                    a = s
                    i = nines
                    while i:
                        v = (w[0] ^ 128) * a[0] + v
                        v = (w[1] ^ 128) * a[1] + v
                        v = (w[2] ^ 128) * a[2] + v
                        v = (w[3] ^ 128) * a[3] + v
                        v = (w[4] ^ 128) * a[4] + v
                        v = (w[5] ^ 128) * a[5] + v
                        v = (w[6] ^ 128) * a[6] + v
                        v = (w[7] ^ 128) * a[7] + v
                        v = (w[8] ^ 128) * a[8] + v
                        a = ptr32(int(a) + 36)
                        w = ptr8(int(w) + 9)
                        i -= 1
                    i = rest
                    while i:
                        v = (w[0] ^ 128) * a[0] + v
                        a = ptr32(int(a) + 4)
                        w = ptr8(int(w) + 1)
                        i -= 1
                    if ((v & word) ^ top) - top < (q[0] ^ top) - top:
                        m |= bit
                    bit += bit
                    q = ptr32(int(q) + 4)
                    k -= 1
                y[0] = m
                y = ptr32(int(y) + 4)
            ox += 1
        oy += 1


@micropython.viper
def binarise(m: int, bit: int, x: ptr8, t: ptr32, y: ptr32, pixels: int, channels: int):
    top = 1
    top <<= 31
    while pixels:
        q = t
        c = channels
        while c:
            m = 0
            bit = 1
            k = 32
            if c < 32:
                k = c
            c -= k
            while k:
                if x[0] < (q[0] ^ top) - top:
                    m |= bit
                bit += bit
                x = ptr8(int(x) + 1)
                q = ptr32(int(q) + 4)
                k -= 1
            y[0] = m
            y = ptr32(int(y) + 4)
        pixels -= 1


@micropython.viper
def bpool(a: ptr32, v: int, p: ptr32, x: ptr32, m: ptr32, y: ptr32):
    top = 1
    top <<= 31
    h = p[_H]
    wd = p[_W]
    cw = (p[_C] + 31) >> 5
    stride = 4 * cw
    oy = 0
    while oy < p[_OH]:
        y0 = oy * p[_SH] - p[_TOP]
        y1 = y0 + p[_KH]
        if y0 < 0:
            y0 = 0
        if y1 > h:
            y1 = h
        ox = 0
        while ox < p[_OW]:
            x0 = ox * p[_SW] - p[_LEFT]
            x1 = x0 + p[_KW]
            if x0 < 0:
                x0 = 0
            if x1 > wd:
                x1 = wd
            i = 0
            while i < cw:
                v = -1
                mask = m[i]
                iy = y0
                while iy < y1:
                    a = ptr32(int(x) + 4 * ((iy * wd + x0) * cw + i))
                    j = x1 - x0
                    while j > 0:
                        v = (a[0] ^ mask) & v
                        a = ptr32(int(a) + stride)
                        j -= 1
                    iy += 1
                y[0] = v ^ mask
                y = ptr32(int(y) + 4)
                i += 1
            ox += 1
        oy += 1


@micropython.viper
def sum_pool(a: ptr32, v: int, p: ptr32, x: ptr32, y: ptr8):
    """Two channels at a time, 16 apart, in the halves of a word."""
    h = p[_H]
    wd = p[_W]
    ci = p[_C]
    gh = p[_OH]
    gw = p[_OW]
    cw = (ci + 31) >> 5
    stride = 4 * cw
    half = 0x10001
    gy = 0
    while gy < gh:
        y0 = gy * h // gh
        gy += 1
        rows = gy * h // gh - y0
        gx = 0
        while gx < gw:
            x0 = gx * wd // gw
            gx += 1
            columns = gx * wd // gw - x0
            skip = (wd - columns) * stride
            c = 0
            while c < ci:
                b = c & 31
                v = 0
                i = rows
                a = ptr32(int(x) + (y0 * wd + x0) * stride + 4 * (c >> 5))
                while i:
                    j = columns
                    while j:
                        v = (a[0] >> b & half) + v
                        a = ptr32(int(a) + stride)
                        j -= 1
                    a = ptr32(int(a) + skip)
                    i -= 1
                j = c
                i = 2
                while i:
                    if j < ci:
                        k = (rows * columns - 2 * (v & 0xFFFF)) >> p[_SHIFT]
                        if k > 127:
                            k = 127
                        elif k < -127:
                            k = -127
                        y[j] = k
                    v >>= 16
                    j += 16
                    i -= 1
                c += 1
                if c & 15 == 0:
                    c += 16
            y = ptr8(int(y) + ci)

# ruff: noqa: F821
"""Errors on their way from the head down, in viper; ``viper.tail`` checks the buffers before.

``(v >> shift) + (v >> (shift - 1) & 1)`` rounds half up, and cannot overflow.
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


@micropython.viper
def head_back(v: int, f: ptr32, w: ptr16, g: ptr16, classes: int, n: int, shift: int, limit: int):
    bias = ((1 << shift) >> 1) - 0x8000
    i = 0
    while i < n:
        f[i] = 0
        i += 1
    while classes:
        e = (g[0] ^ 0x8000) - 0x8000
        g = ptr16(int(g) + 2)
        i = n
        if e == 0:
            i = 0
        a = f
        b = w
        while i:
            v = ((b[0] ^ 0x8000) + bias) >> shift
            if v > limit:
                v = limit
            elif v < 0 - limit:
                v = 0 - limit
            a[0] = v * e + a[0]
            a = ptr32(int(a) + 4)
            b = ptr16(int(b) + 2)
            i -= 1
        w = ptr16(int(w) + 2 * n)
        classes -= 1


@micropython.viper
def requantize(
    v: int, d: ptr32, e: ptr8, inside: ptr8, all: int, cells: int, c: int, shift: int, limit: int
):
    """``all``: whatever ``inside`` holds, every error passes."""
    top = 1
    top <<= 31
    cb = ((c + 31) >> 5) << 2
    while cells:
        i = 0
        while i < c:
            v = 0
            if all or inside[i >> 3] >> (i & 7) & 1:
                v = (d[i] ^ top) - top
                if shift:
                    v = (v >> shift) + (v >> (shift - 1) & 1)
                if v > limit:
                    v = limit
                elif v < 0 - limit:
                    v = 0 - limit
            e[i] = v
            i += 1
        d = ptr32(int(d) + 4 * c)
        e = ptr8(int(e) + c)
        if not all:
            inside = ptr8(int(inside) + cb)
        cells -= 1


@micropython.viper
def unpool(v: int, f: ptr32, e: ptr8, inside: ptr8, all: int, p: ptr32, shift: int, limit: int):
    top = 1
    top <<= 31
    h = p[_H]
    wd = p[_W]
    c = p[_C]
    gh = p[_OH]
    gw = p[_OW]
    cb = ((c + 31) >> 5) << 2
    gy = 0
    while gy < gh:
        iy = gy * h // gh
        gy += 1
        y1 = gy * h // gh
        while iy < y1:
            gx = 0
            while gx < gw:
                ix = gx * wd // gw
                a = ptr32(int(f) + 4 * c * ((gy - 1) * gw + gx))
                gx += 1
                x1 = gx * wd // gw
                while ix < x1:
                    at = iy * wd + ix
                    b = inside
                    if not all:
                        b = ptr8(int(inside) + at * cb)
                    y = ptr8(int(e) + at * c)
                    i = 0
                    while i < c:
                        v = 0
                        if all or b[i >> 3] >> (i & 7) & 1:
                            v = (a[i] ^ top) - top
                            if shift:
                                v = (v >> shift) + (v >> (shift - 1) & 1)
                            if v > limit:
                                v = limit
                            elif v < 0 - limit:
                                v = 0 - limit
                        y[i] = v
                        i += 1
                    ix += 1
            iy += 1


@micropython.viper
def bpool_back(v: int, e: ptr8, p: ptr32, x: ptr8, y: ptr8, f: ptr8, inside: ptr8, all: int):
    h = p[_H]
    wd = p[_W]
    c = p[_C]
    cb = ((c + 31) >> 5) << 2
    i = h * wd * c
    while i:
        i -= 1
        e[i] = 0
    oy = 0
    while oy < p[_OH]:
        top = oy * p[_SH] - p[_TOP]
        ox = 0
        while ox < p[_OW]:
            left = ox * p[_SW] - p[_LEFT]
            i = 0
            while i < c:
                byte = i >> 3
                bit = 1 << (i & 7)
                wanted = y[byte] & bit
                found = -1
                iy = top
                while iy < top + p[_KH]:
                    ix = left
                    while ix < left + p[_KW]:
                        if found < 0 and iy >= 0 and iy < h and ix >= 0 and ix < wd:
                            v = iy * wd + ix
                            if x[v * cb + byte] & bit == wanted:
                                found = v
                        ix += 1
                    iy += 1
                if found >= 0:
                    if all or inside[found * cb + byte] & bit:
                        e[found * c + i] = f[i]
                i += 1
            y = ptr8(int(y) + cb)
            f = ptr8(int(f) + c)
            ox += 1
        oy += 1

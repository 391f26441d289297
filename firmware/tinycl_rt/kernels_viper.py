# ruff: noqa: F821
"""Kernels compiled to machine code by MicroPython's viper emitter.

For MicroPython boards without a native module. ``kernels_ref`` says what each function computes;
the plain functions at the end check their buffers and call the compiled ones. The rare input
that these do not take (words at addresses that are no multiple of four, sums beyond 32 bits) goes
to the reference. Import under ``except (ImportError, SyntaxError)``: an interpreter without viper
cannot even parse this file.

How it is written, and why:

* Viper keeps the first three locals in registers, and parameters come first: so innermost loops
  have theirs as parameters, some of them (``v: int``) only to set a register aside.
* Loads are unsigned, and a word has 64 bits on some machines: ``(v ^ top) - top`` brings the sign
  back.
* Numbers of more than 30 bits would be Python objects: masks are put together at run time.
"""

from struct import pack_into, unpack_from

import micropython

NAME = "viper"

# Longest window of a binary convolution (words), and of an 8-bit one (values).
_MAX_WORDS = 1023
_MAX_TAPS = 32896

_scratch = bytearray(256)


@micropython.viper
def _window(p: ptr32, x: ptr32, s: ptr32) -> int:
    """Gather the words of the next window into ``s``: 0 when there is none.

    ``s``: row and column of the output, its word in ``y``, words of the window, +-1 values in it,
    then the window, then its words' places in the kernel. Taps outside the image are left out, or
    are 0 when ``p`` says that they count.
    """
    oy = s[0]
    ox = s[1]
    if oy == p[9]:
        return 0
    top = 1
    top <<= 31
    h = p[0]
    wd = p[1]
    ci = p[2]
    cw = (ci + 31) >> 5
    kh = p[3]
    kw = p[4]
    pad = p[12]
    left = ox * p[6] - p[8]
    n = kh * kw * cw
    taps = 0
    i = 5
    j = 0
    iy = oy * p[5] - p[7]
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
    s[2] = (oy * p[10] + ox) * ((p[11] + 31) >> 5)
    s[3] = i - 5
    s[4] = taps
    ox += 1
    if ox == p[10]:
        ox = 0
        s[0] = oy + 1
    s[1] = ox
    return 1


@micropython.viper
def _signs_of_window(v: int, m: int, w: ptr32, p: ptr32, t: ptr32, y: ptr32, acc: ptr32, s: ptr32):
    """Count the bits in which a window differs from each channel's weights, then threshold."""
    m1 = 0x5555
    m1 |= m1 << 16
    m2 = 0x33333333
    m4 = 0x0F0F0F0F
    m8 = 0x00FF00FF
    weights = int(w)
    oc = p[11]
    n = p[3] * p[4] * ((p[2] + 31) >> 5)
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
            a = ptr32(int(s) + 20 + 4 * j)
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

    # The other words one at a time.
    while j < words:
        x0 = s[5 + j]
        w = ptr32(weights + 4 * s[5 + n + j])
        a = acc
        c = oc
        while c:
            v = x0
            v = w[0] ^ v
            v = v - ((v >> 1) & m1)
            m = m2
            v = ((v >> 2) & m) + (v & m)
            v = ((v >> 4) + v) & m4
            m = m8
            v = ((v >> 8) & m) + (v & m)
            v = a[0] + v
            a[0] = v
            a = ptr32(int(a) + 4)
            w = ptr32(int(w) + row)
            c -= 1
        j += 1

    # An acc holds two half sums of 16 bits each.
    top = 1
    top <<= 31
    taps = s[4]
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


@micropython.viper
def _conv8(v: int, w: ptr8, p: ptr32, x: ptr8, t: ptr32, y: ptr32, s: ptr32):
    """The whole operator: gather a window's values into ``s``, then multiply and threshold."""
    top = 1
    top <<= 31
    word = top + top - 1
    h = p[0]
    wd = p[1]
    ci = p[2]
    kh = p[3]
    kw = p[4]
    zero = (p[13] ^ top) - top
    n = kh * kw * ci
    nines = n // 9
    rest = n - 9 * nines
    weights = int(w)
    oy = 0
    while oy < p[9]:
        ox = 0
        while ox < p[10]:
            a = s
            m = 0
            iy = oy * p[5] - p[7]
            ky = kh
            while ky:
                ix = ox * p[6] - p[8]
                kx = kw
                while kx:
                    xi = (iy * wd + ix) * ci
                    i = ci
                    while i:
                        v = 0
                        if not (iy < 0 or iy >= h or ix < 0 or ix >= wd):
                            v = x[xi] - zero
                        a[0] = v
                        a = ptr32(int(a) + 4)
                        m += v
                        xi += 1
                        i -= 1
                    ix += 1
                    kx -= 1
                iy += 1
                ky -= 1
            # w ^ 128 is the weight plus 128: take 128 times the sum of the window off again.
            bias = 0 - 128 * m
            w = ptr8(weights)
            q = t
            c = p[11]
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
def _binarise(m: int, bit: int, x: ptr8, t: ptr32, y: ptr32, pixels: int, channels: int):
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
def _bpool(a: ptr32, v: int, p: ptr32, x: ptr32, m: ptr32, y: ptr32):
    top = 1
    top <<= 31
    h = p[0]
    wd = p[1]
    cw = (p[2] + 31) >> 5
    stride = 4 * cw
    oy = 0
    while oy < p[9]:
        y0 = oy * p[5] - p[7]
        y1 = y0 + p[3]
        if y0 < 0:
            y0 = 0
        if y1 > h:
            y1 = h
        ox = 0
        while ox < p[10]:
            x0 = ox * p[6] - p[8]
            x1 = x0 + p[4]
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
def _count(a: ptr32, v: int, p: ptr32, x: ptr32, y: ptr8):
    """Two channels at a time, 16 apart, in the halves of a word."""
    h = p[0]
    wd = p[1]
    ci = p[2]
    gh = p[9]
    gw = p[10]
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
                        k = (rows * columns - 2 * (v & 0xFFFF)) >> p[14]
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


@micropython.viper
def _forward(
    v: int, i: int, w: ptr16, x: ptr8, acc: ptr32, classes: int, n: int, shift: int, limit: int
):
    bias = ((1 << shift) >> 1) - 0x8000
    span = uint(limit + limit)
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
        classes -= 1


@micropython.viper
def _softmax(
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
def _update(
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
def _update_stochastic(
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
def _sum(s: int, w: ptr16, row: int, features: int) -> int:
    w = ptr16(int(w) + 2 * row * features)
    s = 0
    while features:
        s = (w[0] ^ 0x8000) - 0x8000 + s
        w = ptr16(int(w) + 2)
        features -= 1
    return s


@micropython.viper
def _merge(v: int, cw: ptr16, tw: ptr16, row: int, features: int, avg: int, keep: int, limit: int):
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


@micropython.viper
def _address(buffer: ptr8) -> int:
    return int(buffer) & 3


def _odd(buffer, nbytes, unit=4, write=False):
    """Whether a buffer is of no use to viper for its address; ValueError if it is too small.

    struct sees bytes whatever the type of an array's items is.
    """
    try:
        if write:
            pack_into("", buffer, nbytes)
        else:
            unpack_from("", buffer, nbytes)
    except (ValueError, OverflowError):
        raise ValueError("kernels: a buffer has less than %d bytes" % nbytes)  # noqa: B904
    return _address(buffer) & (unit - 1)


def _reference():
    from tinycl_rt import kernels_ref

    return kernels_ref


def _room(nbytes):
    """Scratch memory: kept from call to call, and only ever grown."""
    global _scratch
    if len(_scratch) < nbytes:
        _scratch = b""  # free the old before the new is there
        _scratch = bytearray(nbytes)
    return _scratch


@micropython.viper
def _wrong(p: ptr32) -> int:
    """Number of the first entry of a geometry that is out of range, 0 to 11, or 12."""
    i = 0
    while i < 12:
        v = p[i]
        if v > 32767 or v <= 0:
            if v or i < 7 or i > 8:
                return i
        i += 1
    return i


def _geometry(p):
    """Whether ``p`` is out of line; ValueError if it is none."""
    if _odd(p, 60):
        return 1
    i = _wrong(p)
    if i < 12:
        raise ValueError("kernels: %d as number %d of a geometry" % (p[i], i))
    return 0


def _words(channels):
    return (channels + 31) // 32 * 4


def conv8(p, x, w, t, y, acc):
    """See ``kernels_ref.conv8``."""
    odd = _geometry(p)
    h, wd, ci, kh, kw, _, _, _, _, oh, ow, oc, _, zp, _ = p
    taps = kh * kw * ci
    odd |= _odd(x, h * wd * ci, 1) | _odd(w, taps * oc, 1) | _odd(t, 4 * oc)
    odd |= _odd(y, oh * ow * _words(oc), 4, True) | _odd(acc, 4 * oc, 4, True)
    if odd or taps > _MAX_TAPS or not -255 <= zp <= 255:
        return _reference().conv8(p, x, w, t, y, acc)
    _conv8(0, w, p, x, t, y, _room(4 * taps))


def binarise(p, x, t, y):
    """See ``kernels_ref.binarise``."""
    odd = _geometry(p)
    n, c = p[0] * p[1], p[2]
    odd |= _odd(x, n * c, 1) | _odd(t, 4 * c) | _odd(y, n * _words(c), 4, True)
    if odd:
        return _reference().binarise(p, x, t, y)
    _binarise(0, 0, x, t, y, n, c)


def bconv(p, x, w, t, y, acc):
    """See ``kernels_ref.bconv``."""
    odd = _geometry(p)
    h, wd, ci, kh, kw, _, _, _, _, oh, ow, oc, _, _, _ = p
    cb = _words(ci)
    window = kh * kw * cb
    odd |= _odd(x, h * wd * cb) | _odd(w, oc * window) | _odd(t, 4 * oc)
    odd |= _odd(y, oh * ow * _words(oc), 4, True) | _odd(acc, 4 * oc, 4, True)
    if odd or window > 4 * _MAX_WORDS:
        return _reference().bconv(p, x, w, t, y, acc)
    s = _room(20 + 2 * window)
    pack_into("<ii", s, 0, 0, 0)
    while _window(p, x, s):
        _signs_of_window(0, 0, w, p, t, y, acc, s)


def bpool(p, x, m, y):
    """See ``kernels_ref.bpool``."""
    odd = _geometry(p)
    cb = _words(p[2])
    odd |= _odd(x, p[0] * p[1] * cb) | _odd(m, cb) | _odd(y, p[9] * p[10] * cb, 4, True)
    if odd:
        return _reference().bpool(p, x, m, y)
    _bpool(m, 0, p, x, m, y)


def count(p, x, y):
    """See ``kernels_ref.count``."""
    odd = _geometry(p)
    h, w, c, gh, gw = p[0], p[1], p[2], p[9], p[10]
    odd |= _odd(x, h * w * _words(c)) | _odd(y, gh * gw * c, 1, True)
    cell = (h // gh + 1) * (w // gw + 1)
    if odd or cell > 0xFFFF or not 0 <= p[14] <= 31:
        return _reference().count(p, x, y)
    _count(x, 0, p, x, y)


def head_forward(w, x, acc, classes, features, shift, limit):
    """See ``kernels_ref.head_forward``."""
    odd = _odd(w, 2 * classes * features, 2) | _odd(x, features, 1)
    odd |= _odd(acc, 4 * classes, 4, True)
    if odd or not 0 <= shift <= 15 or not 0 <= limit << 7 <= 0x7FFFFFFF // features:
        return _reference().head_forward(w, x, acc, classes, features, shift, limit)
    _forward(0, 0, w, x, acc, classes, features, shift, limit)


def softmax_error(acc, lut, g, classes, label, logit_shift, gbits):
    """See ``kernels_ref.softmax_error``; entries of ``lut`` are at most 2^15."""
    odd = _odd(acc, 4 * classes, 4, True) | _odd(lut, 2 * len(lut), 2)
    odd |= _odd(g, 2 * classes, 2, True)
    if odd or not 0 <= logit_shift <= 31 or not 1 <= gbits <= 16:
        return _reference().softmax_error(acc, lut, g, classes, label, logit_shift, gbits)
    if not _softmax(acc, lut, g, len(lut), classes, label, logit_shift, gbits):
        raise ValueError("kernels: the exponents add up to 0")


def head_update(w, g, x, classes, features, shift, limit, rng):
    """See ``kernels_ref.head_update``."""
    odd = _odd(w, 2 * classes * features, 2, True) | _odd(g, 2 * classes, 2)
    odd |= _odd(x, features, 1)
    stochastic = rng is not None and shift > 0
    if stochastic:
        odd |= _odd(rng, 4, 4, True)
    if odd or not -15 <= shift <= 29 or not 0 <= limit <= 32767:
        return _reference().head_update(w, g, x, classes, features, shift, limit, rng)
    if stochastic:
        _update_stochastic(0, w, g, x, classes, features, shift, limit, rng)
    else:
        _update(0, 0, w, g, x, classes, features, shift, limit)


def head_sum(w, row, features):
    """See ``kernels_ref.head_sum``."""
    if row < 0 or _odd(w, 2 * (row + 1) * features, 2) or features > 32767:
        return _reference().head_sum(w, row, features)
    return _sum(0, w, row, features)


def head_merge(cw, tw, row, features, avg, keep, limit):
    """See ``kernels_ref.head_merge``."""
    n = 2 * (row + 1) * features
    odd = _odd(cw, n, 2, True) | _odd(tw, n, 2) or row < 0
    if odd or not (-32768 <= avg <= 32767 and 0 <= keep <= 32768 and 0 <= limit <= 32767):
        return _reference().head_merge(cw, tw, row, features, avg, keep, limit)
    _merge(0, cw, tw, row, features, avg, keep, limit)

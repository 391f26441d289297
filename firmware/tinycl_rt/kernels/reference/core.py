"""Reference kernels: the specification in plain Python, for every interpreter.

Every other kernel set (``numpy.core``, native, viper) must give the same integers on every
input. Shared conventions:

* Bits: 1 means negative (-1), 0 means +1. Channels are packed into 32-bit little-endian words,
  least significant bit first; the padding bits of the last word are 0.
* Images are laid out row, column, channel; weights output channel, row, column, input channel.
* ``p`` is the geometry of one operator, an ``array('i')`` made by ``tinycl_rt.model.loader``:
  ``h, w, c, kh, kw, sh, sw, pad_top, pad_left, oh, ow, oc, pad, zero_point, shift``.
  ``pad`` 0: taps outside the image count nothing; 1: they are +1; 2 (``bconv`` only): they are
  +1, and thresholds depend on the position: those of row oy and column ox begin at entry
  ``t[oy] + t[oh + ox]``.
* A threshold turns an accumulator into a bit: the bit is 1 when ``acc < t[channel]``.
* ``acc`` is scratch memory, an ``array('i')`` of at least ``oc`` entries.

Source: Courbariaux et al., 1602.02830 (XNOR and popcount in place of products); Lomonaco et al.,
1907.03799 (CWR*); Vorabbi et al., 2308.15308 (the head's two bit widths).
"""

NAME = "reference"

# Ones in a byte.
_POP = bytes([bin(i).count("1") for i in range(256)])


def _words(channels):
    """Bytes that ``channels`` bits take: whole 32-bit words."""
    return (channels + 31) // 32 * 4


def _store(acc, t, at, oc, y, base):
    """Signs of ``acc`` against the thresholds from entry ``at`` on, to ``y`` from ``base``."""
    for k in range(base, base + _words(oc)):
        y[k] = 0
    for c in range(oc):
        if acc[c] < t[at + c]:
            y[base + (c >> 3)] |= 1 << (c & 7)


def conv8(p, x, w, t, y, acc):
    """8-bit convolution of pixels, then threshold: the first layer of the integer family.

    ``acc = sum(w * (x - zero_point))`` with ``x`` uint8, ``w`` int8, int32 accumulators.
    """
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, _, zp, _ = p
    taps = kh * kw * ci
    out = 0
    for oy in range(oh):
        for ox in range(ow):
            for c in range(oc):
                acc[c] = 0
            for ky in range(kh):
                iy = oy * sh - pt + ky
                if iy < 0 or iy >= h:
                    continue
                for kx in range(kw):
                    ix = ox * sw - pl + kx
                    if ix < 0 or ix >= wd:
                        continue
                    xi = (iy * wd + ix) * ci
                    wi = (ky * kw + kx) * ci
                    for i in range(ci):
                        v = x[xi + i] - zp
                        k = wi + i
                        for c in range(oc):
                            acc[c] += v * w[k]
                            k += taps
            _store(acc, t, 0, oc, y, out)
            out += _words(oc)


def binarise(p, x, t, y):
    """Pixels to bits: bit 1 where ``x < t[channel]``; for models whose first layer is binary."""
    h, wd, ci, _, _, _, _, _, _, _, _, _, _, _, _ = p
    out = 0
    for i in range(0, h * wd * ci, ci):
        for k in range(out, out + _words(ci)):
            y[k] = 0
        for c in range(ci):
            if x[i + c] < t[c]:
                y[out + (c >> 3)] |= 1 << (c & 7)
        out += _words(ci)


def bconv(p, x, w, t, y, acc):
    """Binary convolution, then threshold.

    ``acc = taps * c - 2 * popcount(x XOR w)``, the dot product of +-1 values; with ``pad`` 0
    only the taps inside the image count.
    """
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, pad, _, _ = p
    pop = _POP
    cb = _words(ci)
    row = kh * kw * cb
    out = 0
    for oy in range(oh):
        for ox in range(ow):
            for c in range(oc):
                acc[c] = 0
            taps = 0
            for ky in range(kh):
                iy = oy * sh - pt + ky
                for kx in range(kw):
                    ix = ox * sw - pl + kx
                    inside = 0 <= iy < h and 0 <= ix < wd
                    if not inside and not pad:
                        continue
                    taps += ci
                    xi = (iy * wd + ix) * cb
                    wi = (ky * kw + kx) * cb
                    for i in range(cb):
                        v = x[xi + i] if inside else 0
                        k = wi + i
                        for c in range(oc):
                            acc[c] += pop[v ^ w[k]]
                            k += row
            for c in range(oc):
                acc[c] = taps - 2 * acc[c]
            _store(acc, t, t[oy] + t[oh + ox] if pad == 2 else 0, oc, y, out)
            out += _words(oc)


def bpool(p, x, m, y):
    """Max pooling of bits; channels whose bit is set in the mask ``m`` take the minimum.

    The maximum of +-1 values is the AND of their bits. Taps outside the image are left out.
    """
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, _, _, _, _ = p
    cb = _words(ci)
    out = 0
    for oy in range(oh):
        y0 = max(oy * sh - pt, 0)
        y1 = min(oy * sh - pt + kh, h)
        for ox in range(ow):
            x0 = max(ox * sw - pl, 0)
            x1 = min(ox * sw - pl + kw, wd)
            for i in range(cb):
                bits = 255
                for iy in range(y0, y1):
                    for ix in range(x0, x1):
                        bits &= x[(iy * wd + ix) * cb + i] ^ m[i]
                y[out + i] = bits ^ m[i]
            out += cb


def sum_pool(p, x, y):
    """Sum the +-1 values of each channel over the cells of an ``oh`` x ``ow`` grid.

    ``y`` is an ``array('b')``, cell by cell, channel last: ``(pixels - 2 * ones) >> shift``, cut
    to -127..127. Cell ``i`` of ``g`` on a side of ``n`` is ``i * n // g`` to ``(i + 1) * n // g``.
    """
    h, wd, ci, _, _, _, _, _, _, gh, gw, _, _, _, shift = p
    cb = _words(ci)
    k = 0
    for gy in range(gh):
        y0 = gy * h // gh
        y1 = (gy + 1) * h // gh
        for gx in range(gw):
            x0 = gx * wd // gw
            x1 = (gx + 1) * wd // gw
            n = (y1 - y0) * (x1 - x0)
            for c in range(ci):
                byte = c >> 3
                bit = 1 << (c & 7)
                ones = 0
                for iy in range(y0, y1):
                    for ix in range(x0, x1):
                        if x[(iy * wd + ix) * cb + byte] & bit:
                            ones += 1
                v = (n - 2 * ones) >> shift
                y[k] = max(-127, min(127, v))
                k += 1


def head_forward(w, x, acc, classes, features, shift, limit):
    """Logits: ``acc[j] = sum_i wf[j, i] * x[i]`` with ``wf = (w + half) >> shift`` cut to +-limit.

    ``w`` int16 (classes x features), ``x`` int8, ``acc`` int32; ``shift`` = q_b - q_f. Returns the
    class of the largest logit, the first of equals.
    """
    half = (1 << shift) >> 1
    k = best = 0
    for j in range(classes):
        s = 0
        for i in range(features):
            v = (w[k] + half) >> shift
            if v > limit:
                v = limit
            elif v < -limit:
                v = -limit
            s += v * x[i]
            k += 1
        acc[j] = s
        if s > acc[best]:
            best = j
    return best


def softmax_error(acc, lut, g, classes, label, logit_shift, gbits):
    """Cross-entropy error ``g = softmax(acc) - onehot(label)``, rounded to ``gbits`` bits.

    ``lut[d] = round(2^15 exp(-d/16))``; ``acc >> logit_shift`` are logits in steps of 1/16; p is
    Q15, g is Q(gbits-1) in int16.
    """
    top = acc[0]
    for j in range(1, classes):
        if acc[j] > top:
            top = acc[j]
    total = 0
    for j in range(classes):
        d = (top - acc[j]) >> logit_shift
        e = lut[d] if d < len(lut) else 0
        acc[j] = e
        total += e
    shift = 16 - gbits
    half = (1 << shift) >> 1
    limit = (1 << (gbits - 1)) - 1
    for j in range(classes):
        v = (acc[j] << 15) // total
        if j == label:
            v -= 32768
        v = (v + half) >> shift
        if v > limit:
            v = limit
        elif v < -limit:
            v = -limit
        g[j] = v


def head_update(w, g, x, classes, features, shift, limit, rng):
    """SGD step: ``w[j, i] -= (g[j] * x[i]) >> shift``, rounded, saturating at +-limit.

    Rounding is half up, or stochastic when ``rng`` (``array('I')``, one xorshift32 word) is given:
    one draw a weight, in order, for the rows whose error is not zero. A negative ``shift`` shifts
    left.
    """
    half = (1 << shift) >> 1 if shift > 0 else 0
    mask = (1 << shift) - 1 if shift > 0 else 0
    up = -shift if shift < 0 else 0
    down = shift if shift > 0 else 0
    stochastic = rng is not None and shift > 0
    state = rng[0] if stochastic else 0
    for j in range(classes):
        gj = g[j]
        if gj == 0:
            continue
        k = j * features
        for i in range(features):
            if stochastic:
                state ^= (state << 13) & 0xFFFFFFFF
                state ^= state >> 17
                state ^= (state << 5) & 0xFFFFFFFF
                half = state & mask
            v = w[k] - ((((gj * x[i]) << up) + half) >> down)
            if v > limit:
                v = limit
            elif v < -limit:
                v = -limit
            w[k] = v
            k += 1
    if stochastic:
        rng[0] = state


def head_step(p, w, x, acc, g, lut, rng, label):
    """One step of gradient descent: ``head_forward``, ``softmax_error``, ``head_update``.

    ``p`` is an ``array('i')``: classes, features; shift and limit of the forward weights; shift of
    the logits, bits of the error; shift and limit of the update. Returns the best class as it was
    before the step.
    """
    classes, features, shift, limit, logit_shift, gbits, step_shift, step_limit = p
    best = head_forward(w, x, acc, classes, features, shift, limit)
    softmax_error(acc, lut, g, classes, label, logit_shift, gbits)
    head_update(w, g, x, classes, features, step_shift, step_limit, rng)
    return best


def head_sum(w, row, features):
    """Sum of one row of int16 weights."""
    s = 0
    for k in range(row * features, (row + 1) * features):
        s += w[k]
    return s


def head_merge(cw, tw, row, features, avg, keep, limit):
    """CWR* consolidation of one row: ``cw = keep * cw + (1 - keep) * (tw - avg)``, keep in Q15.

    All terms fit int32 for int16 weights; rounded half up, saturating at +-limit.
    """
    learn = 32768 - keep
    for k in range(row * features, (row + 1) * features):
        v = (cw[k] * keep + (tw[k] - avg) * learn + 16384) >> 15
        if v > limit:
            v = limit
        elif v < -limit:
            v = -limit
        cw[k] = v

"""Reference kernels of the trainable tail: the specification in plain Python.

Conventions are those of ``reference.core``; every other set must give the same integers. Further:

* ``x``, ``y``, ``inside``: packed bits of ``n`` images, one after the other.
* ``e``: errors, an ``array('b')`` laid out row, column, channel, image after image: the gradient
  of the loss with respect to a convolution's accumulator, in steps of a power of two.
* ``inside``: the straight-through window, 1 where a gradient passes.
* No kernel multiplies values with values: binary operands only choose between adding and
  subtracting an error.

Source: Courbariaux et al., 1602.02830 (straight-through estimator); Vorabbi et al., 2401.09916
(quantised back-propagation from binary latents).
"""

from tinycl_rt.kernels.reference.core import _POP, _words

NAME = "reference"

SIGN, PROPORTIONAL, BOP = range(3)

_WEYL = 0x9E3779B1  # 2^32 / golden ratio, odd: multiples of it fill a circle evenly


def bconv_train(p, n, x, w, t, half, y, inside, acc):
    """Binary convolution of ``n`` images that also keeps what the way back needs.

    ``y`` as ``reference.core.bconv``; ``inside`` is 1 where ``-half <= acc - t <= half``.
    """
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, pad, _, _ = p
    pop = _POP
    cb = _words(ci)
    ob = _words(oc)
    row = kh * kw * cb
    out = 0
    for image in range(n):
        first = image * h * wd
        for oy in range(oh):
            for ox in range(ow):
                for c in range(oc):
                    acc[c] = 0
                taps = 0
                for ky in range(kh):
                    iy = oy * sh - pt + ky
                    for kx in range(kw):
                        ix = ox * sw - pl + kx
                        within = 0 <= iy < h and 0 <= ix < wd
                        if not within and not pad:
                            continue
                        taps += ci
                        xi = (first + iy * wd + ix) * cb
                        wi = (ky * kw + kx) * cb
                        for i in range(cb):
                            v = x[xi + i] if within else 0
                            k = wi + i
                            for c in range(oc):
                                acc[c] += pop[v ^ w[k]]
                                k += row
                at = t[oy] + t[oh + ox] if pad == 2 else 0
                for k in range(out, out + ob):
                    y[k] = 0
                    inside[k] = 0
                for c in range(oc):
                    d = taps - 2 * acc[c] - t[at + c]
                    if d < 0:
                        y[out + (c >> 3)] |= 1 << (c & 7)
                    if -half <= d <= half:
                        inside[out + (c >> 3)] |= 1 << (c & 7)
                out += ob


def head_back(w, g, f, classes, features, shift, limit):
    """Error of the features: ``f[i] = sum_j g[j] * wf[j, i]``, ``wf`` as in ``head_forward``.

    ``g`` int16 of at most 8 bits, ``f`` int32.
    """
    half = (1 << shift) >> 1
    for i in range(features):
        s = 0
        k = i
        for j in range(classes):
            v = (w[k] + half) >> shift
            if v > limit:
                v = limit
            elif v < -limit:
                v = -limit
            s += v * g[j]
            k += features
        f[i] = s


def unpool(p, f, shift, limit, inside, e):
    """The way back through ``sum_pool``: each position of a cell takes the cell's error.

    ``e = (f + half) >> shift``, cut to +-limit, 0 outside the window; ``inside`` None passes all.
    ``p`` is that of ``sum_pool``.
    """
    h, wd, ci, _, _, _, _, _, _, gh, gw, _, _, _, _ = p
    cb = _words(ci)
    half = (1 << shift) >> 1
    k = 0
    for gy in range(gh):
        y0 = gy * h // gh
        y1 = (gy + 1) * h // gh
        for gx in range(gw):
            x0 = gx * wd // gw
            x1 = (gx + 1) * wd // gw
            for c in range(ci):
                v = (f[k] + half) >> shift
                v = max(-limit, min(limit, v))
                k += 1
                byte = c >> 3
                bit = 1 << (c & 7)
                for iy in range(y0, y1):
                    for ix in range(x0, x1):
                        at = iy * wd + ix
                        passes = inside is None or inside[at * cb + byte] & bit
                        e[at * ci + c] = v if passes else 0


def bconv_back(p, e, w, d):
    """Errors of a convolution's input, one image: ``d = e . w^T``, ``d`` int32 (h, w, c)."""
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, _, _, _ = p
    cb = _words(ci)
    row = kh * kw * cb
    for i in range(h * wd * ci):
        d[i] = 0
    at = 0
    for oy in range(oh):
        for ox in range(ow):
            for ky in range(kh):
                iy = oy * sh - pt + ky
                if iy < 0 or iy >= h:
                    continue
                for kx in range(kw):
                    ix = ox * sw - pl + kx
                    if ix < 0 or ix >= wd:
                        continue
                    di = (iy * wd + ix) * ci
                    wi = (ky * kw + kx) * cb
                    for c in range(oc):
                        v = e[at + c]
                        if v:
                            k = wi + c * row
                            for i in range(ci):
                                if w[k + (i >> 3)] >> (i & 7) & 1:
                                    d[di + i] -= v
                                else:
                                    d[di + i] += v
            at += oc


def requantize(d, cells, channels, shift, limit, inside, e):
    """Errors back to a few bits: ``e = (d + half) >> shift``, cut to +-limit.

    ``cells`` positions of ``channels`` values; 0 outside the window, ``inside`` None passes all.
    """
    half = (1 << shift) >> 1
    cb = _words(channels)
    k = 0
    for cell in range(cells):
        for c in range(channels):
            v = (d[k] + half) >> shift
            v = max(-limit, min(limit, v))
            if inside is not None and not inside[cell * cb + (c >> 3)] >> (c & 7) & 1:
                v = 0
            e[k] = v
            k += 1


def bpool_back(p, x, y, f, inside, e):
    """The way back through ``bpool``, one image: an error goes to the window's first maximum.

    ``x``, ``y`` are the pooling's input and output, ``f`` errors of ``y``, ``e`` those of ``x``
    (0 outside the window ``inside`` of ``x``; None passes all). Windows must not overlap.
    """
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, _, _, _, _ = p
    cb = _words(ci)
    for i in range(h * wd * ci):
        e[i] = 0
    k = 0
    for oy in range(oh):
        y0 = max(oy * sh - pt, 0)
        y1 = min(oy * sh - pt + kh, h)
        for ox in range(ow):
            x0 = max(ox * sw - pl, 0)
            x1 = min(ox * sw - pl + kw, wd)
            for c in range(ci):
                v = f[k * ci + c]
                byte = c >> 3
                bit = 1 << (c & 7)
                wanted = y[k * cb + byte] & bit
                at = -1
                for iy in range(y0, y1):
                    for ix in range(x0, x1):
                        if at < 0 and x[(iy * wd + ix) * cb + byte] & bit == wanted:
                            at = iy * wd + ix
                if at >= 0 and (inside is None or inside[at * cb + byte] & bit):
                    e[at * ci + c] = v
            k += 1


def bconv_update(p, n, x, e, latent, w, t, row, rule, rng):
    """Gradient of a convolution's weights over ``n`` images, and one step of an update rule.

    Parameters
    ----------
    x : packed bits of the inputs
    e : errors of the accumulators
    latent : array('b') or array('h')
        One number for each weight, output channel first: latent weights, whose sign is the weight;
        or the running mean of the gradient (``BOP``).
    w : packed bits of the weights, rewritten
    t : array('i')
        Thresholds, within +-2^30 where they learn.
    row : array('i')
        Scratch, ``kh * kw * c`` entries.
    rule : array('i')
        ``rule, shift, a, b, limit, t_shift``, see ``_RULES``; thresholds learn at ``2^-t_shift``
        where that is not 0.
    rng : array('I')
        One word of xorshift32, moved on once.

    Returns
    -------
    int
        Weights whose sign changed.
    """
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, pad, _, _ = p
    cb = _words(ci)
    taps = kh * kw
    kind, shift, a, b, limit, t_shift = rule
    noise = _draw(rng)
    flips = 0
    k = 0
    for c in range(oc):
        for i in range(taps * ci):
            row[i] = 0
        total = 0
        at = c
        for image in range(n):
            first = image * h * wd
            for oy in range(oh):
                for ox in range(ow):
                    v = e[at]
                    at += oc
                    if not v:
                        continue
                    total += v
                    i = 0
                    for ky in range(kh):
                        iy = oy * sh - pt + ky
                        for kx in range(kw):
                            ix = ox * sw - pl + kx
                            if 0 <= iy < h and 0 <= ix < wd:
                                xi = (first + iy * wd + ix) * cb
                                for m in range(ci):
                                    if x[xi + (m >> 3)] >> (m & 7) & 1:
                                        row[i] -= v
                                    else:
                                        row[i] += v
                                    i += 1
                            elif pad:
                                for _ in range(ci):
                                    row[i] += v
                                    i += 1
                            else:
                                i += ci
        for tap in range(taps):
            at_w = (c * taps + tap) * cb
            for m in range(ci):
                byte = at_w + (m >> 3)
                bit = 1 << (m & 7)
                negative = 1 if w[byte] & bit else 0
                value, new = _RULES[kind](
                    latent[k], row[tap * ci + m], negative, shift, a, b, limit, noise
                )
                latent[k] = value
                if new != negative:
                    w[byte] ^= bit
                    flips += 1
                k += 1
                noise = (noise + _WEYL) & 0xFFFFFFFF
        if t_shift:
            step = (total + (noise >> (32 - t_shift))) >> t_shift
            for i in range(oh + ow if pad == 2 else 0, len(t) - oc + 1, oc):
                t[i + c] = _cut(t[i + c] + step, 1 << 30)
    return flips


def _sign(value, g, negative, shift, a, b, limit, noise):
    """Latent weights move by ``a`` against the sign of the gradient (Wang et al., 2102.04270)."""
    value = _cut(value - (a if g > 0 else -a if g < 0 else 0), limit)
    return value, 1 if value < 0 else 0


def _proportional(value, g, negative, shift, a, b, limit, noise):
    """Latent weights move by ``g * 2^-shift``, stochastically rounded."""
    value = _cut(value - ((g + (noise >> (32 - shift))) >> shift), limit)
    return value, 1 if value < 0 else 0


def _bop(value, g, negative, shift, a, b, limit, noise):
    """Flip a weight that a running mean of ``g * 2^-shift`` opposes by more than ``b``.

    The mean moves by ``2^-a`` of the difference, stochastically rounded. Source: Helwegen et al.,
    1906.02107 (Bop).
    """
    d = _cut(g >> shift, limit) - value
    value = _cut(value + ((d + (noise >> (32 - a))) >> a), limit)
    if value < -b:
        return value, 0
    if value > b:
        return value, 1
    return value, negative


_RULES = (_sign, _proportional, _bop)


def _cut(v, limit):
    return limit if v > limit else -limit if v < -limit else v


def _draw(rng):
    """The next word of xorshift32."""
    s = rng[0]
    s ^= (s << 13) & 0xFFFFFFFF
    s ^= s >> 17
    s ^= (s << 5) & 0xFFFFFFFF
    rng[0] = s
    return s

"""Reference kernels of full depth: l1 batch norm in integers, the specification in plain Python.

Conventions are those of ``reference.tail``. Further, for each output channel of a layer:

* ``norm``: ``beta`` (Q7, in units of psi, within +-1), then the running means of mu and psi
  (Q12), each ``oc`` numbers.
* ``psi``: mean distance of the mini-batch's accumulators from their mean, Q4, at least 1.

Source: Wang et al., 2102.04270, whose equations are our own here (see the arithmetic page).
"""

from tinycl_rt.kernels.reference.core import _POP, _words
from tinycl_rt.kernels.reference.tail import _draw

NAME = "reference"

FRACTION = 4  # bits of mu, psi and of the means on the way back
NORM = 7  # bits of beta
GUARD = 8  # further bits of the running means
FORGET = 4  # they forget 2^-4 a mini-batch
RATIO = 8  # bits of the ratio of two psi, which is at most 16


def init_weights(p, w, latent, margin, rng):
    """Random latent weights within +-margin, and their signs."""
    _, _, ci, kh, kw, _, _, _, _, _, _, oc, _, _, _ = p
    taps = kh * kw
    cb = _words(ci)
    for i in range(oc * taps * cb):
        w[i] = 0
    k = 0
    for row in range(oc * taps):
        for c in range(ci):
            v = (_draw(rng) * (2 * margin + 1) >> 32) - margin
            latent[k] = v
            k += 1
            if v < 0:
                w[row * cb + (c >> 3)] |= 1 << (c & 7)


def norm_forward(p, n, x, w, norm, t, psi, y, inside, above, acc):
    """Binary convolution of ``n`` images, normalised over all of them, then signs.

    With a the accumulators of a channel, ``N = n * positions`` of them::

        mu = mean(a), psi = mean|a - mu|, z = (a - mu) / psi + beta

    Parameters
    ----------
    norm : array('i')
        ``beta`` is read, the running means move on by ``2^-FORGET``.
    t : array('i')
        Becomes the threshold below which ``z`` is negative, by the running means.
    psi : array('i')
        Becomes this mini-batch's.
    y, inside, above : packed bits
        Become 1 where ``z < 0``, where ``|z| <= 1``, and where ``a < mu``.
    acc : array('h')
        Scratch for one channel, N entries.

    Returns
    -------
    int
        Mean psi of the channels.
    """
    h, wd, ci, kh, kw, sh, sw, pt, pl, oh, ow, oc, pad, _, _ = p
    pop = _POP
    cb = _words(ci)
    ob = _words(oc)
    row = kh * kw * cb
    cells = n * oh * ow
    for i in range(cells * ob):
        y[i] = 0
        inside[i] = 0
        above[i] = 0
    whole = 0
    for c in range(oc):
        k = 0
        total = 0
        for image in range(n):
            first = image * h * wd
            for oy in range(oh):
                for ox in range(ow):
                    differ = 0
                    taps = 0
                    wi = c * row
                    for ky in range(kh):
                        iy = oy * sh - pt + ky
                        for kx in range(kw):
                            ix = ox * sw - pl + kx
                            if 0 <= iy < h and 0 <= ix < wd:
                                xi = (first + iy * wd + ix) * cb
                                for i in range(cb):
                                    differ += pop[x[xi + i] ^ w[wi + i]]
                                taps += ci
                            elif pad:
                                for i in range(cb):
                                    differ += pop[w[wi + i]]
                                taps += ci
                            wi += cb
                    v = taps - 2 * differ
                    acc[k] = v
                    total += v
                    k += 1
        mu = ((total << FRACTION) + (cells >> 1)) // cells
        total = 0
        for k in range(cells):
            total += abs((acc[k] << FRACTION) - mu)
        spread = max(total // cells, 1 << FRACTION)
        psi[c] = spread
        whole += spread
        shifted = norm[c] * spread
        edge = spread << NORM
        byte = c >> 3
        bit = 1 << (c & 7)
        for k in range(cells):
            d = (acc[k] << FRACTION) - mu
            z = (d << NORM) + shifted
            at = k * ob + byte
            if d < 0:
                above[at] |= bit
            if z < 0:
                y[at] |= bit
            if -edge <= z <= edge:
                inside[at] |= bit
        norm[oc + c] += ((mu << GUARD) - norm[oc + c]) >> FORGET
        norm[2 * oc + c] += ((spread << GUARD) - norm[2 * oc + c]) >> FORGET
        v = (norm[oc + c] >> GUARD) - (norm[c] * (norm[2 * oc + c] >> GUARD) >> NORM)
        t[c] = (v + (1 << FRACTION) - 1) >> FRACTION
    return whole // oc


def norm_back(p, n, e, above, psi, norm, base, step, limit):
    """The way back through the normalisation: errors of z become errors of accumulators.

    With s the sign of ``a - mu`` and means over all N::

        e = (e - mean(e) - s * mean(e * s)) * base / psi

    Parameters
    ----------
    e : array('b')
        Rewritten, cut to +-limit.
    norm : array('i')
        ``beta`` moves by ``step`` against the sign of ``sum(e)``.
    base : int
        What ``norm_forward`` returned: errors keep about their size.

    Returns
    -------
    int
        The largest error that came.
    """
    _, _, _, _, _, _, _, _, _, oh, ow, oc, _, _, _ = p
    ob = _words(oc)
    cells = n * oh * ow
    shift = RATIO + FRACTION
    half = 1 << (shift - 1)
    peak = 0
    for c in range(oc):
        byte = c >> 3
        bit = 1 << (c & 7)
        total = 0
        tilt = 0
        k = c
        for cell in range(cells):
            v = e[k]
            k += oc
            total += v
            peak = max(peak, abs(v))
            tilt += -v if above[cell * ob + byte] & bit else v
        mean = ((total << FRACTION) + (cells >> 1)) // cells
        tilt = ((tilt << FRACTION) + (cells >> 1)) // cells
        rate = min((base << RATIO) // psi[c], 16 << RATIO)
        k = c
        for cell in range(cells):
            v = (e[k] << FRACTION) - mean
            v += tilt if above[cell * ob + byte] & bit else -tilt
            v = (v * rate + half) >> shift
            e[k] = limit if v > limit else -limit if v < -limit else v
            k += oc
        if step and total:
            v = norm[c] + (-step if total > 0 else step)
            norm[c] = max(-127, min(127, v))
    return peak

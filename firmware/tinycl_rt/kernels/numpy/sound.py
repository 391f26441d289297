"""Kernels of ``reference.sound`` with numpy: the same integers, and for many frames at once."""

import numpy as np

from tinycl_rt.kernels.reference.sound import _CURVE, _FLOOR, _QUIETEST, _RANGE

NAME = "numpy"

_REVERSED = np.array([int(f"{n:08b}"[::-1], 2) for n in range(256)])


def fill(ring, at, samples, first, count):
    """See ``reference.sound``."""
    to = (at + np.arange(count)) & 511
    np.frombuffer(ring, np.int16)[to] = np.frombuffer(samples, np.int16)[first : first + count]


def log_mel(ring, at, sine, bands, work, out, row):
    """See ``reference.sound``."""
    samples = np.roll(np.frombuffer(ring, np.int16), -at)
    np.frombuffer(out, np.uint8)[40 * row : 40 * row + 40] = frames(samples[None], sine, bands)[0]


def frames(samples, sine, bands):
    """Bands of many frames: int16 (n, 512) -> uint8 (n, 40)."""
    sine, bands = np.frombuffer(sine, np.int16), np.frombuffer(bands, np.uint8)
    re, im = _transform(_window(samples, sine), sine.astype(np.int64))
    return _bands(*_split(re, im, sine.astype(np.int64)), bands)


def _window(samples, sine):
    n = np.arange(512)
    weights = 16384 - sine[128 + np.minimum(n, 512 - n)].astype(np.int32)
    return ((samples * weights + 512) >> 10).astype(np.int64)


def _turn(a, b, cos, sin):
    return (a * cos + b * sin + 8192) >> 14


def _transform(x, sine):
    re, im = x[:, ::2][:, _REVERSED], x[:, 1::2][:, _REVERSED]
    half = 1
    while half < 256:
        angle = np.arange(half) * (256 // half)
        cos, sin = sine[angle + 128], sine[angle]
        blocks = [part.reshape(len(x), -1, 2, half) for part in (re, im)]
        (ar, br), (ai, bi) = ((part[:, :, 0], part[:, :, 1]) for part in blocks)
        tr, ti = _turn(br, bi, cos, sin), _turn(bi, br, cos, -sin)
        re = np.stack([ar + tr, ar - tr], axis=2).reshape(len(x), 256)
        im = np.stack([ai + ti, ai - ti], axis=2).reshape(len(x), 256)
        half *= 2
    return re, im


def _split(re, im, sine):
    k = np.arange(1, 129)
    cos, sin = sine[k + 128], sine[k]
    ar, ai, br, bi = re[:, k], im[:, k], re[:, 256 - k], im[:, 256 - k]
    tr = _turn(ai + bi, ar - br, cos, -sin)
    ti = -_turn(ar - br, ai + bi, cos, sin)
    low = ar + br + tr, ai - bi + ti
    high = ar + br - tr, ai - bi - ti
    zero = np.zeros((len(re), 1), np.int64)
    # Bin 128 is its own mirror image; like the reference, the lower half is written last.
    return [np.concatenate([zero, a, b[:, -2::-1]], axis=1) for a, b in zip(low, high)]


def _bands(re, im, bands):
    most = np.bitwise_or.reduce(np.concatenate([v ^ (v >> 31) for v in (re, im)], axis=1), axis=1)
    bits = np.frexp(most.astype(np.float64))[1]
    shift = np.maximum(bits - 15, 0)[:, None]
    power = (re >> shift) ** 2 + (im >> shift) ** 2
    edges = bands[:42].astype(int)
    power = power[:, edges[0] : edges[-1]]
    rising = power * bands[42:]
    up, all_of_it = (np.add.reduceat(p, edges[:-1] - edges[0], axis=1) for p in (rising, power))
    return _log(up[:, :-1] + 256 * all_of_it[:, 1:] - up[:, 1:], 2 * shift)


def _log(power, shift):
    octave = np.frexp(power.astype(np.float64))[1] - 16
    f = (
        np.where(octave > 0, power >> np.maximum(octave, 0), power << np.maximum(-octave, 0))
        - 32768
    )
    f += ((f * (32768 - f)) >> 15) * _CURVE >> 15
    value = ((((shift + octave + 15) << 15) + f + 2048) >> 12) - _QUIETEST
    return np.where(power > 0, np.clip(value, 0, 255), 0).astype(np.uint8)


def level(rows, first, count, out):
    """See ``reference.sound``."""
    x = np.frombuffer(rows, np.uint8)[: 40 * count].astype(np.int16)
    x = np.roll(x, -40 * first)
    np.frombuffer(out, np.uint8)[: 40 * count] = np.maximum(x - max(x.max(), _FLOOR) + _RANGE, 0)

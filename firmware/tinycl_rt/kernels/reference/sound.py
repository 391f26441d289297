"""Reference kernels of the sound front end: one frame of log-mel bands from 512 samples.

    window -> FFT of 256 complex points -> spectrum of 512 real ones -> power -> bands -> log2

``work`` is an array of 512 int32: 256 complex values, real and imaginary part by turns. Samples
enter it with 5 more fraction bits and grow by at most 2^9 on the way, so no stage has to scale.
``sine`` holds sin(2 pi k / 512) in Q14 for k = 0..384, int16. Products round half up.

Sources: Cooley and Tukey's FFT, decimation in time; the split of a real signal's spectrum after
Sorensen et al., "Real-valued fast Fourier transform algorithms" (1987).
"""

NAME = "reference"

_CURVE = 11300  # log2(1 + f) is f + 0.345 f (1 - f), within 0.008
_QUIETEST = 265  # eighths of an octave of power that a band's 0 stands for
_RANGE = 160  # steps of a window below its loudest cell
_FLOOR = 64  # a window whose loudest cell is below this is not raised further


def fill(ring, at, samples, first, count):
    """Copy ``count`` int16 samples from ``first`` on into the ring of 512, from ``at`` on."""
    for i in range(count):
        ring[(at + i) & 511] = samples[first + i]


def log_mel(ring, at, sine, bands, work, out, row):
    """Write a row of 40 bytes to ``out``.

    Parameters
    ----------
    ring, at
        512 int16 samples; the oldest stands at ``at``.
    bands
        Bytes. The first 42: the FFT bin where each side of a triangular band begins or ends;
        then, for each bin from the first to the last of those, its share in the rising side, of
        256. The rest of it belongs to the falling side of the band below.
    out, row
        Band b goes to ``out[40 * row + b]``: 8 log2(power) - 265, cut to 0..255.
    """
    _window(ring, at, sine, work)
    _transform(sine, work)
    most = _split(sine, work)
    shift = 0
    while most >> shift > 32767:
        shift += 1
    _bands(bands, work, shift, out, 40 * row)


def _window(ring, at, sine, work):
    """Hann's window; the value at 2n and 2n + 1 go to where the FFT starts with them."""
    j = 0
    for n in range(0, 512, 2):
        for i in (0, 1):
            angle = min(n + i, 512 - n - i)
            weight = 16384 - sine[128 + angle]
            work[2 * j + i] = (ring[(at + n + i) & 511] * weight + 512) >> 10
        bit = 128
        while j & bit:
            j ^= bit
            bit >>= 1
        j |= bit


def _turn(a, b, cos, sin):
    """a cos + b sin."""
    return (a * cos + b * sin + 8192) >> 14


def _transform(sine, work):
    half = 1
    while half < 256:
        for k in range(half):
            angle = k * (256 // half)
            cos, sin = sine[angle + 128], sine[angle]
            for i in range(2 * k, 512, 4 * half):
                j = i + 2 * half
                re = _turn(work[j], work[j + 1], cos, sin)
                im = _turn(work[j + 1], work[j], cos, -sin)
                work[j] = work[i] - re
                work[j + 1] = work[i + 1] - im
                work[i] += re
                work[i + 1] += im
        half *= 2


def _split(sine, work):
    """Twice the spectrum of the real signal, bins 1..255; returns the bits of all magnitudes."""
    most = 0
    for k in range(1, 129):
        i, j = 2 * k, 512 - 2 * k
        even_re, even_im = work[i] + work[j], work[i + 1] - work[j + 1]
        odd_re, odd_im = work[i] - work[j], work[i + 1] + work[j + 1]
        re = _turn(odd_im, odd_re, sine[k + 128], -sine[k])
        im = -_turn(odd_re, odd_im, sine[k + 128], sine[k])
        work[j], work[j + 1] = even_re - re, even_im - im
        work[i], work[i + 1] = even_re + re, even_im + im
        for v in (work[i], work[i + 1], work[j], work[j + 1]):
            most |= v ^ (v >> 31)
    return most


def _bands(bands, work, shift, out, to):
    at = 42
    falling = 0
    for b in range(41):
        power = rising = 0
        for i in range(2 * bands[b], 2 * bands[b + 1], 2):
            re, im = work[i] >> shift, work[i + 1] >> shift
            power += re * re + im * im
            rising += (re * re + im * im) * bands[at]
            at += 1
        if b:
            out[to + b - 1] = _log(256 * power - rising + falling, 2 * shift)
        falling = rising


def _log(power, shift):
    """8 log2(power 2^shift) - 265, cut to 0..255."""
    if not power:
        return 0
    while power >= 65536:
        power >>= 1
        shift += 1
    while power < 32768:
        power <<= 1
        shift -= 1
    f = power - 32768
    f += (f * (32768 - f) >> 15) * _CURVE >> 15
    return min(255, max(0, ((((shift + 15) << 15) + f + 2048) >> 12) - _QUIETEST))


def level(rows, first, count, out):
    """Copy a ring of ``count`` rows, from ``first`` on, so that the loudest cell becomes 160.

    What is more than 60 dB below it becomes 0. Very quiet windows stay quiet.
    """
    most = _FLOOR
    for v in rows:
        most = max(most, v)
    size = 40 * count
    for i in range(size):
        out[i] = max(0, rows[(40 * first + i) % size] - most + _RANGE)

"""Kernels of the sound front end, compiled to machine code by MicroPython's viper emitter.

``reference.sound`` says what each function computes; conventions are those of ``viper.core``.
"""

from tinycl_rt.kernels.viper import emit_sound
from tinycl_rt.kernels.viper.core import _odd

NAME = "viper"


def _reference():
    from tinycl_rt.kernels.reference import sound as reference_sound

    return reference_sound


def _number(v, most):
    if not 0 <= v <= most:
        raise ValueError("kernels: expected 0 to %d, got %d" % (most, v))


def fill(ring, at, samples, first, count):
    """See ``reference.sound.fill``."""
    _number(count, 512)
    _number(at, 1 << 20)
    _number(first, 1 << 28)
    if _odd(ring, 1024, 2, True) | _odd(samples, 2 * (first + count), 2):
        return _reference().fill(ring, at, samples, first, count)
    emit_sound.fill(ring, at, samples, first, count)


def log_mel(ring, at, sine, bands, work, out, row):
    """See ``reference.sound.log_mel``."""
    _number(row, 4095)
    odd = _odd(ring, 1024, 2) | _odd(sine, 770, 2) | _odd(work, 2048, 4, True)
    _odd(out, 40 * row + 40, 1, True)
    _odd(bands, 42, 1)
    for b in range(41):
        _number(bands[b], bands[b + 1])
    _odd(bands, 42 + bands[41] - bands[0], 1)
    if odd:
        return _reference().log_mel(ring, at, sine, bands, work, out, row)
    emit_sound.window(ring, at, sine, work)
    emit_sound.transform(sine, work)
    most = emit_sound.split(sine, work)
    shift = 0
    while most >> shift > 32767:
        shift += 1
    emit_sound.bands(bands, work, shift, out, row)


def level(rows, first, count, out):
    """See ``reference.sound.level``."""
    _number(count - 1, 4095)
    _number(first, count - 1)
    _odd(rows, 40 * count, 1)
    _odd(out, 40 * count, 1, True)
    emit_sound.level(rows, 40 * first, 40 * count, out)

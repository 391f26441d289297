"""Replaces hardware by a recording of an accelerometer and of buttons, and keeps what was shown.

Each entry of a recording is a gesture and the pin that is held meanwhile (or None). At its end a
recording raises KeyboardInterrupt, as a user does who stops the program.
"""

import sensors

READINGS = 16  # of an entry: as many as the model sees
sensors.sleep = lambda seconds: None

_entries = []
_endless = False
_at = 0
sounds = []  # samples of a microphone
shown = []  # colours of the light


def play(entries, endless=False):
    global _entries, _endless, _at
    _entries, _endless, _at = entries, endless, 0
    shown.clear()


def held(pin):
    """Whether the pin was held in the entry that was read last."""
    return _entries[(_at - 1) // READINGS][1] == pin


def acceleration():
    """The next six bytes of an MPU-6050: high and low byte of x, y, z."""
    global _at
    if _at >= len(_entries) * READINGS:
        if not _endless:
            raise KeyboardInterrupt
        _at = 0
    noise = (_at * 73 + 11) % 9 - 4
    x = 100 * (-1) ** (_at // 2) if _entries[_at // READINGS][0] == "shake" else 0
    _at += 1
    return bytes(((x + noise) & 255, 0, noise & 255, 0, (64 - noise) & 255, 0))


def sound():
    """The next sample that the microphone hears."""
    if not sounds:
        raise KeyboardInterrupt
    return sounds.pop(0)

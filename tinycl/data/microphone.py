"""Words from this computer's microphone, and back to its loudspeaker."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinycl_rt.listener import Listener
from tinycl_rt.sound import BANDS, HOP, RATE, WINDOW

from tinycl.data.capture import Frame, Shape
from tinycl.data.sound import FRAMES, SAMPLES, window
from tinycl.exceptions import DataError, MissingExtraError

__all__ = ["microphone", "play"]

_AFTER = (HOP - WINDOW) % HOP  # samples of a block behind the frame that it completes


def microphone(shape: Shape, device: str = "") -> Iterator[Frame]:
    """Words that are said, one after another, as windows of log-mel bands; without end.

    It listens only while the next word is waited for.

    Parameters
    ----------
    shape : tuple of int
        What the model takes.
    device : str
        Number of an input, or a part of its name; by default the system's.

    Raises
    ------
    DataError
        There is no such microphone, or the model does not take sound.
    MissingExtraError
        sounddevice, or the library PortAudio that it takes, is not installed.
    """
    if shape != (FRAMES, BANDS, 1):
        raise DataError(
            f"the model takes {shape[0]} x {shape[1]} x {shape[2]}, no sound: a microphone goes "
            f"with a model of {FRAMES} x {BANDS} x 1, such as speech of the zoo"
        )
    sounddevice = _sounddevice()
    which = int(device) if device.isdecimal() else device or None
    try:
        stream = sounddevice.InputStream(
            samplerate=RATE, channels=1, dtype="int16", blocksize=HOP, device=which
        )
    except (sounddevice.PortAudioError, ValueError) as error:
        raise DataError(
            f"the microphone does not open ({error}): is one plugged in? Its number or name can "
            "follow --microphone"
        ) from error
    heard: list[bytearray] = []
    listener = Listener(None, None)
    listener.word = heard.append
    with stream:
        number = 0
        while True:
            blocks: deque[NDArray[np.int16]] = deque(maxlen=SAMPLES // HOP + 2)
            stream.start()
            while not heard:
                blocks.append(stream.read(HOP)[0][:, 0])
                listener.feed(array("h", blocks[-1].tobytes()))
            stream.stop()
            heard.clear()
            listener.mel.reset()
            number += 1
            samples = np.concatenate([np.zeros(SAMPLES, np.int16), *blocks])
            samples = samples[-SAMPLES - _AFTER : -_AFTER]
            yield Frame(window(samples), f"word {number}", samples)


def play(samples: NDArray[np.int16]) -> None:
    """Let samples at 16 kHz be heard.

    Raises
    ------
    DataError
        There is no loudspeaker.
    MissingExtraError
        As ``microphone``.
    """
    sounddevice = _sounddevice()
    try:
        sounddevice.play(samples, RATE, blocking=True)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise DataError(f"the loudspeaker does not open ({error})") from error


def _sounddevice() -> Any:
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise MissingExtraError(
            "a microphone takes sounddevice and PortAudio: pip install 'tinycl[sound]' "
            "(on Debian also apt-get install libportaudio2)"
        ) from error
    return sounddevice

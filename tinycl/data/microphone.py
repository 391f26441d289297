"""Words from this computer's microphone."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np
from tinycl_rt.listener import Listener
from tinycl_rt.sound import BANDS, HOP, RATE

from tinycl.data.capture import Frame, Shape
from tinycl.data.sound import FRAMES
from tinycl.exceptions import DataError, MissingExtraError

__all__ = ["microphone"]


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
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        raise MissingExtraError(
            "a microphone takes sounddevice and PortAudio: pip install 'tinycl[sound]' "
            "(on Debian also apt-get install libportaudio2)"
        ) from error
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
    words: list[bytes] = []
    listener = Listener(None, None)
    listener.word = lambda pixels: words.append(bytes(pixels))
    with stream:
        number = 0
        while True:
            stream.start()
            while not words:
                listener.feed(array("h", stream.read(HOP)[0].tobytes()))
            stream.stop()
            number += 1
            yield Frame(np.frombuffer(words.pop(), np.uint8).reshape(shape), f"word {number}")
            listener.mel.reset()

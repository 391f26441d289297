"""Recorded words in folders: one sub-folder a word."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from math import gcd
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinycl_rt.sound import HOP, RATE

from tinycl.data.dataset import Dataset, make_dataset
from tinycl.data.folder import labelled_files
from tinycl.data.sound import SAMPLES, cut_word, window
from tinycl.data.stream_file import NAME, load_stream
from tinycl.exceptions import DataError, MissingExtraError

__all__ = ["load_recordings", "load_wav", "read_wav"]

_LONGEST = 60  # seconds
_ENDINGS = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif", ".au")
_CLIPPED = 0.01  # share of samples at the very end of the range

log = logging.getLogger(__name__)


def load_wav(argument: str, name: str) -> Dataset:
    """Load ``wav:PATH``: log-mel windows (49, 40, 1) of recordings.

    `PATH` holds one sub-folder of recordings per word, or ``train`` and ``test`` with such
    sub-folders, or ``stream.csv``, which lists recordings of a second in the order of teaching
    (``tinycl.data.stream_file``): these are taken as they are. Another recording has any rate,
    channels and up to a minute; the second in which it is loudest counts.

    Raises
    ------
    DataError
        If a folder is missing or empty, or a recording cannot be used.
    MissingExtraError
        If soundfile or SciPy is not installed.
    """
    return _load(argument, name, lambda samples, made: None)


def load_recordings(name: str) -> tuple[Dataset, dict[bytes, bytes]]:
    """As ``load_wav``, of ``wav:PATH``; also the samples, int16, that each window is made of.

    Raises
    ------
    DataError
        As ``load_wav``, or the data set is of another kind.
    """
    kind, _, argument = name.partition(":")
    if kind != "wav":
        raise DataError(f"{name} has no sound: --raw takes recordings, --data wav:FOLDER")
    recordings: dict[bytes, bytes] = {}

    def keep(samples: NDArray[np.int16], made: NDArray[np.uint8]) -> None:
        recordings[made.tobytes()] = samples.astype("<i2").tobytes()

    return _load(argument, name, keep), recordings


def _load(argument: str, name: str, keep: Callable[..., None]) -> Dataset:
    path = Path(argument).expanduser()
    if (path / NAME).is_file():
        return load_stream(path, name, partial(_seconds, keep=keep))
    class_names, sides = labelled_files(path, _recordings, "recordings")
    narrow, clipped = [], []
    pairs = []
    for files in sides:
        windows = []
        for file, _ in files:
            samples, rate = read_wav(file)
            word = cut_word(samples)
            windows.append(window(word))
            keep(word, windows[-1])
            if rate < RATE:
                narrow.append(rate)
            if (np.abs(samples.astype(np.int32)) >= 32767).mean() > _CLIPPED:
                clipped.append(file)
        pairs.append((np.stack(windows), np.array([label for _, label in files], np.int64)))
    if narrow:
        log.warning(
            f"{argument}: {len(narrow)} recordings of {min(narrow)} Hz or more hold nothing above "
            f"{min(narrow) // 2} Hz, as they would at {RATE} Hz; they are resampled"
        )
    if clipped:
        log.warning(
            f"{argument}: {len(clipped)} recordings are cut off at the ends of the range, such as "
            f"{clipped[0]}: record them with less gain"
        )
    return make_dataset(name, pairs[0], pairs[1] if len(pairs) > 1 else None, class_names)


def read_wav(file: Path, may_be_silent: bool = False) -> tuple[NDArray[np.int16], int]:
    """Read a recording as one channel at 16 kHz; return it and the rate that it had.

    Channels are averaged. Less than a frame of samples is filled up with silence.

    Raises
    ------
    DataError
        It is no recording, empty, silent, or longer than a minute.
    MissingExtraError
        soundfile or SciPy is not installed.
    """
    sound, resample = _libraries()
    if file.is_file() and not file.stat().st_size:
        raise DataError(f"{file} is empty: record it again, or remove it")
    try:
        with sound.SoundFile(file) as opened:
            rate, seconds = opened.samplerate, opened.frames / opened.samplerate
            if seconds > _LONGEST:
                raise DataError(
                    f"{file} lasts {seconds:.0f} s; expected one word, in a minute at most: cut "
                    "it into words"
                )
            x = opened.read(dtype="float32", always_2d=True).mean(axis=1)
    except sound.LibsndfileError as error:
        raise DataError(
            f"{file} cannot be read as a recording ({error.error_string}): save it as WAV, or "
            "remove it"
        ) from error
    if not len(x):
        raise DataError(f"{file} is empty: record it again, or remove it")
    if not may_be_silent and not np.abs(x).max() > 2 / 32768:
        raise DataError(f"{file} is silent: record it again, or remove it")
    if rate != RATE:
        common = gcd(rate, RATE)
        x = resample(x, RATE // common, rate // common)
    x = np.pad(x, (0, max(0, 512 - len(x))))
    return np.clip(np.rint(x * 32768), -32768, 32767).astype(np.int16), rate


def _seconds(files: list[Path], keep: Callable[..., None]) -> NDArray[np.uint8]:
    """Windows (n, 49, 40, 1) of recordings of a second, as a board hears them."""
    windows = []
    for file in files:
        samples = read_wav(file, may_be_silent=True)[0]
        if not SAMPLES <= len(samples) < SAMPLES + HOP:
            raise DataError(f"{file}: expected a second, as {NAME} of tinycl page lists it")
        windows.append(window(samples[:SAMPLES]))
        keep(samples[:SAMPLES], windows[-1])
    return np.stack(windows)


def _recordings(folder: Path) -> list[Path]:
    found = (f for f in folder.iterdir() if f.suffix.lower() in _ENDINGS and f.name[0] != ".")
    return sorted(found)


def _libraries() -> tuple[Any, Any]:
    try:
        import soundfile
        from scipy.signal import resample_poly
    except ImportError as error:
        raise MissingExtraError(
            "reading recordings takes soundfile and SciPy: pip install 'tinycl[sound]'"
        ) from error
    return soundfile, resample_poly

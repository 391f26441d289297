"""Recordings in folders, of every kind that people have."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray
from tinycl_rt.sound import LogMel

from tinycl.data import load
from tinycl.data.sound import cut_word, window
from tinycl.data.wav import load_recordings
from tinycl.exceptions import DataError

RATE = 16000


def beep(hertz: float, seconds: float = 0.6, rate: int = RATE) -> NDArray[np.float32]:
    time = np.arange(int(seconds * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * hertz * time) * np.hanning(len(time))).astype(np.float32)


def write(folder: Path, word: str, name: str, samples: NDArray, rate: int = RATE) -> Path:
    (folder / word).mkdir(exist_ok=True, parents=True)
    soundfile.write(folder / word / name, samples, rate)
    return folder / word / name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for i in range(5):
        write(tmp_path, "low", f"{i}.wav", beep(300 + i))
        write(tmp_path, "high", f"{i}.wav", beep(2000 + i))
    return tmp_path


def test_windows_are_those_of_a_board(folder: Path) -> None:
    dataset = load(f"wav:{folder}")
    assert dataset.class_names == ("high", "low")
    assert dataset.x_train.shape == (8, 49, 40, 1) and dataset.x_test.shape == (2, 49, 40, 1)
    samples, _ = soundfile.read(folder / "low" / "0.wav", dtype="int16")
    mel, wanted = LogMel(kernels="reference"), np.zeros((49, 40, 1), np.uint8)
    mel.feed(cut_word(samples))
    mel.window(wanted.ravel())
    assert any((x == wanted).all() for x in (*dataset.x_train, *dataset.x_test))


def test_samples_of_every_window(folder: Path) -> None:
    dataset, recordings = load_recordings(f"wav:{folder}")
    assert (dataset.x_train == load(f"wav:{folder}").x_train).all()
    for x in (*dataset.x_train, *dataset.x_test):
        samples = np.frombuffer(recordings[x.tobytes()], "<i2")
        assert samples.shape == (15872,) and (window(samples) == x).all()
    with pytest.raises(DataError, match="digits has no sound: --raw takes recordings"):
        load_recordings("digits")


def test_seconds_of_a_stream_are_windows_of_a_board(tmp_path: Path) -> None:
    second = np.int16(30000 * beep(500, 1.0))
    write(tmp_path, "a", "1.wav", np.zeros(RATE, np.int16))
    write(tmp_path, "b", "1.wav", second)
    (tmp_path / "stream.csv").write_text("file,class,experience\na/1.wav,,0\nb/1.wav,hum,1\n")
    with pytest.raises(DataError, match="line 2: expected a file, a class"):
        load(f"wav:{tmp_path}")
    stream = "file,class,experience\na/1.wav,silence,0\nb/1.wav,hum,1\n"
    (tmp_path / "stream.csv").write_text(stream)
    dataset = load(f"wav:{tmp_path}")
    assert dataset.class_names == ("silence", "hum")
    assert np.ptp(dataset.x_train[0]) == 0
    mel, window = LogMel(kernels="reference"), bytearray(49 * 40)
    mel.feed(second)
    mel.window(window)
    assert dataset.x_train[1].tobytes() == window
    write(tmp_path, "a", "1.wav", beep(500, 0.5))
    with pytest.raises(DataError, match=r"1\.wav: expected a second"):
        load(f"wav:{tmp_path}")


@pytest.mark.parametrize("rate", [8000, 11025, 44100, 48000])
def test_rates_and_channels_do_not_matter(folder: Path, rate: int) -> None:
    plain, other = write(folder, "a", "0.wav", beep(700)), beep(700, rate=rate)
    write(folder, "b", "0.flac", np.stack([other, other], axis=1), rate)
    for word in ("a", "b"):
        write(folder, word, "1.wav", beep(700))
    dataset = load(f"wav:{folder}")
    x, y = np.concatenate([dataset.x_train, dataset.x_test]), [*dataset.y_train, *dataset.y_test]
    same, loud = x[np.array(y) < 2].astype(int), 60
    assert len(same) == 4 and plain.is_file()
    loudest = same.max(axis=0) > 160 - loud
    assert np.abs(same - same[0])[:, loudest].max() <= 6


def test_narrow_and_clipped_recordings_are_used_and_told(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder, "low", "8k.wav", beep(300, rate=8000), 8000)
    write(folder, "low", "loud.wav", np.clip(20 * beep(300), -1, 1))
    with caplog.at_level(logging.WARNING):
        load(f"wav:{folder}")
    narrow, clipped = (record.getMessage() for record in caplog.records)
    assert "1 recordings of 8000 Hz" in narrow and "above 4000 Hz" in narrow
    assert "loud.wav: record them with less gain" in clipped


@pytest.mark.parametrize(
    "samples, reason",
    [
        (np.zeros(RATE, np.float32), "bad.wav is silent"),
        (np.zeros(0, np.float32), "bad.wav is empty"),
        (np.zeros(61 * 2000, np.float32), "bad.wav lasts 61 s; expected one word"),
    ],
)
def test_recordings_that_hold_no_word(folder: Path, samples: NDArray, reason: str) -> None:
    write(folder, "low", "bad.wav", samples, RATE if len(samples) <= RATE else 2000)
    with pytest.raises(DataError, match=reason):
        load(f"wav:{folder}")


def test_what_is_no_recording(folder: Path) -> None:
    (folder / "low" / "text.wav").write_text("hello")
    with pytest.raises(DataError, match=r"text\.wav cannot be read .*: save it as WAV, or remove"):
        load(f"wav:{folder}")
    (folder / "low" / "text.wav").write_bytes(b"")
    with pytest.raises(DataError, match=r"text\.wav is empty: record it again, or remove it"):
        load(f"wav:{folder}")
    (folder / "empty").mkdir()
    with pytest.raises(DataError, match="empty has no recordings"):
        load(f"wav:{folder}")
    with pytest.raises(DataError, match="no such folder"):
        load(f"wav:{folder / 'nowhere'}")


def test_train_and_test_stay_apart(folder: Path, tmp_path: Path) -> None:
    for side in ("train", "test"):
        for word in ("low", "high"):
            for i in range(3):
                write(tmp_path / "both" / side, word, f"{i}.wav", beep(500, 0.02 + i / 10))
    dataset = load(f"wav:{tmp_path / 'both'}")
    assert len(dataset.x_train) == len(dataset.x_test) == 6

"""LogMel: frames from a stream, however it is cut."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels.test_sound import samples_of
from numpy.typing import NDArray
from tinycl_rt.sound import BANDS, HOP, WINDOW, LogMel

from tinycl.data.sound import FRAMES, cut_word, level, log_mel, window

COUNT = WINDOW + 30 * HOP + 77
SAMPLES = samples_of(3, "any", COUNT)


@pytest.mark.parametrize("kernels", ["reference", "numpy"])
def test_frames_are_those_of_data_sets(kernels: str) -> None:
    found = LogMel(kernels=kernels).feed(array("h", SAMPLES.tobytes()))
    assert found == log_mel(SAMPLES).tobytes()
    assert len(found) == 31 * BANDS


@given(st.lists(st.integers(0, 900), max_size=12))
def test_pieces_do_not_matter(cuts: list[int]) -> None:
    mel = LogMel(frames=3, kernels="numpy")
    whole, found, at = array("h", SAMPLES.tobytes()), b"", 0
    for cut in [*cuts, COUNT]:
        found += mel.feed(whole[at : at + cut])
        at += cut
    assert found == log_mel(SAMPLES).tobytes()
    newest = [mel.rows[BANDS * ((mel.at + i) % 3) :][:BANDS] for i in range(3)]
    assert b"".join(newest) == found[-3 * BANDS :]


def test_write_fills_the_ring_and_window_levels_it() -> None:
    mel = LogMel(kernels="numpy")
    samples = samples_of(4, "any", WINDOW + 60 * HOP)
    assert mel.write(array("h", samples.tobytes())) == 61
    out = bytearray(FRAMES * BANDS)
    mel.window(out)
    assert out == level(log_mel(samples)[-FRAMES:]).tobytes()
    mel.reset()
    assert mel.at == 0 and not any(mel.rows)
    assert mel.write(array("h", bytes(2 * WINDOW - 2))) == 0


def test_samples_come_as_bytes_or_numbers_too() -> None:
    frames = log_mel(SAMPLES).tobytes()
    for given_as in (SAMPLES.tobytes(), SAMPLES, SAMPLES.tolist(), memoryview(SAMPLES)):
        assert LogMel(kernels="numpy").feed(given_as) == frames


@pytest.mark.parametrize(
    "samples, reason",
    [
        (b"odd", "16 bits"),
        ([0.5, 1.0], "16 bits"),
        ([40000], "16 bits"),
        (np.zeros(600, np.float32), "16 bits"),
        (array("f", [1.0]), "int16, got type f"),
    ],
)
def test_other_samples_are_refused(samples: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        LogMel(kernels="numpy").feed(samples)


def test_no_frames_to_keep_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="frames to keep, got 0"):
        LogMel(frames=0)


def hiss(frames: int, *parts: tuple[int, int, int]) -> NDArray[np.int16]:
    """Noise of some frames within ±10; parts (first, past, amplitude) are louder."""
    amplitude = np.full(WINDOW + (frames - 1) * HOP, 10.0)
    for first, past, loud in parts:
        amplitude[first * HOP : past * HOP] = loud
    noise = np.random.default_rng(1).uniform(-1, 1, len(amplitude))
    return np.rint(amplitude * noise).astype(np.int16)


@pytest.mark.parametrize("start", [0, 25, 69])
def test_a_word_comes_to_the_middle(start: int) -> None:
    word = cut_word(hiss(90, (start, start + 21, 5000)))
    assert len(word) == WINDOW + (FRAMES - 1) * HOP
    loud = np.flatnonzero(np.abs(word) > 1000) / HOP
    assert abs((loud[0] + loud[-1]) / 2 - len(word) / HOP / 2) < 1.5
    assert loud[-1] - loud[0] == pytest.approx(21, abs=0.1)
    quiet = np.abs(np.concatenate([word[: 12 * HOP], word[-12 * HOP :]]))
    assert 8 <= quiet.max() <= 10  # also where the recording had nothing


def test_the_loudest_of_a_long_word_is_kept() -> None:
    word = cut_word(hiss(200, (20, 180, 2000), (70, 121, 5000)))
    assert np.abs(word)[HOP:-HOP].reshape(-1, 32).max(axis=1).min() > 3000


def test_recordings_without_a_word() -> None:
    for count in (WINDOW, WINDOW + 100):
        assert not cut_word(np.zeros(count, np.int16)).any()
    assert window(cut_word(np.zeros(WINDOW, np.int16))).shape == (FRAMES, BANDS, 1)

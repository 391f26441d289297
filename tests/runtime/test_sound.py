"""LogMel: frames from a stream, however it is cut."""

from __future__ import annotations

from array import array

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels.test_sound import samples_of
from tinycl_rt.sound import BANDS, HOP, WINDOW, LogMel

from tinycl.data.sound import FRAMES, cut_word, level, log_mel

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


@pytest.mark.parametrize("start", [0, 25, 60])
def test_a_word_comes_to_the_middle(start: int) -> None:
    frames = np.full((90, BANDS), 20, np.uint8)
    frames[start : start + 21] = 120
    word = cut_word(frames)
    assert np.flatnonzero(word[:, 0] == 120).tolist() == list(range(14, 35))
    assert set(word[:14].ravel()) == {20}


def test_the_loudest_of_a_long_word_is_kept() -> None:
    frames = np.full((200, BANDS), 100, np.uint8)
    frames[70:119] = 130
    assert (cut_word(frames) == 130).all()
    assert cut_word(frames[:0]).shape == cut_word(frames[:1]).shape == (FRAMES, BANDS)

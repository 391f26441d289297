"""What ``tinycl stream --watch`` shows, as text."""

from __future__ import annotations

import numpy as np
import pytest
from rich.style import Style

from tinycl.ui import BoardStats, Sample, State
from tinycl.ui.bars import bars
from tinycl.ui.confusion import matrix
from tinycl.ui.line import Line, beside, fit
from tinycl.ui.picture import picture, resample
from tinycl.ui.samples import caption
from tinycl.ui.stream_view import view
from tinycl.ui.trace import curve, is_signal, trace

NAMES = ("cup", "spoon", "fork")


def _state(samples: int = 30, shape: tuple[int, int, int] = (8, 8, 1)) -> State:
    rng = np.random.default_rng(0)
    state = State("photos → pico", NAMES)
    state.begin("learning experience 0 (cup, spoon)", samples)
    for i in range(samples):
        image = rng.integers(0, 256, shape, dtype=np.uint8)
        state.sample(Sample(image, i % 2, 0 if i < 10 else i % 2), i + 1, i / 4)
    return state


def _texts(lines: list[Line]) -> list[str]:
    return [line.plain for line in lines]


@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 32, 3), (20, 60, 3), (100, 1, 3), (1, 50, 8)])
@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (57, 18), (40, 10), (12, 4)])
@pytest.mark.parametrize("colour", [True, False])
def test_every_size_is_filled_exactly(
    shape: tuple[int, int, int], size: tuple[int, int], colour: bool
) -> None:
    for state in (State("x", NAMES), _state(shape=shape)):
        lines = view(state, *size, colour)
        assert len(lines) == size[1]
        assert {line.cells for line in lines} == {size[0]}
        assert {sum(s.cell_length for s in line.segments) for line in lines} == {size[0]}


def test_what_80_columns_show() -> None:
    state = _state()
    state.replay = [3, 5, 0]
    state.tests = [("0 (cup, spoon)", 0.875)]
    for i in range(4):
        state.answer(i + 1, 0, 0)
        state.sure(0.8 + 0.1 * (i % 2), i > 0)
    state.done = 30
    state.stats = BoardStats(61440, 0.25, 2048.0, 1, 2)
    state.message = "board: back again"
    text = "\n".join(_texts(view(state, 80, 24)))
    for words in (
        "tinycl  photos → pico",
        "learning experience 0 (cup, spoon)",
        "30 of 30",
        "✓ cup",
        "83% of the last 30",
        "87.5%",
        "sure 85%, 25% unknown",
        "replay memory, 8",
        "board: back again",
        "4 samples/s · 60.0 KiB heap free · link 25% · 2.0 KiB/s · 1 save, 2 failed",
    ):
        assert words in text, words


def test_the_newest_sample_is_first_and_says_what_it_was_taken_for() -> None:
    state = _state()
    image = np.zeros((8, 8, 1), np.uint8)
    state.sample(Sample(image, 2, 0), 31, 8.0)
    lines = _texts(view(state, 80, 24))
    assert any(line.strip().startswith("cup → fork") for line in lines)
    assert caption(state, Sample(image, 2, None), 20).plain == "fork"
    assert caption(state, Sample(image, 2, 9), 20).plain == "? → fork"
    assert caption(state, Sample(image, 1, 1), 5).plain == "✓ spo"


def test_halves_of_characters_are_pixels() -> None:
    image = np.array([[[255, 0, 0], [0, 0, 0]], [[0, 0, 248], [248, 248, 248]]], np.uint8)
    (line,) = picture(image, 2, 1)
    assert line.plain == "▀▀"
    found = [
        (s.style.color.triplet, s.style.bgcolor.triplet)  # type: ignore[union-attr]
        for s in line.segments
    ]
    assert found == [((248, 0, 0), (0, 0, 248)), ((0, 0, 0), (248, 248, 248))]
    grey = np.arange(0, 256, 64, dtype=np.uint8).reshape(1, 4, 1).repeat(2, 0)
    assert _texts(picture(grey, 4, 1, colour=False)) == [" :+#"]


def test_proportions_are_kept() -> None:
    wide = picture(np.zeros((10, 40, 3), np.uint8), 20, 20)
    assert (wide[0].cells, len(wide)) == (20, 2)
    tall = picture(np.zeros((40, 10, 3), np.uint8), 20, 10)
    assert (tall[0].cells, len(tall)) == (5, 10)


def test_resampling_takes_means_over_areas() -> None:
    image = np.arange(16.0).reshape(4, 4, 1)
    assert resample(image, 2, 2)[..., 0].tolist() == [[2.5, 4.5], [10.5, 12.5]]
    assert np.allclose(resample(image, 3, 5).mean(), image.mean())
    assert np.array_equal(resample(image, 8, 8)[::2, ::2], image)


def test_a_curve_goes_through_its_levels() -> None:
    assert _texts(curve([0.0, 0.0], 1, 1, Style())) == ["⣀"]
    assert _texts(curve([1.0, 1.0], 1, 1, Style())) == ["⠉"]
    assert _texts(curve([0.0, 1.0], 1, 1, Style())) == ["⣸"]  # up, and no gap
    assert _texts(curve([], 2, 1, Style())) == ["⠀⠀"]
    assert [line.cells for line in curve([0.1] * 1000, 7, 3, Style())] == [7] * 3


def test_each_channel_of_a_signal_has_its_band() -> None:
    assert is_signal((100, 1, 3)) and is_signal((1, 9, 1)) and not is_signal((8, 8, 1))
    window = np.full((20, 1, 2), 128, np.uint8)
    window[10:, 0, 1] = 250
    rest, step = _texts(trace(window, 10, 2))
    assert len(set(rest)) == 1  # at rest: a level line
    assert len(set(step)) > 1
    assert len(trace(np.zeros((20, 1, 9), np.uint8), 10, 4)) == 4  # no room for all


def test_confusion_in_cells_halves_and_words() -> None:
    counts = np.array([[9, 1, 0], [0, 0, 0], [0, 10, 0]])
    lines = _texts(matrix(counts, NAMES, 30, 8, colour=False))
    assert lines[0].strip() == "cuspfo"
    assert lines[1] == "  cup  9 1 ·" and lines[3] == " fork  · 9 ·"
    assert _texts(matrix(np.zeros((3, 3), int), NAMES, 30, 8)) == ["nothing yet"]
    names = [f"class {i}" for i in range(20)]
    many = np.eye(20, dtype=int) * 3
    assert [line.cells for line in matrix(many, names, 30, 12)] == [20] * 10
    many[4, 7] = 1
    assert _texts(matrix(many, names, 30, 5)) == [" 25% class 4 → class 7"]
    assert _texts(matrix(np.eye(20, dtype=int), names, 30, 5)) == ["nothing confused"]


def test_replay_memory_as_bars_or_columns() -> None:
    assert _texts(bars([10, 0, 5], NAMES, 20, 5)) == [" cup ━━━━━━━━━━━━ 10", "fork ━━━━━━ 5"]
    assert _texts(bars([], NAMES, 20, 5)) == ["empty"]
    assert _texts(bars([8, 4, 1], NAMES, 20, 2)) == ["█▄▁", "3 classes, at most 8 each"]


def test_running_accuracy_and_speed() -> None:
    state = _state(300)
    assert state.running == 1.0 and state.looked_back == 50
    assert state.samples_per_second == pytest.approx(4)
    state.sample(Sample(np.zeros((8, 8, 1), np.uint8), 0, None), 301, 75)
    assert state.running == 1.0  # what is not known does not count
    state = _state(5000)
    assert 256 <= len(state.curve) <= 512


def test_a_test_takes_the_place_of_what_came_before() -> None:
    state = _state()
    assert state.confusion.sum() == 30
    state.begin("testing", 2)
    state.answer(1, 1, 1)
    state.answer(2, 1, 7)  # a class that has no name here
    assert state.confusion.sum() == 1 and state.confusion[1, 1] == 1
    state.sample(Sample(np.zeros((8, 8, 1), np.uint8), 0, 0), 1, 99.0)
    assert state.confusion.sum() == 1


def test_lines_are_cut_and_filled() -> None:
    line = Line("ab", ("cd", Style(bold=True)))
    assert line.fit(6).plain == "abcd  " and line.fit(3).plain == "ab…" and line.fit(0).plain == ""
    assert line.centred(8).plain == "  abcd  " and line.centred(2).plain == "a…"
    assert _texts(fit([line], 4, 2)) == ["abcd", "    "]
    assert _texts(beside(([line], [line]), 1)) == ["abcd abcd"]
    wide = Line("日本")
    assert wide.cells == 4 and wide.fit(3).cells == 3

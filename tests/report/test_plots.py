"""The plots: that they show the run's figures, look like the page, and are the same each time."""

import itertools
import re
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from matplotlib.colors import to_hex

import tinycl.report
from tinycl.exceptions import DataError, MissingExtraError
from tinycl.report import RunRecord, accuracy_figure
from tinycl.report.grids import confusion_cells
from tinycl.report.page import render
from tinycl.report.plots import grid_figure
from tinycl.report.theme import COLOURS, inline_svg

SUMMARY = {
    "final_accuracy": 0.9,
    "accuracy_after_experience": [1.0, 0.95, 0.9],
    "naive_accuracy_after_experience": [1.0, 0.4, 0.25],
    "class_names": ["cup", "hat", "pen", "key"],
    "experiences": [
        {"number": 0, "classes": [0, 1], "samples": 40},
        {"number": 1, "classes": [2], "samples": 20},
        {"number": 2, "classes": [3], "samples": 20},
    ],
}
N = 30
CONFUSION = [[5 * (row == column) + (column == 0) for column in range(N)] for row in range(N)]
MANY = {"final_accuracy": 1, "accuracy_after_experience": [1], "confusion": CONFUSION}


def _tick_labels(axis):
    return [tick.label1.get_text() for tick in axis.get_major_ticks() if tick.label1.get_text()]


def _end_labels(summary):
    """Return the texts at the ends of the lines, from the top, and where they are, in pixels."""
    figure = accuracy_figure(summary)
    boxes = [(text.get_text(), text.get_window_extent()) for text in figure.axes[0].texts]
    return sorted(boxes, key=lambda item: -item[1].y0)


def test_the_lines_are_the_accuracies():
    axes = accuracy_figure(SUMMARY).axes[0]
    naive, board = axes.lines
    assert list(board.get_ydata()) == SUMMARY["accuracy_after_experience"]
    assert list(naive.get_ydata()) == SUMMARY["naive_accuracy_after_experience"]
    assert (to_hex(board.get_color()), to_hex(naive.get_color())) == (
        COLOURS["good"],
        COLOURS["bad"],
    )
    assert axes.get_ylim() == (0, 1)
    assert _tick_labels(axes.xaxis) == ["cup, hat", "pen", "key"]


def test_a_run_without_naive_has_one_line():
    figure = accuracy_figure(RunRecord(0.5, [1.0, 0.5]))
    assert len(figure.axes[0].lines) == 1
    assert [text.get_text() for text in figure.axes[0].texts] == ["50.0\u202f%", "on the board"]
    assert _tick_labels(figure.axes[0].xaxis) == ["0", "1"]


def test_each_line_is_labelled_at_its_end():
    ends = dict(_end_labels(SUMMARY))
    assert ends["90.0\u202f%"].y0 > ends["25.0\u202f%"].y1
    assert accuracy_figure(SUMMARY).axes[0].texts[-1].xy == (2, 0.9)


@pytest.mark.parametrize(
    ("board", "naive", "top"),
    [(0.9, 0.905, "naive"), (0.9, 0.9, "on the board"), (0.0, 0.0, "on the board")],
)
def test_labels_of_close_lines_do_not_cover_one_another(board, naive, top):
    ends = _end_labels(
        {
            **SUMMARY,
            "accuracy_after_experience": [1, 1, board],
            "naive_accuracy_after_experience": [1, 1, naive],
        }
    )
    assert ends[1][0] == top
    for (_, above), (_, below) in itertools.pairwise(ends):
        assert above.y0 >= below.y1 - 2  # pixels; letters leave their boxes' edges empty


@pytest.mark.parametrize("figsize", [(10.5, 4.4), (5, 4)])
@pytest.mark.parametrize("n", [2, 3, 4, 7, 12, 40])
def test_names_along_the_axis_have_room(n, figsize):
    run = {
        "final_accuracy": 0,
        "accuracy_after_experience": [0] * n,
        "class_names": [f"class number {label}" for label in range(n)],
        "experiences": [{"number": label, "classes": [label], "samples": 1} for label in range(n)],
    }
    figure = accuracy_figure(run, figsize)
    labels = [tick.label1 for tick in figure.axes[0].xaxis.get_major_ticks()]
    boxes = [label.get_window_extent() for label in labels if label.get_text()]
    assert len(boxes) >= 2
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))


def test_a_long_name_is_cut():
    run = {**SUMMARY, "class_names": ["x" * 500, "hat", "y" * 500, "key"]}
    assert _tick_labels(accuracy_figure(run).axes[0].xaxis)[1] == "y" * 11 + "\u2026"


def test_a_grid_fills_the_fields_that_are_not_empty():
    axes = grid_figure(confusion_cells(RunRecord.from_dict(MANY))).axes[0]
    colours = axes.collections[0].get_facecolor()
    assert len(colours) == N + (N - 1)
    strengths = {to_hex(colour): colour[3] for colour in colours}
    assert strengths[COLOURS["good"]] == pytest.approx((5 / 6) ** 0.5)
    assert strengths[COLOURS["bad"]] == pytest.approx((1 / 6) ** 0.5)
    corner = axes.collections[0].get_paths()[-1].get_extents()
    assert (corner.x0, corner.y1) == (N - 1.5, N - 0.5)
    assert axes.yaxis_inverted()


def test_many_classes_are_drawn_without_numbers():
    page = render(RunRecord.from_dict(MANY))
    assert "<table" not in page
    assert page.count("fill: rgb(var(--bad)); fill-opacity: 0.408") == N - 1


def test_a_grid_of_nothing():
    empty = {**MANY, "confusion": [[0] * N] * N}
    assert "<svg" in render(RunRecord.from_dict(empty))


def test_every_colour_is_the_page_s():
    svg = inline_svg(accuracy_figure(SUMMARY), "one")
    assert (
        re.findall(r"#[0-9a-f]{6}|#[0-9a-f]{3}\b", re.sub(r'href="#\w+"|url\(#\w+\)', "", svg))
        == []
    )
    for name in ("card", "soft", "rule", "good", "bad"):
        assert f"var(--{name})" in svg


def test_the_colours_are_the_light_theme():
    style = Path(tinycl.report.__file__).with_name("templates") / "style.css"
    light = style.read_text().partition("@media")[0]
    for name, colour in COLOURS.items():
        triple = " ".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5))
        assert f"--{name}: {colour};" in light or f"--{name}: {triple};" in light


def test_the_page_can_tell_its_plots_apart():
    ids = re.findall(
        r' id="([^"]*)"', render(RunRecord.from_dict({**MANY, **SUMMARY, "class_names": None}))
    )
    assert ids
    assert len(ids) == len(set(ids))


def test_a_plot_is_the_same_each_time_whatever_the_reader_s_settings():
    first = inline_svg(accuracy_figure(SUMMARY), "one")
    with matplotlib.rc_context({"font.size": 30, "axes.grid": True, "svg.fonttype": "path"}):
        assert inline_svg(accuracy_figure(SUMMARY), "one") == first
    assert ">cup, hat</text>" in first
    assert "date" not in first


@pytest.mark.parametrize("name", ["$x_1$", r"\$", "$", "$\\bad{$", "<b>&", "\u65e5\u672c", "a\nb"])
def test_names_are_no_formulas(name, recwarn):
    svg = inline_svg(accuracy_figure({**SUMMARY, "class_names": ["a", "b", name, "d"]}), "one")
    shown = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert all(f">{line}</text>" in svg for line in shown.split("\n"))
    assert not recwarn.list


def test_half_a_character_does_not_stop_the_plot():
    figure = accuracy_figure({**SUMMARY, "class_names": ["a", "b", "\ud800", "d"]})
    assert _tick_labels(figure.axes[0].xaxis)[1] == "?"


def test_alien_summaries_are_refused():
    with pytest.raises(DataError, match="final_accuracy"):
        accuracy_figure({})


def test_without_matplotlib(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tinycl\[train\]'"):
        accuracy_figure(SUMMARY)


def test_matplotlib_is_imported_late_and_pyplot_never():
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys\n"
            "from tinycl.report import RunRecord, accuracy_figure\n"
            "from tinycl.report.page import render\n"
            "assert 'matplotlib' not in sys.modules\n"
            "render(RunRecord(0.5, [0.5]))\n"
            "assert 'matplotlib.pyplot' not in sys.modules\n",
        ],
        check=True,
    )

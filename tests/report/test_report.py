"""The page of a run: what it says, what it leaves out, what it refuses."""

import copy
import json
import re
from html.parser import HTMLParser

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tinycl.cli.report import command
from tinycl.exceptions import DataError
from tinycl.report import RunRecord, read_summary, write_report
from tinycl.report.page import render

SUMMARY = {
    "final_accuracy": 0.9,
    "accuracy_after_experience": [1.0, 0.95, 0.9],
    "per_class_after_experience": [
        {"0": 1.0, "1": 1.0},
        {"0": 0.9, "1": 0.95, "2": 1.0},
        {"0": 0.85, "1": 0.9, "2": 0.95, "3": 0.9},
    ],
    "forgetting": 0.083,
    "naive_final_accuracy": 0.25,
    "naive_accuracy_after_experience": [1.0, 0.4, 0.25],
    "confusion": [[17, 1, 1, 1], [0, 18, 0, 2], [0, 0, 19, 1], [1, 1, 0, 18]],
    "class_names": ["cup", "hat", "pen", "key"],
    "experiences": [
        {"number": 0, "classes": [0, 1], "samples": 40},
        {"number": 1, "classes": [2], "samples": 20},
        {"number": 2, "classes": [3], "samples": 20},
    ],
    "replay_bytes": 6400,
    "replay_bytes_float32": 204800,
    "replay_slots": 200,
    "model_bytes": 30000,
    "head_bytes": 2048,
    "samples_streamed": 80,
    "samples_per_second": 12.4,
    "bytes_sent": 5120,
    "bytes_received": 1100,
    "retransmissions": 2,
    "bits_checked_against_lce": 102400,
    "bits_differing": 0,
    "confidence": {
        "mean": 0.86,
        "accuracy": 0.9,
        "known": 0.97,
        "calibration_error": 0.04,
        "unknown_auroc": 0.8125,
        "unknown_accepted": 0.21,
        "reliability": [
            {"samples": 20, "confidence": 0.55, "accuracy": 0.6},
            {"samples": 60, "confidence": 0.95, "accuracy": 0.99},
        ],
        "coverage": [{"share": 0.5, "accuracy": 1.0}, {"share": 1.0, "accuracy": 0.9}],
    },
    "board": {"name": "cpython", "backend": "reference", "python": "CPython 3.11"},
    "board_fingerprint": 0x00ABCDEF,
    "simulator_fingerprint": 0x00ABCDEF,
    "settings": {"dataset": "digits", "seed": 0, "stochastic": False},
    "command": "tinycl demo --seed 0",
    "version": "1.2.3",
}
NEEDED = ("final_accuracy", "accuracy_after_experience")
VOID = {"meta", "col", "br"}


class _Reader(HTMLParser):
    """Collects words, attributes and headings, and checks that every tag is closed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []
        self.text = re.sub(r"\s+", " ", " ".join(self.texts))

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.texts.append(data)


def _read(summary: dict) -> _Reader:
    return _Reader(render(RunRecord.from_dict(summary)))


def test_the_headline_holds_the_run_against_naive():
    text = _read(SUMMARY).text
    assert "90.0 % right on all 4 classes after 3 experiences." in text
    assert "ends at 25.0 %: 65.0 points lower." in text


def test_terms_are_explained_before_they_are_used() -> None:
    page = render(RunRecord.from_dict(SUMMARY))
    body = page[page.index("<body>") :]
    for term, explained in (("CWR*", "CWR* is the board"), ("LCE", "LCE is Larq Compute Engine")):
        assert body.index(term) == body.index(explained)


def test_a_run_that_is_worse_than_naive_is_not_called_better():
    worse = {**SUMMARY, "final_accuracy": 0.2}
    assert "5.0 points higher." in _read(worse).text


@pytest.mark.parametrize(
    "words",
    [
        "32\N{MULTIPLICATION SIGN} less than float32",
        "200 latents as packed bits",
        "6.2 KiB",
        "200.0 KiB",
        "8.3 points",
        "80 12 a second",
        "of 102,400 compared with LCE",
        "00abcdef",
        "the simulator ends in the same state",
        "each sample was learned once all the same",
        "key 20 90.0 % 25.0 %",
        "stochastic no",
        "Mean confidence 86.0 %",
        "Calibration error 4.0 %",
        "Samples called known 21.0 % of classes that were not taught",
        "AUROC of unknown samples 0.812",
        "Right: accuracy if the board answers only for the share of samples",
        "backend reference",
        "tinycl demo --seed 0",
        "tinycl 1.2.3",
    ],
)
def test_the_page_says(words):
    text = _read(SUMMARY).text
    assert words in text


def test_bars_are_on_one_scale():
    widths = [
        float(width)
        for name, style in _read(SUMMARY).attributes
        if name == "style" and (width := (style or "").partition("width:")[2].rstrip("%"))
        if style.endswith("%")
    ]
    replay, as_float, model, head = widths
    assert as_float == 100
    assert as_float / replay == pytest.approx(32, rel=0.01)
    assert model == pytest.approx(100 * 30000 / 204800, abs=0.01)
    assert head == 1


def test_the_page_needs_nothing_from_outside():
    reader = _read(SUMMARY)
    assert not {"script", "link", "img", "iframe"} & set(reader.tags)
    references = [value for name, value in reader.attributes if name in ("src", "href")]
    assert all(value.startswith("#") for value in references)
    page = render(RunRecord.from_dict(SUMMARY))
    assert "http:" not in page
    assert "https:" not in page
    assert re.search(r"url\((?!#)", page) is None
    assert "@import" not in page
    assert "default-src 'none'" in page


def test_what_comes_from_the_run_is_only_text():
    evil = '"><script>alert(1)</script>'
    summary = copy.deepcopy(SUMMARY)
    summary["class_names"][0] = evil
    summary["command"] = evil
    summary["settings"] = {evil: evil}
    summary["board"] = {"name": evil}
    reader = _read(summary)
    assert "script" not in reader.tags
    assert evil in "".join(reader.texts)


def test_differing_bits_and_states_show():
    text = _read({**SUMMARY, "bits_differing": 7, "simulator_fingerprint": 1}).text
    assert "✗ 7 differ" in text
    assert "✗ the simulator: 00000001" in text
    assert "✓" not in text


SECTIONS = {
    "per_class_after_experience": "Each class after each experience",
    "confusion": "What is taken for what",
    "settings": "Settings",
    "board": "Board",
    "experiences": "Experiences",
    "command": "Do it again",
}


@pytest.mark.parametrize(("field", "heading"), SECTIONS.items())
def test_a_section_without_data_is_left_out(field, heading):
    assert f" {heading} " in _read(SUMMARY).text
    without = {key: item for key, item in SUMMARY.items() if key != field}
    assert f" {heading} " not in _read(without).text
    assert f" {heading} " not in _read({**SUMMARY, field: None}).text


def test_the_least_summary_gives_a_page():
    text = _read({key: SUMMARY[key] for key in NEEDED}).text
    assert "90.0 % right on all classes after 3 experiences." in text
    assert "Memory" not in text


@settings(max_examples=15, deadline=None)
@given(st.sets(st.sampled_from([key for key in SUMMARY if key not in NEEDED])))
def test_any_fields_may_be_missing(gone):
    _read({key: item for key, item in SUMMARY.items() if key not in gone})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(list(SUMMARY)), JSON)
def test_any_value_gives_a_page_or_a_data_error(field, item):
    try:
        record = RunRecord.from_dict({**SUMMARY, field: item})
    except DataError as error:
        assert "\n" not in str(error)
    else:
        _Reader(render(record))


@pytest.mark.parametrize(
    ("field", "value", "answer"),
    [
        ("final_accuracy", "0.9", "final_accuracy is '0.9'; expected a number"),
        ("final_accuracy", 90, "final_accuracy is 90; expected a number from 0 to 1"),
        ("final_accuracy", True, "expected a number"),
        ("final_accuracy", float("nan"), "expected a number"),
        ("final_accuracy", 10**400, "a huge number; expected a number from 0 to 1"),
        ("bytes_sent", 10**400, "a huge number; expected a whole number"),
        ("forgetting", -1.5, "expected a number from -1 to 1"),
        ("samples_per_second", -1, "expected a number from 0"),
        ("final_accuracy", None, "missing; this is no tinycl summary"),
        ("accuracy_after_experience", 0.9, "expected a list"),
        ("accuracy_after_experience", [], "is empty"),
        ("accuracy_after_experience", [1.0, 2.0, 0.5], r"accuracy_after_experience\[1\] is 2.0"),
        ("naive_accuracy_after_experience", [1.0], "has 1 entries, accuracy_after_experience 3"),
        ("per_class_after_experience", [{}, {}, {"a": 1.0}], "class numbers as keys"),
        ("per_class_after_experience", [{}, {}, {"4": 1.0}], "class 4 is named; there are 4"),
        ("confusion", [[1, 2], [3]], "not square"),
        ("confusion", [[1]], "confusion has 1 classes, class_names 4"),
        ("confusion", [[-1]], r"confusion\[0\]\[0\] is -1; expected a whole number"),
        ("experiences", [{}, {}, {}], r"experiences\[0\].number is None"),
        ("replay_bytes", 1.5, "expected a whole number"),
        ("board", "cpython", "board is 'cpython'; expected an object"),
        ("class_names", ["x"] * 1001, "at most 1000"),
    ],
)
def test_wrong_values(field, value, answer):
    with pytest.raises(DataError, match=answer):
        RunRecord.from_dict({**SUMMARY, field: value})


@pytest.fixture
def app():
    made = typer.Typer()
    made.command()(command)
    return made


def test_the_verb_makes_the_page_again(app, tmp_path):
    (tmp_path / "summary.json").write_text(json.dumps(SUMMARY))
    assert CliRunner().invoke(app, [str(tmp_path)]).exit_code == 0
    first = (tmp_path / "report.html").read_text(encoding="utf-8")
    other = tmp_path / "new" / "other.html"
    assert CliRunner().invoke(app, [str(tmp_path), "-o", str(other)]).exit_code == 0
    assert other.read_text(encoding="utf-8") == first == render(RunRecord.from_dict(SUMMARY))


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (None, "no such file: .*summary.json; expected the folder of a finished run"),
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "the file is"),
        (b'{"name": "package.json"}', "summary.json: .*final_accuracy is missing"),
    ],
)
def test_alien_summaries(app, tmp_path, content, answer):
    if content is not None:
        (tmp_path / "summary.json").write_bytes(content)
    result = CliRunner().invoke(app, [str(tmp_path)])
    assert isinstance(result.exception, DataError)
    assert re.search(answer, str(result.exception))
    assert not (tmp_path / "report.html").exists()


def test_a_page_that_cannot_be_written(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(DataError, match="cannot write"):
        write_report(SUMMARY, tmp_path / "taken" / "report.html")


def test_half_a_character_does_not_stop_the_page(tmp_path):
    write_report({**SUMMARY, "command": "\ud800"}, tmp_path / "report.html")
    assert "<code>?</code>" in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_read_summary_names_the_file(tmp_path):
    path = tmp_path / "summary.json"
    path.write_text(json.dumps({**SUMMARY, "replay_slots": "many"}))
    with pytest.raises(DataError, match=r"summary\.json: .*replay_slots is 'many'"):
        read_summary(path)

"""What the page gives: images in the order of teaching, and the scenario that repeats it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tinycl.data import load
from tinycl.data.scenario import build
from tinycl.exceptions import DataError
from tinycl.experiment.experiment import Experiment
from tinycl.experiment.settings import ExperimentSettings

HEADER = "file,class,experience\n"
ROWS = "a/2.png,spoon,0\nb/1.png,cup,1\na/1.png,spoon,1\na/3.png,spoon,\nb/2.png,cup,2\n"
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A folder with images, whose first pixel is their number, and this ``stream.csv``."""
    for number, name in enumerate(("a/1.png", "a/2.png", "a/3.png", "b/1.png", "b/2.png")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(np.full((4, 4), number, np.uint8)).save(tmp_path / name)

    def write(text: str) -> Path:
        (tmp_path / "stream.csv").write_text(text)
        return tmp_path

    return write


def test_classes_and_samples_are_in_the_order_of_teaching(write: Write) -> None:
    data = load(f"folder:{write(HEADER + ROWS)}")
    assert data.class_names == ("spoon", "cup")
    assert data.x_train[:, 0, 0, 0].tolist() == [1, 3, 0, 4]
    assert data.y_train.tolist() == [0, 1, 0, 1]
    # No cup was set aside: those that were taught are tested.
    assert data.x_test[:, 0, 0, 0].tolist() == [3, 2, 4] and data.y_test.tolist() == [1, 0, 1]
    experiences = build(data, "taught", seed=5)
    assert [e.indices.tolist() for e in experiences] == [[0], [1, 2], [3]]
    assert [e.new_classes for e in experiences] == [(0,), (1,), ()]
    assert build(data.only([1]), "taught", seed=1)[0].number == 1
    assert len(build(data, "nc:1", seed=1)) == 2


def test_the_head_has_room_for_more_classes(write: Write) -> None:
    data = load(f"folder:{write(HEADER + ROWS)}")
    settings = ExperimentSettings(scenario="taught", classes=10)
    assert Experiment.make(data, settings).config.classes == 10
    with pytest.raises(DataError, match="room for 2 --classes or more, got 1"):
        Experiment.make(data, ExperimentSettings(scenario="taught", classes=1))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("", "cannot read .*stream.csv"),
        ("file,label\n", "expected the columns file, class, experience"),
        (HEADER, "experiences 0, 1, 2"),
        (HEADER + "a/1.png,x,1\n", "experiences 0, 1, 2"),
        (HEADER + "a/1.png,x,0\na/2.png,x,2\n", "experiences 0, 1, 2"),
        (HEADER + "a/1.png,x,0\na/2.png,y,\n", "no sample of the class 'y' was taught"),
        (HEADER + "a/1.png,x\n", "line 2: expected a file, a class and a number"),
        (HEADER + "a/1.png,,0\n", "line 2: expected a file, a class and a number"),
        (HEADER + "a/9.png,x,0\n", "no such file: a/9.png"),
        (HEADER + "../other.png,x,0\n", "is not in this folder"),
    ],
)
def test_a_wrong_file_costs_a_sentence(write: Write, text: str, answer: str) -> None:
    with pytest.raises(DataError, match=answer):
        load(f"folder:{write(text)}")


def test_the_scenario_takes_all_samples_as_they_were_taught(write: Write) -> None:
    data = load(f"folder:{write(HEADER + ROWS)}")
    with pytest.raises(DataError, match="all samples once"):
        build(data, "taught", seed=1, limit=1)
    with pytest.raises(DataError, match="does not tell in which order"):
        build(load("digits"), "taught", seed=1)

"""A recipe of the zoo is one command: what the training takes is made first."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest

from tinycl.data import load
from tools.zoo import make, spoken
from tools.zoo.recipes import RECIPES
from tools.zoo.words import WORDS


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The commands that a recipe runs: they are noted, and files of data appear."""
    said: list[list[str]] = []

    def note(command: str, *more: str) -> None:
        said.append([*shlex.split(command), *more])
        if said[-1][-1].endswith(".npz"):
            Path(said[-1][-1]).touch()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(make, "say", note)
    monkeypatch.setattr(make, "make", lambda *_: said.append(["make", *map(str, _[2:])]))
    return said


def made_by(command: list[str]) -> str:
    return command[command.index("-o") + 1]


@pytest.mark.parametrize("small", [False, True])
def test_speech_is_made_of_data_a_teacher_and_a_training(
    commands: list[list[str]], small: bool
) -> None:
    assert make.main(["speech", *["--small"] * small]) == 0
    data, teacher, training, rest = commands
    assert data[:3] == ["python", "-m", "tools.zoo.spoken"] and ("--small" in data) == small
    for command in (teacher, training):
        assert f"npz:{made_by(data)}" in command
        assert (command[command.index("--epochs") + 1] == "1") == small
    lessons = training[training.index("--teacher") + 1]
    assert lessons == f"{made_by(teacher)}/checkpoints/final.keras"  # trainings write it
    folder = made_by(training)
    assert folder == ("runs/small/speech" if small else "runs/zoo/speech")
    zoo = "runs/small/models" if small else str(make.MODELS)
    assert rest == ["make", folder, zoo]


def test_what_is_there_is_not_made_again(commands: list[list[str]]) -> None:
    assert make.main(["speech"]) == 0
    commands.clear()
    assert make.main(["speech", "--resume"]) == 0
    assert [command[-1] for command in commands[:-1]] == ["--resume"] * 2
    commands.clear()
    assert make.main(["speech", "--keep"]) == 0
    assert [command[0] for command in commands] == ["make"]


def test_without_recordings_the_card_lacks_real_people(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found: list[Any] = []
    monkeypatch.setattr(make, "transfer", lambda *what: found.append(what) or {})
    assert make.transfers(Path("x.tcm"), RECIPES["speech"], tmp_path) == () and not found
    assert "that takes --sounds SOUNDS" in capsys.readouterr().out
    assert make.main(["speech", "--keep", "--sounds", "nowhere"]) == 1
    assert "nowhere/usr/share/asterisk/sounds/it_IT_m_Carlo holds no" in capsys.readouterr().err


def test_a_small_set_of_spoken_words(tmp_path: Path) -> None:
    if not shutil.which("espeak-ng"):
        pytest.skip("espeak-ng is not installed")
    file = tmp_path / "spoken.npz"
    assert spoken.main(["--small", "-o", str(file)]) == 0
    words = load(f"npz:{file}")
    assert words.input_shape == (49, 40, 1) and words.class_names is not None
    assert words.num_classes == 3 * len(WORDS) + 1 and words.class_names[-1] == "noise"
    counts = [(side == 0).sum() for side in (words.y_train, words.y_test)]
    assert counts == [2 * 6, 4]  # of ten speakers: two recordings to train, one of each to test

"""Training on real digits: repeatable, resumable after a kill, features for unseen classes."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from tinycl.data import load
from tinycl.exceptions import ModelError

if find_spec("larq_compute_engine") is None:
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from tinycl.cli import convert, train
from tinycl.models.files import load_model, save_model
from tinycl.training import checkpoint, trainer
from tinycl.training.transfer import feature_transfer

EPOCHS = 25
WAYS: dict[str, dict[str, Any]] = {
    "plain": {},
    "taught, mixed, averaged": {"teacher": "same", "mixing": "cutmix", "average": 0.9},
}
KILLED = """
import json
import sys
from pathlib import Path
from tinycl.data import load
from tinycl.training.trainer import train
more = json.loads(sys.argv[3])
folder = Path(sys.argv[1])
train(load("digits"), "4k", (0, 1, 2), int(sys.argv[2]), seed=5, checkpoints=folder, **more)
"""


def weights(result: trainer.TrainResult) -> np.ndarray:
    return np.concatenate([w.ravel() for w in result.backbone.get_weights()])


@pytest.fixture(scope="module")
def whole() -> trainer.TrainResult:
    """A run of `EPOCHS` that nothing interrupts."""
    return trainer.train(load("digits"), "4k", (0, 1, 2), EPOCHS, seed=5)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Options of a training."""
    return WAYS[request.param]


def test_equal_seeds_give_equal_weights() -> None:
    digits = load("digits")
    runs = [trainer.train(digits, "4k", (0, 1), 2, seed=seed) for seed in (1, 1, 2)]
    np.testing.assert_array_equal(weights(runs[0]), weights(runs[1]))
    assert (weights(runs[0]) != weights(runs[2])).any()


def test_learns_and_features_serve_unseen_classes(whole: trainer.TrainResult) -> None:
    assert whole.test_accuracy > 0.95
    assert len(whole.history) == EPOCHS
    assert whole.history[-1]["loss"] < whole.history[0]["loss"]
    transfer = feature_transfer(whole.backbone, load("digits"), whole.settings.classes)
    assert transfer["held_out_classes"] > 0.9


def test_resumes_after_a_kill_to_the_same_weights(
    tmp_path: Path, whole: trainer.TrainResult, way: dict[str, Any]
) -> None:
    digits = load("digits")
    if way:
        whole = trainer.train(digits, "4k", (0, 1, 2), EPOCHS, seed=5, **way)
    last = tmp_path / "checkpoints" / "last.keras"
    command = [sys.executable, "-c", KILLED, str(last.parent), str(EPOCHS), json.dumps(way)]
    process = subprocess.Popen(command, env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"})
    deadline = time.monotonic() + 300  # it trains a teacher first
    while not last.exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    before = json.loads((last.parent / "history.json").read_text())
    assert 1 <= len(before) < EPOCHS

    again: dict[str, Any] = {"checkpoints": last.parent, "resume": True} | way
    with pytest.raises(ModelError, match="seed 5, not 6"):
        trainer.train(digits, "4k", (0, 1, 2), EPOCHS, 6, **again)
    resumed = trainer.train(digits, "4k", (0, 1, 2), EPOCHS, 5, **again)
    assert resumed.history == whole.history
    np.testing.assert_array_equal(weights(resumed), weights(whole))
    assert (last.parent / "best.keras").is_file()


def test_a_checkpoint_that_read_labels_goes_on(tmp_path: Path) -> None:
    digits, folder = load("digits"), tmp_path / "checkpoints"
    trainer.train(digits, "4k", (0, 1), 1, checkpoints=folder)
    classifier = load_model(folder / "last.keras")
    labels = "sparse_categorical_crossentropy"
    classifier.compile(classifier.optimizer, loss=labels, metrics=["accuracy"])
    save_model(classifier, folder / "last.keras")
    before = json.loads((folder / "settings.json").read_text())
    before["epochs"] = 2
    for later in ("teacher", "mixing", "average", "schedule", "real"):
        del before[later]
    (folder / "settings.json").write_text(json.dumps(before))
    resumed = trainer.train(digits, "4k", (0, 1), 2, checkpoints=folder, resume=True)
    assert len(resumed.history) == 2 and resumed.history[1]["loss"] < resumed.history[0]["loss"]


def test_a_full_disk_keeps_the_checkpoint_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "checkpoints"
    saved: list[dict[str, bytes]] = []
    save, limits = checkpoint.Checkpoint.save, resource.getrlimit(resource.RLIMIT_FSIZE)

    def save_once(self: checkpoint.Checkpoint, *models: Any) -> None:
        if saved:  # files end at 4 KB, as where a disk is full
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
        save(self, *models)
        saved.append({file.name: file.read_bytes() for file in folder.iterdir()})

    monkeypatch.setattr(checkpoint, "_SECONDS", 0)
    with monkeypatch.context() as patched:
        patched.setattr(checkpoint.Checkpoint, "save", save_once)
        try:
            with pytest.raises(ModelError, match=r"cannot write .*\.keras: "):
                trainer.train(load("digits"), "4k", (0, 1), 2, checkpoints=folder)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert len(saved) == 1
    left = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert left.keys() == saved[0].keys()
    assert left["last.keras"] == saved[0]["last.keras"]


def test_a_teacher_from_a_file(tmp_path: Path) -> None:
    digits, folder = load("digits"), tmp_path / "teacher"
    trainer.train(digits, "4k", (0, 1), 2, real=1.0, checkpoints=folder)
    file = str(folder / "last.keras")
    alone, taught = (trainer.train(digits, "4k", (0, 1), 2, teacher=t) for t in (None, file))
    assert (weights(alone) != weights(taught)).any()
    with pytest.raises(ModelError, match=r"maps \(8, 8, 1\) to .*8.*as a teacher"):
        trainer.train(digits, "4k", (0, 1, 2), 2, teacher=file)


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"teacher": "nobody"}, "teacher must be one of same, wide, or a classifier's file"),
        ({"mixing": "stir"}, "mixing must be one of mixup, cutmix"),
        ({"average": 1.0}, "average must lie between 0 and 1"),
        ({"schedule": "steps"}, "schedule must be one of cosine, constant"),
        ({"real": 0.0}, "0 to 4 times the channels"),
    ],
)
def test_options_out_of_range_are_refused(option: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        trainer.train(load("digits"), "4k", (0, 1), 1, **option)


def test_damaged_checkpoints_are_refused(tmp_path: Path) -> None:
    digits, folder = load("digits"), tmp_path / "checkpoints"
    trainer.train(digits, "4k", (0, 1), 1, checkpoints=folder)
    for name in ("history.json", "last.keras", "settings.json"):
        (folder / name).write_bytes((folder / name).read_bytes()[:20])
        with pytest.raises(ModelError, match=rf"{name}.*(damaged|cannot be read)"):
            trainer.train(digits, "4k", (0, 1), 1, checkpoints=folder, resume=True)


def test_train_and_convert_from_the_command_line(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command("train")(train.command)
    app.command("convert")(convert.command)
    out, figures = tmp_path / "run", tmp_path / "figures.json"
    arguments = ["train", "digits", "--size", "4k", "--classes", "0-4", "--epochs", "1"]
    arguments += ["-o", str(out), "--json", str(figures), "--tensorboard", str(tmp_path / "logs")]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "binary MACs" in result.output and "classes never seen" in result.output
    record = json.loads(figures.read_text())
    assert record == json.loads((out / "training.json").read_text())
    assert record["settings"]["classes"] == [0, 1, 2, 3, 4]
    assert record["features"] == 256 and 0 <= record["test_accuracy"] <= 1
    assert 0 < record["feature_transfer"]["held_out_classes"] <= 1
    assert any((tmp_path / "logs").rglob("events*"))

    operators = tmp_path / "operators.json"
    arguments = ["convert", str(out), "-o", str(out / "b.tflite"), "--json", str(operators)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "LceBconv2d" in result.output
    assert json.loads(operators.read_text())["bytes"] == (out / "b.tflite").stat().st_size


def test_output_that_is_a_file_is_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="cannot write"):
        train.command("digits", tmp_path / "file", classes="0,1", epochs=1)

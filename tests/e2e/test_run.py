"""``tinycl run``: the same outputs on every board, and those of Larq Compute Engine."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.command import Demo, tinycl
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.model.loader import Model

from tinycl.cli import main
from tinycl.compiler.lce_interpreter import LceInterpreter
from tinycl.compiler.verify import random_pixels
from tinycl.inference import latents

N = 24


@pytest.fixture(scope="module")
def golden(demo: Demo) -> tuple[np.ndarray, np.ndarray]:
    """Pixels, and the latents that LCE's interpreter computes for them."""
    x = random_pixels(N, Model(demo.model.read_bytes()).input_shape, seed=5)
    return x, LceInterpreter((demo.folder / "backbone.tflite").read_bytes()).run(x)


@pytest.mark.parametrize("board", ["simulator", "cpython", "unix", "cortex-m3"])
def test_board_agrees_with_lce(
    board: str, demo: Demo, golden: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    if board in ("unix", "cortex-m3"):
        built(board)
    x, expected = golden
    np.save(tmp_path / "x.npy", x)
    words = ("--input", tmp_path / "x.npy", "--output", tmp_path / "new" / "y.npy")
    words += ("--latents", tmp_path / "z.npy", "--board", board, "--json", tmp_path / "run.json")
    done = tinycl("run", demo.model, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    z, y = np.load(tmp_path / "z.npy"), np.load(tmp_path / "new" / "y.npy")
    assert z.dtype == y.dtype == np.int8
    assert z.shape == expected.shape and np.array_equal(z, expected)
    assert np.count_nonzero(z == 1) and np.count_nonzero(z == -1)
    model = Model(demo.model.read_bytes())
    packed = latents(model, x)
    assert np.array_equal(numpy_kernels.unpack(packed, z.shape[3]), z)
    assert np.array_equal(numpy_kernels.batch_sum_pool(model.operators[-1].p, packed), y)
    result = json.loads((tmp_path / "run.json").read_text())
    assert result["samples"] == N and result["features"] == y.shape[1]
    assert result["latent_shape"] == list(z.shape[1:])
    assert result["model_fingerprint"] == model.fingerprint.hex()
    backends = {"simulator": "numpy", "cpython": "reference"}
    assert result["backend"] == backends.get(board, "native")


def test_one_output_alone(demo: Demo, tmp_path: Path) -> None:
    x = random_pixels(3, Model(demo.model.read_bytes()).input_shape)
    np.save(tmp_path / "x.npy", x[..., 0])  # the only channel may be left out
    words = ("run", demo.model, "--input", tmp_path / "x.npy", "--board", "simulator")
    assert tinycl(*words, "--latents", tmp_path / "z.npy").returncode == 0
    assert np.load(tmp_path / "z.npy").shape[0] == 3
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["x.npy", "z.npy"]


def _npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _npz() -> bytes:
    file = io.BytesIO()
    np.savez(file, x=np.zeros(3))
    return file.getvalue()


GOOD = np.zeros((2, 8, 8, 1), np.uint8)
MISTAKES = {
    "not there": (None, "cannot read"),
    "empty": (b"", "is not a .npy file"),
    "garbage": (b"<html>", "is not a .npy file"),
    "cut": (_npy(GOOD)[:-5], "is not a .npy file"),
    "objects": (_npy(np.array([None, "x"])), "is not a .npy file"),
    "broken zip": (_npz()[:40], "is not a .npy file"),
    "several": (_npz(), "several arrays"),
    "NaN": (_npy(GOOD + np.float32("nan")), "NaN"),
    "float": (_npy(GOOD / 2), "expected uint8 pixels (N, 8, 8, 1)"),
    "int": (_npy(GOOD.astype(np.int64)), "x.astype('uint8')"),
    "text": (_npy(np.array(["a", "b"])), "expected uint8 pixels"),
    "shape": (_npy(GOOD[:, 1:]), "holds pixels (2, 7, 8, 1)"),
    "one image": (_npy(GOOD[0, ..., 0]), "holds pixels (8, 8)"),
    "none": (_npy(GOOD[:0]), "N at least 1"),
    "number": (_npy(np.uint8(3)), "holds pixels ()"),
}


def refused(
    demo: Demo, words: tuple[str, ...], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run the command line in this process: it must end with status 1."""
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "argv", ["tinycl", "run", str(demo.model), *words])
    with pytest.raises(SystemExit) as stop:
        main()
    assert stop.value.code == 1


@pytest.mark.parametrize("name", MISTAKES)
def test_wrong_input_is_one_sentence(
    name: str,
    demo: Demo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data, expected = MISTAKES[name]
    if data is not None:
        (tmp_path / "x.npy").write_bytes(data)
    refused(demo, ("--input", "x.npy", "--output", "y.npy"), tmp_path, monkeypatch)
    errors = capsys.readouterr().err
    assert expected in errors and len(errors.strip().splitlines()) == 1
    assert not (tmp_path / "y.npy").exists()


WORDS = {
    "nothing to write": ("--input", "x.npy"),
    "there is no board called 'simulater'": (
        *("--input", "x.npy", "--output", "y.npy"),
        *("--board", "simulater"),
    ),
    "no such port": ("--input", "x.npy", "--output", "y.npy", "--port", "no-such-port"),
    "is a real board": ("--input", "x.npy", "--output", "y.npy", "--board", "pico2"),
    "cannot write": ("--input", "x.npy", "--output", "x.npy/y.npy", "--board", "simulator"),
}


@pytest.mark.parametrize("expected", WORDS)
def test_wrong_words_are_one_sentence(
    expected: str,
    demo: Demo,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "x.npy").write_bytes(_npy(GOOD))
    refused(demo, WORDS[expected], tmp_path, monkeypatch)
    errors = capsys.readouterr().err
    assert expected in errors and len(errors.strip().splitlines()) == 1

"""``tinycl compile`` and ``tinycl run`` of a residual network: its float outputs are LCE's."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from helpers.boards import built
from helpers.command import tinycl
from helpers.link import flash_with

from tinycl.boards.emulated import CPythonBoard
from tinycl.compiler.verify import random_pixels, relative_error
from tinycl.exceptions import LinkError
from tinycl.link import connect

if find_spec("larq_compute_engine") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from helpers.random_larq import convert
from helpers.random_residual import random_residual

from tinycl.compiler.lce_interpreter import LceInterpreter

N = 3
ON_THIS_COMPUTER = ("simulator", "cpython", "unix")
EMULATED = ("cortex-m3", "cortex-m0", "rv32")


def prepared(folder: Path, seed: int) -> Path:
    """A converted model, its compiled form, pixels, and what LCE makes of them."""
    model, _ = random_residual(seed)
    (folder / "m.tflite").write_bytes(convert(model))
    words = (folder / "m.tflite", "-o", folder / "m.tcm", "--keep-classifier", "--verify", 8)
    done = tinycl("compile", *words, "--json", folder / "compile.json")
    assert done.returncode == 0, done.stdout + done.stderr
    x = random_pixels(N, model.input_shape[1:], 3)
    np.save(folder / "x.npy", x)
    np.save(folder / "golden.npy", LceInterpreter((folder / "m.tflite").read_bytes()).run(x))
    return folder


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A residual classifier that fits every board."""
    return prepared(tmp_path_factory.mktemp("classes"), 10)


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose outputs fill many frames."""
    return prepared(tmp_path_factory.mktemp("images"), 11)


@pytest.mark.parametrize("kind", ["classes", "images"])
def test_the_compiler_says_how_well_they_agree(kind: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(kind)
    report = json.loads((folder / "compile.json").read_text())
    assert report["bits_differing"] == 0 and report["bits_checked"] > 0
    assert 0 <= report["max_relative_error"] <= 1e-4
    assert report["float_outputs"] == np.load(folder / "golden.npy")[0].size


@pytest.mark.parametrize("board", ON_THIS_COMPUTER + EMULATED)
def test_classes_are_those_of_lce(board: str, classes: Path, tmp_path: Path) -> None:
    agrees(board, classes, tmp_path)


@pytest.mark.parametrize("board", ON_THIS_COMPUTER + EMULATED)
def test_images_are_those_of_lce(board: str, images: Path, tmp_path: Path) -> None:
    agrees(board, images, tmp_path)


def agrees(board: str, folder: Path, tmp_path: Path) -> None:
    """Run the model on a board, and compare its outputs with LCE and the simulator."""
    if board not in ("simulator", "cpython"):
        built(board)
    files = [tmp_path / name for name in ("y.npy", "z.npy", "f.npy", "run.json")]
    words = ("--output", files[0], "--latents", files[1], "--features", files[2])
    words += ("--board", board, "--json", files[3])
    done = tinycl("run", folder / "m.tcm", "--input", folder / "x.npy", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    y, z, f = (np.load(file) for file in files[:3])
    golden = np.load(folder / "golden.npy")
    assert y.dtype == np.float32 and y.shape == golden.shape
    assert relative_error(y.reshape(N, -1), golden.reshape(N, -1)) < 1e-4
    assert z.dtype == f.dtype == np.int8 and set(np.unique(z)) == {-1, 1}
    simulated = ("run", folder / "m.tcm", "--input", folder / "x.npy", "--board", "simulator")
    latents, features = tmp_path / "z2.npy", tmp_path / "f2.npy"
    assert not tinycl(*simulated, "--latents", latents, "--features", features).returncode
    assert np.array_equal(z, np.load(latents)) and np.array_equal(f, np.load(features))
    result = json.loads(files[3].read_text())
    assert result["float_outputs"] == golden[0].size


def test_pieces_of_any_size(classes: Path, tmp_path: Path) -> None:
    data = (classes / "m.tcm").read_bytes()
    x = np.load(classes / "x.npy")
    floats = np.load(classes / "golden.npy")[0].size
    with CPythonBoard(flash_with(data, tmp_path)) as board, connect(board.port) as client:
        whole = list(client.outputs_many(x, floats))
        for most in (1, 7, 30):
            for one, two in zip(client.outputs_many(x[:1], floats, most), whole, strict=False):
                assert [bytes(a) for a in one] == [bytes(a) for a in two]
        for (bits, features), all_three in zip(client.latents_many(x), whole, strict=True):
            assert [bytes(bits), bytes(features)] == [bytes(a) for a in all_three[:2]]
        with pytest.raises(LinkError, match="is another model on the board now"):
            next(client.outputs_many(x, floats + 1))

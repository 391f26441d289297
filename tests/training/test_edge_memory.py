"""The memory model gives the published figures; its command prints them."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from tinycl.cli import memory as verb
from tinycl.edge.memory import extra_bits, rows, total_bytes
from tinycl.exceptions import ModelError
from tinycl.models.networks import NETWORKS, Network, conv, dense

MIB = 1024 * 1024
app = typer.Typer()
app.command()(verb.command)


def mib(name: str, method: str, optimizer: str = "adam", batch: int = 100) -> float:
    return total_bytes(rows(NETWORKS[name].shapes(), batch, method, optimizer)) / MIB


@pytest.mark.parametrize(
    ("name", "method", "expected"),
    [
        ("binarynet", "standard", 512.85),
        ("binarynet", "low-memory", 138.15),
        ("mlp", "standard", 7.41),
        ("mlp", "low-memory", 2.66),
    ],
)
def test_totals_are_the_published_ones(name: str, method: str, expected: float) -> None:
    assert round(mib(name, method), 2) == expected


def test_ratios_are_the_published_ones() -> None:
    for name, expected in (("mlp", 2.78), ("binarynet", 3.71)):
        ratio = mib(name, "standard") / mib(name, "low-memory")
        assert ratio == pytest.approx(expected, abs=0.01), name


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("standard", [111.33, 50.00, 50.00, 53.49, 53.49, 106.98, 87.50, 0.06]),
        ("low-memory", [3.48, 25.00, 25.00, 26.74, 1.67, 53.49, 2.73, 0.03]),
    ],
)
def test_rows_of_binarynet_are_the_published_ones(method: str, expected: list[float]) -> None:
    table = rows(NETWORKS["binarynet"].shapes(), 100, method)
    assert [round(row.bytes / MIB, 2) for row in table] == expected


def test_other_optimizers_keep_one_momentum() -> None:
    weights = sum(shape.weights for shape in NETWORKS["mlp"].shapes())
    for method, size in (("standard", 4), ("low-memory", 2)):
        saved = (mib("mlp", method) - mib("mlp", method, "sgd")) * MIB
        assert saved == pytest.approx(size * weights)
    no_latents = (mib("mlp", "low-memory", "sgd") - mib("mlp", "low-memory", "bop")) * MIB
    assert no_latents == pytest.approx(weights * 15 / 8)


def test_activations_alone_grow_with_the_batch() -> None:
    by_tensor = [
        {row.tensor: row.elements for row in rows(NETWORKS["cnv"].shapes(), batch)}
        for batch in (10, 20)
    ]
    grown = {name for name in by_tensor[0] if by_tensor[1][name] == 2 * by_tensor[0][name]}
    assert grown == {"X", "dX or Y", "dY", "pooling masks"}


def test_extra_bits_are_counted_by_hand() -> None:
    network = Network("n", (4, 4, 1), (conv(8, pool=2), dense(3)))
    # conv 2 x 2 x 8, pooled to 8: window and sign; dense 3: sign before beta alone
    assert extra_bits(network.shapes(), 5) == 5 * (8 + 8 + 3)


def test_a_layer_follows_the_other() -> None:
    last = NETWORKS["cnv"].shapes()[6]
    assert (last.inputs, last.fan_in) == ((1, 1, 256), 256)
    first = NETWORKS["binarynet"].shapes()[6]
    assert first.inputs == (1, 1, 4 * 4 * 512)


@pytest.mark.parametrize(
    "wrong", [{"method": "lower"}, {"optimizer": "lion"}, {"batch": 0}, {"layers": []}]
)
def test_wrong_settings_are_refused(wrong: dict) -> None:
    settings = {"layers": NETWORKS["mlp"].shapes(), "batch": 1, **wrong}
    with pytest.raises(ModelError, match="expected"):
        rows(**settings)


def test_command_prints_and_writes(tmp_path: Path) -> None:
    path = tmp_path / "memory.json"
    words = ["binarynet", "--batch", "100", "--method", "low-memory", "--json", str(path)]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "138.15" in result.output and "512.85" in result.output
    written = json.loads(path.read_text())
    assert written["total_mib"] == pytest.approx(138.15, abs=0.01)
    assert sum(row["mib"] for row in written["rows"]) == pytest.approx(written["total_mib"])
    assert written["rows"][0]["tensor"] == "X"


@pytest.mark.parametrize("name", ["alexnet", "missing.keras"])
def test_command_refuses_what_it_does_not_know(name: str) -> None:
    result = CliRunner().invoke(app, [name])
    assert isinstance(result.exception, ModelError)


@pytest.mark.skipif(find_spec("larq") is None, reason="needs tinycl[train]")
def test_a_keras_file_is_read_like_the_plain_network(tmp_path: Path) -> None:
    from tinycl.keras import import_larq, import_tensorflow
    from tinycl.models.files import save_model

    tf, lq = import_tensorflow(), import_larq()
    layers, signs = tf.keras.layers, {"kernel_quantizer": "ste_sign", "use_bias": False}
    model = tf.keras.Sequential(
        [
            layers.InputLayer((12, 12, 2)),
            lq.layers.QuantConv2D(8, 3, **signs),
            layers.MaxPool2D(),
            layers.BatchNormalization(scale=False),
            layers.Flatten(),
            lq.layers.QuantDense(5, input_quantizer="ste_sign", **signs),
            layers.BatchNormalization(scale=False),
            layers.Softmax(),
        ]
    )
    path, out = tmp_path / "model.keras", tmp_path / "memory.json"
    save_model(model, path)
    result = CliRunner().invoke(app, [str(path), "--batch", "7", "--json", str(out)])
    assert result.exit_code == 0, result.output
    network = Network("n", (12, 12, 2), (conv(8, pool=2), dense(5)))
    expected = total_bytes(rows(network.shapes(), 7)) / MIB
    assert json.loads(out.read_text())["total_mib"] == pytest.approx(expected)


@pytest.mark.skipif(find_spec("larq") is None, reason="needs tinycl[train]")
def test_a_branch_is_refused_by_name() -> None:
    from tinycl.edge.describe import describe
    from tinycl.keras import import_tensorflow

    keras = import_tensorflow().keras
    image = keras.Input((4, 4, 2))
    branch = keras.layers.Conv2D(2, 1)(image)
    model = keras.Model(image, keras.layers.Add(name="join")([image, branch]))
    with pytest.raises(ModelError, match="join"):
        describe(model)

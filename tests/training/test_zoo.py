"""The zoo: its cards say what its models are, and its verbs hand them out."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from tinycl_rt import tcm
from tinycl_rt.model.loader import Model
from typer.testing import CliRunner

from tinycl import zoo
from tinycl.cli import app
from tinycl.data import load
from tinycl.exceptions import DataError
from tinycl.zoo.head import TrainedHead

MOST_BYTES = 200 * 1024
GENERATED = [name for name in zoo.names() if zoo.card(name).tested_on == "motions"]


def said(*words: str) -> str:
    result = CliRunner().invoke(app, ["zoo", *words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("name", zoo.names())
def test_card_and_model_agree(name: str) -> None:
    card, data = zoo.card(name), zoo.model(name)
    model = Model(data)
    assert card.name == name
    assert model.fingerprint.hex() == card.fingerprint
    assert len(data) == card.flash_bytes <= MOST_BYTES
    assert (model.input_shape, model.features) == (card.input_shape, card.features)
    assert model.latent_bytes == card.latent_bytes
    taps = {tcm.BCONV: 0, tcm.CONV8: 0}
    for op in model.operators:
        if op.code in taps:  # a tap at the border may lie outside the image
            _, _, c, kh, kw, _, _, _, _, oh, ow, oc = op.p[:12]
            taps[op.code] += c * kh * kw * oh * ow * oc
    assert 0.7 * taps[tcm.BCONV] < card.binary_macs <= taps[tcm.BCONV]
    assert 0.7 * taps[tcm.CONV8] < card.first_macs <= taps[tcm.CONV8]
    head = zoo.head(name)
    assert head.weights.shape == (card.features, len(head.bias))
    assert 0 < card.test_accuracy < 1 and card.transfer


@pytest.mark.parametrize("name", GENERATED)
def test_accuracy_is_what_the_card_says(name: str, tmp_path: Path) -> None:
    file = tmp_path / "check.json"
    assert name in said("check", name, "--json", str(file))
    assert json.loads(file.read_text())["test_accuracy"] == pytest.approx(
        zoo.card(name).test_accuracy, abs=5e-5
    )


def test_digits_are_told_apart_as_the_card_says() -> None:
    if not (Path(os.environ.get("TINYCL_DATA", "")) / "mnist.npz").is_file():
        pytest.skip("needs mnist.npz in the folder TINYCL_DATA")
    mnist = load("mnist")
    found = zoo.head("grey").predict(Model(zoo.model("grey")), mnist.x_test[:2000])
    assert (found == mnist.y_test[:2000]).mean() > zoo.card("grey").test_accuracy - 0.02


def test_verbs(tmp_path: Path) -> None:
    file, shown, model = (tmp_path / name for name in ("list.json", "card.json", "m.tcm"))
    table = said("list", "--json", str(file))
    cards = json.loads(file.read_text())
    assert [card["name"] for card in cards] == list(zoo.names())
    wanted = {"name", "flash_bytes", "binary_macs", "test_accuracy", "pretrained_on"}
    assert all(wanted | {"instructions_cortex_m3"} <= set(card) for card in cards)
    name = zoo.names()[0]
    assert name in table
    assert all(f"{card['instructions_cortex_m3']:,}" in table for card in cards)  # 80 columns
    assert zoo.card(name).training_command.split()[-1] in said("show", name, "--json", str(shown))
    assert json.loads(shown.read_text())["name"] == name
    said("get", name, "-o", str(model))
    assert model.read_bytes() == zoo.model(name)


def test_names_stand_for_models_where_verbs_take_one(tmp_path: Path) -> None:
    x = tmp_path / "x.npy"
    card = zoo.card("motion")
    np.save(x, np.full((2, *card.input_shape), 128, np.uint8))
    result = CliRunner().invoke(
        app, ["run", "motion", "--input", str(x), "-o", str(tmp_path / "o.npz")]
    )
    assert result.exit_code == 0, result.output


def test_mistakes_are_one_sentence() -> None:
    for words in (["show", "lion"], ["get", "lion"], ["check", "lion"]):
        result = CliRunner().invoke(app, ["zoo", *words])
        assert isinstance(result.exception, DataError)
        assert str(result.exception).startswith("the zoo has no 'lion': choose one of ")
    result = CliRunner().invoke(app, ["zoo", "check", "grey", "--data", "motions"])
    assert isinstance(result.exception, DataError)
    assert "10 classes" in str(result.exception)


def test_head_keeps_the_order_of_scores() -> None:
    rng = np.random.default_rng(3)
    kernel, bias = rng.standard_normal((64, 5)).astype("f4"), rng.standard_normal(5).astype("f4")
    head = TrainedHead.quantised(kernel, bias)
    x = rng.integers(-9, 10, (400, 64))
    real, found = x @ kernel + bias, x @ head.weights.astype(int) + head.bias
    assert np.abs(head.weights).max() == 127
    assert (real.argmax(1) == found.argmax(1)).mean() > 0.95

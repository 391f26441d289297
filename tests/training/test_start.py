"""A training that starts from a backbone of the zoo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tinycl_rt.model.loader import Model

from tinycl.data import load
from tinycl.exceptions import DataError, ModelError
from tinycl.inference import latents
from tinycl.training.progress import EpochBar
from tinycl.training.settings import make_settings
from tinycl.training.start import make_adaptable, zoo_backbone
from tinycl.training.trainer import train
from tinycl.zoo import model, names


def bits_of(backbone: object, x: np.ndarray) -> np.ndarray:
    signs = backbone.predict(x.astype(np.float32), verbose=0)  # type: ignore[attr-defined]
    return np.packbits(signs.reshape(len(x), -1) < 0, axis=1, bitorder="little")


@pytest.mark.parametrize("name", names())
def test_a_backbone_of_the_zoo_gives_the_same_bits_in_keras(name: str) -> None:
    compiled = Model(model(name))
    x = np.random.default_rng(1).integers(0, 256, (20, *compiled.input_shape), np.uint8)
    expected = latents(compiled, x).reshape(len(x), -1)
    backbone = zoo_backbone(name)
    assert np.array_equal(bits_of(backbone, x), expected)
    make_adaptable(backbone, 2, x)
    assert np.array_equal(bits_of(backbone, x), expected)
    learning = {layer.name for layer in backbone.layers if layer.trainable_weights}
    convs = sum(layer.name.startswith("conv") for layer in backbone.layers)
    assert learning == {f"{kind}{convs - i}" for kind in ("conv", "norm") for i in (1, 2)}


def test_what_does_not_fit_is_refused() -> None:
    letters, digits = load("letters"), load("digits")
    assert make_settings(letters, start="grey", adapt=1).size == "grey"
    with pytest.raises(DataError, match="no 'green': choose one of colour-l"):
        make_settings(letters, start="green", adapt=1)
    with pytest.raises(DataError, match=r"grey takes samples of \(28, 28, 1\), digits has \(8"):
        make_settings(digits, start="grey", adapt=1)
    with pytest.raises(ModelError, match="grey has 3 binary layers to adapt, got 4"):
        make_settings(letters, start="grey", adapt=4)


def test_a_training_changes_the_layers_that_adapt_alone(tmp_path: Path) -> None:
    letters = load("letters")
    result = train(letters, classes=range(3), epochs=1, start="grey", checkpoints=tmp_path)
    assert result.settings.size == "grey" and result.settings.adapt == 1
    before, after = zoo_backbone("grey"), result.backbone
    for index in range(4):
        for kind in ("conv", "norm"):
            pairs = zip(
                before.get_layer(f"{kind}{index}").get_weights(),
                after.get_layer(f"{kind}{index}").get_weights(),
                strict=True,
            )
            same = [np.array_equal(a, b) for a, b in pairs]
            assert all(same) if index < 3 else not any(same)


def test_it_resumes_to_the_same_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(**options: Any) -> list[np.ndarray]:
        found = train(load("letters"), classes=range(2), epochs=2, start="grey", **options)
        return found.backbone.get_weights()

    def stop_at_the_second(self: EpochBar, figures: dict[str, float]) -> None:
        if (tmp_path / "last.keras").exists():
            raise KeyboardInterrupt

    whole = run()
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(EpochBar, "show", stop_at_the_second)
        run(checkpoints=tmp_path)
    resumed = run(checkpoints=tmp_path, resume=True)
    assert all(np.array_equal(a, b) for a, b in zip(whole, resumed, strict=True))

"""Built models: what was planned, what the quantizer rounds to, files and set-up errors."""

import sys
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tinycl import keras as keras_setup
from tinycl.exceptions import MissingExtraError, ModelError
from tinycl.models.architecture import choose_architecture

if find_spec("larq") is None:  # not imported here: Keras must be chosen first
    pytest.skip("needs tinycl[train]", allow_module_level=True)

from tinycl.models.backbone import build_backbone, build_classifier
from tinycl.models.files import load_model, save_model
from tinycl.models.quantizers import Int8Kernel, tf
from tinycl.models.quicknet import build_quicknet
from tinycl.models.summary import as_dict, as_table, summarize


@pytest.mark.parametrize(("shape", "size"), [((8, 8, 1), "16k"), ((40, 1, 3), "4k")])
def test_model_is_what_was_planned(shape: tuple[int, int, int], size: str) -> None:
    plan = choose_architecture(shape, size)
    model = build_backbone(shape, size)
    totals = as_dict(model)["totals"]
    assert model.output_shape[1:] == plan.latent_shape
    assert totals["bytes"] == plan.flash_bytes
    assert totals["binary_macs"] == plan.binary_macs
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape)).astype(np.float32)
    assert set(np.unique(model.predict(pixels, verbose=0))) <= {-1.0, 1.0}


def test_seed_decides_the_weights() -> None:
    first, again, other = (build_backbone((8, 8, 1), "4k", seed) for seed in (1, 1, 2))
    weights = [np.concatenate([w.ravel() for w in m.get_weights()]) for m in (first, again, other)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).any()


def test_classifier_outputs_probabilities() -> None:
    classifier = build_classifier(build_backbone((8, 8, 1), "4k"), 7)
    outputs = classifier.predict(np.zeros((2, 8, 8, 1), np.float32), verbose=0)
    assert outputs.shape == (2, 7)
    np.testing.assert_allclose(outputs.sum(axis=1), 1, rtol=1e-5)
    with pytest.raises(ModelError, match="2 classes or more"):
        build_classifier(build_backbone((8, 8, 1), "4k"), 1)


def test_int8_kernel_fills_every_channel_and_passes_gradients() -> None:
    kernel = np.random.default_rng(0).normal(0, [0.01, 1, 7], (3, 3, 2, 3)).astype(np.float32)
    kernel[..., 2] = 0
    variable = tf.Variable(kernel)
    with tf.GradientTape() as tape:
        quantised = Int8Kernel()(variable)
    integers = quantised.numpy().astype(np.float64) * 127
    np.testing.assert_allclose(integers, np.rint(integers), atol=1e-4)
    assert np.abs(np.rint(integers)).max(axis=(0, 1, 2)).tolist() == [127, 127, 0]
    expected = np.rint(127 * kernel[..., :2] / np.abs(kernel[..., :2]).max(axis=(0, 1, 2)))
    np.testing.assert_array_equal(np.rint(integers)[..., :2], expected)
    gradient = tape.gradient(quantised, variable).numpy()
    assert (gradient[..., :2] > 0).all() and np.isfinite(gradient).all()


def test_summary_counts_by_hand() -> None:
    rows = {row.name: row for row in summarize(build_backbone((8, 8, 1), "4k"))}
    assert (rows["conv0"].bits, rows["conv0"].bytes) == (8, 9 * 32)
    assert rows["conv0"].int8_macs == 36 * 9 * 32
    assert (rows["conv1"].bits, rows["conv1"].bytes) == (1, 9 * 32 * 64 // 8)
    assert rows["conv1"].binary_macs == 16 * 9 * 32 * 64
    assert as_table(build_backbone((8, 8, 1), "4k")).row_count == 5


def test_quicknet_shapes_and_refusals() -> None:
    model = build_quicknet((16, 16, 3), filters=(32, 64), blocks=(1, 2))
    assert model.output_shape == (None, 4, 4, 64)
    assert as_dict(model)["totals"]["float_macs"] > 0
    for arguments, says in [
        (((16, 16, 3), (32,), (1, 1)), "as many filters"),
        (((16, 16, 3), (33,), (1,)), "multiples of 32"),
        (((16, 16, 3), (32,), (0,)), "a block or more"),
        (((4, 4, 3), (32, 64), (1, 1)), "8x8 or more"),
    ]:
        with pytest.raises(ModelError, match=says):
            build_quicknet(*arguments)


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_files_keep_the_weights(tmp_path: Path, suffix: str) -> None:
    model = build_backbone((8, 8, 1), "4k", 3)
    path = tmp_path / f"backbone{suffix}"
    assert save_model(model, path) == path.stat().st_size
    loaded = load_model(path if suffix == ".h5" else tmp_path)
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert type(loaded.get_layer("conv0").kernel_quantizer) is Int8Kernel


def test_files_that_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "text.keras").write_text("not a model")
    (tmp_path / "text.h5").write_text("not a model")
    (tmp_path / "model.onnx").write_text("another kind")
    for name, says in [
        ("nothing.keras", "no model at"),
        ("text.keras", "cannot be read"),
        ("text.h5", "cannot be read"),
        ("model.onnx", "expected a Keras model"),
        (".", "no backbone.keras"),
    ]:
        with pytest.raises(ModelError, match=says):
            load_model(tmp_path / name)


def test_unwritable_places_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match=r"cannot write .*backbone\.keras"):
        save_model(build_backbone((8, 8, 1), "4k"), tmp_path / "file" / "backbone.keras")


def test_keras_3_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    model = type("Model", (), {"__module__": "keras_three.models"})
    fake = SimpleNamespace(keras=SimpleNamespace(Model=model))
    monkeypatch.setitem(sys.modules, "tensorflow", fake)
    monkeypatch.setitem(sys.modules, "keras_three", SimpleNamespace(__version__="3.5.0"))
    with pytest.raises(ModelError, match=r"Keras 3\.5\.0.*TF_USE_LEGACY_KERAS=1"):
        keras_setup.import_tensorflow()


@pytest.mark.parametrize("package", ["tensorflow", "larq"])
def test_missing_package_names_the_extra(monkeypatch: pytest.MonkeyPatch, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"tinycl\[train\]"):
        keras_setup.import_larq()

"""A duel: a binary backbone of the zoo's design against an int8 network of as many bytes.

    TF_ENABLE_ONEDNN_OPTS=1 TF_SET_ONEDNN_FPMATH_MODE=BF16 python -m tools.zoo.duel --json FILE

Both learn CIFAR-100 from one teacher for as many epochs. Then both are frozen, and the learner's
default head learns CIFAR-10 on their features, two classes at a time, in 3 random orders. The int8
network is depthwise-separable (MobileNets, Howard et al., 1704.04861); TensorFlow Lite quantises
it after the training, weights by channel. What is in --runs already is not trained again.
"""

from __future__ import annotations

import json
import sys
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tinycl_rt.config import Config
from tinycl_rt.kernels.numpy import core as kernels
from tinycl_rt.lda import Lda
from tinycl_rt.model.loader import Model

from tinycl.boards.registry import BUILT
from tinycl.data import Dataset, load
from tinycl.data.scenario import build
from tinycl.keras import import_tensorflow
from tinycl.models.files import load_model, save_model
from tinycl.training.augment import policy_for
from tinycl.training.batches import batches
from tinycl.training.teacher import answers_of
from tinycl.training.trainer import seed_everything
from tools.bench.inference import measure
from tools.command import command_line, tool, write_json
from tools.zoo.make import say, transfer

tf: Any = import_tensorflow()

_SIZE = "colour-s2"
_LATER, _SAMPLES, _ORDERS = "cifar10", 1000, 3
_BATCH, _SEED = 128, 1
# Channels and strides of the int8 network: a convolution, then pairs of depthwise and pointwise.
_FIRST = 32
_PAIRS = ((40, 2), (80, 1), (112, 2), (128, 1), (128, 2), (128, 1))
_A_CHANNEL = 9  # bytes: a bias, a multiplier and a shift


@tool("zoo.duel")
def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--runs", type=Path, default=Path("runs/duel"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args(words)
    runs, epochs = options.runs, options.epochs
    runs.mkdir(parents=True, exist_ok=True)
    how = (
        f"tinycl train cifar100 --size {_SIZE} --views 1 --augment light --epochs {epochs} "
        f"--batch {_BATCH} --seed {_SEED}"
    )
    teacher = runs / "teacher" / "checkpoints" / "final.keras"
    train(f"{how} --real 1 --lr 0.002 -o {runs / 'teacher'}", teacher)
    folder = runs / "binary"
    train(f"{how} --lr 0.005 --teacher {teacher} -o {folder}", folder / "training.json")
    rows = [binary(folder), int8(runs, load("cifar100"), teacher, epochs)]
    for row in rows:
        print("; ".join(f"{key}: {value}" for key, value in row.items()), flush=True)
    write_json(options.json, rows)
    return 0


def train(command: str, made: Path) -> None:
    """Run a training, from its last checkpoint where it was stopped, unless it is done."""
    if not made.is_file():
        say(command, "--resume")


def binary(folder: Path) -> dict[str, Any]:
    """What the binary backbone costs and reaches."""
    tflite, tcm = folder / "backbone.tflite", folder / "model.tcm"
    say(f"tinycl convert {folder} -o {tflite}")
    say(f"tinycl compile {tflite} -o {tcm} --verify 20 --data cifar100")
    compiled = tcm.read_bytes()
    model = Model(compiled)
    trained = json.loads((folder / "training.json").read_text())
    [counted] = measure(BUILT["cortex-m3"], compiled, ["native"])
    later = transfer(tcm, _LATER, "nc:2", _SAMPLES, folder)
    return {
        "network": _SIZE,
        "flash_bytes": len(compiled),
        "activation_bytes": model.arena_bytes,
        "instructions_cortex_m3": counted["instructions"],
        "bytes_a_latent": model.latent_bytes,
        "test_accuracy": round(trained["test_accuracy"], 4),
        "learned_later": later["accuracy"],
        "spread": later["spread"],
    }


def int8(runs: Path, data: Dataset, teacher: Path, epochs: int) -> dict[str, Any]:
    """What the int8 network costs and reaches."""
    trained = runs / "int8.keras"
    if not trained.is_file():
        save_model(fit(data, teacher, epochs), trained)
    classifier = load_model(trained)
    tflite = quantise(classifier, data.x_train[:500])
    (runs / "int8.tflite").write_bytes(tflite)
    features = tf.keras.Model(classifier.input, classifier.get_layer("features").output)
    frozen = quantise(features, data.x_train[:500])
    found = outputs(tflite, data.x_test).argmax(axis=1)
    later = load(_LATER)
    taught, tested = (as_features(outputs(frozen, x)) for x in (later.x_train, later.x_test))
    scores = [learned_later(taught, tested, later, seed) for seed in range(_ORDERS)]
    return {
        "network": "depthwise-separable, int8",
        "flash_bytes": flash(features),
        "activation_bytes": activations(classifier),
        "int8_macs": macs(classifier),
        "bytes_a_latent": int(np.prod(features.output_shape[1:])),
        "test_accuracy": round(float((found == data.y_test).mean()), 4),
        "learned_later": round(float(np.mean(scores)), 4),
        "spread": round(float(np.std(scores)), 4),
    }


def fit(data: Dataset, teacher: Path, epochs: int) -> Any:
    """Train the int8 network's float original, on the batches that the binary one learned."""
    seed_everything(_SEED)
    classifier = build_separable(data.input_shape, data.num_classes)
    steps = len(data.x_train) // _BATCH
    rate = tf.keras.optimizers.schedules.CosineDecay(2e-3, epochs * steps, alpha=0.01)
    classifier.compile(
        tf.keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"]
    )
    stream = batches(
        data.x_train,
        data.y_train,
        policy_for(data.name, data.input_shape, "light"),
        _BATCH,
        data.num_classes,
        1,
        _SEED,
        teacher=answers_of(load_model(teacher)),
    )
    classifier.fit(stream, steps_per_epoch=steps, epochs=epochs, verbose=2)
    return classifier


def build_separable(shape: tuple[int, int, int], classes: int) -> Any:
    """A depthwise-separable classifier; its features are means over 2 x 2 cells."""
    layers = tf.keras.layers
    inputs = tf.keras.Input(shape)
    x = layers.Rescaling(1 / 64, -2.0)(inputs)

    def then(x: Any, layer: Any) -> Any:
        return layers.ReLU()(layers.BatchNormalization(momentum=0.95)(layer(x)))

    x = then(x, layers.Conv2D(_FIRST, 3, 1, "same", use_bias=False))
    for width, strides in _PAIRS:
        x = then(x, layers.DepthwiseConv2D(3, strides, "same", use_bias=False))
        x = then(x, layers.Conv2D(width, 1, use_bias=False))
    x = layers.AveragePooling2D(x.shape[1] // 2)(x)
    x = layers.Flatten(name="features")(x)
    return tf.keras.Model(inputs, layers.Softmax()(layers.Dense(classes, name="head")(x)))


def quantise(model: Any, samples: NDArray[np.uint8]) -> bytes:
    """A model as a .tflite file, int8 from its input to its output."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([x[None].astype(np.float32)] for x in samples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def outputs(tflite: bytes, x: NDArray[np.uint8]) -> NDArray[np.int8]:
    """What a quantised model answers, int8 (N, values)."""
    interpreter = tf.lite.Interpreter(model_content=tflite, num_threads=2)
    given, wanted = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    scale, zero = given["quantization"]
    pixels = np.clip(np.rint(x / scale) + zero, -128, 127).astype(np.int8)
    interpreter.resize_tensor_input(given["index"], (100, *x.shape[1:]))
    interpreter.allocate_tensors()
    found = []
    for start in range(0, len(x), 100):
        piece = pixels[start : start + 100]
        full = np.concatenate([piece, np.zeros((100 - len(piece), *x.shape[1:]), np.int8)])
        interpreter.set_tensor(given["index"], full)
        interpreter.invoke()
        found.append(interpreter.get_tensor(wanted["index"])[: len(piece)])
    return np.concatenate(found)


def as_features(found: NDArray[np.int8]) -> NDArray[np.int8]:
    """What a quantised model answers as features, 0..127: ReLU leaves no negative one."""
    return np.maximum(found.astype(np.int16) // 2 + 64, 0).astype(np.int8)


def learned_later(
    x: NDArray[np.int8], x_test: NDArray[np.int8], data: Dataset, seed: int
) -> float:
    """The default head on int8 features, taught as `tinycl simulate --scenario nc:2` does."""
    head = Lda(Config(classes=data.num_classes), x.shape[1], 127, kernels)
    for experience in build(data, "nc:2", seed, "random", _SAMPLES):
        head.begin(experience.classes)
        for index in experience.indices:
            head.x[:] = array("b", x[index].tobytes())
            head.count(int(data.y_train[index]))
            head.step(int(data.y_train[index]))
        head.end()
    right = 0
    for sample, label in zip(x_test, data.y_test, strict=True):
        head.x[:] = array("b", sample.tobytes())
        right += head.predict(False) == label
    return right / len(x_test)


def flash(model: Any) -> int:
    """Bytes of weights, and of what each channel needs besides; a .tflite file has more."""
    convolutions = _convolutions(model)
    weights = sum(int(np.prod(layer.get_weights()[0].shape)) for layer in convolutions)
    return weights + _A_CHANNEL * sum(layer.output_shape[-1] for layer in convolutions)


def macs(model: Any) -> int:
    """Multiply-accumulates of all convolutions."""
    total = 0
    for layer in _convolutions(model):
        whole = not isinstance(layer, tf.keras.layers.DepthwiseConv2D)
        taps = int(np.prod(layer.kernel_size)) * (layer.input_shape[-1] if whole else 1)
        total += int(np.prod(layer.output_shape[1:])) * taps
    return total


def activations(model: Any) -> int:
    """Bytes of the largest input and output of a convolution together: both are in RAM."""
    return max(
        int(np.prod(layer.input_shape[1:])) + int(np.prod(layer.output_shape[1:]))
        for layer in _convolutions(model)
    )


def _convolutions(model: Any) -> list[Any]:
    kinds = tf.keras.layers.Conv2D, tf.keras.layers.DepthwiseConv2D
    return [layer for layer in model.layers if isinstance(layer, kinds)]


if __name__ == "__main__":
    sys.exit(main())

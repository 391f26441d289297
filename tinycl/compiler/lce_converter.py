"""Convert a Larq model to a ``.tflite`` file with Larq Compute Engine."""

from pathlib import Path
from typing import Any

from tinycl.compiler.graph import read_graph
from tinycl.compiler.thresholds import centre_first_thresholds
from tinycl.exceptions import ModelError
from tinycl.files import replacing
from tinycl.keras import import_larq, import_lce, import_tensorflow
from tinycl.models.files import load_model

__all__ = ["convert", "list_operators"]


def convert(model_or_path: Any, out_path: Path | str | None = None) -> bytes:
    """Convert a Larq model, thresholds of its integer first layer centred, to LCE's flatbuffer.

    Parameters
    ----------
    model_or_path
        A Keras model, or a path that `tinycl.models.files.load_model` reads. It is not changed:
        the thresholds are centred in a clone (see `tinycl.compiler.thresholds`).
    out_path
        Where to write the ``.tflite``; folders are made. None writes no file.

    Returns
    -------
    bytes
        The flatbuffer.

    Raises
    ------
    ModelError
        The file is missing or not a Keras model, the model is not binary, it holds a QuantDense,
        LCE refuses it, or the file cannot be written.
    """
    is_path = isinstance(model_or_path, str | Path)
    model = load_model(model_or_path) if is_path else model_or_path
    _check(model)
    clone = _clone(model)
    centre_first_thresholds(clone)
    lce = import_lce()
    try:
        flatbuffer = bytes(lce.convert_keras_model(clone))
    except Exception as error:  # the converter raises MLIR's own errors
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ModelError(f"Larq Compute Engine cannot convert {model.name}: {reason}") from error
    if out_path is not None:
        with replacing(Path(out_path), ModelError) as fresh:
            fresh.write_bytes(flatbuffer)
    return flatbuffer


def list_operators(flatbuffer: bytes) -> list[dict[str, Any]]:
    """Operators of a flatbuffer in order: ``{"name": str, "output": [int, ...]}`` each.

    Raises
    ------
    CompileError
        The bytes are not a whole .tflite flatbuffer.
    """
    nodes = read_graph(flatbuffer).nodes
    return [{"name": node.kind, "output": [1, *node.outputs[0].shape]} for node in nodes]


def _check(model: Any) -> None:
    """Refuse what would convert silently into a float32 model."""
    tf = import_tensorflow()
    lq = import_larq()
    if not isinstance(model, tf.keras.Model):
        raise ModelError(f"expected a Keras 2 model or a path, got {type(model).__name__}")
    layers = list(model.submodules)
    dense = [layer.name for layer in layers if isinstance(layer, lq.layers.QuantDense)]
    if dense:
        raise ModelError(
            f"layer {dense[0]} is a QuantDense, which LCE leaves in float32: use a QuantConv2D "
            "with a 1x1 kernel in its place"
        )
    if not any(_is_binary_convolution(layer) for layer in layers):
        raise ModelError(
            f"model {model.name} has no binary convolution: expected a QuantConv2D whose input "
            "and kernel quantizers give -1 and +1 (ste_sign)"
        )


def _is_binary_convolution(layer: Any) -> bool:
    if type(layer).__name__ != "QuantConv2D":
        return False
    quantizers = (layer.input_quantizer, layer.kernel_quantizer)
    return all(getattr(quantizer, "precision", None) == 1 for quantizer in quantizers)


def _clone(model: Any) -> Any:
    """Copy of a model with weights of its own."""
    tf = import_tensorflow()
    try:
        clone = tf.keras.models.clone_model(model)
    except Exception as error:
        raise ModelError(f"model {model.name} cannot be copied layer by layer: {error}") from error
    clone.set_weights(model.get_weights())
    return clone

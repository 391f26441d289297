"""Save and load Keras models with Larq layers, with errors a user can act on."""

from pathlib import Path
from typing import Any

from tinycl.exceptions import ModelError
from tinycl.files import replacing
from tinycl.keras import import_larq, import_tensorflow

__all__ = ["load_model", "save_model"]

_SUFFIXES = (".keras", ".h5")


def save_model(model: Any, path: Path) -> int:
    """Write a model, optimizer included, so that a kill leaves the old file or the new one.

    Returns
    -------
    int
        Bytes written.

    Raises
    ------
    ModelError
        The file cannot be written.
    """
    with replacing(path, ModelError) as fresh:
        model.save(fresh)
    return path.stat().st_size


def load_model(path: Path | str) -> Any:
    """Read a model that `save_model`, or Keras with Larq layers, wrote.

    Parameters
    ----------
    path
        A ``.keras`` or ``.h5`` file, a SavedModel folder, or a folder written by ``tinycl train``
        (then its ``backbone.keras``).

    Raises
    ------
    ModelError
        No such file, another kind of file, or a model whose layers are not known here.
    """
    path = Path(path)
    if path.is_dir() and (path / "backbone.keras").is_file():
        path = path / "backbone.keras"
    if not path.exists():
        raise ModelError(f"no model at {path}: give a .keras or .h5 file, or a training folder")
    if path.is_dir() and not (path / "saved_model.pb").is_file():
        raise ModelError(f"no backbone.keras in {path}: give a folder that tinycl train wrote")
    if path.is_file() and path.suffix not in _SUFFIXES:
        raise ModelError(f"expected a Keras model (.keras or .h5), got {path.name}")
    tf = import_tensorflow()
    import_larq()
    import tinycl.models.quantizers  # noqa: F401  registers the first kernel's quantizer

    try:
        return tf.keras.models.load_model(path)
    except Exception as error:  # Keras raises whatever its file formats raise
        reason = " ".join(str(error).split())[:300] or type(error).__name__
        raise ModelError(
            f"{path} cannot be read as a Keras 2 model with Larq layers: {reason}"
        ) from error

"""Import TensorFlow and Larq with the one Keras they agree on.

Larq needs Keras 2. TensorFlow 2.16 and later bring Keras 3 unless ``TF_USE_LEGACY_KERAS`` is set
before TensorFlow is imported, so every module of tinycl gets TensorFlow from here.
"""

import importlib
import os
from types import ModuleType

from tinycl.exceptions import MissingExtraError, ModelError

__all__ = ["import_larq", "import_lce", "import_tensorflow"]

_HINT = "pip install 'tinycl[train]'"


def import_tensorflow() -> ModuleType:
    """Return the ``tensorflow`` module, with Keras 2 behind ``tf.keras`` and quiet logs.

    Returns
    -------
    module
        ``tensorflow``; ``tensorflow.keras`` is Keras 2.

    Raises
    ------
    MissingExtraError
        TensorFlow (or tf-keras) is not installed.
    ModelError
        TensorFlow was imported before with Keras 3 behind it.
    """
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # same floats on every x86 processor
    tf = _load("tensorflow")
    try:
        package = tf.keras.Model.__module__.split(".")[0]  # keras or tf_keras
    except ImportError as error:
        raise MissingExtraError(f"TensorFlow finds no Keras 2 ({error}): {_HINT}") from error
    version = str(_load(package).__version__)
    if not version.startswith("2."):
        raise ModelError(
            f"expected Keras 2 behind TensorFlow, found Keras {version}: Larq cannot use it. "
            "Import tinycl.keras before TensorFlow, or set TF_USE_LEGACY_KERAS=1 "
            "in the environment"
        )
    tf.get_logger().setLevel("ERROR")
    _spare_autograph(package)
    return tf


def import_larq() -> ModuleType:
    """Return the ``larq`` module, imported after TensorFlow was set up.

    Raises
    ------
    MissingExtraError
        Larq or TensorFlow is not installed.
    ModelError
        As in `import_tensorflow`.
    """
    import_tensorflow()
    return _load("larq")


def import_lce() -> ModuleType:
    """Return the ``larq_compute_engine`` module, imported after TensorFlow was set up.

    Raises
    ------
    MissingExtraError
        Larq Compute Engine or TensorFlow is not installed.
    ModelError
        As in `import_tensorflow`.
    """
    import_tensorflow()
    return _load("larq_compute_engine")


def _spare_autograph(package: str) -> None:
    """Keep AutoGraph from rewriting Keras itself, ten seconds at the first training step.

    TensorFlow spares the package ``keras`` by a rule of its own but has none for ``tf_keras``.
    There is no public way to add it; where this one is gone, only the seconds come back.
    """
    try:
        from tensorflow.python.autograph.core import config

        rules = config.CONVERSION_RULES
        if not any(getattr(rule, "_prefix", None) == package for rule in rules):
            config.CONVERSION_RULES = (config.DoNotConvert(package), *rules)
    except (ImportError, AttributeError):
        return


def _load(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingExtraError(f"{name} cannot be imported ({error}): {_HINT}") from error

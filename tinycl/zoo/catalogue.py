"""What the zoo holds: for each backbone a compiled model and a card that says what it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from tinycl.exceptions import DataError

__all__ = ["Card", "card", "model", "names", "part"]


@dataclass(frozen=True)
class Card:
    """A backbone's card; every figure is measured by ``tools/zoo/make.py``.

    Attributes
    ----------
    name, title
        What it is called, and what it is for.
    input_shape, pixels
        (rows, columns, channels) of uint8, and what the bytes mean.
    pretrained_on, training_command, seed
        Data set, and the command that trained it.
    tested_on, test_accuracy
        Share of test samples that the model with the head that comes with it (int8) gets right.
    flash_bytes, latent_bytes, features
        Bytes of the .tcm file, of a replayed latent, and inputs of a learner's head.
    binary_macs, first_macs
        Multiply-accumulates inside the image: binary ones, and the 8-bit ones of the first layer.
    instructions_cortex_m3
        Counted instructions from pixels to the prediction of a learner with ten classes.
    transfer
        Continual learning of classes outside the pre-training: data, scenario, seeds, accuracy,
        spread, and the command.
    fingerprint
        Of the model, in hexadecimal.
    tried
        What was tried to raise the accuracy.
    """

    name: str
    title: str
    input_shape: tuple[int, int, int]
    pixels: str
    pretrained_on: str
    training_command: str
    seed: int
    tested_on: str
    test_accuracy: float
    flash_bytes: int
    latent_bytes: int
    features: int
    binary_macs: int
    first_macs: int
    instructions_cortex_m3: int
    transfer: tuple[dict[str, Any], ...]
    fingerprint: str
    tried: tuple[str, ...] = ()


def names() -> tuple[str, ...]:
    """The backbones, in alphabetical order."""
    found = (file.name for file in _folder().iterdir())
    return tuple(sorted(name[:-5] for name in found if name.endswith(".json")))


def card(name: str) -> Card:
    """The card of a backbone.

    Raises
    ------
    DataError
        The zoo has none of that name.
    """
    values = json.loads(part(name, "json"))
    values["input_shape"] = tuple(values["input_shape"])
    for key in ("transfer", "tried"):
        values[key] = tuple(values.get(key, ()))
    return Card(**values)


def model(name: str) -> bytes:
    """The compiled model, a .tcm file.

    Raises
    ------
    DataError
        The zoo has none of that name.
    """
    return part(name, "tcm")


def part(name: str, suffix: str) -> bytes:
    """A file of a backbone by its suffix.

    Raises
    ------
    DataError
        The zoo has none of that name.
    """
    if name not in names():
        raise DataError(f"the zoo has no {name!r}: choose one of {', '.join(names())}")
    return (_folder() / f"{name}.{suffix}").read_bytes()


def _folder() -> Traversable:
    return files("tinycl.zoo") / "models"

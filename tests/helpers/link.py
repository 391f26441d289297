"""A model made by hand, samples for it, and a clean run on it: for tests of the link."""

from __future__ import annotations

import hashlib
import struct
import tempfile
from pathlib import Path

import numpy as np
from tinycl_rt import tcm
from tinycl_rt.config import Config
from tinycl_rt.learner import Learner
from tinycl_rt.lib.crc import crc32
from tinycl_rt.model.loader import Model

__all__ = ["CONFIG", "clean_run", "flash_with", "hand_made_model", "samples"]

CONFIG = Config(classes=4, replay_slots=20, replay_batch=2, seed=7)


def hand_made_model(side: int = 5, channels: int = 2, threshold: int = 128) -> bytes:
    """Pixels compared with a threshold, one feature for each 2 x 2 part of the image."""
    parts = min(side, 4)
    tensors = [
        (tcm.PIXELS, side, side, channels, tcm.EXTERNAL),
        (tcm.BITS, side, side, channels, 0),
        (tcm.COUNTS, parts, parts, channels, tcm.EXTERNAL),
    ]
    arena = tcm.tensor_bytes(tcm.BITS, side, side, channels)
    data = struct.pack(f"<{channels}i", *[threshold] * channels)
    table = b"".join(
        struct.pack(tcm.TENSOR, t, 0, h, w, c, at, tcm.tensor_bytes(t, h, w, c))
        for t, h, w, c, at in tensors
    )
    window = (1, 1, 1, 1, 0, 0, 0, 0, 0)  # sizes, strides, padding: none of it
    operators = struct.pack(tcm.OPERATOR, tcm.BINARISE, 0, 1, *window, 0, 0, 0, len(data))
    operators += struct.pack(tcm.OPERATOR, tcm.SUM_POOL, 1, 2, *window, 0, 0, 0, 0)
    at_tensors = tcm.HEADER_BYTES
    at_operators = at_tensors + len(table)
    at_data = at_operators + len(operators)
    size = at_data + len(data)

    def file(fingerprint: bytes, crc: int) -> bytes:
        head = struct.pack(
            tcm.HEADER,
            tcm.MAGIC,
            tcm.VERSION,
            tcm.HEADER_BYTES,
            size,
            crc,
            fingerprint,
            arena,
            len(tensors),
            2,
            at_tensors,
            at_operators,
            at_data,
            len(data),
            size,
            *(0, 0, 0),
        )
        return head + table + operators + data

    mark = hashlib.sha256(file(bytes(8), 0)[tcm.FINGERPRINT_FROM :]).digest()[:8]
    return file(mark, crc32(file(mark, 0)[tcm.CRC_FROM :]))


def samples(
    count: int, classes: tuple[int, ...] = (0, 1, 2, 3), side: int = 5, channels: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Return images uint8 (count, side, side, channels) with a bright corner that is the class."""
    rng = np.random.default_rng(3)
    labels = rng.choice(classes, count)
    images = rng.integers(0, 150, (count, side, side, channels), dtype=np.uint8)
    half = side // 2
    for image, label in zip(images, labels, strict=True):
        y, x = divmod(int(label), 2)
        image[y * half : (y + 1) * half + 1, x * half : (x + 1) * half + 1] = 200
    return images, labels


def clean_run(
    model: bytes, images: np.ndarray, labels: np.ndarray, config: Config = CONFIG, end: bool = True
) -> Learner:
    """Return the learner after one experience without any link."""
    learner = Learner(Model(model), config)
    learner.begin(0, sorted({int(y) for y in labels}), len(labels))
    for image, label in zip(images, labels, strict=True):
        learner.learn(image.tobytes(), int(label))
    if end:
        learner.end()
    return learner


def flash_with(model: bytes | None, folder: Path | None = None) -> Path:
    """Return a flash folder that holds `model`."""
    folder = folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    if model is not None:
        (folder / "model.tcm").write_bytes(model)
    return folder

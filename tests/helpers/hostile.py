"""Damaged .tcm files whose checksum is right again, so that the structural checks must refuse."""

import struct
import zlib
from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

import numpy as np
from tinycl_rt import tcm
from tinycl_rt.kernels.numpy import core as numpy_kernels
from tinycl_rt.kernels.reference import core as reference
from tinycl_rt.learner import Learner
from tinycl_rt.model.backbone import Backbone
from tinycl_rt.model.loader import Model
from tinycl_rt.model.source import File

from tinycl.inference import latents

__all__ = ["Streamed", "fields", "load", "patched", "run_everywhere", "signed"]

_HEADER = ("arena", "tensors", "operators", "at_tensors", "at_operators", "at_data", "data")
_HEADER += ("at_text", "text", "output", "floats")
_TENSOR = ("dtype", "reserved", "h", "w", "c", "offset", "bytes")
_OPERATOR = ("code", "source", "target", "kh", "kw", "sh", "sw", "top", "left", "pad", "zero")
_OPERATOR += ("shift", "w0", "wn", "t0", "tn")

_MEMORY = 1 << 20
_WORK = 200_000


class Streamed(File):
    """A file read in pieces that divide no row of weights."""

    piece = 52


def load(data: bytes) -> tuple[Model, Model]:
    """The model from memory and streamed; ValueError, for the same reason, from both."""
    try:
        model = Model(data)
    except ValueError as error:
        try:
            Model(Streamed(BytesIO(data)))
        except ValueError as other:
            assert str(other) == str(error)
            raise error from None
        raise AssertionError(f"streamed it is loaded, from memory not: {error}") from error
    streamed = Model(Streamed(BytesIO(data)))
    for a, b in zip(model.operators, streamed.operators, strict=True):
        streamed.fetch(b)
        assert a.p == b.p and (a.code, a.source, a.other, a.target) == (
            *(b.code, b.source, b.other, b.target),
        )
        assert _bytes(a.weights) == _bytes(b.weights) and _bytes(a.table) == _bytes(b.table)
    return model, streamed


def _bytes(block: Any) -> bytes:
    return b"" if block is None else bytes(memoryview(block).cast("B"))


def signed(data: bytes | bytearray) -> bytes:
    """The file with length and CRC set to what they should be."""
    out = bytearray(data)
    struct.pack_into("<I", out, 8, len(out))
    struct.pack_into("<I", out, 12, zlib.crc32(out[tcm.CRC_FROM :]))
    return bytes(out)


def fields(data: bytes) -> Iterator[tuple[str, int, str]]:
    """Name, position and struct code of every number in header, tensors and operators."""
    head = struct.unpack(tcm.HEADER, data[: tcm.HEADER_BYTES])
    at = tcm.FINGERPRINT_FROM
    for name, code in zip(_HEADER, "IHHIIIIIIII", strict=True):
        yield name, at, code
        at += struct.calcsize(code)
    n_tensors, n_operators, at_tensors, at_operators = head[7:11]
    for i in range(n_tensors):
        at = at_tensors + i * tcm.TENSOR_BYTES
        for name, code in zip(_TENSOR, "BBHHHII", strict=True):
            yield f"tensor {i} {name}", at, code
            at += struct.calcsize(code)
    for i in range(n_operators):
        at = at_operators + i * tcm.OPERATOR_BYTES
        for k, name in enumerate(_OPERATOR):
            yield f"operator {i} {name}", at + 4 * k, "i"


def patched(data: bytes, at: int, code: str, value: int) -> bytes:
    """One number replaced (cut to its width), and signed."""
    out = bytearray(data)
    size = struct.calcsize(code)
    out[at : at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    return signed(out)


def run_everywhere(
    model: Model,
    sets: Sequence[Any] = (reference, numpy_kernels),
    streamed: Model | None = None,
) -> bool:
    """Run what the loader let through: same integers everywhere, no exception of any kind.

    The same model streamed, if it is given, runs on the first kernel set.

    Returns whether the model is small enough to be run at all.
    """
    work = sum(
        op.p[9] * op.p[10] * (op.p[3] * op.p[4] + 1) * (op.p[2] + 31) // 32 * (op.p[11] + 1)
        for op in model.operators
    )
    if max(model.arena_bytes, model.features, model.input_bytes) > _MEMORY or work > _WORK:
        return False
    x = np.random.default_rng(model.input_bytes).integers(0, 256, model.input_bytes, np.uint8)
    found = []
    cases = [(model, kernels) for kernels in sets]
    cases += [(streamed, sets[0])] if streamed else []
    for loaded, kernels in cases:
        learner = Learner(loaded, kernels=kernels, classes=3, replay_slots=2, replay_batch=1)
        for label in (0, 2, 1):
            learner.learn(x.tobytes(), label)
        learner.end()
        found.append((bytes(Backbone(loaded, kernels).run(x.tobytes())), learner.dump()))
    assert found.count(found[0]) == len(cases)
    assert latents(model, x.reshape(1, *model.input_shape)).tobytes() == found[0][0]
    return True

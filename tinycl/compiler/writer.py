"""Write a program as a .tcm file; the layout is ``tinycl_rt.tcm``."""

import hashlib
import json
import struct
import zlib

import numpy as np
from tinycl_rt import tcm

from tinycl.compiler.arena import Arena
from tinycl.compiler.ir import Program

__all__ = ["write"]


def write(program: Program, arena: Arena, metadata: dict[str, object]) -> bytes:
    """Serialise.

    Parameters
    ----------
    program
        Activation 0 is the pixels, the last step counts bits.
    arena
        Where the activations lie.
    metadata
        Anything for people and host tools, kept as JSON.
    """
    tensors = b"".join(
        struct.pack(
            tcm.TENSOR,
            a.dtype,
            0,
            *a.shape,
            tcm.EXTERNAL if offset is None else offset,
            a.nbytes,
        )
        for a, offset in zip(program.activations, arena.offsets, strict=True)
    )
    data = bytearray()
    operators = bytearray()
    written: dict[int, tuple[int, int]] = {}  # blocks that several steps share are written once
    for step in program.steps:
        blocks: list[int] = []
        for block in (step.weights, step.table):
            if id(block) not in written:
                raw = b"" if block is None else np.ascontiguousarray(block).tobytes()
                written[id(block)] = (len(data) if raw else 0, len(raw))
                data += raw + bytes(-len(raw) % 4)
            blocks += written[id(block)]
        w = step.window
        operators += struct.pack(
            tcm.OPERATOR,
            step.code,
            step.source,
            step.target,
            *(w.kh, w.kw, w.sh, w.sw, w.top, w.left),
            *(step.pad, step.zero_point if step.other is None else step.other, step.shift),
            *blocks,
        )
    text = json.dumps(metadata, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 4)
    at_operators = tcm.HEADER_BYTES + len(tensors)
    at_data = at_operators + len(operators)
    at_text = at_data + len(data)
    body = struct.pack(
        "<IHH6I2I",
        arena.bit_bytes,
        len(program.activations),
        len(program.steps),
        tcm.HEADER_BYTES,
        at_operators,
        at_data,
        len(data),
        at_text,
        len(text),
        program.output or 0,
        arena.float_bytes,
    )
    body += tensors + bytes(operators) + bytes(data) + text
    checked = hashlib.sha256(body).digest()[:8] + body
    head = struct.pack(
        "<4sHHII",
        tcm.MAGIC,
        tcm.VERSION,
        tcm.HEADER_BYTES,
        len(checked) + tcm.CRC_FROM,
        zlib.crc32(checked),
    )
    return head + checked

"""A log of saves in one file: each record holds a state, but for replay slots that stayed.

A record is a header, a bit for each replay slot that it brings, the state up to the slots and
behind them (``store.state``), those slots, and a CRC over all of it. The first record of a
file brings every slot. Records are only ever appended: one that was cut off is not whole, and the
one before it counts.
"""

import struct

from tinycl_rt.lib import buffers
from tinycl_rt.lib.crc import crc32
from tinycl_rt.store import state

__all__ = ["CRC_BYTES", "HEAD", "HEAD_BYTES", "MAGIC", "choose", "ones", "size", "write"]

# magic, generation, bytes between header and CRC, bytes before the slots, bytes of a slot, slots
HEAD = "<4sIIIIH"
HEAD_BYTES = struct.calcsize(HEAD)
CRC_BYTES = 4
MAGIC = b"TCG2"


def choose(replay, changed=None):
    """The slots that a record brings, a bit each: all, or those of a row of bits."""
    n = (replay.count + 7) // 8
    brought = bytearray(changed[:n] if changed else b"\xff" * n)
    if replay.count & 7:
        brought[n - 1] &= (1 << (replay.count & 7)) - 1
    return brought


def size(nbytes, replay, brought):
    """Bytes of a record of a state of `nbytes`."""
    stay = replay.count - ones(brought)
    return HEAD_BYTES + len(brought) + nbytes - stay * replay.latent_bytes + CRC_BYTES


def write(f, generation, learner, brought):
    """Append a record to a file; its bytes. OSError when the disk refuses."""
    parts, replay = state.pieces(learner), learner.replay
    nbytes = size(state.size(parts), replay, brought) - HEAD_BYTES - CRC_BYTES
    fore = parts[: -1 - len(replay.filled())]
    front = buffers.nbytes(fore)
    head = (MAGIC, generation, nbytes, front, replay.latent_bytes, replay.count)
    head = struct.pack(HEAD, *head)
    crc = 0
    for part in [head, brought] + fore + parts[-1:]:
        f.write(part)
        crc = crc32(part, crc)
    for slot in range(replay.count):
        if brought[slot >> 3] >> (slot & 7) & 1:
            f.write(replay.latent(slot))
            crc = crc32(replay.latent(slot), crc)
    f.write(struct.pack("<I", crc))
    return nbytes + HEAD_BYTES + CRC_BYTES


def ones(bits):
    """How many bits are set."""
    n = 0
    for byte in bits:
        while byte:
            n += byte & 1
            byte >>= 1
    return n

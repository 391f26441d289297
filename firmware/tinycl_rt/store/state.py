"""The learned state as bytes (.tcs): for flash, for backup over the link, for comparison.

Layout, little-endian: a 64-byte header, then ``past`` (uint32 a class), ``seen`` of the replay
memory (uint32, classes + 2), ``cw`` (int16, classes x features), and while an experience is open
``cur`` (uint32), ``active`` (bytes, one a class) and, with CWR*, ``tw``; with other heads what
``tinycl_rt.lda`` keeps: bias (int32), numbers (seven int32), fits (int16, three a class), centre
and roots (int32), factor (int16), sums (int32, classes x features), rows (int16, rank x features).
Then, for each layer of a trained tail, its packed weights, latent weights and, where they learn,
thresholds (at full depth always, and the normalisation, see ``tinycl_rt.trainable.full``); then
the filled replay slots as labels, fresh flags and packed latents; then the class names, each a
length byte and UTF-8.
"""

import struct

from tinycl_rt.config import PACKED_BYTES
from tinycl_rt.lib import buffers
from tinycl_rt.lib.crc import crc32

__all__ = ["CRC_FROM", "HEADER", "HEADER_BYTES", "MAGIC", "dump", "fingerprint", "pieces", "size"]

MAGIC = b"TCS1"

# magic, bytes, CRC32 of all from byte 12 on, model fingerprint, configuration, experience,
# open, reserved, position, learned, rng word, replay slots filled, replay share, corrections
HEADER = "<4sII8s%dsHBBIIIHHI" % PACKED_BYTES
HEADER_BYTES = 64
CRC_FROM = 12


def pieces(learner):
    """The state as a list of buffers, views where possible.

    The first is the header, the last the names; before them come the slots (``Replay.filled``).
    """
    head, replay = learner.head, learner.replay
    n = replay.count
    parts = [None, head.past, replay.seen, head.cw] + head.blocks(learner.is_open)
    if learner.tail:
        parts += learner.tail.blocks()
    parts += [memoryview(replay.labels)[:n], memoryview(replay.fresh)[:n]]
    parts += replay.filled()
    names = bytearray(0)
    for name in learner.names:
        text = name.encode()
        names.append(len(text))
        names.extend(text)
    parts.append(names)
    parts[0] = header = bytearray(HEADER_BYTES)
    struct.pack_into(
        HEADER,
        header,
        0,
        MAGIC,
        buffers.nbytes(parts),
        0,
        learner.model.fingerprint,
        learner.packed,
        learner.experience,
        1 if learner.is_open else 0,
        0,
        learner.position,
        learner.learned,
        learner.rng.state[0],
        n,
        replay.share,
        learner.corrections,
    )
    crc = crc32(memoryview(header)[CRC_FROM:])
    for part in parts[1:]:
        crc = crc32(part, crc)
    struct.pack_into("<I", header, 8, crc)
    return parts


def size(parts):
    """Bytes of a state in pieces, as its header says."""
    return struct.unpack("<I", parts[0][4:8])[0]


def dump(learner):
    """The state in one ``bytearray``."""
    parts = pieces(learner)
    out = bytearray(0)
    for part in parts:
        out.extend(part)
    return out


def fingerprint(learner):
    """The CRC of the state, without making a copy of it."""
    return struct.unpack("<I", pieces(learner)[0][8:12])[0]

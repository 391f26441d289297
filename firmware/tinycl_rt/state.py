"""The learned state as bytes (.tcs): for flash, for backup over the link, for comparison.

Layout, little-endian: a 64-byte header, then ``past`` (uint32 a class), ``seen`` of the replay
memory (uint32, classes + 2), ``cw`` (int16, classes x features), and while an experience is open
``cur`` (uint32), ``active`` (bytes, one a class) and ``tw``; then the filled replay slots as
labels, fresh flags and packed latents; then the class names, each a length byte and UTF-8.
"""

import struct

from tinycl_rt.config import MAX_EXPERIENCES, PACKED_BYTES, Config
from tinycl_rt.crc import crc32

MAGIC = b"TCS1"

# magic, bytes, CRC32 of all from byte 12 on, model fingerprint, configuration, experience,
# open, reserved, position, learned, rng word, replay slots filled, replay share, reserved
_HEADER = "<4sII8s%dsHBBIIIHHI" % PACKED_BYTES
_HEADER_BYTES = 64
_CRC_FROM = 12


def pieces(learner):
    """The state as a list of buffers, views where possible; the first is the header."""
    head, replay = learner.head, learner.replay
    n = replay.count
    has_training = learner.is_open or head.naive
    parts = [None, head.past, replay.seen, head.cw]
    if has_training:
        parts += [head.cur, head.active, head.tw]
    parts += [
        memoryview(replay.labels)[:n],
        memoryview(replay.fresh)[:n],
        memoryview(replay.bits)[: n * replay.latent_bytes],
    ]
    size = _HEADER_BYTES + sum(_sizes(learner.model, learner.config, has_training, n))
    for name in learner.names:
        text = name.encode()
        parts.append(bytes([len(text)]) + text)
        size += 1 + len(text)
    header = bytearray(_HEADER_BYTES)
    struct.pack_into(
        _HEADER,
        header,
        0,
        MAGIC,
        size,
        0,
        learner.model.fingerprint,
        learner.config.pack(),
        learner.experience,
        1 if learner.is_open else 0,
        0,
        learner.position,
        learner.learned,
        learner.rng.state[0],
        n,
        replay.share,
        0,
    )
    crc = crc32(memoryview(header)[_CRC_FROM:])
    for part in parts[1:]:
        crc = crc32(part, crc)
    struct.pack_into("<I", header, 8, crc)
    parts[0] = header
    return parts


def size(parts):
    """Bytes of a state in pieces, as its header says."""
    return struct.unpack("<I", parts[0][4:8])[0]


def _sizes(model, config, has_training, filled):
    """Bytes of each block between header and names (MicroPython's arrays do not tell theirs)."""
    n = config.classes
    head = 2 * n * model.features
    sizes = [4 * n, 4 * n + 8, head]
    if has_training:
        sizes += [4 * n, n, head]
    return sizes + [filled, filled, filled * model.latent_bytes]


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


def restore(learner, buffer):
    """Put a state into a learner.

    Raises
    ------
    ValueError
        The bytes are damaged, or belong to another model; the learner is unchanged.
    """
    view = memoryview(buffer)
    if len(view) < _HEADER_BYTES:
        raise ValueError("state: %d bytes are shorter than its header" % len(view))
    head = struct.unpack(_HEADER, view[:_HEADER_BYTES])
    magic, size, crc, fingerprint_, packed = head[:5]
    experience, is_open, _, position, learned, word, filled, share, _ = head[5:]
    if magic != MAGIC:
        raise ValueError("state: not a state file, it starts with %r" % bytes(magic))
    if size != len(view) or crc32(view[_CRC_FROM:]) != crc:
        raise ValueError("state: CRC or length is wrong, it is damaged")
    if fingerprint_ != learner.model.fingerprint:
        raise ValueError("state: it was learned with another model")
    config = Config.unpack(packed)
    n = config.classes
    if filled > config.replay or is_open > 1 or word == 0:
        raise ValueError("state: %d slots filled of %d" % (filled, config.replay))
    has_training = is_open or config.method
    blocks, at = [], _HEADER_BYTES
    for block_bytes in _sizes(learner.model, config, has_training, filled):
        blocks.append(view[at : at + block_bytes])
        at += block_bytes
    names = _names(view, at, n)
    for counts in (view[44:52], blocks[0], blocks[1], blocks[3] if has_training else b""):
        _check_counts(counts)
    if experience + is_open > MAX_EXPERIENCES:
        raise ValueError("state: experience %d is open, there are no more" % experience)
    labels = blocks[-3]
    for i in range(filled):
        if labels[i] >= n or blocks[-2][i] > 1:
            raise ValueError("state: a replay slot has label %d of %d" % (labels[i], n))
    # All is checked: from here on nothing can fail.
    learner.reset(config)
    learner.names = names
    learner.experience, learner.is_open = experience, bool(is_open)
    learner.position, learner.learned = position, learned
    learner.rng.state[0] = word
    replay, h = learner.replay, learner.head
    _fill(h.past, blocks[0], "<I")
    _fill(replay.seen, blocks[1], "<I")
    _fill(h.cw, blocks[2], "<h")
    if has_training:
        _fill(h.cur, blocks[3], "<I")
        memoryview(h.active)[:] = blocks[4]
        _fill(h.tw, blocks[5], "<h")
    replay.count, replay.share = filled, share
    memoryview(replay.labels)[:filled] = labels
    memoryview(replay.fresh)[:filled] = blocks[-2]
    memoryview(replay.bits)[: len(blocks[-1])] = blocks[-1]
    replay.recount()


def _check_counts(block):
    """Numbers of samples, uint32, that could grow beyond their 32 bits were never counted."""
    for i in range(3, len(block), 4):
        if block[i] > 127:
            raise ValueError("state: it counts more than 2^31 samples")


def _fill(target, source, code):
    """Copy bytes into an array of wider items, item by item and without a second copy."""
    step = struct.calcsize(code)
    for i in range(len(target)):
        target[i] = struct.unpack_from(code, source, i * step)[0]


def _names(view, at, n):
    names = []
    for _ in range(n):
        if at >= len(view) or at + 1 + view[at] > len(view):
            raise ValueError("state: it ends inside the class names")
        names.append(str(bytes(view[at + 1 : at + 1 + view[at]]), "utf-8"))
        at += 1 + view[at]
    if at != len(view):
        raise ValueError("state: %d bytes too many" % (len(view) - at))
    return names

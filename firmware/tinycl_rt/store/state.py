"""The learned state as bytes (.tcs): for flash, for backup over the link, for comparison.

Layout, little-endian: a 64-byte header, then ``past`` (uint32 a class), ``seen`` of the replay
memory (uint32, classes + 2), ``cw`` (int16, classes x features), and while an experience is open
``cur`` (uint32), ``active`` (bytes, one a class) and ``tw``; then for each layer of a trained tail
its packed weights, latent weights and, where they learn, thresholds (at full depth always, and the
normalisation, see ``tinycl_rt.trainable.full``); then the filled replay slots
as labels, fresh flags and packed latents; then the class names, each a length byte and UTF-8.
"""

import struct

from tinycl_rt.config import MAX_EXPERIENCES, PACKED_BYTES, Config
from tinycl_rt.lib.crc import crc32

MAGIC = b"TCS1"

# magic, bytes, CRC32 of all from byte 12 on, model fingerprint, configuration, experience,
# open, reserved, position, learned, rng word, replay slots filled, replay share, reserved
_HEADER = "<4sII8s%dsHBBIIIHHI" % PACKED_BYTES
_HEADER_BYTES = 64
_CRC_FROM = 12
_CHUNK = 256


def pieces(learner):
    """The state as a list of buffers, views where possible.

    The first is the header, the last but one the slots, the last the names.
    """
    head, replay = learner.head, learner.replay
    n = replay.count
    has_training = learner.is_open or head.naive
    parts = [None, head.past, replay.seen, head.cw]
    if has_training:
        parts += [head.cur, head.active, head.tw]
    if learner.tail:
        parts += learner.tail.blocks()
    parts += [
        memoryview(replay.labels)[:n],
        memoryview(replay.fresh)[:n],
        memoryview(replay.bits)[: n * replay.latent_bytes],
    ]
    names = bytearray(0)
    for name in learner.names:
        text = name.encode()
        names.append(len(text))
        names.extend(text)
    parts.append(names)
    size = _HEADER_BYTES + sum(_sizes(learner.model, learner.config, has_training, n)) + len(names)
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
    latent_bytes = model.latent_bytes
    if config.depth:
        from tinycl_rt.trainable import layers

        sizes += layers.state_bytes(model, config)
        latent_bytes = layers.latent_bytes(model, config)
    return sizes + [filled, filled, filled * latent_bytes]


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


def restore(learner, file):
    """Put a state into a learner, piece by piece: it is never in memory as a whole.

    Parameters
    ----------
    learner : Learner
    file : file
        Binary, with ``readinto`` and ``seek``, standing where the state begins and ending with it.

    Raises
    ------
    ValueError
        The bytes are damaged, or belong to another model; the learner is unchanged.
    """
    begin = file.tell()
    header = _read(file, bytearray(_HEADER_BYTES))
    head = struct.unpack(_HEADER, header)
    magic, size, crc, fingerprint_, packed = head[:5]
    experience, is_open, _, position, learned, word, filled, share, _ = head[5:]
    if magic != MAGIC:
        raise ValueError("state: not a state file, it starts with %r" % bytes(magic))
    if _crc(file, header, size) != crc:
        raise ValueError("state: CRC or length is wrong, it is damaged")
    if fingerprint_ != learner.model.fingerprint:
        raise ValueError("state: it was learned with another model")
    config = Config.unpack(packed)
    n = config.classes
    if filled > config.replay_slots or is_open > 1 or word == 0:
        raise ValueError("state: %d slots filled of %d" % (filled, config.replay_slots))
    if experience + is_open > MAX_EXPERIENCES:
        raise ValueError("state: experience %d is open, there are no more" % experience)
    has_training = is_open or config.method
    sizes = _sizes(learner.model, config, has_training, filled)
    at = begin + _HEADER_BYTES + sum(sizes)
    file.seek(at)
    names = _names(file, begin + size - at, n)
    _check_counts(header[44:52])
    at = begin + _HEADER_BYTES
    for i in range(len(sizes)):
        file.seek(at)
        if i in (0, 1) or (i == 3 and has_training):
            _check_counts(_read(file, bytearray(sizes[i])))
        elif i >= len(sizes) - 3 and i < len(sizes) - 1:
            _check_bytes(file, filled, n if i == len(sizes) - 3 else 2)
        at += sizes[i]
    # All is checked: from here on nothing can fail but memory.
    learner.reset(config)
    learner.names = names
    learner.experience, learner.is_open = experience, bool(is_open)
    learner.position, learner.learned = position, learned
    learner.rng.state[0] = word
    replay, h = learner.replay, learner.head
    targets = [h.past, replay.seen, h.cw]
    if has_training:
        targets += [h.cur, h.active, h.tw]
    if learner.tail:
        targets += learner.tail.blocks()
    targets += [
        memoryview(replay.labels)[:filled],
        memoryview(replay.fresh)[:filled],
        memoryview(replay.bits)[: filled * replay.latent_bytes],
    ]
    file.seek(begin + _HEADER_BYTES)
    for target in targets:
        _read(file, target)
    replay.count, replay.share = filled, share
    replay.recount()


def _read(file, target):
    """Fill a buffer; ValueError when the file ends before."""
    if len(target) and not file.readinto(target):
        raise ValueError("state: it ends early")
    return target


def _crc(file, header, size):
    """CRC of what a header says belongs to the state; -1 when the file has more or less."""
    crc = crc32(memoryview(header)[_CRC_FROM:])
    chunk = bytearray(_CHUNK)
    left = size - _HEADER_BYTES
    while True:
        n = file.readinto(chunk)
        if not n:
            return crc if left == 0 else -1
        left -= n
        if left < 0:
            return -1
        crc = crc32(memoryview(chunk)[:n], crc)


def _check_counts(block):
    """Numbers of samples, uint32, that could grow beyond their 32 bits were never counted."""
    for i in range(3, len(block), 4):
        if block[i] > 127:
            raise ValueError("state: it counts more than 2^31 samples")


def _check_bytes(file, n, limit):
    """Labels and flags of the replay slots must be below a limit."""
    chunk = memoryview(bytearray(_CHUNK))
    while n > 0:
        part = _read(file, chunk[: min(n, _CHUNK)])
        for value in part:
            if value >= limit:
                raise ValueError(
                    "state: a replay slot says %d, expected below %d" % (value, limit)
                )
        n -= len(part)


def _names(file, nbytes, n):
    if nbytes < n:
        raise ValueError("state: it ends inside a block")
    if nbytes > n * 256:
        raise ValueError("state: %d bytes of class names" % nbytes)
    text = _read(file, bytearray(nbytes))
    names, at = [], 0
    for _ in range(n):
        if at >= nbytes or at + 1 + text[at] > nbytes:
            raise ValueError("state: it ends inside the class names")
        names.append(str(text[at + 1 : at + 1 + text[at]], "utf-8"))
        at += 1 + text[at]
    if at != nbytes:
        raise ValueError("state: %d bytes too many" % (nbytes - at))
    return names

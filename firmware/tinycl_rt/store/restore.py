"""Put learned state (.tcs) back into a learner, after everything in it was checked."""

import struct

from tinycl_rt.config import MAX_EXPERIENCES, Config
from tinycl_rt.lib.crc import crc32
from tinycl_rt.store.state import CRC_FROM, HEADER, HEADER_BYTES, MAGIC

__all__ = ["names", "open_state", "read", "restore"]

_CHUNK = 256


def open_state(file, model):
    """Check header and CRC of a state.

    Parameters
    ----------
    file : file
        Binary, with ``readinto`` and ``seek``, standing where the state begins and ending with it.
    model : Model

    Returns
    -------
    tuple
        Header, the numbers in it, the configuration.

    Raises
    ------
    ValueError
        The bytes are damaged, or belong to another model.
    """
    header = read(file, bytearray(HEADER_BYTES))
    head = struct.unpack(HEADER, header)
    magic, size, crc, fingerprint, packed = head[:5]
    if magic != MAGIC:
        raise ValueError("state: not a state file, it starts with %r" % bytes(magic))
    if _crc(file, header, size) != crc:
        raise ValueError("state: CRC or length is wrong, it is damaged")
    if fingerprint != model.fingerprint:
        raise ValueError("state: it was learned with another model")
    return header, head, Config.unpack(packed)


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
    header, head, config = open_state(file, learner.model)
    size = head[1]
    experience, is_open, _, position, learned, word, filled, share, _ = head[5:]
    n = config.classes
    if filled > config.replay_slots or is_open > 1 or word == 0:
        raise ValueError("state: %d slots filled of %d" % (filled, config.replay_slots))
    if experience + is_open > MAX_EXPERIENCES:
        raise ValueError("state: experience %d is open, there are no more" % experience)
    has_training = is_open or config.method
    sizes = _sizes(learner.model, config, has_training, filled)
    at = begin + HEADER_BYTES + sum(sizes)
    file.seek(at)
    found = names(file, begin + size - at, n)
    _check_counts(header[44:52])
    at = begin + HEADER_BYTES
    for i in range(len(sizes)):
        file.seek(at)
        if i in (0, 1) or (i == 3 and has_training):
            _check_counts(read(file, bytearray(sizes[i])))
        elif i >= len(sizes) - 3 and i < len(sizes) - 1:
            _check_bytes(file, filled, n if i == len(sizes) - 3 else 2)
        at += sizes[i]
    # All is checked: from here on nothing can fail but memory.
    learner.reset(config)
    learner.names = found
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
    file.seek(begin + HEADER_BYTES)
    for target in targets:
        read(file, target)
    replay.count, replay.share = filled, share
    replay.recount()


def read(file, target):
    """Fill a buffer; ValueError when the file ends before."""
    if len(target) and not file.readinto(target):
        raise ValueError("state: it ends early")
    return target


def _crc(file, header, size):
    """CRC of what a header says belongs to the state; -1 when the file has more or less."""
    crc = crc32(memoryview(header)[CRC_FROM:])
    chunk = bytearray(_CHUNK)
    left = size - HEADER_BYTES
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
        part = read(file, chunk[: min(n, _CHUNK)])
        for value in part:
            if value >= limit:
                raise ValueError(
                    "state: a replay slot says %d, expected below %d" % (value, limit)
                )
        n -= len(part)


def names(file, nbytes, n):
    """Class names, which are the last bytes of a state."""
    if nbytes < n:
        raise ValueError("state: it ends inside a block")
    if nbytes > n * 256:
        raise ValueError("state: %d bytes of class names" % nbytes)
    text = read(file, bytearray(nbytes))
    found, at = [], 0
    for _ in range(n):
        if at >= nbytes or at + 1 + text[at] > nbytes:
            raise ValueError("state: it ends inside the class names")
        found.append(str(text[at + 1 : at + 1 + text[at]], "utf-8"))
        at += 1 + text[at]
    if at != nbytes:
        raise ValueError("state: %d bytes too many" % (nbytes - at))
    return found

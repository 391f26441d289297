"""Put learned state (.tcs) back into a learner, after everything in it was checked."""

import struct

from tinycl_rt.config import MAX_EXPERIENCES
from tinycl_rt.store.reading import CHUNK, head_bytes, names, open_state, read
from tinycl_rt.store.state import HEADER_BYTES

__all__ = ["restore"]


def _sizes(model, config, is_open, filled):
    """Bytes of each block between header and names."""
    n = config.classes
    sizes = [4 * n, 4 * n + 8, 2 * n * model.features]
    sizes += head_bytes(config, model.features, is_open)
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
    experience, is_open, _, position, learned, word, filled, share, corrections = head[5:]
    n = config.classes
    if filled > config.replay_slots or is_open > 1 or word == 0:
        raise ValueError("state: %d slots filled of %d" % (filled, config.replay_slots))
    if experience + is_open > MAX_EXPERIENCES:
        raise ValueError("state: experience %d is open, there are no more" % experience)
    counts = (0, 1, 3) if is_open or config.method else (0, 1)
    sizes = _sizes(learner.model, config, is_open, filled)
    at = begin + HEADER_BYTES + sum(sizes)
    file.seek(at)
    found = names(file, begin + size - at, n)
    _check_counts(header[44:52])
    at = begin + HEADER_BYTES
    for i in range(len(sizes)):
        file.seek(at)
        if i in counts:
            _check_counts(read(file, bytearray(sizes[i])))
        elif config.head and i == len(sizes) - 10:
            _check_numbers(read(file, bytearray(28)))
        elif config.head and i == len(sizes) - 4:
            _check_rows(file, sizes[i])
        elif i >= len(sizes) - 3 and i < len(sizes) - 1:
            _check_bytes(file, filled, n if i == len(sizes) - 3 else 2)
        at += sizes[i]
    # All is checked: from here on nothing can fail but memory.
    learner.reset(config)
    learner.names = found
    learner.experience, learner.is_open = experience, bool(is_open)
    learner.position, learner.learned = position, learned
    learner.corrections = corrections
    learner.rng.state[0] = word
    replay, h = learner.replay, learner.head
    targets = [h.past, replay.seen, h.cw] + h.blocks(is_open)
    if learner.tail:
        targets += learner.tail.blocks()
    replay.count = filled
    targets += [memoryview(replay.labels)[:filled], memoryview(replay.fresh)[:filled]]
    targets += replay.filled()
    file.seek(begin + HEADER_BYTES)
    for target in targets:
        read(file, target)
    replay.share = share
    replay.recount()
    h.restored()


def _check_counts(block):
    """Numbers of samples, uint32, that could grow beyond their 32 bits were never counted."""
    for i in range(3, len(block), 4):
        if block[i] > 127:
            raise ValueError("state: it counts more than 2^31 samples")


def _check_numbers(block):
    """What a head says of its rows must be what it can say."""
    numbers = struct.unpack("<7i", block)
    for value, least, most in zip(numbers, (-30, 0, 0, 0, 0, 0, 0), (12, 0, 30, 0, 4, 0, 15)):
        if value < least or (most and value >= 1 << most):
            raise ValueError("state: the numbers of its head are out of range")


def _check_rows(file, nbytes):
    """Entries of the rows must lie within +-4095, on which the kernels count."""
    chunk = memoryview(bytearray(CHUNK))
    while nbytes > 0:
        part = read(file, chunk[: min(nbytes, CHUNK)])
        for i in range(1, len(part), 2):
            if 16 <= part[i] < 240:
                raise ValueError("state: a row of its head is out of range")
        nbytes -= len(part)


def _check_bytes(file, n, limit):
    """Labels and flags of the replay slots must be below a limit."""
    chunk = memoryview(bytearray(CHUNK))
    while n > 0:
        part = read(file, chunk[: min(n, CHUNK)])
        for value in part:
            if value >= limit:
                raise ValueError(
                    "state: a replay slot says %d, expected below %d" % (value, limit)
                )
        n -= len(part)

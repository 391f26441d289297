"""Read a learned state (.tcs) from a file: its header, its CRC, the names at its end."""

import struct

from tinycl_rt.config import Config
from tinycl_rt.lib.crc import crc32
from tinycl_rt.store.state import CRC_FROM, HEADER, HEADER_BYTES, MAGIC

__all__ = ["CHUNK", "head_bytes", "names", "open_state", "read"]

CHUNK = 256


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


def head_bytes(config, features, is_open):
    """Bytes of each block of the head behind ``cw`` (MicroPython's arrays do not tell theirs)."""
    n = config.classes
    if not config.head:
        return [4 * n, n, 2 * n * features] if is_open or config.method else []
    rank = config.rows(features)
    sizes = [4 * n, n] if is_open else []
    sizes += [4 * n, 28, 6 * n, 4 * features, 4 * rank, rank * (rank + 1)]
    return sizes + [4 * n * features, 2 * features * rank]


def read(file, target):
    """Fill a buffer; ValueError when the file ends before."""
    if len(target) and not file.readinto(target):
        raise ValueError("state: it ends early")
    return target


def _crc(file, header, size):
    """CRC of what a header says belongs to the state; -1 when the file has more or less."""
    crc = crc32(memoryview(header)[CRC_FROM:])
    chunk = bytearray(CHUNK)
    left = size - HEADER_BYTES
    while True:
        n = file.readinto(chunk)
        if not n:
            return crc if left == 0 else -1
        left -= n
        if left < 0:
            return -1
        crc = crc32(memoryview(chunk)[:n], crc)


def names(file, nbytes, n):
    """Class names, the last bytes of a state; ValueError: they are damaged."""
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

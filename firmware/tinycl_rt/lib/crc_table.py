"""CRC-32 in plain Python, for firmware whose binascii has none: see ``tinycl_rt.lib.crc``.

Table-driven; every intermediate number is below 2**16, so that small integers suffice.
"""

__all__ = ["crc32"]

_LOW = None  # tables of 256 uint16: low and high halves of the CRC of one byte
_HIGH = None
_PIECE = 64


def _make_tables():
    from array import array

    low = array("H", bytes(512))
    high = array("H", bytes(512))
    for byte in range(256):
        lo, hi = byte, 0
        for _ in range(8):
            odd = lo & 1
            lo = (lo >> 1) | ((hi & 1) << 15)
            hi = hi >> 1
            if odd:  # the polynomial 0xEDB88320 in halves
                lo ^= 0x8320
                hi ^= 0xEDB8
        low[byte] = lo
        high[byte] = hi
    return low, high


def crc32(data, value=0):
    """Return the CRC-32 of `data`, continued from `value`; unsigned."""
    global _LOW, _HIGH
    if _LOW is None:
        _LOW, _HIGH = _make_tables()
    low, high = _LOW, _HIGH
    lo = (value & 0xFFFF) ^ 0xFFFF
    hi = (value >> 16) ^ 0xFFFF
    view = memoryview(data)
    for at in range(0, len(view), _PIECE):
        for byte in bytes(view[at : at + _PIECE]):  # of arrays, too, it takes bytes, not items
            i = (lo ^ byte) & 0xFF
            lo = ((lo >> 8) | ((hi & 0xFF) << 8)) ^ low[i]
            hi = (hi >> 8) ^ high[i]
    return ((hi ^ 0xFFFF) << 16) | (lo ^ 0xFFFF)

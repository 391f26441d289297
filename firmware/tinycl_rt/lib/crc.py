"""CRC-32 (ISO-HDLC, the one of zlib and binascii) over bytes-like data.

Basic example usage:

    from tinycl_rt.lib.crc import crc32
    crc32(b"123456789")                      # 0xCBF43926
    crc32(b"56789", crc32(b"1234"))          # the same: continued over pieces
"""

try:
    from binascii import crc32  # noqa: F401
except ImportError:
    from tinycl_rt.lib.crc_table import crc32  # noqa: F401

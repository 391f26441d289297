"""Layout of a compiled model file (.tcm): what the compiler writes and the loader reads.

All numbers are little-endian. A file is a 64-byte header, a table of tensors (16 bytes each), a
table of operators (64 bytes each), the data section (weights and thresholds, every block aligned
to 4 bytes) and a metadata section (UTF-8 JSON, for people and host tools; the board skips it).
"""

MAGIC = b"TCM1"
VERSION = 1

# magic, version, header bytes, file bytes, CRC32 of all from byte 16 on,
# fingerprint (first 8 bytes of SHA-256 of all from byte 24 on), arena bytes, tensors, operators,
# offsets of tensors, operators and data, data bytes, offset and bytes of metadata, reserved
HEADER = "<4sHHII8sIHH6I8x"
HEADER_BYTES = 64
CRC_FROM = 16
FINGERPRINT_FROM = 24

# dtype, reserved, h, w, c, offset in the arena (or EXTERNAL), bytes
TENSOR = "<BBHHHII"
TENSOR_BYTES = 16
EXTERNAL = 0xFFFFFFFF

PIXELS = 0  # uint8
BITS = 1  # 32 channels a word, bit 1 = -1
COUNTS = 2  # int8

# opcode, input tensor, output tensor, kh, kw, sh, sw, pad_top, pad_left, pad, zero point, shift,
# weights (offset, bytes), thresholds or mask (offset, bytes)
OPERATOR = "<16i"
OPERATOR_BYTES = 64

CONV8 = 1
BINARISE = 2
BCONV = 3
BPOOL = 4
COUNT = 5

MAX_SIDE = 1024
MAX_CHANNELS = 4096
MAX_TENSORS = 512
MAX_FEATURES = 16384  # 127 * 127 times as many stay far within int32


def words(channels):
    """Bytes of ``channels`` packed bits: whole 32-bit words."""
    return (channels + 31) // 32 * 4


def tensor_bytes(dtype, h, w, c):
    """Bytes of a tensor of that type and shape."""
    return h * w * (words(c) if dtype == BITS else c)

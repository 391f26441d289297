"""Layout of a compiled model file (.tcm): what the compiler writes and the loader reads.

All numbers are little-endian. A file is a 64-byte header, a table of tensors (16 bytes each), a
table of operators (64 bytes each), the data section (weights and thresholds, every block aligned
to 4 bytes) and a metadata section (UTF-8 JSON, for people and host tools; the board skips it).
"""

MAGIC = b"TCM1"
VERSION = 1

# magic, version, header bytes, file bytes, CRC32 of all from byte 16 on,
# fingerprint (first 8 bytes of SHA-256 of all from byte 24 on), arena bytes, tensors, operators,
# offsets of tensors, operators and data, data bytes, offset and bytes of metadata, the tensor with
# the float outputs (0: none), bytes of the arena of floats
HEADER = "<4sHHII8sIHH6I2I"
HEADER_BYTES = 64
CRC_FROM = 16
FINGERPRINT_FROM = 24

# dtype, reserved, h, w, c, offset in its arena (or EXTERNAL), bytes. Floats have an arena of their
# own: MicroPython cannot see bytes as floats.
TENSOR = "<BBHHHII"
TENSOR_BYTES = 16
EXTERNAL = 0xFFFFFFFF

PIXELS = 0  # uint8
BITS = 1  # 32 channels a word, bit 1 = -1
COUNTS = 2  # int8
FLOAT32 = 3

# opcode, input tensor, output tensor, kh, kw, sh, sw, pad_top, pad_left, pad, zero point, shift,
# weights (offset, bytes), thresholds or mask (offset, bytes)
OPERATOR = "<16i"
OPERATOR_BYTES = 64

CONV8 = 1
BINARISE = 2
BCONV = 3
BPOOL = 4
SUM_POOL = 5

# Real-valued operators. "Shift" is their activation: an index into ACTIVATIONS.
FLOAT_BCONV = 6  # binary convolution, scaled; pad 1, or 2: corrected by position
FLOAT_SIGN = 7  # floats to bits
FLOAT_BITS = 8  # bits to floats
FLOAT_PIXELS = 9  # pixels to floats
FLOAT_CONV = 10  # also a fully connected layer, whose window is the whole image
FLOAT_DEPTHWISE = 11
FLOAT_COMBINE = 12  # two tensors, the second in place of the zero point; pad: index into FUNCTIONS
FLOAT_SCALE = 13  # a tensor and constants, one or one a channel; pad as above
FLOAT_MAX = 14  # max pooling
FLOAT_MEAN = 15  # average pooling
FLOAT_PAD = 16  # zeros around the image
FLOAT_SOFTMAX = 17  # over the channels

# Operators that only move values, see ``tinycl_rt.model.channels``.
TAKE = 18  # channels of bits, from the zero point on: whole words
JOIN = 19  # channels of two tensors of bits, the second in place of the zero point
FLOAT_TAKE = 20
FLOAT_JOIN = 21
MIRROR = 22  # pixels, each row from its end
STACK = 23  # rows of two tensors of bits by turns, the second in place of the zero point

# Type of the weights, of the operators that have some: as of Python's arrays.
WEIGHTS = {CONV8: "b", BCONV: "B", FLOAT_BCONV: "B", FLOAT_CONV: "f", FLOAT_DEPTHWISE: "f"}

ACTIVATIONS = ("none", "relu", "relu6", "relu_n1_to_1")
FUNCTIONS = ("ADD", "SUB", "MUL")
IN_PLACE = (FLOAT_COMBINE, FLOAT_SCALE)  # operators that may write over what they read

MAX_SIDE = 1024
MAX_CHANNELS = 4096
MAX_TENSORS = 512
MAX_FEATURES = 16384  # 127 * 127 times as many stay far within int32


def words(channels):
    """Bytes of ``channels`` packed bits: whole 32-bit words."""
    return (channels + 31) // 32 * 4


def tensor_bytes(dtype, h, w, c):
    """Bytes of a tensor of that type and shape."""
    if dtype == FLOAT32:
        return 4 * h * w * c
    return h * w * (words(c) if dtype == BITS else c)

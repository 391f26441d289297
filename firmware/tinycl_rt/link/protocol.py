"""What is said in frames: codes, payload layouts and errors, shared by the board and the host.

All numbers are little endian. `tinycl/docs/protocol.md` describes every payload byte by byte.
"""

import struct

# Requests; a reply carries the code and the sequence number of its request.
HELLO = 1
PREDICT = 2
LEARN = 3
BEGIN = 4
END = 5
STATS = 6
SAVE = 7
RESET = 8
GET_STATE = 9
PUT_BEGIN = 10
PUT_DATA = 11
PUT_COMMIT = 12
NAMES = 13
BENCH = 14
BYE = 15
LATENTS = 16
FORGET = 17
RENAME = 18

# HELLO: protocol of the asker, what it wants to know (WANT_*).
HELLO_REQUEST = "<BB"
WANT_FINGERPRINT = 1

# Reply to HELLO: protocol, flags (HAS_*), window, reserved, max_payload, autosave, heap free,
# model fingerprint, height, width, channels, features, latent bytes, model bytes, arena bytes,
# experience, position, learned, state fingerprint, save generation; then six short strings:
# packed config, tinycl version, backend, platform, unique id, warning; then uint32 corrections.
INFO = "<BBBBHHI8sHHHHIIIIIIII"
HAS_MODEL = 1
HAS_OPEN = 2
HAS_UNSAVED = 4  # the last save failed
HAS_FINGERPRINT = 8  # the state fingerprint was asked for and could be computed

# PREDICT: flags (IMAGE_*), reserved; then pixels, or the CRC-32 of a staged image.
PREDICT_REQUEST = "<BB"
PREDICT_REPLY = "<HH"  # class, number of scores; then int32 scores
PREDICT_END = "<BB"  # with IMAGE_SURE: confidence, 0..255; 1 if the class is known, else 0
IMAGE_STAGED = 1
IMAGE_SCORES = 2
IMAGE_FLOATS = 4  # LATENTS: float outputs are wanted too
IMAGE_SURE = 16  # PREDICT: confidence is wanted too
IMAGE_OPEN = 8  # PREDICT: by what the open experience taught too, not consolidated yet

# LATENTS: offset, most bytes wanted (0: what fits), flags, reserved; then pixels or CRC-32.
# Reply: bytes in all, offset; data: packed latent bits, int8 features, float32 outputs.
LATENTS_REQUEST = "<IHBB"
LATENTS_REPLY = "<II"

# LEARN: experience, position, label, flags (IMAGE_*), reserved; then pixels or CRC-32 as above.
LEARN_REQUEST = "<IIHBB"
BEGIN_REQUEST = "<IIH"  # experience, samples announced, n; n x uint16 class; n names
END_REQUEST = "<II"  # experience, samples that it had
# RESET: what is to be forgotten: samples ever learned, experience, is it open, reserved; then the
# new packed config. A board that is elsewhere refuses: a request which arrives late harms nothing.
RESET_REQUEST = "<IIBB"
# FORGET, RENAME: number of the correction, class, reserved; then short strings: the name that the
# class has, and for RENAME the one that it gets.
CORRECTION_REQUEST = "<IHH"

# Reply to LEARN, BEGIN, END, SAVE, RESET, FORGET, RENAME, PUT_COMMIT and BYE: flags (DONE_*),
# reserved, predicted class before learning, experience, position, learned, save generation.
PROGRESS = "<BBHIIII"
DONE_BEFORE = 1  # carried out when it came first; nothing was done now
DONE_OPEN = 2  # an experience is open
DONE_UNSAVED = 4  # learned in RAM, but the last save failed
UNKNOWN_CLASS = 0xFFFF

# Names in STATS_NAMES; then a short string: why the last save failed; then a uint16 for each class
# that fits the reply: its slots of the replay memory.
STATS_REPLY = "<11I"
STATS_NAMES = (
    "uptime_ms",
    "frames",
    "bad_frames",
    "refused",
    "repeated",
    "saves",
    "save_bytes",
    "save_failures",
    "heap_free",
    "heap_used",
    "busy_ms",
)

# Whole things in pieces. Kinds: an image for PREDICT or LEARN, a learner state, a model file, and
# the samples, int16, of which the board makes an image.
KIND_IMAGE = 0
KIND_STATE = 1
KIND_MODEL = 2
KIND_SOUND = 3
PUT_BEGIN_REQUEST = "<BBHII"  # kind, reserved, reserved, bytes, CRC-32
PUT_DATA_REQUEST = "<BBHII"  # kind, reserved, reserved, CRC-32 of the whole, offset; data
PUT_COMMIT_REQUEST = "<BBHI"  # kind, reserved, reserved, CRC-32
PUT_REPLY = "<I"  # bytes that the board has
# GET_STATE: offset, CRC-32 of the state (0 with offset 0), most bytes wanted (0: what fits)
GET_REQUEST = "<IIH"
GET_REPLY = "<III"  # bytes in all, CRC-32 of all, offset; data

NAMES_REQUEST = "<H"  # first class asked for
NAMES_REPLY = "<HHH"  # classes in all, first, n; n short strings
BENCH_REQUEST = "<H"  # predictions, 1..MAX_BENCH
BENCH_REPLY = "<HI"  # predictions, ms in all
MAX_BENCH = 1000
MAX_NAME_BYTES = 24

# Errors: code, reserved, experience and position (or bytes) that the board expects; reason.
ERROR_REPLY = "<BBII"
BAD_REQUEST = 1
UNKNOWN_REQUEST = 2
WRONG_VERSION = 3
TOO_LARGE = 4
NO_MODEL = 5
GAP = 6
NOT_OPEN = 7
BAD_VALUE = 8
NO_MEMORY = 9
STORAGE = 10
STALE = 11
INTERNAL = 12
MAX_REASON_BYTES = 160


class Refusal(Exception):
    """A request that the board does not carry out: error code, reason, what it expects."""

    def __init__(self, code, reason, position=None):
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.position = position


def take(layout, payload):
    """Unpack the front of a payload; Refusal when it is too short."""
    if len(payload) < struct.calcsize(layout):
        raise Refusal(BAD_REQUEST, "a payload of %d bytes is too short" % len(payload))
    return struct.unpack_from(layout, payload, 0)


def put(view, at, raw):
    """Copy bytes into a view; returns the offset behind them."""
    end = at + len(raw)
    view[at:end] = raw
    return end


def text(value, limit=255):
    """Encode a short string: one byte length, at most `limit` bytes of UTF-8."""
    raw = value if isinstance(value, bytes) else str(value).encode()
    if len(raw) > limit:
        raw = raw[:limit]
        while raw and not isinstance(value, bytes) and not _whole(raw):
            raw = raw[:-1]
    return bytes((len(raw),)) + raw


def read_text(view, at):
    """Read what ``text`` wrote: (bytes, offset behind it); Refusal when it is cut."""
    if at >= len(view) or at + 1 + view[at] > len(view):
        raise Refusal(BAD_REQUEST, "a string is cut off")
    end = at + 1 + view[at]
    return bytes(view[at + 1 : end]), end


def _whole(raw):
    try:
        raw.decode()
        return True
    except ValueError:  # UnicodeError is one
        return False

"""Settings of a learner; all integers, packed into 20 bytes for the link and the state file."""

import struct

_FORMAT = "<BBBBBBBBHHII"

CWR = 0
NAIVE = 1

MAX_EXPERIENCES = 65535  # their number takes two bytes in the state

# name: (default, smallest, largest), in the order in which they are packed
_FIELDS = (
    ("classes", 10, 2, 64),
    ("policy", 2, 0, 3),
    ("replays", 4, 0, 255),
    ("qf", 8, 4, 8),
    ("qb", 16, 8, 16),
    ("gbits", 8, 4, 8),
    ("lr_shift", 3, 0, 15),
    ("flags", 0, 0, 3),
    ("replay", 200, 0, 65535),
    ("reserved", 0, 0, 0),
    ("seed", 1, 1, 0xFFFFFFFF),
    ("reserved2", 0, 0, 0),
)

PACKED_BYTES = struct.calcsize(_FORMAT)


class Config:
    """How a learner learns.

    Parameters (keywords)
    ---------------------
    classes : int
        Rows of the head, 2..64.
    replay : int
        Slots of the replay memory, 0 for none.
    policy : int
        Which old samples stay: 0 random, 1 reservoir, 2 class-balanced, 3 ring
        (``tinycl_rt.replay``).
    replays : int
        Replayed samples for each new one.
    qf, qb, gbits : int
        Bits of forward weights (4..8), of master weights (8..16), of the output error (4..8).
    lr_shift : int
        The learning rate is 2 ** -lr_shift.
    stochastic : int
        1: stochastic rounding of weight updates instead of half up.
    method : int
        0: CWR*; 1: naive, plain gradient descent without consolidation (for contrast).
    seed : int
        Seed of xorshift32, 1..2^32-1: a run is the same on every board.

    Raises
    ------
    ValueError
        An unknown name or a value out of range.
    """

    def __init__(self, **given):
        flags = given.pop("stochastic", 0), given.pop("method", 0)
        if flags[0] not in (0, 1) or flags[1] not in (0, 1):
            raise ValueError("config: stochastic and method are 0 or 1, got %r, %r" % flags)
        self.stochastic, self.method = flags
        for name, default, low, high in _FIELDS:
            if name == "flags" or name.startswith("reserved"):
                continue
            value = given.pop(name, default)
            if not isinstance(value, int) or not low <= value <= high:
                raise ValueError(
                    "config: expected %s between %d and %d, got %r" % (name, low, high, value)
                )
            setattr(self, name, value)
        if given:
            raise ValueError("config: unknown setting %s" % ", ".join(sorted(given)))

    def pack(self):
        """20 bytes, see ``unpack``."""
        return struct.pack(
            _FORMAT,
            self.classes,
            self.policy,
            self.replays,
            self.qf,
            self.qb,
            self.gbits,
            self.lr_shift,
            self.stochastic | self.method << 1,
            self.replay,
            0,
            self.seed,
            0,
        )

    @staticmethod
    def unpack(buffer):
        """The inverse of ``pack``; ValueError when the bytes are not a valid configuration."""
        if len(buffer) != PACKED_BYTES:
            raise ValueError("config: expected %d bytes, got %d" % (PACKED_BYTES, len(buffer)))
        given = {}
        for (name, _, _low, high), value in zip(_FIELDS, struct.unpack(_FORMAT, buffer)):
            if name == "flags":
                if value > high:
                    raise ValueError("config: unknown flags %d" % value)
                given["stochastic"], given["method"] = value & 1, value >> 1
            elif name.startswith("reserved"):
                if value:
                    raise ValueError("config: written by a newer version")
            else:
                given[name] = value
        return Config(**given)

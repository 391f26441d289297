"""Settings of a learner; all integers, packed into 20 bytes for the link and the state file."""

import gc
import struct

_FORMAT = "<BBBBBBBBHBBIBBBB"

CWR = 0  # methods, and the first of the heads
NAIVE = 1

MEAN = 1
LDA = 2
HEADS = ("cwr", "mean", "lda")

SIGN = 0
PROPORTIONAL = 1
BOP = 2
RULES = ("sign", "proportional", "bop")

FULL = 255  # depth of a learner that trains every binary layer from scratch

MOST_RANK = 64
_ROW_BYTES = 131072  # of a covariance's rows, unless told otherwise

MAX_EXPERIENCES = 65535  # their number takes two bytes in the state

# name: (default, smallest, largest), in the order in which they are packed; names joined by "|"
# are bits of one byte
_FIELDS = (
    ("classes", 10, 2, 128),
    ("policy", 2, 0, 3),
    ("replay_batch", 4, 0, 255),
    ("qf", 8, 4, 8),
    ("qb", 16, 8, 16),
    ("gbits", 8, 4, 8),
    ("lr_shift", 3, 0, 15),
    ("stochastic|method", 0, 0, 1),
    ("replay_slots", 200, 0, 65535),
    ("depth", 0, 0, FULL),
    ("rule", PROPORTIONAL, 0, 2),
    ("seed", 1, 1, 0xFFFFFFFF),
    ("tail_lr", 5, 0, 15),
    ("tail_step", 1, 1, 15),  # with Bop: tail_decay
    ("tail_margin", 32, 1, 127),
    ("wide|thresholds", 0, 0, 1),
)
# Of no meaning to a learner that trains the head alone, which packs settings of the head there.
_OF_TAIL = ("rule", "tail_lr", "tail_step", "tail_margin", "wide|thresholds")
_OF_HEAD = ("head", "rank", "tolerance")

_OLD = {"replay": "replay_slots", "replays": "replay_batch"}  # names of version 0.1

PACKED_BYTES = struct.calcsize(_FORMAT)


class Config:
    """How a learner learns.

    All parameters are keywords.

    Parameters
    ----------
    classes : int
        Rows of the head, 2..128.
    head : int or str
        0 or "cwr": CWR* (``tinycl_rt.head``); 1 or "mean": class means; 2 or "lda": class means
        and a shared covariance (``tinycl_rt.lda``). Kept as a number. Unless given, 2 where the
        head learns alone, else 0.
    rank : int
        Rows that head 2 keeps of the covariance, 1..64; 0: a sixteenth of the number of features,
        and no more than 128 KiB hold.
    tolerance : int
        Heads 1 and 2: a sample is unknown when it fits worse than the mean of its class by this
        number of eighths of the mean deviation, 1..63; 0: never.
    replay_slots : int
        Slots of the replay memory, 0 for none. Unless given, 200 with head 0; the others do not
        replay.
    policy : int
        Which old samples stay: 0 random, 1 reservoir, 2 class-balanced, 3 ring
        (``tinycl_rt.replay``).
    replay_batch : int
        Replayed samples for each new one.
    qf, qb, gbits : int
        Bits of forward weights (4..8), of master weights (8..16), of errors (4..8).
    lr_shift : int
        The head's learning rate is 2 ** -lr_shift.
    stochastic : int
        1: stochastic rounding of the head's weight updates instead of half up.
    method : int
        0: CWR*; 1: naive, plain gradient descent without consolidation (for contrast).
    seed : int
        Seed of xorshift32, 1..2^32-1: a run is the same on every board.
    depth : int
        Binary layers that learn below the head (``tinycl_rt.trainable.tail``); 0: the head alone;
        ``FULL``: all of them, from scratch (``tinycl_rt.trainable.full``).
    rule : int
        How their weights are updated: 0 sign of the gradient, 1 proportional to it with stochastic
        rounding, 2 Bop.
    tail_lr : int
        Their learning rate is 2 ** -tail_lr (rules 1 and 2).
    tail_step : int
        Rule 0: the size of a step, in 1/128 (a latent weight's unit).
    tail_decay : int
        Rule 2: the mean gradient decays by 2 ** -tail_decay a step.
    tail_margin : int
        Rules 0 and 1: how far from 0 latent weights start, in 1/128; at full depth how far at
        most. Rule 2: a weight flips when the mean gradient opposes it by more than this.
    wide : int
        1: latent weights take int16 instead of int8.
    thresholds : int
        1: thresholds learn too; at full depth the shifts of the normalisation.

    Raises
    ------
    ValueError
        An unknown name or a value out of range.
    """

    def __init__(self, **given):
        renamed = _OLD
        if given.get("rule") == BOP and "tail_decay" not in given:
            renamed = dict(_OLD, tail_step="tail_decay")
        for old in renamed:
            if old in given:
                print("tinycl: Config.%s is called %s now" % (old, renamed[old]))
                given[renamed[old]] = given.pop(old)
        self._set("tail_decay", given.pop("tail_decay", 1), 1, 15)
        alone = not given.get("depth") and not given.get("method")
        head = given.pop("head", LDA if alone else CWR)
        head = HEADS.index(head) if head in HEADS else head
        self._set("head", head, 0, LDA if alone else CWR)
        self._set("rank", given.pop("rank", 0), 0, MOST_RANK if self.head == LDA else 0)
        default, most = (16, 63) if self.head else (0, 0)
        self._set("tolerance", given.pop("tolerance", default), 0, most)
        if self.head:
            given.setdefault("replay_slots", 0)
        for names, default, low, high in _FIELDS:
            for name in names.split("|"):
                self._set(name, given.pop(name, default), low, high)
        if given:
            raise ValueError("config: unknown setting %s" % ", ".join(sorted(given)))

    def _set(self, name, value, low, high):
        if not isinstance(value, int) or not low <= value <= high:
            raise ValueError(
                "config: expected %s between %d and %d, got %r" % (name, low, high, value)
            )
        setattr(self, name, value)

    def rows(self, features):
        """Rows that the head keeps of the covariance of so many features."""
        if self.head != LDA:
            return 0
        most = min(MOST_RANK, _ROW_BYTES // (2 * features), features // 16)
        return min(self.rank or max(1, most), features)

    def _check_room(self, learner, latent_bytes, new_head):
        """MemoryError where a replay memory does not even fit in the place of what there is."""
        if not hasattr(gc, "mem_free"):
            return
        gc.collect()
        old, need = learner.replay, self.replay_slots * latent_bytes
        room = gc.mem_free() + old.slots * old.latent_bytes
        if need > room + (learner.head.nbytes if new_head else 0):
            raise self._too_many(latent_bytes)

    def _too_many(self, latent_bytes):
        return MemoryError(
            "%d replay slots of %d bytes: too many" % (self.replay_slots, latent_bytes)
        )

    def pack(self):
        """20 bytes, see ``unpack``."""
        values = []
        for names, _, _, _ in _FIELDS:
            value = 0
            if not self.depth and names in _OF_TAIL:
                place = _OF_TAIL.index(names)
                value = getattr(self, _OF_HEAD[place]) if place < len(_OF_HEAD) else 0
            else:
                for i, name in enumerate(names.split("|")):
                    if name == "tail_step" and self.rule == BOP:
                        name = "tail_decay"
                    value |= getattr(self, name) << i
            values.append(value)
        return struct.pack(_FORMAT, *values)

    @staticmethod
    def unpack(buffer):
        """The inverse of ``pack``; ValueError when the bytes are not a valid configuration."""
        if len(buffer) != PACKED_BYTES:
            raise ValueError("config: expected %d bytes, got %d" % (PACKED_BYTES, len(buffer)))
        given = {}
        values = struct.unpack(_FORMAT, buffer)
        depth = values[9]
        for (names, _, _, _), value in zip(_FIELDS, values):
            if not depth and names in _OF_TAIL:
                place = _OF_TAIL.index(names)
                if place < len(_OF_HEAD):
                    given[_OF_HEAD[place]] = value
                elif value:
                    raise ValueError("config: settings of a tail without a tail")
                continue
            parts = names.split("|")
            if len(parts) == 1:
                bop = names == "tail_step" and given["rule"] == BOP
                given["tail_decay" if bop else names] = value
                continue
            if value > 3:
                raise ValueError("config: unknown flags %d" % value)
            for i, name in enumerate(parts):
                given[name] = value >> i & 1
        return Config(**given)


gc.collect()  # where this was compiled from source, what that took: a learner comes next

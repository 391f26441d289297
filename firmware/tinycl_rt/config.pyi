from __future__ import annotations

CWR: int
NAIVE: int
MEAN: int
LDA: int
HEADS: tuple[str, ...]
MOST_RANK: int
SIGN: int
PROPORTIONAL: int
BOP: int
RULES: tuple[str, ...]
FULL: int
MAX_EXPERIENCES: int
PACKED_BYTES: int

class Config:
    classes: int
    head: int
    rank: int
    tolerance: int
    replay_slots: int
    policy: int
    replay_batch: int
    qf: int
    qb: int
    gbits: int
    lr_shift: int
    stochastic: int
    method: int
    seed: int
    depth: int
    rule: int
    tail_lr: int
    tail_step: int
    tail_decay: int
    tail_margin: int
    wide: int
    thresholds: int
    def __init__(self, **given: int | str) -> None: ...
    def rows(self, features: int) -> int: ...
    def pack(self) -> bytes: ...
    @staticmethod
    def unpack(buffer: bytes | bytearray | memoryview) -> Config: ...

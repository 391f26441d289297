from __future__ import annotations

from tinycl_rt.device import Device

class Staged:
    data: bytearray | None
    key: tuple[int, int, int]
    have: int
    def __init__(self, device: Device) -> None: ...
    def give_up(self) -> None: ...
    def take_place(self) -> None: ...

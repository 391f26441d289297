"""What a board is: interpreter, version, and the machine code that it loads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinycl.boards.version import ABI
from tinycl.exceptions import FlashError

__all__ = ["ABI", "PUBLISHED", "Identity", "architectures", "check_version"]

PUBLISHED = {
    "armv6m": "arm-none-eabi-gcc",
    "armv7m": "arm-none-eabi-gcc",
    "rv32imc": "riscv64-unknown-elf-gcc",
    "x64": "gcc",
    "xtensawin": "xtensa-esp32-elf-gcc",
}
"""Architectures that native kernels are built for, and the compiler of each."""

# sys.implementation._mpy: bits 0-7 version, 8-9 sub-version, 10-13 architecture; higher bits are
# flags of the architecture (RISC-V extensions, since 1.27). Names: py/persistentcode.h.
_ARCHES = (
    *("", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp"),
    *("xtensa", "xtensawin", "rv32imc", "rv64imc"),
)
# A board loads code of its own architecture and of those before it in this list.
_THUMB = ("armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp")


@dataclass(frozen=True)
class Identity:
    """A board as it describes itself.

    Attributes
    ----------
    name : str
        ``micropython`` or ``circuitpython``.
    version : str
    machine : str
    arch : str
        Architecture of its own code, as mpy-cross names it; empty: it loads none.
    mpy : bool
        Whether it loads ``.mpy`` files that mpy-cross makes.
    block, free : int
        Bytes of a block and free bytes of its file system; 0: not known.
    heap : int
        Free heap in bytes, with nothing loaded.
    rom : tuple of int
        Sizes of its ROMFS partitions in bytes.
    builtin : tuple of str
        Our modules that are part of its firmware: ``tinycl_core``, ``tinycl_rt``.
    """

    name: str
    version: str
    machine: str
    arch: str = ""
    mpy: bool = False
    block: int = 0
    free: int = 0
    heap: int = 0
    rom: tuple[int, ...] = ()
    builtin: tuple[str, ...] = ()

    @property
    def is_circuitpython(self) -> bool:
        """Whether plain Python files are all it takes."""
        return self.name == "circuitpython"

    @property
    def code(self) -> str:
        """Architecture to compile for: the best that kernels are published for."""
        published = [arch for arch in architectures(self.arch) if arch in PUBLISHED]
        return published[0] if published else self.arch

    @property
    def title(self) -> str:
        """One line for people."""
        code = f", {self.arch} code" if self.arch else ", no native code"
        return f"{self.machine}, {self.name} {self.version}{code}"

    @classmethod
    def of(cls, told: dict[str, Any]) -> Identity:
        """Read what ``on_board.about`` printed.

        Raises
        ------
        FlashError
            An interpreter, or a version of one, that cannot run tinycl.
        """
        name, version = str(told["name"]), ".".join(str(n) for n in told["version"])
        mpy = told["mpy"] if name == "micropython" else None
        if name not in ("micropython", "circuitpython"):
            raise FlashError(f"the board runs {name}; tinycl wants MicroPython or CircuitPython")
        check_version(name, tuple(told["version"]))
        abi = f"{mpy & 0xFF}.{mpy >> 8 & 3}" if mpy else ABI
        if abi != ABI:
            raise FlashError(
                f"MicroPython {version} on this board reads .mpy files of version {abi}, tinycl "
                f"makes {ABI}: put firmware on it that reads those (--firmware auto, or a FILE)"
            )
        number = mpy >> 10 & 0xF if mpy else 0
        return cls(
            name=name,
            version=version,
            machine=str(told["machine"]),
            arch=_ARCHES[number] if number < len(_ARCHES) else "",
            mpy=mpy is not None,
            block=int(told["block"]),
            free=int(told["free"]),
            heap=int(told["heap"]),
            rom=tuple(told["rom"]),
            builtin=tuple(told["builtin"]),
        )


def check_version(name: str, version: tuple[int, ...]) -> None:
    """Raise FlashError for firmware that is too old."""
    least = (1, 23) if name == "micropython" else (9,)
    if version < least:
        raise FlashError(
            f"the board runs {name} {'.'.join(map(str, version))}; tinycl needs "
            f"{'.'.join(map(str, least))} or later: put newer firmware on it (--firmware FILE)"
        )


def architectures(arch: str) -> tuple[str, ...]:
    """Architectures whose code a board of `arch` loads, the best first."""
    if arch not in _THUMB:
        return (arch,) if arch else ()
    return tuple(reversed(_THUMB[: _THUMB.index(arch) + 1]))

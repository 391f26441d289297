"""A board: what it has, and, where it is emulated, what it is built from and started with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinycl.boards.cache import board_folder

__all__ = ["Board"]


@dataclass(frozen=True)
class Board:
    """One kind of board.

    Attributes
    ----------
    name : str
        As given to ``--board``.
    title : str
    kind : str
        ``real`` or ``emulated``.
    arch : str
        Architecture of its native modules (``armv6m``, ``armv7m``, ``xtensawin``, ``rv32imc``,
        ``x64``), or what CPython runs on.
    kernels : tuple of str
        Kernel sets that this version has for it, fastest first.
    heap_bytes : int or None
        Heap of the interpreter; None where no figure is known or the limit is far away.
    flash_bytes : int or None
        Flash that the standard firmware leaves for files.
    clock_mhz : int or None
        As the standard firmware sets it.
    notes : str
    romfs : bool
        Files can lie in memory-mapped flash, as the standard firmware is.
    binary : str
        Boards that ``tools.boards`` builds: what the build leaves, an emulator's kernel image, a
        program of this computer, or the firmware of a real board.
    packages : tuple of (program, Debian packages)
        What must be installed to build and start it.
    emulator : tuple of str
        Command that runs the binary; empty where the binary runs by itself.
    rom_address : int
        Where the emulated machine looks for a ROMFS image.
    variant : str
        Folder of ``firmware/boards`` with a variant of MicroPython's unix port; "": its standard.
    built_in : bool
        The runtime is part of the firmware: on the unix port with the C kernels (manifest.py,
        micropython.mk), on an emulated processor packed (``tools.release.frozen``).
    """

    name: str
    title: str
    kind: str
    arch: str
    kernels: tuple[str, ...] = ("native", "viper", "reference")
    heap_bytes: int | None = None
    flash_bytes: int | None = None
    clock_mhz: int | None = None
    notes: str = ""
    romfs: bool = False
    binary: str = ""
    packages: tuple[tuple[str, str], ...] = ()
    emulator: tuple[str, ...] = ()
    rom_address: int = 0
    variant: str = ""
    built_in: bool = False

    @property
    def is_emulated(self) -> bool:
        """Whether this computer can be the board; a real board may be emulated as well."""
        return self.kind == "emulated" or bool(self.binary)

    @property
    def needs(self) -> tuple[str, ...]:
        """Programs that this computer must have to build and start it."""
        return tuple(program for program, _ in self.packages)

    @property
    def native_arch(self) -> str:
        """Architecture of the machine code that it loads; empty: it gets plain sources."""
        return self.arch if "native" in self.kernels else ""

    @property
    def folder(self) -> Path:
        """Folder of the build, in the cache."""
        return board_folder(self.name)

    def command(self, rom: Path | None = None) -> list[str]:
        """Return the command that starts the board; its stdin and stdout are the serial port.

        The folder that it is started in is the board's memory: a QEMU board keeps its file system
        in the file ``flash.img`` there, the unix port uses the folder itself.

        Parameters
        ----------
        rom : Path, optional
            A ROMFS image that an emulated machine has in its memory.
        """
        if self.kind == "real":
            emulator = self.folder / "build" / "emulator"
            return ["node", str(emulator / "board.js"), "--bootrom", str(emulator / "bootrom.bin")]
        words = [*self.emulator, "-kernel"] if self.emulator else []
        words.append(str(self.folder / self.binary))
        if rom is not None:
            words += ["-device", f"loader,file={rom},addr={self.rom_address:#x},force-raw=on"]
        return words

    def as_dict(self) -> dict[str, Any]:
        """Return what users may want to know, for JSON."""
        return {**asdict(self), "needs": self.needs}

"""The emulated boards: what each is built from, and how it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .paths import board_folder

__all__ = ["BOARDS", "BUILT_IN", "Board"]

# One instruction is 2^8 ns of the emulated clock: see firmware/boards/qemu/modtinyclboard.c.
_ICOUNT_SHIFT = 8
_QEMU = (
    *("-display", "none", "-monitor", "none"),
    *("-chardev", "stdio,id=serial,signal=off", "-serial", "chardev:serial"),
    *("-semihosting-config", f"enable=on,target=native,arg=board,arg=shift={_ICOUNT_SHIFT}"),
    *("-icount", f"shift={_ICOUNT_SHIFT}"),
)
_ARM = (
    ("arm-none-eabi-gcc", "gcc-arm-none-eabi"),
    ("arm-none-eabi-gcc", "libnewlib-arm-none-eabi"),
    ("qemu-system-arm", "qemu-system-arm"),
)


@dataclass(frozen=True)
class Board:
    """An emulated board.

    Attributes
    ----------
    name : str
        As in ``tinycl boards``.
    arch : str
        Architecture of its native modules, as mpy-cross and mpy_ld name it; "" where there are
        none: the board gets sources, as a CircuitPython drive does.
    binary : str
        What its build leaves: an emulator's kernel image, or a program of this machine.
    needs : tuple of (program, Debian package)
        What must be installed to build and start it.
    emulator : tuple of str
        Command that runs the binary; empty when the binary runs by itself.
    romfs : int
        Address at which a ROMFS image is looked for; 0: none.
    built_in : bool
        Runtime and C kernels are part of the firmware (manifest.py, micropython.mk).
    variant : str
        Folder of ``firmware/boards`` with a variant of MicroPython's unix port; "": its standard.
    """

    name: str
    arch: str
    binary: str
    needs: tuple[tuple[str, str], ...]
    emulator: tuple[str, ...] = ()
    romfs: int = 0
    built_in: bool = False
    variant: str = ""

    @property
    def folder(self) -> Path:
        """Folder of the build, in the cache."""
        return board_folder(self.name)

    def command(self) -> list[str]:
        """Return the command that starts the board; its stdin and stdout are the serial port.

        The folder that it is started in is the board's memory: a QEMU board keeps its file system
        in the file ``flash.img`` there, the unix port uses the folder itself.
        """
        binary = str(self.folder / self.binary)
        return [*self.emulator, "-kernel", binary] if self.emulator else [binary]

    def with_rom(self, image: Path) -> list[str]:
        """Return the words that, added to the command, put a ROMFS image into the machine."""
        return ["-device", f"loader,file={image},addr={self.romfs:#x},force-raw=on"]


BOARDS = {
    board.name: board
    for board in (
        Board("unix", "x64", "micropython", (("gcc", "build-essential"),)),
        Board(
            "circuitpython",
            "",
            "micropython",
            (("gcc", "build-essential"),),
            variant="circuitpython",
        ),
        Board(
            "cortex-m3",
            "armv7m",
            "firmware.elf",
            _ARM,
            ("qemu-system-arm", "-machine", "mps2-an385", *_QEMU),
            0x21000000,
        ),
        Board(
            "cortex-m0",
            "armv6m",
            "firmware.elf",
            _ARM,
            (
                *("qemu-system-arm", "-machine", "microbit"),
                *("-global", "nrf51-soc.flash-size=8388608"),
                *("-global", "nrf51-soc.sram-size=262144"),
                *_QEMU,
            ),
            0x00400000,
        ),
        Board(
            "rv32",
            "rv32imc",
            "firmware.elf",
            (
                (
                    "riscv64-unknown-elf-gcc",
                    "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
                ),
                ("qemu-system-riscv32", "qemu-system-misc"),
            ),
            ("qemu-system-riscv32", "-machine", "virt", "-bios", "none", "-m", "32M", *_QEMU),
            0x81000000,
        ),
    )
}

BUILT_IN = Board(
    "unix-built-in", "x64", "micropython", (("gcc", "build-essential"),), built_in=True
)
"""The unix port as firmware builders make it, for the tests of what they build with."""

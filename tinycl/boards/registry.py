"""The boards that tinycl knows."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Any

from tinycl.boards.board import Board
from tinycl.exceptions import BoardError

__all__ = ["BOARDS", "BUILT", "BUILT_IN", "FROZEN", "LARGE", "PICO", "get", "names"]

_KIB = 1024
_LINUX = ("numpy", "reference")
_MAKE = (("gcc", "build-essential"), ("make", "build-essential"))
_ARM = (
    ("qemu-system-arm", "qemu-system-arm"),
    ("arm-none-eabi-gcc", "gcc-arm-none-eabi libnewlib-arm-none-eabi"),
    *_MAKE[1:],
)
_RISCV = (
    ("qemu-system-riscv32", "qemu-system-misc"),
    ("riscv64-unknown-elf-gcc", "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf"),
    *_MAKE[1:],
)
_PICO = (("node", "nodejs"), ("npm", "npm"), ("cmake", "cmake"), *_ARM[1:])
# One instruction is 2^8 ns of the emulated clock: see firmware/boards/qemu/modtinyclboard.c.
_ICOUNT_SHIFT = 8
_QEMU = (
    *("-display", "none", "-monitor", "none"),
    *("-chardev", "stdio,id=serial,signal=off", "-serial", "chardev:serial"),
    *("-semihosting-config", f"enable=on,target=native,arg=board,arg=shift={_ICOUNT_SHIFT}"),
    *("-icount", f"shift={_ICOUNT_SHIFT}"),
)
_MICROBIT = (
    *("qemu-system-arm", "-machine", "microbit"),
    *("-global", "nrf51-soc.flash-size=8388608"),
    *("-global", "nrf51-soc.sram-size=262144"),
)
_MPS2 = ("qemu-system-arm", "-machine", "mps2-an385")
_VIRT = ("qemu-system-riscv32", "-machine", "virt", "-bios", "none", "-m", "32M")


def _qemu(name: str, title: str, arch: str, machine: tuple[str, ...], **more: Any) -> Board:
    """A processor on QEMU, with MicroPython in its flash and files in ROMFS."""
    tools = _RISCV if arch == "rv32imc" else _ARM
    more |= {"romfs": True, "binary": "firmware.elf", "packages": tools}
    return Board(name, title, "emulated", arch, emulator=(*machine, *_QEMU), **more)


def _unix(name: str, title: str, arch: str, **more: Any) -> Board:
    """MicroPython's unix port."""
    return Board(name, title, "emulated", arch, binary="micropython", packages=_MAKE, **more)


def _real(
    name: str,
    title: str,
    arch: str,
    heap: int | None,
    flash: int | None,
    mhz: int,
    notes: str = "",
) -> Board:
    """A board to buy; ``flash`` in KiB."""
    nbytes = None if flash is None else flash * _KIB
    return Board(
        name, title, "real", arch, heap_bytes=heap, flash_bytes=nbytes, clock_mhz=mhz, notes=notes
    )


_EMULATED = (
    Board("cpython", "this Python", "emulated", "host", _LINUX, notes="the default"),
    _unix("unix", "MicroPython's unix port", "x64", notes="built from MicroPython's source"),
    _qemu(
        *("cortex-m3", "MicroPython on QEMU mps2-an385", "armv7m", _MPS2),
        heap_bytes=144 * _KIB,
        clock_mhz=25,
        notes="counts instructions; heap of a small board",
        rom_address=0x21000000,
    ),
    _qemu(
        *("cortex-m0", "MicroPython on QEMU microbit, 256 KiB", "armv6m", _MICROBIT),
        heap_bytes=208 * _KIB,
        clock_mhz=16,
        notes="the instruction set of the Pico",
        rom_address=0x00400000,
    ),
    _qemu("rv32", "MicroPython on QEMU virt, riscv32", "rv32imc", _VIRT, rom_address=0x81000000),
    _unix(
        *("circuitpython", "MicroPython configured like CircuitPython", "armv6m"),
        kernels=("reference",),
        heap_bytes=126_112,
        clock_mhz=125,
        notes="heap and clock of CircuitPython 9 on a Pico W; plain Python, slow",
        variant="circuitpython",
    ),
)
# Heaps of rp2 and CircuitPython boards: measured at boot. File systems and clocks: the board
# definitions of MicroPython 1.25.
_STOCK = "emulated too, with its stock firmware"
_REGIONS = "the heap is in two regions: the largest piece is smaller"
_KEEPS = "the firmware keeps at least this heap of 256 KiB of RAM"
_REAL = (
    replace(
        _real("pico", "Raspberry Pi Pico (RP2040)", "armv6m", 246_144, 1408, 125, _STOCK),
        binary="firmware.bin",
        packages=_PICO,
    ),
    _real("pico-w", "Raspberry Pi Pico W (RP2040)", "armv6m", 205_184, 848, 125),
    _real("pico2", "Raspberry Pi Pico 2 (RP2350)", "armv7m", 497_536, 3072, 150),
    _real("esp32", "ESP32, 4 MiB flash", "xtensawin", 134_000, 2048, 160, _REGIONS),
    _real("esp32-s3", "ESP32-S3, 8 MiB flash", "xtensawin", None, 6144, 160),
    _real("stm32", "STM32F405 (Pyboard v1.1)", "armv7m", None, 112, 168, "128 KiB of RAM in all"),
    _real("nrf52840", "nRF52840", "armv7m", 128 * _KIB, 64, 64, _KEEPS),
    _real("samd51", "SAMD51", "armv7m", None, None, 120, "192 KiB or 256 KiB of RAM in all"),
    _real("teensy", "Teensy 4.0 and 4.1", "armv7m", None, None, 600, "1 MiB of RAM in all"),
    Board(
        *("raspberry-pi", "Raspberry Pi or another Linux board", "real", "linux", _LINUX),
        notes="python -m tinycl.boards.cpython_board --kernels numpy",
    ),
)

BOARDS: dict[str, Board] = {board.name: board for board in (*_EMULATED, *_REAL)}

BUILT: dict[str, Board] = {board.name: board for board in _EMULATED if board.binary}
"""Emulated boards that run our builds of MicroPython; ``python -m tools.boards`` builds them."""

PICO = BOARDS["pico"]
"""The real board that is emulated too, with its stock firmware."""

BUILT_IN = _unix(
    "unix-built-in", "MicroPython's unix port with tinycl in its firmware", "x64", built_in=True
)
"""The unix port as firmware builders make it, for the tests of what they build with."""

FROZEN = replace(
    BUILT["cortex-m3"],
    name="cortex-m3-frozen",
    title="cortex-m3 with tinycl_rt frozen into its firmware",
    variant="cortex-m3",
    built_in=True,
)
"""A small board whose firmware has the packed runtime, for measuring what it takes of the heap."""

LARGE = replace(
    BUILT["cortex-m3"],
    name="cortex-m3-large",
    title="cortex-m3 with the heap of a Pico 2",
    variant="cortex-m3",
    heap_bytes=480 * _KIB,
)
"""Counts what has no room on a small board."""


def names() -> list[str]:
    """Names of all boards, emulated ones first."""
    return list(BOARDS)


def get(name: str) -> Board:
    """Return the board called `name`.

    Raises
    ------
    BoardError
        There is none; the message names the nearest.
    """
    for board in (BOARDS.get(name), BUILT_IN, FROZEN, LARGE):
        if board and board.name == name:
            return board
    near = difflib.get_close_matches(name.lower().replace("_", "-"), BOARDS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "one of: " + ", ".join(BOARDS)
    raise BoardError(f"there is no board called {name!r}; {hint}")

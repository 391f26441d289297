"""The boards that tinycl knows."""

from __future__ import annotations

import difflib
from dataclasses import replace

from tinycl.boards.board import Board
from tinycl.exceptions import BoardError

__all__ = ["BOARDS", "BUILT", "BUILT_IN", "FROZEN", "get", "names"]

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
_VIRT = ("qemu-system-riscv32", "-machine", "virt", "-bios", "none", "-m", "32M")

_EMULATED = (
    Board(
        "cpython",
        "this Python",
        "emulated",
        "host",
        _LINUX,
        notes="the default",
    ),
    Board(
        "unix",
        "MicroPython's unix port",
        "emulated",
        "x64",
        notes="built from MicroPython's source",
        binary="micropython",
        packages=_MAKE,
    ),
    Board(
        "cortex-m3",
        "MicroPython on QEMU mps2-an385",
        "emulated",
        "armv7m",
        heap_bytes=144 * _KIB,
        clock_mhz=25,
        notes="counts instructions; heap of a small board",
        romfs=True,
        binary="firmware.elf",
        packages=_ARM,
        emulator=("qemu-system-arm", "-machine", "mps2-an385", *_QEMU),
        rom_address=0x21000000,
    ),
    Board(
        "cortex-m0",
        "MicroPython on QEMU microbit, 256 KiB",
        "emulated",
        "armv6m",
        heap_bytes=208 * _KIB,
        clock_mhz=16,
        notes="the instruction set of the Pico",
        romfs=True,
        binary="firmware.elf",
        packages=_ARM,
        emulator=(*_MICROBIT, *_QEMU),
        rom_address=0x00400000,
    ),
    Board(
        "rv32",
        "MicroPython on QEMU virt, riscv32",
        "emulated",
        "rv32imc",
        romfs=True,
        binary="firmware.elf",
        packages=_RISCV,
        emulator=(*_VIRT, *_QEMU),
        rom_address=0x81000000,
    ),
    Board(
        "circuitpython",
        "MicroPython configured like CircuitPython",
        "emulated",
        "armv6m",
        ("reference",),
        heap_bytes=126_112,
        clock_mhz=125,
        notes="heap and clock of CircuitPython 9 on a Pico W; plain Python, slow",
        binary="micropython",
        packages=_MAKE,
        variant="circuitpython",
    ),
)
# Heaps of rp2 and CircuitPython boards: measured at boot. File systems and clocks: the board
# definitions of MicroPython 1.25.
_REAL = (
    Board(
        "pico",
        "Raspberry Pi Pico (RP2040)",
        "real",
        "armv6m",
        heap_bytes=245_888,
        flash_bytes=1408 * _KIB,
        clock_mhz=125,
        notes="about 230 KB of the heap are free at boot",
    ),
    Board(
        "pico-w",
        "Raspberry Pi Pico W (RP2040)",
        "real",
        "armv6m",
        heap_bytes=205_184,
        flash_bytes=848 * _KIB,
        clock_mhz=125,
    ),
    Board(
        "pico2",
        "Raspberry Pi Pico 2 (RP2350)",
        "real",
        "armv7m",
        heap_bytes=497_536,
        flash_bytes=3072 * _KIB,
        clock_mhz=150,
    ),
    Board(
        "esp32",
        "ESP32, 4 MiB flash",
        "real",
        "xtensawin",
        heap_bytes=134_000,
        flash_bytes=2048 * _KIB,
        clock_mhz=160,
        notes="the heap is in two regions: the largest piece is smaller",
    ),
    Board(
        "esp32-s3",
        "ESP32-S3, 8 MiB flash",
        "real",
        "xtensawin",
        flash_bytes=6144 * _KIB,
        clock_mhz=160,
    ),
    Board(
        "stm32",
        "STM32F405 (Pyboard v1.1)",
        "real",
        "armv7m",
        flash_bytes=112 * _KIB,
        clock_mhz=168,
        notes="128 KiB of RAM in all",
    ),
    Board(
        "nrf52840",
        "nRF52840",
        "real",
        "armv7m",
        heap_bytes=128 * _KIB,
        flash_bytes=64 * _KIB,
        clock_mhz=64,
        notes="the firmware keeps at least this heap of 256 KiB of RAM",
    ),
    Board(
        "samd51",
        "SAMD51",
        "real",
        "armv7m",
        clock_mhz=120,
        notes="192 KiB or 256 KiB of RAM in all",
    ),
    Board(
        "teensy",
        "Teensy 4.0 and 4.1",
        "real",
        "armv7m",
        clock_mhz=600,
        notes="1 MiB of RAM in all",
    ),
    Board(
        "raspberry-pi",
        "Raspberry Pi or another Linux board",
        "real",
        "linux",
        _LINUX,
        notes="python -m tinycl.boards.cpython_board --kernels numpy",
    ),
)

BOARDS: dict[str, Board] = {board.name: board for board in (*_EMULATED, *_REAL)}

BUILT: dict[str, Board] = {board.name: board for board in _EMULATED if board.binary}
"""Emulated boards that run MicroPython; ``python -m tools.boards`` builds them."""

BUILT_IN = Board(
    "unix-built-in",
    "MicroPython's unix port with tinycl in its firmware",
    "emulated",
    "x64",
    binary="micropython",
    packages=_MAKE,
    built_in=True,
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
    for board in (BOARDS.get(name), BUILT_IN, FROZEN):
        if board and board.name == name:
            return board
    near = difflib.get_close_matches(name.lower().replace("_", "-"), BOARDS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "one of: " + ", ".join(BOARDS)
    raise BoardError(f"there is no board called {name!r}; {hint}")

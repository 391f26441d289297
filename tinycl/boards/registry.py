"""The boards that tinycl knows: what they have, and what it takes to use them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from tinycl.exceptions import BoardError

__all__ = ["BOARDS", "Board", "get", "names"]

_KIB = 1024
_ARM_QEMU = ("qemu-system-arm", "arm-none-eabi-gcc", "make")


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
    heap_bytes : int or None
        Heap of the interpreter; None where no figure is known or the limit is far away.
    flash_bytes : int or None
        Flash that the standard firmware leaves for files.
    clock_mhz : int or None
        As the standard firmware sets it.
    kernels : tuple of str
        Kernel sets that this version has for it, fastest first.
    needs : tuple of str
        Programs that this computer must have, for emulated boards.
    notes : str
    romfs : bool
        Files can lie in memory-mapped flash, as the standard firmware is.
    """

    name: str
    title: str
    kind: str
    arch: str
    heap_bytes: int | None
    flash_bytes: int | None
    clock_mhz: int | None
    kernels: tuple[str, ...]
    needs: tuple[str, ...] = ()
    notes: str = ""
    romfs: bool = False


_MICROPYTHON = ("native", "viper", "reference")
_LINUX = ("numpy", "reference")

# Heaps of rp2 and CircuitPython boards: measured at boot. File systems and clocks: the board
# definitions of MicroPython 1.25.
BOARDS: dict[str, Board] = {
    board.name: board
    for board in (
        Board(
            "cpython",
            "this Python behind a pseudo-terminal",
            "emulated",
            "host",
            None,
            None,
            None,
            _LINUX,
            notes="the default",
        ),
        Board(
            "unix",
            "MicroPython's unix port",
            "emulated",
            "x64",
            None,
            None,
            None,
            _MICROPYTHON,
            ("gcc", "make"),
            "built from MicroPython's source",
        ),
        Board(
            "cortex-m3",
            "MicroPython on QEMU mps2-an385",
            "emulated",
            "armv7m",
            144 * _KIB,
            None,
            25,
            _MICROPYTHON,
            _ARM_QEMU,
            "counts instructions; heap of a small board",
            romfs=True,
        ),
        Board(
            "cortex-m0",
            "MicroPython on QEMU microbit, 256 KiB",
            "emulated",
            "armv6m",
            208 * _KIB,
            None,
            16,
            _MICROPYTHON,
            _ARM_QEMU,
            "the instruction set of the Pico",
            romfs=True,
        ),
        Board(
            "rv32",
            "MicroPython on QEMU virt, riscv32",
            "emulated",
            "rv32imc",
            None,
            None,
            None,
            _MICROPYTHON,
            ("qemu-system-riscv32", "riscv64-unknown-elf-gcc", "make"),
            romfs=True,
        ),
        Board(
            "circuitpython",
            "MicroPython configured like CircuitPython",
            "emulated",
            "armv6m",
            126_112,
            None,
            125,
            ("reference",),
            ("gcc", "make"),
            "heap and clock of CircuitPython 9 on a Pico W; plain Python, slow",
        ),
        Board(
            "pico",
            "Raspberry Pi Pico (RP2040)",
            "real",
            "armv6m",
            245_888,
            1408 * _KIB,
            125,
            _MICROPYTHON,
            notes="about 230 KB of the heap are free at boot",
        ),
        Board(
            "pico-w",
            "Raspberry Pi Pico W (RP2040)",
            "real",
            "armv6m",
            205_184,
            848 * _KIB,
            125,
            _MICROPYTHON,
        ),
        Board(
            "pico2",
            "Raspberry Pi Pico 2 (RP2350)",
            "real",
            "armv7m",
            497_536,
            3072 * _KIB,
            150,
            _MICROPYTHON,
        ),
        Board(
            "esp32",
            "ESP32, 4 MiB flash",
            "real",
            "xtensawin",
            134_000,
            2048 * _KIB,
            160,
            _MICROPYTHON,
            notes="the heap is in two regions: the largest piece is smaller",
        ),
        Board(
            "esp32-s3",
            "ESP32-S3, 8 MiB flash",
            "real",
            "xtensawin",
            None,
            6144 * _KIB,
            160,
            _MICROPYTHON,
        ),
        Board(
            "stm32",
            "STM32F405 (Pyboard v1.1)",
            "real",
            "armv7m",
            None,
            112 * _KIB,
            168,
            _MICROPYTHON,
            notes="128 KiB of RAM in all",
        ),
        Board(
            "nrf52840",
            "nRF52840",
            "real",
            "armv7m",
            128 * _KIB,
            64 * _KIB,
            64,
            _MICROPYTHON,
            notes="the firmware keeps at least this heap of 256 KiB of RAM",
        ),
        Board(
            "samd51",
            "SAMD51",
            "real",
            "armv7m",
            None,
            None,
            120,
            _MICROPYTHON,
            notes="192 KiB or 256 KiB of RAM in all",
        ),
        Board(
            "teensy",
            "Teensy 4.0 and 4.1",
            "real",
            "armv7m",
            None,
            None,
            600,
            _MICROPYTHON,
            notes="1 MiB of RAM in all",
        ),
        Board(
            "raspberry-pi",
            "Raspberry Pi or another Linux board",
            "real",
            "linux",
            None,
            None,
            None,
            _LINUX,
            notes="python -m tinycl.boards.cpython_board --kernels numpy",
        ),
    )
}


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
    if name in BOARDS:
        return BOARDS[name]
    near = difflib.get_close_matches(name.lower().replace("_", "-"), BOARDS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "one of: " + ", ".join(BOARDS)
    raise BoardError(f"there is no board called {name!r}; {hint}")

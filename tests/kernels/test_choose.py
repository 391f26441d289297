"""Which kernel set is chosen, where some do not load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import tinycl_rt
from helpers.boards import NATIVE, run_on
from tinycl_rt.kernels import choose


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder for stand-ins of tinycl_core and the viper kernels, imported anew in each test."""
    monkeypatch.delenv("TINYCL_KERNELS", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    names = {"native": f"native_{tmp_path.name}", "viper": f"viper_{tmp_path.name}"}
    for name, module in names.items():
        monkeypatch.setitem(choose._MODULES, name, module)
        (tmp_path / f"{module}.py").write_text(f"NAME = {name!r}\n")
    return tmp_path


def write(modules: Path, name: str, text: str) -> None:
    sys.modules.pop(f"{name}_{modules.name}", None)
    (modules / f"{name}_{modules.name}.py").write_text(text)


def test_native_comes_first(modules: Path) -> None:
    assert choose.load().NAME == "native"
    assert choose.load("viper").NAME == "viper"
    assert choose.load("reference").NAME == "reference"


@pytest.mark.parametrize(
    "text",
    [
        "raise ValueError('incompatible .mpy file')",  # another processor, another MicroPython
        "raise ImportError('no module')",
        "raise MemoryError()",
        "@micropython.viper\ndef f(x: ptr8)",  # what CircuitPython says of a viper file
    ],
)
def test_what_does_not_load_is_passed_over(modules: Path, text: str) -> None:
    write(modules, "native", text)
    assert choose.load().NAME == "viper"
    with pytest.raises(ValueError, match="'native' do not load here"):
        choose.load("native")
    write(modules, "viper", text)
    assert choose.load().NAME == "reference"


def test_an_error_of_another_kind_is_not_hidden(modules: Path) -> None:
    write(modules, "native", "1 // 0")
    with pytest.raises(ZeroDivisionError):
        choose.load()


def test_the_runtime_says_which_kernels_it_has(
    modules: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tinycl_rt.backend == "native"
    write(modules, "native", "raise ValueError('another processor')")
    assert tinycl_rt.backend == "viper"
    for name in ("reference", "numpy"):
        monkeypatch.setenv("TINYCL_KERNELS", name)
        assert tinycl_rt.backend == name
    with pytest.raises(AttributeError, match="no attribute 'backends'"):
        _ = tinycl_rt.backends
    with pytest.raises(ImportError):
        from tinycl_rt import backends  # noqa: F401


@pytest.mark.parametrize("with_native, name", [(True, "native"), (False, "viper")])
@pytest.mark.parametrize("board_name", NATIVE)
def test_so_it_does_on_boards(
    board_name: str, with_native: bool, name: str, tmp_path: Path
) -> None:
    code = "import tinycl_rt\nfrom tinycl_rt import backend\nprint(backend, tinycl_rt.backend)"
    printed = run_on(board_name, tmp_path, {}, code, kernels=with_native)
    assert printed.split() == [name, name]

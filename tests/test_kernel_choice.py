"""Which kernel set is chosen, where some do not load."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tinycl_rt import kernels


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder for stand-ins of tinycl_native and kernels_viper, imported anew in each test."""
    monkeypatch.delenv("TINYCL_KERNELS", raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    names = {"native": f"native_{tmp_path.name}", "viper": f"viper_{tmp_path.name}"}
    for name, module in names.items():
        monkeypatch.setitem(kernels._MODULES, name, module)
        (tmp_path / f"{module}.py").write_text(f"NAME = {name!r}\n")
    return tmp_path


def write(modules: Path, name: str, text: str) -> None:
    sys.modules.pop(f"{name}_{modules.name}", None)
    (modules / f"{name}_{modules.name}.py").write_text(text)


def test_native_comes_first(modules: Path) -> None:
    assert kernels.load().NAME == "native"
    assert kernels.load("viper").NAME == "viper"
    assert kernels.load("reference").NAME == "reference"


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
    assert kernels.load().NAME == "viper"
    with pytest.raises(ValueError, match="'native' do not load here"):
        kernels.load("native")
    write(modules, "viper", text)
    assert kernels.load().NAME == "reference"


def test_an_error_of_another_kind_is_not_hidden(modules: Path) -> None:
    write(modules, "native", "1 // 0")
    with pytest.raises(ZeroDivisionError):
        kernels.load()

"""What firmware builders, mip, circup and type checkers take: lists, stubs, real installs."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from helpers.boards import absent, built
from helpers.paths import PROJECT, RUNTIME, VECTORS
from tinycl_rt import __version__

from tinycl.boards.cache import source_folder
from tinycl.boards.registry import BUILT_IN
from tools.boards.build import is_built
from tools.boards.session import Session
from tools.release.mip_package import FILE, package

FIRMWARE = PROJECT / "firmware"
STUBS = sorted(RUNTIME.glob("*.pyi"))


def test_the_package_names_every_file() -> None:
    assert FILE.read_text() == package(), "run python -m tools.release.mip_package"
    names = [url for _, url in json.loads(package())["urls"]]
    assert "tinycl_rt/learner.py" in names and not any("numpy" in name for name in names)
    assert f'version="{__version__}"' in (FIRMWARE / "manifest.py").read_text()


def test_mip_installs_it(tmp_path: Path) -> None:
    with Session(built("cortex-m0"), tmp_path) as session:
        session.serial.exit_raw_repl()
        session.serial.close()
        words = [sys.executable, "-m", "mpremote", "connect", session.port]
        words += ["mip", "install", str(FIRMWARE / "package.json")]
        ran = subprocess.run(words, capture_output=True, text=True, timeout=200)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        words[-3:] = ["exec", "from tinycl_rt import Learner, backend; print(Learner, backend)"]
        ran = subprocess.run(words, capture_output=True, text=True, timeout=200)
        assert ran.stdout.strip() == "<class 'Learner'> viper", ran.stdout + ran.stderr


def test_kernels_and_runtime_built_into_firmware(tmp_path: Path) -> None:
    """The unix port made with micropython.mk and manifest.py: nothing comes from files."""
    if not is_built(BUILT_IN):
        absent("unix-built-in is not built, or not from these sources: run make boards")
    vectors = VECTORS
    code = f"""
import sys
sys.path[:] = [".frozen", {str(vectors)!r}]
import tinycl_core, tinycl_cwr, tinycl_float, tinycl_lda, tinycl_tail, tinycl_full
import tinycl_rt, vector_check
assert tinycl_rt.backend == tinycl_core.NAME == tinycl_full.NAME == "native"
assert tinycl_rt.kernels.choose.tail(tinycl_core) is tinycl_tail
assert tinycl_rt.kernels.choose.cwr(tinycl_core) is tinycl_cwr
assert tinycl_rt.kernels.choose.lda(tinycl_core) is tinycl_lda
assert tinycl_rt.kernels.choose.floats(tinycl_core) is tinycl_float
try:
    tinycl_core.bconv(b"", b"", b"", b"", bytearray(4), bytearray(4))
except ValueError as error:
    print(error)
both = vector_check.Both(tinycl_core, tinycl_cwr)
print(vector_check.check(both), vector_check.check_learning(tinycl_core))
"""
    (tmp_path / "tinycl_core.mpy").write_text("no module: a board prefers what is built in")
    ran = subprocess.run(
        [*BUILT_IN.command(), "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    first, second = ran.stdout.splitlines()
    assert first == "kernel: array of the wrong type"
    vectors_checked, learned = map(int, second.split())
    assert vectors_checked > 60 and learned > 0


def test_cmake_takes_the_sources_that_make_takes() -> None:
    text = (FIRMWARE / "native" / "micropython.cmake").read_text()
    made = (FIRMWARE / "native" / "micropython.mk").read_text()
    sources = FIRMWARE / "native"
    for file in sources.rglob("*/*.c"):
        folder = file.parent.relative_to(sources).as_posix()
        if folder.startswith(("build", "dist")):
            continue
        assert f" {folder}" in "".join(re.findall(r"foreach\(folder.*\)", text)), file
        assert f"{folder}" in "".join(re.findall(r"foreach folder,.*,", made)), file
    assert "*.c" in text and "*.c" in made
    for option in ("-O2", "-ffp-contract=off"):
        assert option in text and option in made


def test_a_circup_bundle_has_circups_layout(tmp_path: Path) -> None:
    from tools.release.circup_bundle import make_bundle

    *zips, about = make_bundle(tmp_path, "someone/TinyCL_bundle", "20260101")
    roots = [f"tinycl-bundle-{p}-20260101" for p in ("py", "9.x-mpy", "10.x-mpy", "11.x-mpy")]
    assert [file.name for file in zips] == [f"{root}.zip" for root in roots]
    for file, root in zip(zips, roots, strict=True):
        names = set(zipfile.ZipFile(file).namelist())
        assert f"{root}/lib/tinycl_rt/learner.py" in names
        assert f"{root}/lib/tinycl_rt/version.py" in names  # where circup finds the version
        assert not any("viper" in name or "numpy" in name for name in names)
    assert json.loads(about.read_text())["tinycl_rt"]["path"] == "lib/tinycl_rt"


def test_the_manifest_leaves_to_builders_what_they_freeze() -> None:
    sys.path.insert(0, str(source_folder() / "tools"))
    try:
        from manifestfile import MODE_FREEZE, ManifestFile
    finally:
        del sys.path[0]
    for words, wanted in (("", False), (", viper=True", True)):
        manifest = ManifestFile(MODE_FREEZE, {"MPY_LIB_DIR": ""})
        manifest.execute(f'include("{FIRMWARE}/manifest.py"{words})')
        frozen = {file.target_path for file in manifest.files()}
        assert "tinycl_rt/learner.py" in frozen and not any("numpy" in path for path in frozen)
        assert any("viper" in path for path in frozen) is wanted


@pytest.mark.parametrize("stub", STUBS, ids=lambda stub: stub.stem)
def test_stubs_say_what_the_runtime_has(stub: Path) -> None:
    name = "tinycl_rt" if stub.stem == "__init__" else f"tinycl_rt.{stub.stem}"
    module = importlib.import_module(name)
    for node in ast.parse(stub.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            assert _names(node) == list(inspect.signature(getattr(module, node.name)).parameters)
        elif isinstance(node, ast.ClassDef):
            cls = getattr(module, node.name)
            said = {n.name: n for n in node.body if isinstance(n, ast.FunctionDef)}
            public = {n for n in vars(cls) if not n.startswith("_")} | {"__init__"}
            assert set(said) == public, f"{node.name}: {set(said) ^ public}"
            for method, told in said.items():
                here = inspect.getattr_static(cls, method)
                if isinstance(here, property):
                    continue
                here = here.__func__ if isinstance(here, staticmethod) else here
                assert _names(told) == list(inspect.signature(here).parameters), method
        elif isinstance(node, ast.AnnAssign):
            assert isinstance(node.target, ast.Name) and hasattr(module, node.target.id)


def _names(node: ast.FunctionDef) -> list[str]:
    given = node.args
    extra = [a.arg for a in (given.vararg, given.kwarg) if a]
    return [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)] + extra


def test_a_program_type_checks_against_the_stubs(tmp_path: Path) -> None:
    right = """
from tinycl_rt import Learner

learner = Learner("model.tcm", classes=10, replay_slots=200)
best: int = learner.learn(bytes(64), "cup")
name: str | None = learner.predict_name(bytearray(64))
"""
    (tmp_path / "right.py").write_text(right)
    (tmp_path / "wrong.py").write_text(right + "learner.learn(64, 1)\nlearner.teach(b'')\n")
    environment = {**os.environ, "MYPYPATH": str(FIRMWARE)}
    words = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent"]
    words += ["--cache-dir", str(tmp_path / "cache")]
    for file, complaints in (("right.py", []), ("wrong.py", ["arg-type", "attr-defined"])):
        ran = subprocess.run(
            [*words, file], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        found = [line.rpartition("[")[2].rstrip("]") for line in ran.stdout.splitlines()[:-1]]
        assert found == complaints, ran.stdout + ran.stderr

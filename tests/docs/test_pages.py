"""Examples in pages and docstrings run, and the files and links that pages name exist."""

from __future__ import annotations

import doctest
import importlib.util
import os
import re
import sys
from pathlib import Path
from textwrap import indent
from types import ModuleType
from typing import Any

import pytest
import typer
from helpers.paths import PROJECT

from tinycl.cli import app

PAGES = sorted((PROJECT / "tinycl" / "docs").glob("*.md"))
READMES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    *sorted((PROJECT / "firmware").rglob("README.md")),
]
SOURCES = [
    path
    for folder in ("tinycl", "firmware/tinycl_rt")
    for path in sorted((PROJECT / folder).rglob("*.py"))
    if re.search(r"^\s*>>> ", path.read_text(), re.MULTILINE)
]
# Their examples need TensorFlow, or models of the reader.
NEEDS_TRAINING = {"tinycl.edge.layers", "tinycl.edge.wrap", "tinycl.models.quantizers"}
NEEDS_FILES = {"tinycl.compiler.lce_interpreter"}
# Folders from which a page may name a file without the rest of its path.
ROOTS = [
    PROJECT,
    *(PROJECT / folder for folder in ("firmware", "firmware/native", "firmware/tinycl_rt")),
    *(PROJECT / "firmware" / "tinycl_rt" / part for part in ("kernels", "service")),
    *(PROJECT / "firmware" / "boards" / part for part in ("", "qemu", "circuitpython")),
    PROJECT / "firmware" / "examples" / "micropython",
]
SUFFIXES = r"(?:py|md|c|h|ld|mk|cmake|toml|sh|json|jsonl|npz|ipynb|pyi)"
# Files that a reader makes, or that lie on a board or in another project.
MADE = re.compile(
    r"^(?:run|runs|dist|build|BOARD|NAME|ORG|ARCH_6\.3|CIRCUITPY)/|^NAME\.|"
    r"^(?:hello|soak|mnist|cifar10|summary|board|main|model|settings|circuitpy_mpconfig)\.\w+$"
)
OPTIONS = doctest.ELLIPSIS
MAKEFILES = "".join((PROJECT / f / "Makefile").read_text() for f in ("", "firmware/native"))
VERBS: dict[str, Any] = vars(typer.main.get_command(app))["commands"]


def identity(path: Path) -> str:
    return str(path.relative_to(PROJECT))


@pytest.mark.parametrize("page", [*PAGES, *READMES], ids=identity)
def test_examples_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = page.read_text()
    tests = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
    assert doctest.DocTestRunner(optionflags=OPTIONS).run(tests).failed == 0


@pytest.mark.parametrize("page", [*PAGES, *READMES], ids=identity)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text()):
        assert (page.parent / link).is_file(), f"{page.name}: {link}"


@pytest.mark.parametrize("page", [*PAGES, *READMES], ids=identity)
def test_files_that_a_page_names_are_there(page: Path) -> None:
    text = re.sub(r"https?://\S+", "", page.read_text())
    for name in re.findall(rf"[\w./…-]*\w\.{SUFFIXES}\b(?![\w(])", text):
        if MADE.search(name) or "…" in name:
            continue
        places = [root / name for root in (*ROOTS, page.parent)]
        assert any(place.exists() for place in places), f"{page.name}: {name}"


@pytest.mark.parametrize("page", [*PAGES, *READMES], ids=identity)
def test_commands_that_a_page_names_exist(page: Path) -> None:
    text = re.sub(
        r"```\w*\n(.*?)```", lambda m: indent(m[1], "    "), page.read_text(), flags=re.S
    )
    for module in re.findall(r"python -m (tools[\w.]*\w)", text):
        assert importlib.util.find_spec(module), f"{page.name}: {module}"
    for target in re.findall(r"(?:^    |`)make ([a-z]+)", text, re.MULTILINE):
        assert f"\n{target}:" in MAKEFILES, f"{page.name}: make {target}"
    for verb, words in re.findall(r"(?:^    |`)tinycl ([a-z]+)\b([^`\n]*)", text, re.MULTILINE):
        known = {option for p in VERBS[verb].params for option in p.opts}
        unknown = set(re.findall(r"(?<!\S)--[a-z-]+", words.partition("#")[0])) - known
        assert not unknown or verb == "zoo", f"{page.name}: tinycl {verb} {unknown}"


def test_every_page_is_linked_from_the_readme() -> None:
    text = (PROJECT / "README.md").read_text()
    assert [page.name for page in PAGES if f"](tinycl/docs/{page.name})" not in text] == []


def test_the_picture_is_small_and_holds_nothing_else() -> None:
    picture = (PROJECT / "tinycl" / "docs" / "demo.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and len(picture) < 100_000
    assert not any(chunk in picture for chunk in (b"tEXt", b"iTXt", b"zTXt", b"eXIf"))


def module_of(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    parts = parts[1:] if parts[0] == "firmware" else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize("path", SOURCES, ids=module_of)
def test_examples_of_docstrings_run(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = module_of(path)
    if name in NEEDS_TRAINING | NEEDS_FILES:
        pytest.skip("takes TensorFlow, or a model of the reader's")
    __import__(name)
    module: ModuleType = sys.modules[name]
    monkeypatch.chdir(tmp_path)
    found = doctest.testmod(module, optionflags=OPTIONS)
    assert found.failed == 0
    assert found.attempted or "doctest: +SKIP" in path.read_text(), os.fspath(path)

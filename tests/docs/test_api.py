"""Docstrings cover every public name, its errors and the papers; pdoc has no warning."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tools.release import api_docs

# Raised on purpose and of no interest to a caller.
INTERNAL = {"NotImplementedError", "AttributeError", "KeyError", "StopIteration", "SystemExit"}
FROM_PAPERS = (
    *("head", "trainable.tail", "trainable.full", "replay"),
    *("kernels.reference.core", "kernels.reference.tail", "kernels.reference.full"),
)


@pytest.fixture(scope="module")
def loaded() -> list[ModuleType]:
    """All modules that are documented."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [importlib.import_module(name) for name in api_docs.modules()]


def public(module: ModuleType) -> Iterator[tuple[str, Any, str]]:
    """Name and object of every public name defined here, with docstrings of its surroundings."""
    about = module.__doc__ or ""
    names = getattr(module, "__all__", None) or [n for n in vars(module) if not n.startswith("_")]
    for name in names:
        made = getattr(module, name)
        if getattr(made, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(made):
            yield f"{module.__name__}.{name}", made, about
        elif inspect.isclass(made):
            yield f"{module.__name__}.{name}", made, about
            for key, member in vars(made).items():
                if isinstance(member, property):
                    member = member.fget
                member = getattr(member, "__func__", member)
                if inspect.isfunction(member) and not key.startswith("_"):
                    said = f"{about}\n{inspect.getdoc(made)}"
                    yield f"{module.__name__}.{name}.{key}", member, said


def test_every_public_name_has_a_docstring(loaded: list[ModuleType]) -> None:
    lacking = [module.__name__ for module in loaded if not module.__doc__]
    for module in loaded:
        for name, made, said in public(module):
            # A stream's methods are explained once, where its module says what a stream is.
            explained = f"``{made.__name__}(" in said or inherits(module, name)
            if not inspect.getdoc(made) and not explained:
                lacking.append(name)
    assert lacking == []


def inherits(module: ModuleType, name: str) -> bool:
    """Whether a method fulfils a Protocol or overrides one that has a docstring."""
    *_, owner, method = name.split(".")
    cls = getattr(module, owner, None)
    bases = [b for b in vars(module).values() if getattr(b, "_is_protocol", False)]
    bases += list(getattr(cls, "__mro__", ()))
    return any(getattr(vars(base).get(method), "__doc__", None) for base in bases)


def test_errors_are_named(loaded: list[ModuleType]) -> None:
    """By the function, its class or its module; the command line prints them instead."""
    unnamed = []
    for module in loaded:
        if module.__name__.startswith(
            ("tinycl.cli", "tinycl_rt.link.streams", "tinycl_rt.link.fd_stream")
        ):
            continue
        for name, made, said in public(module):
            if not inspect.isfunction(made) or inherits(module, name):
                continue
            text = f"{inspect.getdoc(made)}\n{said}"
            unnamed += [f"{name}: {error}" for error in raised(made) if error not in text]
    assert unnamed == []


def raised(function: Any) -> set[str]:
    """Names of the errors that a function raises in its own body."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            error = node.exc.func
            name = error.attr if isinstance(error, ast.Attribute) else getattr(error, "id", "")
            if name[:1].isupper() and name not in INTERNAL:
                found.add(name)
    return found


def test_parameters_that_are_described_exist(loaded: list[ModuleType]) -> None:
    wrong = []
    for module in loaded:
        for name, made, _ in public(module):
            try:
                there = {p.lstrip("*") for p in inspect.signature(made).parameters}
            except ValueError:
                continue
            if name != "tinycl_rt.config.Config":  # its keywords stand in a table
                wrong += [f"{name}: {p}" for p in described(made) if p not in there]
    assert wrong == []


def described(made: Any) -> list[str]:
    """Names in the Parameters section of a docstring."""
    section = re.search(
        r"^Parameters\n-+\n(.*?)(?=^\w[\w ]*\n---|\Z)",
        inspect.getdoc(made) or "",
        re.MULTILINE | re.DOTALL,
    )
    lines = section.group(1).splitlines() if section else []
    heads = [line.split(" : ")[0] for line in lines if re.match(r"[\w*]", line)]
    return [name.strip(" *") for head in heads for name in head.split(",")]


def test_names_in_docstrings_are_there(loaded: list[ModuleType]) -> None:
    dead = []
    for module in loaded:
        texts = [module.__doc__ or "", *(inspect.getdoc(m) or "" for _, m, _ in public(module))]
        for name in re.findall(r"`(tinycl(?:_rt)?(?:\.\w+)+)`", "\n".join(texts)):
            if name not in api_docs.FIRMWARE_ONLY and not resolves(name):
                dead.append(f"{module.__name__}: {name}")
    assert dead == []


def resolves(name: str) -> bool:
    found: Any = None
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:k]))
        except ImportError:
            continue
        for part in parts[k:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("name", FROM_PAPERS)
def test_what_is_published_names_the_paper(name: str) -> None:
    about = importlib.import_module(f"tinycl_rt.{name}").__doc__ or ""
    assert re.search(r"\b\d{4}\.\d{5}\b", about)


def test_the_pages_are_made_without_a_warning(tmp_path: Path) -> None:
    api_docs.build(tmp_path)  # raises the first warning that there is
    for page in ("tinycl/link/client.html", "tinycl_rt/learner.html", "tinycl/edge/layers.html"):
        assert "docstring" in (tmp_path / page).read_text()

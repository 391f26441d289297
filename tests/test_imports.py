"""Imports flow one way: no circles, and never upwards in the declared order of packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from helpers.paths import PROJECT, RUNTIME

# From the bottom up. A name imports those of lower lines, never those of its own line.
ORDER = {
    "tinycl": """
        tinycl exceptions patience table text
        files keras inference packing
        boards
        data models zoo
        training edge compiler observer
        link
        flash page
        report
        experiment
        ui
        cli""",
    "tinycl_rt": """
        lib tcm version config
        kernels link
        model forward replay
        cholesky
        head lda
        trainable
        store
        predictor corrections
        learner
        sound
        listener
        tinycl_rt changes
        device
        service""",
}
FOLDERS = {"tinycl": PROJECT / "tinycl", "tinycl_rt": RUNTIME}

Imports = dict[str, set[str]]


def read_imports(folder: Path, package: str) -> Imports:
    """What every module of a package imports, at its top or inside functions.

    Modules of the package by their full names; of other packages only the first name.
    """
    files = {}
    for path in folder.rglob("*.py"):
        parts = (package, *path.relative_to(folder).with_suffix("").parts)
        files[".".join(parts).removesuffix(".__init__")] = path
    return {
        module: {
            max((m for m in files if f"{name}.".startswith(f"{m}.")), key=len)
            if name.partition(".")[0] == package
            else name.partition(".")[0]
            for name in names_imported(path)
        }
        - {module}
        for module, path in files.items()
    }


def names_imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.module and not node.level, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def circle(imports: Imports) -> list[str]:
    """Modules that import each other in a ring, if there are any."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def part(module: str) -> str:
    """Where a module stands in the order: its folder or file, or the package itself."""
    return (*module.split("."), module)[1]


def imports_upwards(imports: Imports, order: str, package: str) -> list[str]:
    lines = [line.split() for line in order.split("\n")]
    height = {name: number for number, line in enumerate(lines) for name in line}
    missing = {part(module) for module in imports} - set(height)
    assert not missing, f"expected these in ORDER: {sorted(missing)}"
    return [
        f"{module} imports {name}"
        for module, names in sorted(imports.items())
        for name in sorted(names)
        if name.partition(".")[0] == package
        and part(name) != part(module)
        and height[part(name)] >= height[part(module)]
    ]


@pytest.fixture(params=sorted(FOLDERS))
def package(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_there_is_no_circle(package: str) -> None:
    assert circle(read_imports(FOLDERS[package], package)) == []


def test_no_import_goes_upwards(package: str) -> None:
    imports = read_imports(FOLDERS[package], package)
    assert imports_upwards(imports, ORDER[package], package) == []


@pytest.mark.parametrize(
    ("package", "others"),
    [("tinycl_rt", {"tinycl", "tools", "tests"}), ("tinycl", {"tools", "tests"})],
)
def test_what_a_package_must_not_know(package: str, others: set[str]) -> None:
    for module, names in read_imports(FOLDERS[package], package).items():
        assert not names & others, module


def test_circles_and_imports_upwards_are_found(tmp_path: Path) -> None:
    (tmp_path / "low").mkdir()
    (tmp_path / "low" / "__init__.py").touch()
    (tmp_path / "low" / "a.py").write_text("def f():\n    from pkg.high import g")
    (tmp_path / "high.py").write_text("import os\nfrom pkg.low import a\n")
    imports = read_imports(tmp_path, "pkg")
    assert imports["pkg.high"] == {"os", "pkg.low.a"}
    assert set(circle(imports)) == {"pkg.high", "pkg.low.a"}
    assert imports_upwards(imports, "low\nhigh", "pkg") == ["pkg.low.a imports pkg.high"]

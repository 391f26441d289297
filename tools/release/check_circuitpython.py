"""Find what CircuitPython lacks in the files that go onto its boards.

    python -m tools.release.check_circuitpython    the runtime, boot.py, code.py, examples
    python -m tools.release.check_circuitpython FILE...          some files

The lists and where they come from: tools/release/circuitpython_lists.py. A module or name that
CircuitPython lacks may be used under ``try: ... except ImportError`` (or AttributeError), or where
the file asks ``hasattr(module, "name")``. Files with viper code have "viper" in their names, since
they do not parse there: they are left out, and whoever imports one must do so under
``except (ImportError, SyntaxError)``.
"""

from __future__ import annotations

import ast
import builtins
import sys
from collections.abc import Iterator
from pathlib import Path

from tinycl.packing.sources import board_sources
from tools.command import command_line
from tools.release.circuitpython_lists import BUILTINS, METHODS_LACKING, MODULES, TYPE_CODES

__all__ = ["complaints", "files"]

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
_OWN = ("tinycl_rt", "hardware", "microphone", "sensors")  # the latter of the examples

# Syntax that Python 3.10 has and MicroPython's parser has not.
_SYNTAX: dict[type[ast.AST], str] = {
    ast.Match: "match",
    ast.AsyncFunctionDef: "async functions (asyncio is no core module)",
    ast.AsyncFor: "async for",
    ast.AsyncWith: "async with",
    ast.Await: "await",
    ast.AnnAssign: "annotations, of types that a board has no module for",
}


def files(given: list[Path] | None = None) -> list[Path]:
    """The files to check: those that are given, or all that are copied to CircuitPython."""
    if given:
        return given
    runtime = FIRMWARE / "tinycl_rt"
    found = [FIRMWARE / "boot.py", FIRMWARE / "code.py"]
    found += [runtime / path for path in board_sources(runtime)]
    found += [
        file
        for file in (FIRMWARE / "examples").rglob("*.py")
        if "micropython" not in file.relative_to(FIRMWARE).parts
    ]
    return sorted(found)


def complaints(file: Path) -> list[str]:
    """Return the problems of a file, one line each."""
    if "viper" in file.parent.name or "viper" in file.stem:
        return []
    tree = ast.parse(file.read_text())
    return [f"{file}:{line}: {words}" for line, words in dict.fromkeys(_Walk(tree).found)]


class _Walk(ast.NodeVisitor):
    def __init__(self, tree: ast.Module) -> None:
        self.found: list[tuple[int, str]] = []
        self._tried: list[str] = []  # exceptions that the code around is prepared for
        self._modules: dict[str, str] = {}  # local name: module
        self._asked = set(_asked(tree))
        self._bound = set(_bound(tree))
        self.visit(tree)

    def _say(self, node: ast.AST, words: str) -> None:
        self.found.append((getattr(node, "lineno", 0), words))

    def visit(self, node: ast.AST) -> None:
        if type(node) in _SYNTAX:
            self._say(node, f"CircuitPython has no {_SYNTAX[type(node)]}")
        super().visit(node)

    def visit_Try(self, node: ast.Try) -> None:
        caught = [ast.unparse(h.type) if h.type else "BaseException" for h in node.handlers]
        before = self._tried
        self._tried = [*before, *caught]
        for part in node.body:
            self.visit(part)
        self._tried = before
        for other in (*node.handlers, *node.orelse, *node.finalbody):
            self.visit(other)

    def _prepared(self, *errors: str) -> bool:
        return any(error in caught for caught in self._tried for error in errors)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._import(node, alias.name)
            self._modules[alias.asname or alias.name] = alias.name

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            self._say(node, "a relative import: name the package")
        self._import(node, module)
        for alias in node.names:
            self._import(node, f"{module}.{alias.name}")
            self._name(node, module, alias.name, "ImportError")

    def _import(self, node: ast.AST, name: str) -> None:
        if "viper" in name and not (
            self._prepared("SyntaxError") and self._prepared("ImportError")
        ):
            self._say(node, f"import {name} under except (ImportError, SyntaxError)")
        top = name.partition(".")[0]
        if top not in MODULES and top not in _OWN and not self._prepared("ImportError"):
            self._say(node, f"CircuitPython has no module {top}")

    def _name(self, node: ast.AST, module: str, name: str, error: str) -> None:
        names = MODULES.get(module)
        if names is None or name in names.split() or f"{module}.{name}" in self._asked:
            return
        if not self._prepared(error):
            self._say(node, f"CircuitPython's {module} has no {name}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        owner = ast.unparse(node.value)
        if owner in self._modules:
            self._name(node, self._modules[owner], node.attr, "AttributeError")
        elif (
            node.attr in METHODS_LACKING.split()
            and f"{owner}.{node.attr}" not in self._asked
            and not self._prepared("AttributeError")
        ):
            self._say(node, f"CircuitPython's types have no {node.attr}")
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        first = node.args[0] if node.args else None
        if isinstance(first, ast.Constant) and isinstance(first.value, str):
            called = ast.unparse(node.func).rpartition(".")[2]
            if called == "array" and first.value not in TYPE_CODES:
                self._say(node, f"CircuitPython's arrays have no type {first.value!r}")
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        known = node.id in BUILTINS.split() or node.id in self._bound
        if hasattr(builtins, node.id) and not known:
            self._say(node, f"CircuitPython has no built-in {node.id}")

    def _starred(self, node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> None:
        items = node.keys if isinstance(node, ast.Dict) else node.elts
        inside = not isinstance(getattr(node, "ctx", None), ast.Store)
        if inside and any(item is None or isinstance(item, ast.Starred) for item in items):
            self._say(node, "CircuitPython unpacks with * in calls and assignments only")
        self.generic_visit(node)

    visit_List = visit_Tuple = visit_Set = visit_Dict = _starred

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for mark in node.decorator_list:
            if "micropython." in ast.unparse(mark):
                self._say(mark, "machine code: in a file that has viper in its name")
        self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        if node.keywords:
            self._say(node, "CircuitPython has no metaclasses")
        self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> None:
        if node.posonlyargs:
            self._say(node.posonlyargs[0], "CircuitPython has no positional-only parameters")
        if any(a.annotation for a in (*node.args, *node.kwonlyargs)):
            self._say(node.args[0], "annotations: the runtime has none")
        self.generic_visit(node)


def _asked(tree: ast.Module) -> Iterator[str]:
    """Names that a file asks for with hasattr or getattr, as "owner.name"."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("hasattr", "getattr"):
            name = node.args[1]
            if isinstance(name, ast.Constant):
                yield f"{ast.unparse(node.args[0])}.{name.value}"


def _bound(tree: ast.Module) -> Iterator[str]:
    """Names that a file binds anywhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]


def main(words: list[str] | None = None) -> int:
    """Run the command line; return its exit status."""
    parser = command_line(__doc__)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE")
    checked = files(parser.parse_args(words).files)
    found = [line for file in checked for line in complaints(file)]
    print("\n".join(found) or f"{len(checked)} files have nothing that CircuitPython lacks")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

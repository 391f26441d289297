"""Make the files of a board from the runtime's modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tinycl.boards.sources import board_sources, runtime_folder
from tinycl.packing.constants import fold
from tinycl.packing.merge import Part, merge
from tinycl.packing.modules import PACKAGE, read
from tinycl.packing.names import shorten
from tinycl.packing.parts import PROFILES, STUBS
from tinycl.packing.unused import drop

__all__ = ["pack"]

_EXAMPLES = "examples"


def pack(profile: str = "serve", folder: Path | None = None) -> dict[str, str]:
    """The runtime as a board gets it.

    Parameters
    ----------
    profile
        ``predict``, ``learn`` or ``serve``, see ``tinycl.packing.parts``.
    folder
        A ``tinycl_rt``; by default the one that this package came with.

    Returns
    -------
    dict of str to str
        Python source by path from ``tinycl_rt``'s folder. Kernels in Python stay as they are, since
        only boards without native kernels need them.
    """
    folder = folder or runtime_folder()
    names = PROFILES[profile]
    parts = [Part(path, [read(folder, m) for m in text.split()]) for path, text in names.items()]
    root = read(folder, "")
    parts[0].modules.append(root)
    homes = {m.name: part for part in parts for m in part.modules}
    for part in parts:
        for module in part.modules:
            module.tree = _Settled(homes).visit(module.tree)
    public = {part.path: set[str]() for part in parts}
    stubs: dict[str, dict[str, set[str]]] = {}
    for name in STUBS:
        if name in homes:
            part = homes[name]
            found = next(m for m in part.modules if m.name == name)
            stubs[name] = {part.dotted: set(found.public)}
            public[part.path] |= set(found.public)
    public[""] |= {"Learner", "Model", "__version__", "__getattr__"}
    merge(parts)
    fold(parts)
    kept = _kept(folder)
    drop(parts, public, kept)
    shorten(parts, kept | {name for names in public.values() for name in names})
    packed = {f"{part.path or '__init__'}.py": _source(part.tree) for part in parts}
    packed |= _stubs(stubs)
    packed |= {
        path: (folder / path).read_text()
        for path in board_sources(folder)
        if path.startswith("kernels/") and path != "kernels/choose.py" or path == "lib/crc_table.py"
    }
    packed |= {path: "" for path in _packages(packed)}
    return packed


class _Settled(ast.NodeTransformer):
    """What is known of a packed board: it runs MicroPython, and which part a module is in."""

    def __init__(self, homes: dict[str, Part]) -> None:
        self._homes = homes

    def visit_If(self, node: ast.If) -> object:
        test = ast.unparse(node.test)
        if test == "sys.implementation.name == 'circuitpython'":
            return node.orelse
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if ast.unparse(node.func) == "forget" and isinstance(node.args[0], ast.Constant):
            node.args = [ast.Constant(self._home(node.args[0].value))]
        return self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        return self._list(node, node.targets[0])

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        return self._list(node, node.target)

    def _list(self, node: ast.Assign | ast.AugAssign, target: ast.expr) -> ast.AST:
        """A list of modules to let go of becomes one of parts."""
        if ast.unparse(target) in ("_SETUP", "_SELDOM") and isinstance(node.value, ast.Tuple):
            names = dict.fromkeys(self._home(ast.literal_eval(e)) for e in node.value.elts)
            node.value.elts = [ast.Constant(name) for name in names]
        return self.generic_visit(node)

    def _home(self, name: str) -> str:
        return self._homes[name].path if name in self._homes else name


def _source(tree: ast.Module) -> str:
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"


def _stubs(stubs: dict[str, dict[str, set[str]]]) -> dict[str, str]:
    files = {}
    for name, sources in stubs.items():
        lines = [
            f"from {part} import {', '.join(sorted(names))}\n" for part, names in sources.items()
        ]
        files[f"{name.replace('.', '/')}.py"] = "".join(lines)
    return files


def _packages(files: dict[str, str]) -> Iterator[str]:
    """The ``__init__`` of each folder that has files."""
    for path in list(files):
        for parent in Path(path).parents:
            if str(parent) != ".":
                yield f"{parent}/__init__.py"


def _kept(folder: Path) -> set[str]:
    """Names that must stay: of the stubs, of the kernels, of what programs call."""
    words: set[str] = set()
    for stub in folder.rglob("*.pyi"):
        words |= _spelled(ast.parse(stub.read_text()))
    for kernel in (folder / "kernels" / "reference").glob("*.py"):
        tree = ast.parse(kernel.read_text())
        words |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
    return words


def _spelled(tree: ast.Module) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        for field in ("id", "name", "arg", "attr"):
            value = getattr(node, field, None)
            if isinstance(value, str) and re.fullmatch(r"\w+", value):
                names.add(value)
    return names

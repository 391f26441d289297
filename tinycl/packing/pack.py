"""Make the files of a board from the runtime's modules."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tinycl.packing.constants import fold
from tinycl.packing.merge import Part, merge
from tinycl.packing.modules import read
from tinycl.packing.names import shorten
from tinycl.packing.parts import PROFILES, PUBLIC, RECORDING, SOUND, STUBS
from tinycl.packing.sources import board_sources, is_sound, runtime_folder
from tinycl.packing.unused import drop

__all__ = ["pack"]


def pack(
    profile: str = "serve", folder: Path | None = None, sound: bool = False
) -> dict[str, str]:
    """The runtime as a board gets it.

    Parameters
    ----------
    profile
        ``predict``, ``learn`` or ``serve``, see ``tinycl.packing.parts``.
    folder
        A ``tinycl_rt``; by default the one that this package came with.
    sound
        With the sound front end.

    Returns
    -------
    dict of str to str
        Python source by path from ``tinycl_rt``'s folder. Kernels in Python stay as they
        are: only boards without native kernels need them.
    """
    folder = folder or runtime_folder()
    names = dict(PROFILES[profile])
    if sound:
        names |= SOUND | (RECORDING if profile == "serve" else {})
    parts = [Part(path, [read(folder, m) for m in text.split()]) for path, text in names.items()]
    root = read(folder, "")
    parts[0].modules.append(root)
    homes = {m.name: part for part in parts for m in part.modules}
    for part in parts:
        for module in part.modules:
            module.tree = _Settled(homes).visit(module.tree)
    called = merge(parts)
    public = {part.path: set[str]() for part in parts}
    public[""] |= {"Learner", "Model", "__version__", "__getattr__"}
    stubs = {}
    for name in STUBS:
        if name not in homes:
            continue
        module = next(m for m in homes[name].modules if m.name == name)
        names_there = {n: called[name, n] for n in module.public if (name, n) in called}
        public[homes[name].path] |= set(names_there.values())
        stubs[name] = (homes[name].dotted, names_there)
    fold(parts)
    kept = _kept(folder)
    drop(parts, public, kept)
    shorten(parts, kept | {name for found in public.values() for name in found})
    packed = {f"{part.path or '__init__'}.py": _source(part.tree) for part in parts}
    packed |= _stubs(stubs)
    as_they_are = [path for path in board_sources(folder) if _stays(path, sound)]
    packed |= {path: (folder / path).read_text() for path in as_they_are}
    packed |= dict.fromkeys(_packages(packed), "")
    return packed


def _stays(path: str, sound: bool) -> bool:
    """Whether a file is of use to few boards, and stays as it is."""
    if is_sound(path) and not sound:
        return False
    return path == "lib/crc_table.py" or (
        path.startswith("kernels/") and path != "kernels/choose.py"
    )


class _Settled(ast.NodeTransformer):
    """What is known of a packed board: it runs MicroPython, and which part a module is in."""

    def __init__(self, homes: dict[str, Part]) -> None:
        self._homes = homes

    def visit_If(self, node: ast.If) -> object:
        test = ast.unparse(node.test)
        if test in ("sys.implementation.name == 'circuitpython'", "name == 'circuitpython'"):
            return node.orelse
        self.generic_visit(node)
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        first = node.args[0] if node.args else None
        if ast.unparse(node.func) == "forget" and isinstance(first, ast.Constant):
            node.args = [ast.Constant(self._home(str(first.value)))]
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
    """Python source. Tuples on the right of ``=`` have no parentheses: MicroPython makes an object
    of one that has some, and no object of ``a, b = c, d``.
    """
    bare = _Bare()
    text = ast.unparse(ast.fix_missing_locations(bare.visit(tree)))
    return re.sub(r"__tuple_(\d+)__", lambda found: bare.texts[int(found[1])], text) + "\n"


class _Bare(ast.NodeTransformer):
    """Puts a name in the place of each tuple that is assigned, and keeps its text."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        if isinstance(node.value, ast.Tuple) and isinstance(node.targets[0], ast.Tuple):
            self.texts.append(", ".join(ast.unparse(item) for item in node.value.elts))
            node.value = ast.Name(f"__tuple_{len(self.texts) - 1}__", ast.Load())
        return node


def _stubs(stubs: dict[str, tuple[str, dict[str, str]]]) -> dict[str, str]:
    """Files that point to names in a part: (part, what each name is called there), by module."""
    files = {}
    for module, (part, names) in stubs.items():
        aliases = [
            ast.alias(there, here if here != there else None) for here, there in names.items()
        ]
        files[f"{module.replace('.', '/')}.py"] = (
            ast.unparse(ast.ImportFrom(part, aliases, 0)) + "\n"
        )
    return files


def _packages(files: dict[str, str]) -> Iterator[str]:
    """The ``__init__`` of each folder that has files."""
    for path in list(files):
        for parent in Path(path).parents:
            if str(parent) != ".":
                yield f"{parent}/__init__.py"


def _kept(folder: Path) -> set[str]:
    """Names that must stay: of the stubs, of the kernels, of what programs call."""
    words = set(PUBLIC.split())
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

"""Short names for what only the runtime itself sees: a board keeps every new name in its heap.

A name takes seven bytes and its characters. Those that MicroPython's ``.mpy`` format numbers
instead of spelling (``static_qstr_list`` of its ``makeqstrdata.py``, the same in every version 6)
are in the firmware already and cost nothing. Private names become those that the runtime does not
use otherwise, and two letters where these run out. Attributes, names of a module's top level and
parameters lie in spaces of their own, so that one short name serves in each of them.
"""

from __future__ import annotations

import array
import ast
import builtins
import io
import itertools
import keyword
import string
from collections import Counter
from collections.abc import Iterable, Iterator

from tinycl.packing.merge import Part
from tinycl.packing.modules import PACKAGE, bound, parameters

__all__ = ["shorten"]

_STATIC_QSTRS = """
    abs all any append args bool bytearray bytecode bytes callable chr classmethod clear close
    const copy count dict dir divmod end endswith eval exec extend find format from_bytes get
    getattr globals hasattr hash id index insert int isalpha isdigit isinstance islower isspace
    issubclass isupper items iter join key keys len list little locals lower lstrip main map
    micropython next object open ord pop popitem pow print range read readinto readline remove
    replace repr reverse rfind rindex round rsplit rstrip self send sep set setattr setdefault
    sort sorted split start startswith staticmethod step stop str strip sum super throw to_bytes
    tuple type update upper value values write zip ArithmeticError AssertionError Ellipsis
    GeneratorExit IndentationError LookupError NameError NoneType NotImplementedError
    OverflowError StopIteration SystemExit ZeroDivisionError
"""
_IN_FIRMWARE = _STATIC_QSTRS.split()

# Attributes of objects that firmware makes: sys.implementation, a serial port, a processor.
_FIRMWARES = (
    *("version", "name", "errno", "buffer", "data", "uid", "flush"),
    *("timeout", "write_timeout", "in_waiting"),
)
_MODULES = ("gc", "sys", "os", "struct", "time", "select")
_TYPES: tuple[type, ...] = (
    *(str, bytes, bytearray, list, dict, set, tuple, int, memoryview, array.array),
    *(io.BytesIO, io.FileIO, OSError),
)


def shorten(parts: list[Part], keep: Iterable[str]) -> None:
    """Rename in all parts what only they see.

    Parameters
    ----------
    parts
    keep
        Names that programs use, and those of kernels and other modules outside the parts.
    """
    trees = [part.tree for part in parts]
    fixed = set(keep) | set(dir(builtins)) | {"self", *_FIRMWARES}
    fixed |= {name for kind in _TYPES for name in dir(kind)}
    fixed |= {name for tree in trees for name in _from_outside(tree)}
    present = set(keep) | {name for tree in trees for name in _identifiers(tree)}
    made = Counter(name for tree in trees for name in _attributes(tree))
    attributes = _assign((n for n, _ in made.most_common() if _is_free(n, fixed)), present)
    shared = {name for tree in trees for name in _shared(tree)} - fixed
    everywhere = _assign(sorted(name for name in shared if len(name) > 1), present)
    for part in parts:
        own = [name for name in bound(part.tree.body) if _is_free(name, fixed | shared)]
        taken = present | set(everywhere.values())
        names = everywhere | _assign(dict.fromkeys(own), taken)
        _Rename(names, attributes).visit(part.tree)
        for function in _functions(part.tree):
            _rename_parameters(function, fixed)


def _is_free(name: str, fixed: set[str]) -> bool:
    return name not in fixed and not name.startswith("__") and len(name) > 1


def _assign(old: Iterable[str], taken: set[str]) -> dict[str, str]:
    """A short name for each, of those that are not taken."""
    letters = string.ascii_letters
    pairs = ("".join(pair) for pair in itertools.product(letters, letters))
    new = (n for n in (*_IN_FIRMWARE, *pairs) if n not in taken and not keyword.iskeyword(n))
    return dict(zip(old, new, strict=False))


def _identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value


def _attributes(tree: ast.AST) -> Iterator[str]:
    """Attributes that the code itself makes: methods, names of classes, what it assigns."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from bound(node.body)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def _shared(tree: ast.AST) -> Iterator[str]:
    """Names that parts import from each other."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and _is_inside(node):
            yield from (alias.name for alias in node.names)


def _is_inside(node: ast.ImportFrom) -> bool:
    return (node.module or "").split(".")[0] == PACKAGE


def _from_outside(tree: ast.AST) -> Iterator[str]:
    """Names that others give: imports, keywords of their functions, what texts spell."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from (alias.asname or alias.name).split(".")
        elif isinstance(node, ast.ImportFrom):
            if _is_inside(node):
                yield from (node.module or "").split(".")
            else:
                yield from (name for a in node.names for name in (a.name, a.asname) if name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (text for text in node.value.split("|") if text.isidentifier())
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in _MODULES:
            yield node.attr


class _Rename(ast.NodeTransformer):
    """Gives names of the top level, and attributes, their new names."""

    def __init__(self, names: dict[str, str], attributes: dict[str, str]) -> None:
        self._names = names
        self._attributes = attributes
        self._in_class = False

    def visit_Name(self, node: ast.Name) -> ast.Name:
        spelled = self._attributes if self._in_class else self._names
        node.id = spelled.get(node.id, self._names.get(node.id, node.id))
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.attr = self._attributes.get(node.attr, node.attr)
        return self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        spelled = self._attributes if self._in_class else self._names
        node.name = spelled.get(node.name, node.name)
        before, self._in_class = self._in_class, False
        self.generic_visit(node)
        self._in_class = before
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.name = self._names.get(node.name, node.name)
        node.bases = [self.visit(base) for base in node.bases]
        self._in_class = True
        node.body = [self.visit(statement) for statement in node.body]
        self._in_class = False
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        for alias in node.names:
            if _is_inside(node):
                alias.name = self._names.get(alias.name, alias.name)
            elif alias.asname:
                alias.asname = self._names.get(alias.asname, alias.asname)
        return node


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions and methods, those inside of functions apart."""
    for node in tree.body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        yield from (n for n in inner if isinstance(n, ast.FunctionDef))


def _rename_parameters(function: ast.FunctionDef, fixed: set[str]) -> None:
    """Give parameters that nobody names names that cost nothing."""
    used = {name for name in _identifiers(function) if name}
    free = (n for n in _IN_FIRMWARE if n not in used and not keyword.iskeyword(n))
    names = {
        name: next(free)
        for name in sorted(parameters(function.args))
        if name not in fixed and name not in _IN_FIRMWARE
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
        elif isinstance(node, ast.arg):
            node.arg = names.get(node.arg, node.arg)

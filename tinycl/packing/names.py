"""Short names for what only the runtime itself sees: a board keeps every new name in its heap.

A name takes seven bytes and its characters. Those that MicroPython's ``.mpy`` format numbers
instead of spelling (``static_qstr_list`` of its ``makeqstrdata.py``, the same in every version 6)
are in the firmware already and cost nothing: private names become those that the runtime does not
use otherwise, and two letters where these run out.
"""

from __future__ import annotations

import array
import ast
import builtins
import io
import itertools
import string
from collections import Counter
from collections.abc import Iterable, Iterator

from tinycl.packing.merge import Part
from tinycl.packing.modules import PACKAGE

__all__ = ["shorten"]

_IN_FIRMWARE = [
    "abs",
    "all",
    "any",
    "append",
    "args",
    "bool",
    "bytearray",
    "bytecode",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "clear",
    "close",
    "const",
    "copy",
    "count",
    "dict",
    "dir",
    "divmod",
    "end",
    "endswith",
    "eval",
    "exec",
    "extend",
    "find",
    "format",
    "from_bytes",
    "get",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "id",
    "index",
    "insert",
    "int",
    "isalpha",
    "isdigit",
    "isinstance",
    "islower",
    "isspace",
    "issubclass",
    "isupper",
    "items",
    "iter",
    "join",
    "key",
    "keys",
    "len",
    "list",
    "little",
    "locals",
    "lower",
    "lstrip",
    "main",
    "map",
    "micropython",
    "next",
    "object",
    "open",
    "ord",
    "pop",
    "popitem",
    "pow",
    "print",
    "range",
    "read",
    "readinto",
    "readline",
    "remove",
    "replace",
    "repr",
    "reverse",
    "rfind",
    "rindex",
    "round",
    "rsplit",
    "rstrip",
    "self",
    "send",
    "sep",
    "set",
    "setattr",
    "setdefault",
    "sort",
    "sorted",
    "split",
    "start",
    "startswith",
    "staticmethod",
    "step",
    "stop",
    "str",
    "strip",
    "sum",
    "super",
    "throw",
    "to_bytes",
    "tuple",
    "type",
    "update",
    "upper",
    "value",
    "values",
    "write",
    "zip",
    "ArithmeticError",
    "AssertionError",
    "Ellipsis",
    "GeneratorExit",
    "IndentationError",
    "LookupError",
    "NameError",
    "NoneType",
    "NotImplementedError",
    "OverflowError",
    "StopIteration",
    "SystemExit",
    "ZeroDivisionError",
]

_MODULES = ("gc", "sys", "os", "struct", "time", "select")
_TYPES: tuple[type, ...] = (
    *(str, bytes, bytearray, list, dict, set, tuple, int, memoryview, array.array),
    *(io.BytesIO, io.FileIO, OSError),
)


def shorten(parts: list[Part], keep: Iterable[str]) -> dict[str, str]:
    """Rename in all parts what only they see; returns the new name of each.

    Parameters
    ----------
    parts
        Whatever a name stands for (function, attribute, parameter), it gets one new name
        everywhere, so that the code goes on meaning the same.
    keep
        Names that programs use, and those of kernels and other modules outside the parts.
    """
    trees = [part.tree for part in parts]
    fixed = set(keep) | set(dir(builtins)) | {"self", "errno"}
    fixed |= {name for kind in _TYPES for name in dir(kind)}
    fixed |= {name for tree in trees for name in _from_outside(tree)}
    made = Counter(name for tree in trees for name in _made(tree))
    old = [name for name, _ in made.most_common() if _is_free(name, fixed)]
    present = set(keep) | {name for tree in trees for name in _identifiers(tree)}
    new = _new_names(present | {name for tree in trees for name in _from_outside(tree)})
    names = {name: next(new) for name in old}
    for part in parts:
        _Rename(names).visit(part.tree)
        part.wanted = {names.get(name, name) for name in part.wanted}
    return names


def _is_free(name: str, fixed: set[str]) -> bool:
    return name not in fixed and not name.startswith("__") and len(name) > 1


def _new_names(present: set[str]) -> Iterator[str]:
    yield from (name for name in _IN_FIRMWARE if name not in present)
    letters = string.ascii_letters
    pairs = ("".join(pair) for pair in itertools.product(letters, letters))
    yield from (
        name
        for name in pairs
        if name not in present and name not in ("as", "if", "in", "is", "or")
    )


def _identifiers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for field in ("id", "attr", "name", "arg", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                yield value


def _made(tree: ast.AST) -> Iterator[str]:
    """Names that the code itself gives to something that keeps a name on a board."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield node.name
            yield from (a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg))
        elif isinstance(node, ast.ClassDef):
            yield node.name
            for statement in node.body:
                if isinstance(statement, ast.Assign):
                    yield from (
                        n.id for n in ast.walk(statement.targets[0]) if isinstance(n, ast.Name)
                    )
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr
    if isinstance(tree, ast.Module):
        for statement in tree.body:
            if isinstance(statement, ast.Assign | ast.Try):
                for n in ast.walk(statement):
                    if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
                        yield n.id


def _from_outside(tree: ast.AST) -> Iterator[str]:
    """Names that others give: imports, keywords of their functions, what texts spell."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from (alias.asname or alias.name).split(".")
        elif isinstance(node, ast.ImportFrom):
            inside = (node.module or "").split(".")[0] == PACKAGE
            if not inside:
                for alias in node.names:
                    yield alias.name
                    if alias.asname:
                        yield alias.asname
            else:
                yield from (node.module or "").split(".")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (text for text in node.value.split("|") if text.isidentifier())
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in _MODULES:
            yield node.attr


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] != PACKAGE:
            return node
        for field in ("id", "attr", "name", "arg", "asname"):
            value = getattr(node, field, None)
            if isinstance(value, str):
                setattr(node, field, self._names.get(value, value))
        return self.generic_visit(node)

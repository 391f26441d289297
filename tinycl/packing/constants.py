"""Module-level constants written out where they are used: a board keeps no names for them."""

from __future__ import annotations

import ast
import struct
from collections import Counter
from collections.abc import Callable
from typing import Any

from tinycl.packing.merge import Part

__all__ = ["fold"]

_LONGEST = 8
"""Texts of more characters are objects of their own: they are written out where used once only."""


def fold(parts: list[Part]) -> None:
    """Write out integers, and short or rarely used texts and tuples, in all parts.

    A constant is a name that is bound once, at the top level, to an expression of constants.
    """
    known: dict[tuple[str, str], Any] = {}
    for part in parts:
        for name, value in _values(part.tree, lambda n: known.get(n)).items():
            known[part.dotted, name] = value
    uses = Counter(name for part in parts for name in _used(part))
    cheap = {key: value for key, value in known.items() if _is_cheap(value, uses[key])}
    for part in parts:
        here = {name: cheap[key] for name, key in _visible(part).items() if key in cheap}
        part.tree = _Write(here).visit(part.tree)
        part.wanted -= {name for name in here if (part.dotted, name) in cheap}


def _is_cheap(value: Any, uses: int) -> bool:
    if isinstance(value, int) or value is None:
        return True
    return uses == 1 or (isinstance(value, str) and len(value) <= _LONGEST)


def _visible(part: Part) -> dict[str, tuple[str, str]]:
    """Names that a part can use at its top level: where each is defined."""
    found = {name: (part.dotted, name) for name in _bound_once(part.tree)}
    for node in ast.walk(part.tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = (node.module or "", alias.name)
    return found


def _used(part: Part) -> list[tuple[str, str]]:
    visible = _visible(part)
    loads = [n.id for n in ast.walk(part.tree) if _is_load(n)]  # type: ignore[attr-defined]
    return [visible[name] for name in loads if name in visible]


def _is_load(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _bound_once(tree: ast.Module) -> dict[str, ast.expr]:
    """Names that only one statement of the top level assigns, and no function has for its own."""
    stores = Counter(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and not _is_load(n))
    stores.update(a.arg for a in ast.walk(tree) if isinstance(a, ast.arg))
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if len(node.targets) == 1 and stores[name] == 1:
                found[name] = node.value
    return found


def _values(tree: ast.Module, imported: Callable[[tuple[str, str]], Any]) -> dict[str, Any]:
    """Values of a tree's constants."""
    names: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                value = imported((node.module or "", alias.name))
                if value is not None:
                    names[alias.asname or alias.name] = value
    own = {}
    for name, expression in _bound_once(tree).items():
        try:
            own[name] = names[name] = _evaluate(expression, names)
        except (ValueError, TypeError, KeyError):
            continue
    return own


def _evaluate(node: ast.expr, names: dict[str, Any]) -> Any:
    """The value of an expression of constants; ValueError where it is more than that."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return names[node.id]
    if isinstance(node, ast.Tuple):
        return tuple(_evaluate(item, names) for item in node.elts)
    if isinstance(node, ast.BinOp | ast.UnaryOp):
        operands = [node.left, node.right] if isinstance(node, ast.BinOp) else [node.operand]
        text = ast.unparse(node)
        values = {n.id: names[n.id] for n in ast.walk(node) if isinstance(n, ast.Name)}
        for operand in operands:
            _evaluate(operand, names)
        return eval(text, {"__builtins__": {}}, values)
    if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("const"):
        return _evaluate(node.args[0], names)
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "struct.calcsize":
        return struct.calcsize(_evaluate(node.args[0], names))
    raise ValueError(ast.unparse(node))


class _Write(ast.NodeTransformer):
    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self._values and isinstance(node.ctx, ast.Load):
            return ast.Constant(self._values[node.id])
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node.func) == "struct.calcsize" and isinstance(node.args[0], ast.Constant):
            return ast.Constant(struct.calcsize(str(node.args[0].value)))
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        node.names = [a for a in node.names if (a.asname or a.name) not in self._values]
        return node if node.names else None

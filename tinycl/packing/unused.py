"""Leaves out what nothing uses: functions, classes, names, methods."""

from __future__ import annotations

import ast
from collections import Counter

from tinycl.packing.merge import Part
from tinycl.packing.modules import bound

__all__ = ["drop"]


def drop(parts: list[Part], public: dict[str, set[str]], attributes: set[str]) -> None:
    """Leave out of all parts what neither they nor a user's program can use.

    Parameters
    ----------
    parts
    public
        By part: names that programs import.
    attributes
        Methods that programs, or Python itself, call.
    """
    while True:
        before = sum(1 for part in parts for _ in ast.walk(part.tree))
        _drop_methods(parts, attributes)
        wanted = _wanted(parts)
        for part in parts:
            keep = public.get(part.path, set()) | wanted.get(part.dotted, set())
            _drop_names(part.tree, keep)
        if before == sum(1 for part in parts for _ in ast.walk(part.tree)):
            return


def _wanted(parts: list[Part]) -> dict[str, set[str]]:
    """Names that parts import from each other."""
    found: dict[str, set[str]] = {}
    for part in parts:
        for node in ast.walk(part.tree):
            if isinstance(node, ast.ImportFrom):
                names = {alias.name for alias in node.names}
                found.setdefault(node.module or "", set()).update(names)
    return found


def _drop_names(tree: ast.Module, keep: set[str]) -> None:
    uses = Counter(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and _loads(n))
    tree.body = [node for node in tree.body if _is_used(node, uses, keep)]
    for function in [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]:
        _Lazy({n.id for n in ast.walk(function) if isinstance(n, ast.Name)}).visit(function)


def _is_used(node: ast.stmt, uses: Counter[str], keep: set[str]) -> bool:
    """Whether a statement of the top level is needed; of an import, leave what is."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        inner = sum(
            isinstance(n, ast.Name) and n.id == node.name and _loads(n) for n in ast.walk(node)
        )
        return node.name in keep or uses[node.name] > inner
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        name = node.targets[0].id
        return name in keep or bool(uses[name]) or name.startswith("__")
    if isinstance(node, ast.Try):
        return any(name in keep or uses[name] for name in bound([node]))
    if isinstance(node, ast.Import | ast.ImportFrom):
        wanted = keep | uses.keys()
        node.names = [a for a in node.names if (a.asname or a.name).partition(".")[0] in wanted]
        return bool(node.names)
    return True


class _Lazy(ast.NodeTransformer):
    """Leaves out imports inside a function of names that it does not use any more."""

    def __init__(self, uses: set[str]) -> None:
        self._uses = uses

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.stmt:
        node.names = [a for a in node.names if (a.asname or a.name) in self._uses]
        return node if node.names else ast.Pass()


def _loads(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _drop_methods(parts: list[Part], attributes: set[str]) -> None:
    called = set(attributes)
    for part in parts:
        for node in ast.walk(part.tree):
            if isinstance(node, ast.Attribute):
                called.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                called.add(node.value)
            elif isinstance(node, ast.Name):  # one method as another: weights = load
                called.add(node.id)
    for part in parts:
        for node in ast.walk(part.tree):
            if isinstance(node, ast.ClassDef):
                node.body = [
                    n
                    for n in node.body
                    if not isinstance(n, ast.FunctionDef)
                    or n.name in called
                    or n.name.startswith("__")
                ] or [ast.Pass()]

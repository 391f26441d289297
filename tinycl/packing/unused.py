"""Leaves out what nothing uses: functions, classes, names, methods."""

from __future__ import annotations

import ast
from collections import Counter

from tinycl.packing.merge import Part

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
    body: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            inner = sum(_uses(n, node.name) for n in ast.walk(node))
            if node.name not in keep and uses[node.name] == inner:
                continue
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name not in keep and not uses[name] and not name.startswith("__"):
                continue
        elif isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [
                a
                for a in node.names
                if (a.asname or a.name).partition(".")[0] in keep | uses.keys()
            ]
            if not node.names:
                continue
        body.append(node)
    tree.body = body
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            _drop_lazy(node)


def _drop_lazy(function: ast.FunctionDef) -> None:
    """Imports inside a function of names that it does not use any more."""
    uses = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    for node in ast.walk(function):
        for block in (getattr(node, "body", None), getattr(node, "orelse", None)):
            if not isinstance(block, list):
                continue
            for statement in list(block):
                if isinstance(statement, ast.ImportFrom):
                    statement.names = [
                        a for a in statement.names if (a.asname or a.name) in uses
                    ]
                    if not statement.names:
                        block.remove(statement)
            if not block and block is getattr(node, "body", None):
                block.append(ast.Pass())


def _loads(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Load)


def _uses(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name and _loads(node)


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

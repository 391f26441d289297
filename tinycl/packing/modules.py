"""The modules of ``tinycl_rt`` as syntax trees, and the names that each one binds."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["PACKAGE", "Module", "bound", "parameters", "read"]

PACKAGE = "tinycl_rt"

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Module:
    """A module of the runtime.

    Attributes
    ----------
    name : str
        From the package on: ``lib.crc``; "" is the package itself.
    tree : ast.Module
        Docstrings and ``__all__`` are gone from it.
    public : tuple of str
        Its ``__all__``, else its names without an underscore in front.
    own : set of str
        Names that its top level binds.
    """

    name: str
    tree: ast.Module
    public: tuple[str, ...]
    own: set[str] = field(default_factory=set)


def read(folder: Path, name: str) -> Module:
    """Parse one module of the runtime in `folder`."""
    path = folder / f"{name.replace('.', '/')}.py" if name else folder / "__init__.py"
    if not path.is_file():
        path = path.with_suffix("") / "__init__.py"
    tree = ast.parse(path.read_text(), str(path))
    public: tuple[str, ...] | None = None
    body = []
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            public = tuple(ast.literal_eval(statement.value))
        else:
            body.append(statement)
    tree.body = body
    _drop_docstrings(tree)
    own = set(bound(tree.body))
    if public is None:
        imported = {n for s in tree.body if isinstance(s, ast.ImportFrom) for n in bound([s])}
        public = tuple(sorted(n for n in own - imported if not n.startswith("_")))
    return Module(name, tree, public, own)


def _drop_docstrings(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            node.body[0:1] = [] if len(node.body) > 1 or isinstance(node, ast.Module) else [_PASS]


_PASS = ast.Pass()


def bound(body: Iterable[ast.AST]) -> Iterator[str]:
    """Names that statements bind in their own scope: blocks inside included, functions not."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
            continue
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield (alias.asname or alias.name).partition(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store | ast.Del):
            yield node.id
        elif isinstance(node, ast.ExceptHandler) and node.name:
            yield node.name
        if not isinstance(node, (ast.Lambda, *_COMPREHENSIONS)):
            yield from bound(ast.iter_child_nodes(node))


def parameters(arguments: ast.arguments) -> set[str]:
    """Names of a function's parameters."""
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [a for a in (arguments.vararg, arguments.kwarg) if a]
    return {a.arg for a in every}

"""Several modules as one: their names share a namespace, imports among them disappear."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tinycl.exceptions import FlashError
from tinycl.packing.modules import PACKAGE, Module, bound, parameters

__all__ = ["Part", "merge"]

# Files of their own, which few boards need.
_ALONE = ("kernels.", "lib.crc_table", "link.fd_stream")

_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Part:
    """A file that boards get.

    Attributes
    ----------
    path : str
        Module that it becomes, from the package on; "": the package itself.
    modules : list of Module
        What it holds; those that others need come first.
    tree : ast.Module
        All of it, once it is merged.
    wanted : set of str
        Names that other parts import.
    """

    path: str
    modules: list[Module]
    tree: ast.Module = field(default_factory=lambda: ast.Module([], []))
    wanted: set[str] = field(default_factory=set)

    @property
    def dotted(self) -> str:
        """The module's whole name."""
        return f"{PACKAGE}.{self.path}" if self.path else PACKAGE


@dataclass(frozen=True)
class _Target:
    """What a name stands for: a module of the runtime, or a name in one."""

    module: str
    name: str = ""


def merge(parts: list[Part]) -> dict[tuple[str, str], str]:
    """Fill the trees of parts; returns what each module's names are called now.

    Raises
    ------
    FlashError
        A module is used as a value, or is in no part; packing cannot express that.
    """
    world = _World(parts)
    for part in parts:
        for module in part.modules:
            _Merger(world, part, module).run()
        part.tree.body = _externals_first(part.tree.body)
    return {(t.module, t.name): flat for t, flat in world.names.items()}


class _World:
    """Where every module went, and what its names are called there."""

    def __init__(self, parts: list[Part]) -> None:
        self.parts = {module.name: part for part in parts for module in part.modules}
        self.modules = {module.name: module for part in parts for module in part.modules}
        self.names: dict[_Target, str] = {}
        every = [module for part in parts for module in part.modules]
        uses = Counter(name for module in every for name in self._own(module))
        # A name that some function has for its own would be hidden there.
        hidden = {name for module in every for name in _locals(module.tree)}
        for module in every:
            for name in self._own(module):
                alone = uses[name] == 1 and name not in hidden
                flat = name if alone else f"{name}_{module.name.replace('.', '_')}"
                self.names[_Target(module.name, name)] = flat

    @staticmethod
    def _own(module: Module) -> set[str]:
        """Names that a module defines, those that it imports apart."""
        return {name for name in module.own if name not in _imports(module.tree.body)}

    def find(self, target: _Target) -> _Target:
        """The module that defines what a module may only have imported."""
        while True:
            module = self.modules.get(target.module)
            if module is None:
                return target
            found = _imports(module.tree.body).get(target.name)
            if not isinstance(found, _Target) or found == target:
                return target
            target = found

    def flat(self, target: _Target) -> str:
        """What a name is called in its part."""
        return self.names.get(target, target.name)


def _locals(tree: ast.Module) -> Iterator[str]:
    """Names that functions and comprehensions of a module have for their own."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            yield from parameters(node.args)
            lazy = {name for s in _statements(node) if _is_runtime(s) for name in bound([s])}
            yield from (name for name in bound(node.body) if name not in lazy)
        elif isinstance(node, ast.Lambda):
            yield from parameters(node.args)
        elif isinstance(node, ast.comprehension):
            yield from (n.id for n in ast.walk(node.target) if isinstance(n, ast.Name))


def _imports(body: list[ast.stmt]) -> dict[str, _Target | None]:
    """What imports of a block bind: targets in the runtime; None for what lies outside."""
    found: dict[str, _Target | None] = {}
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                found[(alias.asname or alias.name).partition(".")[0]] = None
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = _imported(node.module or "", alias.name)
    return found


def _imported(module: str, name: str) -> _Target | None:
    if module != PACKAGE and not module.startswith(PACKAGE + "."):
        return None
    inner = module[len(PACKAGE) + 1 :]
    return _Target(inner, name)


@dataclass
class _Import:
    """An import of the runtime's: which names are used through it. It is written once they are."""

    used: set[_Target] = field(default_factory=set)


class _Merger(ast.NodeTransformer):
    """Puts one module into its part."""

    def __init__(self, world: _World, part: Part, module: Module) -> None:
        self._world = world
        self._part = part
        self._module = module
        self._top = _Import()
        self._lazy: dict[ast.ImportFrom, _Import] = {}
        own = {name: (_Target(module.name, name), self._top) for name in module.own}
        own |= {k: (v, self._top) for k, v in _imports(module.tree.body).items() if v}
        outside = [k for k, v in _imports(module.tree.body).items() if not v]
        self._scopes: list[dict[str, tuple[_Target, _Import] | None]] = [
            {**own, **dict.fromkeys(outside)}
        ]

    def run(self) -> None:
        """Append the module to its part's tree."""
        body = [n for n in self._module.tree.body if not _is_runtime(n)]
        done = [self.visit(statement) for statement in body]
        self._part.tree.body += [*self._written(self._top), *done]

    def _written(self, one: _Import) -> list[ast.stmt]:
        by_module: dict[str, set[str]] = {}
        for target in one.used:
            part = self._world.parts.get(target.module)
            if part is None and not target.module.startswith(_ALONE):
                where = self._module.name or PACKAGE
                raise FlashError(f"packing: {where} imports {_inner(target)}, which is in no part")
            name = self._world.flat(target)
            path = part.dotted if part else f"{PACKAGE}.{target.module}"
            by_module.setdefault(path, set()).add(name)
            if part:
                part.wanted.add(name)
        return [
            ast.ImportFrom(path, [ast.alias(name) for name in sorted(names)], 0)
            for path, names in sorted(by_module.items())
        ]

    # Scopes

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self._outside(node.args)
        node.decorator_list = [self.visit(d) for d in node.decorator_list]
        if len(self._scopes) == 1:
            node.name = self._own_name(node.name)
        local: dict[str, tuple[_Target, _Import] | None] = dict.fromkeys(parameters(node.args))
        local.update(dict.fromkeys(bound(node.body)))
        lazy = [n for n in _statements(node) if isinstance(n, ast.ImportFrom) and _is_runtime(n)]
        for statement in lazy:
            self._lazy[statement] = _Import()
            for name, target in _imports([statement]).items():
                if target and local.get(name):
                    where = f"{self._module.name or PACKAGE}.{node.name}"
                    raise FlashError(f"packing: {where} imports two things as {name}")
                if target:
                    local[name] = (target, self._lazy[statement])
        self._scopes.append(local)
        node.body = [self.visit(statement) for statement in node.body]
        self._scopes.pop()
        if lazy:
            _Filled({n: self._written(self._lazy[n]) for n in lazy}).visit(node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self._outside(node.args)
        self._scopes.append(dict.fromkeys(parameters(node.args)))
        node.body = self.visit(node.body)
        self._scopes.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.bases = [self.visit(base) for base in node.bases]
        if len(self._scopes) == 1:
            node.name = self._own_name(node.name)
        own = dict.fromkeys(bound(node.body))
        for i, statement in enumerate(node.body):
            # Methods do not see the names of their class.
            self._scopes.append({} if isinstance(statement, ast.FunctionDef) else {**own})
            node.body[i] = self.visit(statement)
            self._scopes.pop()
        return node

    def _comprehension(self, node: ast.AST) -> ast.AST:
        generators: list[ast.comprehension] = node.generators  # type: ignore[attr-defined]
        targets = [n for g in generators for n in ast.walk(g.target)]
        self._scopes.append(dict.fromkeys(n.id for n in targets if isinstance(n, ast.Name)))
        self.generic_visit(node)
        self._scopes.pop()
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def _outside(self, arguments: ast.arguments) -> None:
        arguments.defaults = [self.visit(d) for d in arguments.defaults]
        arguments.kw_defaults = [d and self.visit(d) for d in arguments.kw_defaults]

    # Names

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        if len(self._scopes) > 1 or node in self._lazy:
            return node
        # Tried at the top level, with an own substitute.
        for alias in node.names:
            flat = self._own_name(alias.asname or alias.name)
            alias.asname = flat if flat != alias.name else None
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        found = self._resolve(node.id)
        if found is None:
            return node
        if _inner(found[0]) in self._world.modules:
            where = self._module.name or PACKAGE
            raise FlashError(f"packing: the module {node.id} is used as a value in {where}")
        return ast.Name(self._use(*found), node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name):
            found = self._resolve(node.value.id)
            if found is not None and _inner(found[0]) in self._world.modules:
                target = _Target(_inner(found[0]), node.attr)
                return ast.Name(self._use(target, found[1]), node.ctx)
        return self.generic_visit(node)

    def _resolve(self, name: str) -> tuple[_Target, _Import] | None:
        for scope in reversed(self._scopes):
            if name in scope:
                return scope[name]
        return None

    def _use(self, target: _Target, through: _Import) -> str:
        """The name to write, and a note where it comes from another part."""
        target = self._world.find(target)
        if self._world.parts.get(target.module) is not self._part:
            through.used.add(target)
        return self._world.flat(target)

    def _own_name(self, name: str) -> str:
        return self._world.flat(_Target(self._module.name, name))


class _Filled(ast.NodeTransformer):
    """Puts statements in the place of imports."""

    def __init__(self, written: dict[ast.ImportFrom, list[ast.stmt]]) -> None:
        self._written = written

    def visit_ImportFrom(self, node: ast.ImportFrom) -> Any:
        return self._written.get(node, node)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        if hasattr(node, "body") and node.body == [] and not isinstance(node, ast.Module):
            node.body = [ast.Pass()]
        return node


def _inner(target: _Target) -> str:
    """The module that a target is, if it is one."""
    return f"{target.module}.{target.name}" if target.module else target.name


def _is_runtime(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE


def _statements(node: ast.AST) -> Iterator[ast.stmt]:
    """All statements inside a function, those of functions in it apart."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        if not isinstance(child, ast.FunctionDef | ast.ClassDef):
            yield from _statements(child)


def _externals_first(body: list[ast.stmt]) -> list[ast.stmt]:
    """Imports from outside the part, each once, then the rest."""
    imports: dict[str, set[tuple[str, str | None]]] = {}
    plain: dict[str, None] = {}
    rest = []
    for node in body:
        if isinstance(node, ast.ImportFrom):
            names = imports.setdefault(node.module or "", set())
            names |= {(alias.name, alias.asname) for alias in node.names}
        elif isinstance(node, ast.Import):
            plain |= {ast.unparse(node): None}
        else:
            rest.append(node)
    first: list[ast.stmt] = [ast.parse(text).body[0] for text in plain]
    for module, names in imports.items():
        aliases = [ast.alias(*pair) for pair in sorted(names, key=str)]
        first.append(ast.ImportFrom(module, aliases, 0))
    return [*first, *rest]

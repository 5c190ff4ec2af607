"""The project's own source as data for the contract tests: modules, their imports, and when they run.

Reads with ast, imports nothing. Invariant: an import counts wherever it stands, in a function too.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "server" / "agentls"
_NOT_CODE_OF_OURS = "demo_project"


@dataclass(frozen=True, slots=True)
class Import:
    """One imported module; for `from m import n`, `name` is n."""

    module: str
    name: str | None
    line: int
    at_import: bool
    """It runs when the module is imported, whatever the platform: no function, `if` or `try` around it."""


@dataclass(frozen=True, slots=True)
class Module:
    """One file of the package."""

    path: str
    """Relative to the package, with slashes."""
    room: str
    """The top folder, or the file's own name for a file at the top."""
    text: str
    tree: ast.Module

    @property
    def imports(self) -> list[Import]:
        return list(_imports(self.tree.body, at_import=True))

    def calls(self) -> Iterator[tuple[str, int]]:
        """Dotted names of everything that is called."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call):
                yield dotted(node.func), node.lineno

    def evaluated_at_import(self) -> Iterator[ast.AST]:
        """Every node that is evaluated when the module is imported, on every platform."""
        yield from _evaluated(self.tree.body)


@cache
def modules() -> tuple[Module, ...]:
    """Every module of the package, in the order of their paths."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        if _NOT_CODE_OF_OURS in relative.parts or "__pycache__" in relative.parts:
            continue
        text = path.read_text(encoding="utf-8")
        room = relative.parts[0].removesuffix(".py")
        found.append(Module(relative.as_posix(), room, text, ast.parse(text)))
    return tuple(found)


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a chain of attributes; `.c` where the chain begins with something else."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            return f"{dotted(value)}.{name}"
        case _:
            return ""


def _imports(body: list[ast.stmt], at_import: bool) -> Iterator[Import]:
    for node in body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, None, node.lineno, at_import)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for alias in node.names:
                yield Import(node.module or "", alias.name, node.lineno, at_import)
        else:
            inner_at_import = at_import and isinstance(node, ast.ClassDef | ast.With)
            for block in ("body", "orelse", "finalbody"):
                yield from _imports(getattr(node, block, None) or [], inner_at_import)
            for handler in [*getattr(node, "handlers", []), *getattr(node, "cases", [])]:
                yield from _imports(handler.body, False)


def _evaluated(body: list[ast.stmt]) -> Iterator[ast.AST]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for default in [*node.args.defaults, *[d for d in node.args.kw_defaults if d is not None]]:
                yield from ast.walk(default)
        elif isinstance(node, ast.ClassDef):
            yield from _evaluated(node.body)
        elif not isinstance(node, ast.If | ast.Try):
            yield from ast.walk(node)

"""What the source says about a model: its docstring and the string below each field.

Parses source text with ast; pydantic could collect the same at import, at the cost of every server start.
Invariant: a model or field without a sentence is an error, so nothing undocumented reaches a page.
"""

import ast
import inspect
import sys
from dataclasses import dataclass
from functools import cache

from agentls.protocol.wire import Wire


class Undocumented(Exception):
    """A model or a field has no docstring."""


@dataclass(frozen=True, slots=True)
class ModelDocs:
    """The sentences about one model."""

    text: str
    fields: dict[str, str]


@cache
def model_docs(model: type[Wire]) -> ModelDocs:
    """The docstrings of `model` and of its fields, inherited ones included. Raises Undocumented."""
    fields: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, Wire):
            fields |= _own_docs(base).fields
    text = _own_docs(model).text
    for name in model.model_fields:
        if not fields.get(name):
            raise Undocumented(f"{model.__name__}.{name} has no docstring below it")
    if not text:
        raise Undocumented(f"{model.__name__} has no docstring")
    return ModelDocs(text, fields)


def _own_docs(model: type[Wire]) -> ModelDocs:
    node = _classes(model.__module__).get(model.__name__)
    if node is None:
        raise Undocumented(f"{model.__name__} is not a class of {model.__module__}")
    fields: dict[str, str] = {}
    for field, below in zip(node.body, node.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            text = _string(below)
            if text is not None:
                fields[field.target.id] = text
    return ModelDocs(inspect.cleandoc(ast.get_docstring(node) or ""), fields)


@cache
def _classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}


def _string(node: ast.stmt) -> str | None:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
        return " ".join(node.value.value.split())
    return None

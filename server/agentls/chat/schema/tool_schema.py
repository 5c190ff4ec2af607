"""The tools of a request, as an endpoint takes them.

Knows OpenAI's tool objects and the dialect, no tool of ours. Invariant: what is written has only the keys that every
host knows (G16), each name once and sendable (G19), and parameters that are an object schema (G18).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec

from agentls.chat.dialect import Dialect
from agentls.chat.schema.schema_form import Schema, object_schema
from agentls.chat.schema.tool_name import tool_name_problem

_encode: Final = msgspec.json.Encoder().encode


def encode_tools(definitions: Sequence[Mapping[str, object]], dialect: Dialect) -> bytes | None:
    """OpenAI tool objects (`{"type": "function", "function": {…}}`) as the JSON of the `tools` array.

    None for none. A tool that the endpoint would refuse the whole request for is left out; `tool_problems` names it.
    """
    tools = [tool for tool, problem in _judged(definitions, dialect) if problem is None]
    return _encode(tools) if tools else None


def tool_problems(definitions: Sequence[Mapping[str, object]], dialect: Dialect) -> list[str]:
    """Why tools are left out, one sentence each."""
    return [problem for _, problem in _judged(definitions, dialect) if problem is not None]


def _judged(definitions: Sequence[Mapping[str, object]], dialect: Dialect) -> Iterator[tuple[Schema, str | None]]:
    names: set[str] = set()
    for definition in definitions:
        function = definition.get("function")
        fields: Mapping[str, object] = function if isinstance(function, Mapping) else {}
        name = fields.get("name")
        name = name if isinstance(name, str) else ""
        problem = tool_name_problem(name)
        if problem is None and name in names:
            problem = "The name was used before."
        if problem is None and dialect.max_tools is not None and len(names) >= dialect.max_tools:
            problem = f"The endpoint takes at most {dialect.max_tools} tools."
        if problem is None:
            names.add(name)
            yield _tool(name, fields, dialect), None
        else:
            yield {}, f"The tool {name[:80]!r} is not offered. {problem}"


def _tool(name: str, fields: Mapping[str, object], dialect: Dialect) -> Schema:
    described: Schema = {"name": name}
    if isinstance(description := fields.get("description"), str) and description:
        described["description"] = description
    described["parameters"] = object_schema(fields.get("parameters"), dialect)
    return {"type": "function", "function": described}

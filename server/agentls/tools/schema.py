"""The JSON schema of a tool's arguments, in the small dialect that every endpoint takes.

It must not know any tool. Optional fields are `nullable` and not `required`.
Invariant: only `type`, `description`, `nullable`, `items`, `properties` and `required` appear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from agentls.tools.tool import Arguments


def parameters(arguments: type[Arguments]) -> dict[str, object]:
    """The schema as the chat API takes it."""
    schema = arguments.model_json_schema()
    fields: Mapping[str, Mapping[str, object]] = schema["properties"]
    return {
        "type": "object",
        "properties": {name: _field(field) for name, field in fields.items()},
        "required": list(schema.get("required", ())),
    }


def describe_parameters(arguments: type[Arguments]) -> str:
    """The valid arguments in one line: `path (string, required), recursive (boolean)`."""
    schema = parameters(arguments)
    fields, required = schema["properties"], schema["required"]
    if not isinstance(fields, dict) or not isinstance(required, list):
        raise TypeError("not a schema of an object")
    return ", ".join(
        f"{name} ({field['type']}{', required' if name in required else ''})" for name, field in fields.items()
    )


def _field(field: Mapping[str, object]) -> dict[str, object]:
    kinds = field.get("anyOf")
    real: Mapping[str, object] = field
    if isinstance(kinds, list):
        real = next(kind for kind in kinds if kind["type"] != "null")
    made: dict[str, object] = {"type": real["type"]}
    items = real.get("items")
    if isinstance(items, dict):
        made["items"] = {"type": items["type"]}
    if isinstance(kinds, list):
        made["nullable"] = True
    made["description"] = field["description"]
    return made

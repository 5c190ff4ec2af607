"""A tool's JSON schema, rewritten into what an endpoint takes.

Pure; knows the dialect's three settings for schemas (G17, G18) and no tool. Invariant: total and bounded, whatever
the schema refers to; the result is always an object schema with `properties`.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

from agentls.chat.dialect import Dialect

Schema: TypeAlias = dict[str, object]

_DEEPEST: Final = 24
_MOST_NODES: Final = 4000
_WIDEST: Final = 20
_FLAT_DEEPEST: Final = 2
_PLAIN: Final = frozenset(
    {"type", "description", "properties", "required", "items", "enum", "anyOf", "format", "minimum", "maximum"}
    | {"nullable", "title", "default", "minItems", "maxItems", "minLength", "maxLength", "pattern"}
)
"""What Gemini's schema has; the rest is "Unknown name … Cannot find field" there."""
_BARE: Final = frozenset({"type", "description", "properties", "required", "items", "enum"})
_PLAIN_FORMATS: Final = frozenset({"enum", "date-time"})
_KINDS: Final = (
    ("type", str),
    ("description", str),
    ("properties", Mapping),
    ("items", Mapping),
    ("enum", list),
    ("anyOf", list),
    ("required", list),
)
_SCHEMA_LISTS: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SCHEMA_MAPS: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_SINGLE: Final = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_SINGLE_TOO: Final = ("unevaluatedProperties", "unevaluatedItems", "additionalItems")
_NOT_AT_ROOT: Final = ("anyOf", "oneOf", "allOf", "not", "enum", "const", "$ref")


def object_schema(schema: object, dialect: Dialect) -> Schema:
    """The parameters of one tool as the dialect writes them; an empty object for what is no schema (G18)."""
    return _Rewriter(schema, dialect).root()


class _Rewriter:
    def __init__(self, schema: object, dialect: Dialect) -> None:
        self._whole: Schema = dict(schema) if isinstance(schema, Mapping) else {}
        self._nodes = 0
        self._nulls = dialect.null_form
        self._refused = dialect.schema_refused
        self._is_bare = dialect.schema_form == "bare"
        self._allowed: frozenset[str] | None = None
        if dialect.schema_form != "full":
            self._allowed = (_BARE if self._is_bare else _PLAIN) - self._refused
        self._inlines = self._allowed is not None or "$ref" in self._refused
        self._merges = self._allowed is not None or "allOf" in self._refused

    def root(self) -> Schema:
        root = self._whole
        if any(key in root for key in _NOT_AT_ROOT):
            # The root is an object and nothing else, everywhere (OpenAI, Anthropic).
            root = self._flat(root, frozenset(), 0)
        written = self._written({**root, "type": "object"}, frozenset(), 0)
        written.pop("nullable", None)
        rest = {key: value for key, value in written.items() if key not in ("type", "properties")}
        return {"type": "object", "properties": written.get("properties", {}), **rest}

    def _flat(self, schema: Mapping[str, object], path: frozenset[str], depth: int) -> Schema:
        """An object schema of one that says it in other words; what no words of an object can say is left out."""
        node, path = self._resolved(schema, path)
        for key in ("allOf", "anyOf", "oneOf"):
            parts = node.pop(key, None)
            if isinstance(parts, list) and parts and depth <= _FLAT_DEEPEST:
                flat = [self._flat(each, path, depth + 1) for each in parts[:_WIDEST] if isinstance(each, Mapping)]
                node = _merged(node, flat if key == "allOf" else [_any_of_them(flat)])
        return {key: value for key, value in node.items() if key not in _NOT_AT_ROOT}

    def _branches(self, value: object, path: frozenset[str]) -> list[Schema]:
        branches = value if isinstance(value, list) else []
        return [self._resolved(each, path)[0] for each in branches[:_WIDEST] if isinstance(each, Mapping)]

    def _written(self, schema: object, path: frozenset[str], depth: int) -> Schema:
        self._nodes += 1
        if not isinstance(schema, Mapping) or depth > _DEEPEST or self._nodes > _MOST_NODES:
            return {} if self._allowed is None else {"type": "string"}
        node: Schema = dict(schema)
        if self._inlines:
            node, path = self._resolved(node, path)
            node.pop("$defs", None)
            node.pop("definitions", None)
        if self._merges and "allOf" in node:
            node = _merged(node, self._branches(node.pop("allOf"), path))
        if self._allowed is not None or "oneOf" in self._refused:
            node = _renamed(node)
        if self._allowed is not None or "const" in self._refused:
            node = _enumerated(node)
        node, allows_null = self._without_null(node)
        if self._allowed is not None:
            node = self._plain(node)
        written = {
            key: self._child(key, value, path, depth)
            for key, value in node.items()
            if key not in self._refused and (self._allowed is None or key in self._allowed)
        }
        _tidy(written, is_typed=self._allowed is not None)
        return self._with_null(written, allows_null)

    def _child(self, key: str, value: object, path: frozenset[str], depth: int) -> object:
        if key in _SCHEMA_MAPS and isinstance(value, Mapping):
            return {str(name): self._written(each, path, depth + 1) for name, each in value.items()}
        if key in _SCHEMA_LISTS and isinstance(value, list):
            return [self._written(each, path, depth + 1) for each in value]
        if key in (*_SINGLE, *_SINGLE_TOO) and isinstance(value, Mapping):
            return self._written(value, path, depth + 1)
        return value

    def _resolved(self, schema: Mapping[str, object], path: frozenset[str]) -> tuple[Schema, frozenset[str]]:
        """The schema with its reference replaced by what it refers to; one that refers to itself ends there."""
        node = dict(schema)
        for _ in range(_DEEPEST):
            reference = node.pop("$ref", None)
            if not isinstance(reference, str):
                break
            target = None if reference in path else self._target(reference)
            path |= {reference}
            node = {**target, **node} if target is not None else {"type": "object", **node}
        return node, path

    def _target(self, reference: str) -> Mapping[str, object] | None:
        found: object = self._whole
        if not reference.startswith("#"):
            return None
        for step in reference[1:].split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, Mapping) else None
        return found if isinstance(found, Mapping) else None

    def _without_null(self, node: Schema) -> tuple[Schema, bool]:
        """The schema of the values that are not null, and whether null is one more."""
        if self._nulls == "as_is" and self._allowed is None:
            return node, False
        allows_null = node.pop("nullable", False) is True
        kinds = node.get("type")
        if isinstance(kinds, list):
            real = [kind for kind in kinds if kind != "null"]
            allows_null |= len(real) < len(kinds)
            if len(real) == 1:
                node["type"] = real[0]
            elif self._allowed is None:
                node["type"] = real or "null"
            else:
                node.pop("type")
                node.setdefault("anyOf", [{"type": kind} for kind in real] or [{"type": "string"}])
        branches = node.get("anyOf")
        if isinstance(branches, list):
            real_branches = [each for each in branches if not _is_null(each)]
            if len(real_branches) < len(branches):
                allows_null = True
                node["anyOf"] = real_branches
            if len(real_branches) == 1 and isinstance(real_branches[0], Mapping):
                del node["anyOf"]
                inner, inner_null = self._without_null({**real_branches[0], **node})
                return inner, allows_null or inner_null
        if isinstance(values := node.get("enum"), list) and None in values:
            allows_null = True
            node["enum"] = [value for value in values if value is not None]
        return node, allows_null

    def _with_null(self, node: Schema, allows_null: bool) -> Schema:
        is_said = self._nulls == "nullable" or (self._nulls == "as_is" and not self._is_bare)
        if not allows_null or not is_said or "nullable" in self._refused:
            return node
        return {**node, "nullable": True}

    def _plain(self, node: Schema) -> Schema:
        if isinstance(items := node.get("items"), list):  # a tuple: the first of its schemas
            node["items"] = items[0] if items else {}
        for key, kind in _KINDS:
            if key in node and not isinstance(node[key], kind):
                del node[key]
        form = node.pop("format", None)
        if isinstance(form, str) and form in _PLAIN_FORMATS:
            node["format"] = form
        branches = node.get("anyOf")
        if isinstance(branches, list) and branches:
            if self._is_bare:
                first = branches[0] if isinstance(branches[0], Mapping) else {}
                first, _ = self._resolved(first, frozenset()) if "$ref" in first else (dict(first), frozenset())
                return {**first, **{key: value for key, value in node.items() if key in ("description", "title")}}
            # Beside anyOf nothing else is taken (Gemini, Moonshot): what was said of all is said of each.
            shared = {key: value for key, value in node.items() if key in ("type", "description")}
            return {"anyOf": [{**shared, **each} if isinstance(each, Mapping) else shared for each in branches]}
        return node


def _is_null(schema: object) -> bool:
    return isinstance(schema, Mapping) and schema.get("type") == "null"


def _renamed(node: Schema) -> Schema:
    if not isinstance(node.get("oneOf"), list):
        return node
    branches = node.pop("oneOf")
    return {**node, "anyOf": node.get("anyOf", branches)}


def _enumerated(node: Schema) -> Schema:
    if "const" not in node:
        return node
    value = node.pop("const")
    return {**node, "enum": node.get("enum", [value])}


def _tidy(node: Schema, *, is_typed: bool) -> None:
    """What some host stumbles over and no schema needs: names required that are no properties, empty lists."""
    properties = node.get("properties", {})
    if not isinstance(properties, Mapping):
        del node["properties"]
        properties = {}
    if "required" in node:
        required = node["required"] if isinstance(node["required"], list) else []
        node["required"] = [name for name in required if isinstance(name, str) and name in properties]
    for key in ("required", "enum", "anyOf", "oneOf", "allOf"):
        if node.get(key) == []:
            del node[key]
    if isinstance(node.get("type"), str) and isinstance(branches := node.get("anyOf"), list):
        kind = node.pop("type")  # Moonshot refuses a type beside anyOf; said of each branch it means the same.
        node["anyOf"] = [{"type": kind, **each} if isinstance(each, Mapping) else each for each in branches]
    if node.get("type") == "array" and "items" not in node and "prefixItems" not in node:
        node["items"] = {"type": "string"} if is_typed else {}
    if not is_typed:
        return
    values = node.get("enum")
    if isinstance(values, list):
        texts = [value for value in values if isinstance(value, str) and value]
        del node["enum"]
        if texts and node.get("type", "string") == "string":
            node |= {"type": "string", "enum": texts}
        elif "type" not in node:
            node["type"] = _type_of(values)
    if not isinstance(node.get("type"), str) and "anyOf" not in node:
        node["type"] = "object" if "properties" in node else "array" if "items" in node else "string"
    if node.get("type") == "object":
        node.setdefault("properties", {})
    if node.get("type") == "array":
        node.setdefault("items", {"type": "string"})


def _type_of(values: list[object]) -> str:
    match values[0] if values else "":
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case _:
            return "string"


def _merged(node: Schema, branches: list[Schema]) -> Schema:
    """One schema of several that all hold: properties and names required are united, the rest is the first's."""
    merged = dict(node)
    for branch in branches:
        for key, value in branch.items():
            had = merged.get(key)
            if key == "properties" and isinstance(had, Mapping) and isinstance(value, Mapping):
                merged[key] = {**value, **had}
            elif key == "required" and isinstance(had, list) and isinstance(value, list):
                merged[key] = [*had, *(name for name in value if name not in had)]
            else:
                merged.setdefault(key, value)
    return merged


def _any_of_them(branches: list[Schema]) -> Schema:
    """One object schema that lets each of the branches through: required is only what all of them require."""
    properties: Schema = {}
    required: list[list[object]] = []
    for branch in branches:
        own = branch.get("properties")
        properties = {**(own if isinstance(own, Mapping) else {}), **properties}
        needed = branch.get("required")
        required.append(needed if isinstance(needed, list) else [])
    common = [name for name in required[0] if all(name in names for names in required)] if required else []
    return {"properties": properties, "required": common}

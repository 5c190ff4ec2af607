"""The tools of a request in the form that each endpoint takes."""

import json

import pytest

from agentls.chat.dialect import DEFAULT, Dialect
from agentls.chat.schema.schema_form import object_schema
from agentls.chat.schema.tool_name import tool_name_problem
from agentls.chat.schema.tool_schema import encode_tools, tool_problems

PLAIN = Dialect(schema_form="plain", null_form="nullable")
BARE = Dialect(schema_form="bare", null_form="none")


def tool(name: str, parameters: object = None, **more: object) -> dict:
    return {"type": "function", "function": {"name": name, "parameters": parameters, **more}}


def field(schema: object, dialect: Dialect) -> object:
    """One property of a tool, rewritten."""
    return object_schema({"type": "object", "properties": {"a": schema}}, dialect)["properties"]["a"]


def test_the_form_of_the_documentation_stays_as_it_is() -> None:
    seed = {
        "type": "object",
        "properties": {
            "path": {"type": "string", "description": "Relative file path"},
            "start_line": {"type": "integer", "nullable": True},
        },
        "required": ["path"],
    }
    sent = encode_tools([tool("read_file", seed, description="Read.")], DEFAULT)
    assert sent is not None
    assert json.loads(sent) == [
        {"type": "function", "function": {"name": "read_file", "description": "Read.", "parameters": seed}}
    ]


def test_no_tools_are_none() -> None:
    assert encode_tools([], DEFAULT) is None


@pytest.mark.parametrize("parameters", [None, {}, {"type": "object"}, {"type": "object", "required": []}, "x"])
def test_a_tool_without_parameters_has_an_empty_object(parameters: object) -> None:
    assert json.loads(encode_tools([tool("f", parameters)], DEFAULT) or b"")[0]["function"] == {
        "name": "f",
        "parameters": {"type": "object", "properties": {}},
    }


def test_keys_that_not_every_host_knows_are_left_out() -> None:
    sent = json.loads(encode_tools([{**tool("f", {}, strict=True), "cache_control": {}}], DEFAULT) or b"")
    assert sent == [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]


def test_a_tool_that_would_have_the_request_refused_is_left_out_and_named() -> None:
    definitions = [tool("f"), tool("f"), tool("no good"), tool("g"), {"type": "function"}, tool("h")]
    dialect = Dialect(max_tools=2)
    assert [each["function"]["name"] for each in json.loads(encode_tools(definitions, dialect) or b"")] == ["f", "g"]
    assert tool_problems(definitions, dialect) == [
        "The tool 'f' is not offered. The name was used before.",
        "The tool 'no good' is not offered. A tool name has only letters from A to Z, digits, underscores and"
        " hyphens; this one has ' '.",
        "The tool '' is not offered. A tool needs a name.",
        "The tool 'h' is not offered. The endpoint takes at most 2 tools.",
    ]


@pytest.mark.parametrize("name", ["f", "read_file", "mcp--x", "A1", "a" * 64])
def test_a_name_that_every_host_takes_has_no_problem(name: str) -> None:
    assert tool_name_problem(name) is None


@pytest.mark.parametrize("name", ["", "a" * 65, "-f", "_f", "1f", "a.b", "a b", "é", "f\n"])
def test_a_name_that_some_host_refuses_has_a_problem(name: str) -> None:
    assert tool_name_problem(name)


REFERENCES = {
    "type": "object",
    "$defs": {"N": {"type": "object", "properties": {"next": {"$ref": "#/$defs/N"}}}},
    "properties": {"n": {"$ref": "#/$defs/N", "description": "the list"}},
}


def test_references_are_replaced_by_what_they_mean_and_circles_end() -> None:
    inner = {"type": "object", "properties": {"next": {"type": "object", "properties": {}}}, "description": "the list"}
    assert object_schema(REFERENCES, PLAIN) == {"type": "object", "properties": {"n": inner}}
    assert object_schema(REFERENCES, DEFAULT) == REFERENCES


def test_references_that_double_at_every_step_stay_bounded() -> None:
    levels = {
        f"L{level}": {
            "type": "object",
            "properties": {name: {"$ref": f"#/$defs/L{level + 1}"} for name in "abcd"},
        }
        for level in range(30)
    }
    schema = {"type": "object", "$defs": levels, "properties": {"a": {"$ref": "#/$defs/L0"}}}
    assert len(json.dumps(object_schema(schema, PLAIN))) < 1_000_000


@pytest.mark.parametrize(
    ("dialect", "written"),
    [
        (DEFAULT, {"type": ["string", "null"]}),
        (PLAIN, {"type": "string", "nullable": True}),
        (BARE, {"type": "string"}),
        (Dialect(null_form="nullable"), {"type": "string", "nullable": True}),
        (Dialect(null_form="none"), {"type": "string"}),
    ],
)
def test_or_null_is_written_as_the_host_wants_it(dialect: Dialect, written: dict) -> None:
    assert field({"type": ["string", "null"]}, dialect) == written
    if dialect != DEFAULT:
        assert field({"type": "string", "nullable": True}, dialect) == written
        assert field({"anyOf": [{"type": "string"}, {"type": "null"}]}, dialect) == written


@pytest.mark.parametrize(
    ("schema", "plain", "bare"),
    [
        ({"const": "x"}, {"type": "string", "enum": ["x"]}, {"type": "string", "enum": ["x"]}),
        ({"enum": [1, 2]}, {"type": "integer"}, {"type": "integer"}),
        ({"type": "string", "enum": ["", "a"]}, {"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["a"]}),
        ({"type": "string", "format": "uri"}, {"type": "string"}, {"type": "string"}),
        (
            {"type": "string", "format": "date-time", "minLength": 2},
            {"type": "string", "format": "date-time", "minLength": 2},
            {"type": "string"},
        ),
        ({"type": "integer", "exclusiveMinimum": 0}, {"type": "integer"}, {"type": "integer"}),
        (
            {"oneOf": [{"type": "integer"}, {"type": "string"}], "description": "d"},
            {"anyOf": [{"description": "d", "type": "integer"}, {"description": "d", "type": "string"}]},
            {"type": "integer", "description": "d"},
        ),
        (
            {"type": ["integer", "string"]},
            {"anyOf": [{"type": "integer"}, {"type": "string"}]},
            {"type": "integer"},
        ),
        (
            {"allOf": [{"type": "object", "properties": {"x": {"type": "string"}}}, {"required": ["x", "y"]}]},
            {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
            {"type": "object", "properties": {"x": {"type": "string"}}, "required": ["x"]},
        ),
        (
            {"type": "array"},
            {"type": "array", "items": {"type": "string"}},
            {"type": "array", "items": {"type": "string"}},
        ),
        (True, {"type": "string"}, {"type": "string"}),
        ({"additionalProperties": {"type": "string"}, "type": "object"},) + ({"type": "object", "properties": {}},) * 2,
    ],
)
def test_rare_keywords_are_rewritten_or_left_out(schema: object, plain: dict, bare: dict) -> None:
    assert (field(schema, PLAIN), field(schema, BARE)) == (plain, bare)


@pytest.mark.parametrize(
    ("refused", "schema", "written"),
    [
        ("oneOf", {"oneOf": [{"type": "string"}]}, {"anyOf": [{"type": "string"}]}),
        ("const", {"const": 3}, {"enum": [3]}),
        ("pattern", {"type": "string", "pattern": "x"}, {"type": "string"}),
        ("minLength", {"type": "string", "minLength": 2, "maxLength": 3}, {"type": "string", "maxLength": 3}),
    ],
)
def test_a_refused_keyword_alone_is_rewritten_or_left_out(refused: str, schema: dict, written: dict) -> None:
    assert field(schema, Dialect(schema_refused=frozenset({refused}))) == written


def test_the_root_is_an_object_and_nothing_else() -> None:
    schema = {
        "oneOf": [
            {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"]},
            {"properties": {"b": {"type": "string"}, "c": {"type": "string"}}, "required": ["b", "c"]},
        ],
        "description": "either",
    }
    assert object_schema(schema, DEFAULT) == {
        "type": "object",
        "properties": {"b": {"type": "string"}, "c": {"type": "string"}, "a": {"type": "string"}},
        "description": "either",
        "required": ["b"],
    }


def test_a_type_beside_any_of_is_said_of_each_branch() -> None:
    assert field({"type": "string", "anyOf": [{"enum": ["a"]}, {"enum": ["b"]}]}, DEFAULT) == {
        "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b"]}]
    }

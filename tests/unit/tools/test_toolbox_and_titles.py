"""The toolbox: what the model is offered, and what it is told when its arguments are wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.protocol.values import TodoItem
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.read_file import ReadFileArguments
from agentls.tools.titles import title
from agentls.tools.tool import Arguments
from agentls.tools.toolbox import Toolbox
from agentls.tools.update_todo_list import todo_items

NAMES = (
    "list_files",
    "read_file",
    "search_files",
    "write_to_file",
    "edit_file",
    "execute_command",
    "read_command_output",
    "ask_followup_question",
    "update_todo_list",
)
TOOLBOX = Toolbox()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
PARAMETERS = {
    "list_files": {"path": "string", "recursive?": "boolean"},
    "read_file": {"path": "string", "start_line?": "integer", "end_line?": "integer"},
    "search_files": {"path": "string", "regex": "string", "file_pattern?": "string"},
    "write_to_file": {"path": "string", "content": "string"},
    "edit_file": {"path": "string", "old_string": "string", "new_string": "string", "replace_all?": "boolean"},
    "execute_command": {"command": "string", "cwd?": "string", "timeout?": "number"},
    "read_command_output": {"artifact_id": "string", "search?": "string", "offset?": "integer", "limit?": "integer"},
    "ask_followup_question": {"question": "string", "follow_up": "array"},
    "update_todo_list": {"todos": "string"},
}


def test_the_tools_and_their_parameters_are_those_of_the_design() -> None:
    offered: dict[str, dict[str, object]] = {}
    for definition in TOOLBOX.definitions():
        function = definition["function"]
        assert isinstance(function, dict)
        schema = function["parameters"]
        offered[function["name"]] = {
            name if name in schema["required"] else f"{name}?": field["type"]
            for name, field in schema["properties"].items()
        }
        for name, field in schema["properties"].items():
            assert field.get("nullable", False) == (name not in schema["required"])
            assert field["description"]
            assert set(field) <= {"type", "description", "nullable", "items"}

    assert offered == PARAMETERS
    assert TOOLBOX.names == NAMES


def test_the_schema_has_the_shape_every_endpoint_takes() -> None:
    read = TOOLBOX.definitions(set(NAMES) - {"read_file"})

    assert json.loads(json.dumps(read)) == [
        {
            "type": "function",
            "function": {
                "name": "read_file",
                "description": read[0]["function"]["description"],  # type: ignore[index]
                "parameters": {
                    "type": "object",
                    "properties": {
                        "path": {"type": "string", "description": "File, relative to the workspace."},
                        "start_line": {
                            "type": "integer",
                            "nullable": True,
                            "description": "First line to show, from 1; absent: the first line.",
                        },
                        "end_line": {
                            "type": "integer",
                            "nullable": True,
                            "description": "Last line to show, included; absent: the last line.",
                        },
                    },
                    "required": ["path"],
                },
            },
        }
    ]


def test_clients_see_every_tool_with_its_approval_class() -> None:
    listing = TOOLBOX.listing(["search_files"])

    assert [(tool.name, tool.kind, tool.approval, tool.enabled) for tool in listing] == [
        ("list_files", "read", "none", True),
        ("read_file", "read", "none", True),
        ("search_files", "search", "none", False),
        ("write_to_file", "edit", "edit", True),
        ("edit_file", "edit", "edit", True),
        ("execute_command", "execute", "command", True),
        ("read_command_output", "read", "none", True),
        ("ask_followup_question", "ask", "none", True),
        ("update_todo_list", "other", "none", True),
    ]


def test_null_for_an_optional_argument_is_absent() -> None:
    parsed = TOOLBOX.parse("read_file", {"path": "a", "start_line": None, "end_line": "7"})

    assert parsed == ReadFileArguments(path="a", end_line=7)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({}, "`path` is missing"),
        ({"path": None}, "`path` is missing"),
        ({"path": 5}, "`path`: input should be a valid string"),
        ({"path": "a", "start_line": "ten"}, "`start_line`: input should be a valid integer"),
        ({"path": "a", "start_line": 0}, "`start_line`: input should be greater than or equal to 1"),
        ({"path": "a", "line": 1}, "`line` is not an argument of this tool"),
        ([], "the arguments must be a JSON object"),
        ("x", "the arguments must be a JSON object"),
        (None, "the arguments must be a JSON object"),
    ],
)
def test_wrong_arguments_are_named_and_the_valid_ones_listed(arguments: object, says: str) -> None:
    outcome = TOOLBOX.parse("read_file", arguments)

    assert isinstance(outcome, Outcome)
    assert outcome.status == "invalid"
    assert says in outcome.text
    assert outcome.text.endswith(
        "Nothing was run. Valid: path (string, required), start_line (integer), end_line (integer)."
    )


def test_an_unknown_tool_lists_the_tools() -> None:
    assert TOOLBOX.parse("browse\n", {}) == Outcome(
        status="invalid",
        text=f"There is no tool 'browse'. Nothing was run. The tools are: {', '.join(NAMES)}.",
    )


@given(name=st.sampled_from([*NAMES, "__proto__", ""]), arguments=JSON)
def test_any_arguments_get_an_answer(name: str, arguments: object) -> None:
    assert isinstance(TOOLBOX.parse(name, arguments), Arguments | Outcome)


@given(name=st.sampled_from([*NAMES, "other\u202e"]), arguments=st.dictionaries(st.text(max_size=9), JSON, max_size=4))
def test_any_call_has_a_short_printable_title(name: str, arguments: dict[str, object]) -> None:
    line = title(name, arguments)

    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize(
    ("name", "arguments", "line"),
    [
        ("list_files", {"path": "src"}, "List src"),
        ("read_file", {"path": "a.py"}, "Read a.py"),
        ("read_file", {"path": "a.py", "start_line": 3, "end_line": 9}, "Read a.py, lines 3-9"),
        ("search_files", {"path": ".", "regex": "def", "file_pattern": "*.py"}, "Search . for def in *.py"),
        ("write_to_file", {"path": "a.py", "content": "x"}, "Write a.py"),
        ("edit_file", {"path": "a.py"}, "Edit a.py"),
        ("execute_command", {"command": "ls\n-l"}, "Run ls⏎-l"),
        ("execute_command", {"command": "ls \u202e\x1b[2J"}, "Run ls \\u202e\\u001b[2J"),
        ("execute_command", {"command": "x" * 500}, f"Run {'x' * 156}… (+344 characters)"),
        ("execute_command", {}, "Run"),
        ("update_todo_list", {"todos": "x"}, "Update the to-do list"),
        ("unknown", {"path": "a"}, "unknown"),
    ],
)
def test_a_title_says_what_a_call_is_about(name: str, arguments: dict[str, object], line: str) -> None:
    assert title(name, arguments) == line


def test_a_checklist_becomes_items() -> None:
    items = todo_items("# Plan\n- [x] one\n[-] two \n\n  * [ ] three\n1. [X] four\n[~] five\n[] six\nnot an item\n")

    assert items == (
        TodoItem(text="one", state="completed"),
        TodoItem(text="two", state="inProgress"),
        TodoItem(text="three", state="pending"),
        TodoItem(text="four", state="completed"),
        TodoItem(text="five", state="inProgress"),
        TodoItem(text="six", state="pending"),
    )


BLANKS = " " * 1_000_000


@pytest.mark.parametrize("todos", ["", "just text", "[x]", "[ ] a\n" * 101, BLANKS, f"[ ]{BLANKS}", f"-{BLANKS}x"])
def test_a_list_without_items_or_with_too_many_is_invalid(todos: str) -> None:
    with pytest.raises(ToolFailure) as failure:
        todo_items(todos)

    assert failure.value.outcome.status == "invalid"

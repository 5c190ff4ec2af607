"""Tool calls that were written as text are seen, prose is not."""

import pytest

from agentls.chat.textcall import detect_text_call, leaked_tool_name

TOOLS = ("read_file", "list_files")


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ('Let me see.\n<tool_call>\n{"name": "read_file", "arguments": {"path": "a"}}\n</tool_call>', "<tool_call>"),
        ('<tool_call>{"arguments": {"path": "a"}, "name": "read_file"}', "<tool_call>"),
        ("<tool_call>read_file\n<arg_key>path</arg_key><arg_value>a</arg_value>", "<tool_call>"),
        ("<function=read_file>\n<parameter=path>\na\n</parameter>\n</function>\n</tool_call>", "<function="),
        ('<function_calls><invoke name="read_file"><parameter name="path">a</parameter></invoke>', "<invoke"),
        (
            "<|tool_calls_section_begin|><|tool_call_begin|>functions.read_file:0<|tool_call_argument_begin|>{}",
            "<|tool_call_begin|>",
        ),
        ("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>read_file\n", "<｜tool▁call▁begin｜>"),
        ("<|channel|>commentary to=functions.read_file<|message|>{}", "<|channel|>"),
        ('[TOOL_CALLS][{"name": "read_file", "arguments": {}}]', "[TOOL_CALLS]"),
        ('read_file[ARGS]{"path": "a"}', "[ARGS]"),
        ('<|python_tag|>{"name": "read_file", "parameters": {}}', "<|python_tag|>"),
        ('{"name": "read_file", "parameters": {"path": "a"}}', '{"name": …}'),
        ('<|tool_call>call:read_file{path:<|"|>a<|"|>}<tool_call|>', "<|tool_call>"),
        ('functools[{"name": "read_file", "arguments": {}}]', "functools["),
    ],
)
def test_a_call_written_as_text_is_seen_in_answer_and_reasoning(text: str, marker: str) -> None:
    assert detect_text_call(text, "", TOOLS) == marker
    assert detect_text_call("", text, TOOLS) == marker


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I will read_file now.",
        'Hermes models write `<tool_call>{"name": "read_file"}</tool_call>` in their answer.',
        '```xml\n<tool_call>\n{"name": "read_file", "arguments": {}}\n</tool_call>\n```\nThat is the format.',
        '~~~\n[TOOL_CALLS][{"name": "read_file"}]\n~~~',
        "The <tool_call> tag comes before a name such as read_file.",
        '<tool_call>{"name": "send_mail", "arguments": {}}</tool_call>',
        'The object is {"name": "read_file", "parameters": {}} in JSON.',
        '```json\n{"name": "read_file", "arguments": {}}\n```',
    ],
)
def test_prose_and_code_are_not_calls(text: str) -> None:
    assert detect_text_call(text, "", TOOLS) is None


def test_without_tools_nothing_is_looked_for() -> None:
    assert detect_text_call('<tool_call>{"name": "read_file"}', "", ()) is None


def test_a_name_with_a_servers_markup_in_it_is_recognised() -> None:
    assert leaked_tool_name("read_file<|channel|>commentary", TOOLS) == "read_file"
    assert leaked_tool_name("functions.read_file", TOOLS) == "read_file"
    assert leaked_tool_name("read_file", TOOLS) is None
    assert leaked_tool_name("delete_file", TOOLS) is None


def test_a_very_long_answer_is_searched_in_time() -> None:
    assert detect_text_call("<tool_call>{" * 40_000, "`" * 200_000, TOOLS) is None

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
        ("<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>read_file\n", "<|tool_call_begin|>"),
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


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        # F1: other spellings, attributes, whitespace, several in a list
        ('<tool_call id="1">\n\n  {"name" : "read_file", "arguments": {}}', "<tool_call>"),
        ('<tool_calls>[{"name": "list_files", "arguments": {}}]</tool_calls>', "<tool_call>"),
        ('<function_call> {"arguments": {}, "name": "functions.read_file"} </function_call>', "<tool_call>"),
        ('<TOOLCALL>[{"name": "read_file", "arguments": {"path": "a"}}]</TOOLCALL>', "<tool_call>"),
        ('<tool_call>{"type": "function", "function": {"name": "read_file", "arguments": {}}}', "<tool_call>"),
        ('<think>\n<tool_call>\n{"name": "read_file", "arguments": {}}', "<tool_call>"),
        ('Let me look.<tool_call>{"name": "read_file"}</tool_call>\n<tool_response>x</tool_response>', "<tool_call>"),
        # F2
        ('<function=read_file>{"path": "a"}</function>', "<function="),
        ("<function=list_files>\n</function>\n</tool_call>", "<function="),
        ('<function name="read_file">\n<parameter name="path">a</parameter></function>', "<function="),
        # F3
        ("<minimax:tool_call>\n<invoke name='read_file'>\n<parameter name='path'>a</parameter>", "<invoke"),
        ('<invoke name="read_file">\n<parameter name="path">a', "<invoke"),
        ('<xai:function_call name="read_file"><parameter name="path">a</parameter>', "<tool_call>"),
        # F5: newer form, and the same with plain bars
        ("<｜tool▁call▁begin｜>read_file<｜tool▁sep｜>{}<｜tool▁call▁end｜>", "<|tool_call_begin|>"),
        ("<|tool_calls_begin|><|tool_call_begin|>function<|tool_sep|>read_file\n{}", "<|tool_call_begin|>"),
        ('<｜DSML｜function_calls>\n<｜DSML｜invoke name="read_file">', "<|DSML|"),
        # F6
        ("<|start|>assistant<|channel|>commentary to=functions.list_files <|constrain|>json", "<|channel|>"),
        ('commentaryto=functions.read_file json{"path": "a"}', "to=functions."),
        # F7
        ('[TOOL_CALLS]read_file[ARGS]{"path": "a"}', "[TOOL_CALLS]"),
        ('[TOOL_CALLS]  [ {"arguments": {}, "name": "read_file"}]', "[TOOL_CALLS]"),
        ('read_file[CALL_ID]abc123def[ARGS]{"path": "a"}', "[ARGS]"),
        # F8
        ('<|python_tag|>read_file.call(path="a")', "<|python_tag|>"),
        ('{"type": "function", "name": "read_file", "parameters": {"path": "a"}}', '{"name": …}'),
        ('[{"name": "read_file", "arguments": "{}"}]', '{"name": …}'),
        ('I will look.\n\n{"name": "read_file", "parameters": {"path": "a"}}\n', '{"name": …}'),
        # F9, F10, F12 and their like
        ("<start_function_call>call:read_file{path:x}", "<|tool_call>"),
        ("<tool_call>read_file<arg_key>path</arg_key>", "<tool_call>"),
        ("<|tool_call_start|>[read_file(path='a')]<|tool_call_end|>", "<|tool_call|>"),
        ('<|tool_call|>[{"name": "read_file", "arguments": {}}]', "<|tool_call|>"),
        ('<|action_start|><|plugin|>{"name": "read_file", "parameters": {}}', "<|action_start|>"),
        ("<|open|>tools<|sep|> read_file", "<|open|>tools"),
        ("Now:\n<read_file>\n<path>a</path>\n</read_file>", "<read_file>"),
    ],
)
def test_the_formats_of_many_families_are_seen(text: str, marker: str) -> None:
    assert detect_text_call(text, "", TOOLS) == marker
    assert detect_text_call("Done.", text, TOOLS) == marker
    assert detect_text_call(text.replace("read_file", "f").replace("list_files", "g"), "", TOOLS) is None


@pytest.mark.parametrize(
    "text",
    [
        'Hermes writes <tool_call>{"name": "read_file"}</tool_call> around its calls.',
        'The text "<tool_call>{"name": "read_file", "arguments": {}}</tool_call>" is such a call.',
        "It prints (<function=read_file><parameter=path>) when the parser is off.",
        '```\n<tool_call>\n{"name": "read_file"}',
        '````markdown\n```json\n{"name": "x"}\n```\n<tool_call>{"name": "read_file"}</tool_call>\n````\nThat is all.',
        '~~~~\n~~~\n<tool_call>{"name": "read_file"}</tool_call>\n~~~~\n',
        '```xml\n``` not the end\n<tool_call>{"name": "read_file"}</tool_call>\n```\n',
        'For example:\n\n    <tool_call>\n    {"name": "read_file", "arguments": {}}\n\n    </tool_call>\n\nSo.',
        'For example:\n\n\t[TOOL_CALLS][{"name": "read_file"}]\n',
        'Write ``<tool_call>{"name": "read_file"} ` </tool_call>`` for it.',
        '{"name": "read_file", "description": "Reads a file.", "parameters": {"type": "object"}}',
        '{"name": "read_file", "parameters": {"type": "object", "properties": {}}}',
        '[{"name": "Ann", "arguments": {"read_file": 1}}]',
        '{"people": [{"name": "read_file", "arguments": {}}]}',
        'It is {"name": "read_file", "arguments": {}} and nothing else.',
        "Call read_file(path) and then list_files(path).",
        "See <a href='read_file'>read_file</a> and [read_file](docs/read_file.md).",
    ],
)
def test_text_about_calls_is_no_call(text: str) -> None:
    assert detect_text_call(text, "", TOOLS) is None
    assert detect_text_call("", text, TOOLS) is None


def test_a_call_behind_closed_code_is_seen() -> None:
    text = '```sh\nls\n```\n`ls` shows it.\n<tool_call>{"name": "read_file", "arguments": {}}</tool_call>'
    assert detect_text_call(text, "", TOOLS) == "<tool_call>"


def test_a_fence_opened_long_before_is_still_code() -> None:
    text = "```\n" + "x = 1\n" * 40_000 + '<tool_call>{"name": "read_file", "arguments": {}}</tool_call>\n```\nDone.'
    assert detect_text_call(text, "", TOOLS) is None


def test_without_tools_nothing_is_looked_for() -> None:
    assert detect_text_call('<tool_call>{"name": "read_file"}', "", ()) is None


def test_a_name_with_a_servers_markup_in_it_is_recognised() -> None:
    assert leaked_tool_name("read_file<|channel|>commentary", TOOLS) == "read_file"
    assert leaked_tool_name("functions.read_file", TOOLS) == "read_file"
    assert leaked_tool_name("read_file", TOOLS) is None
    assert leaked_tool_name("delete_file", TOOLS) is None


@pytest.mark.parametrize(
    "piece",
    [
        "<tool_call>{",
        '<tool_call>{"name": "',
        "<tool_call ",
        "`" * 50 + "read_file",
        "`a",
        "```\n",
        "    read_file\n",
        "[TOOL_CALLS]read_file ",
        "<|open|>tools<|sep|>",
        "</tool_call> x",
        '{"name": "read_file", ',
        "\n",
        " ",
    ],
)
def test_ten_megabytes_of_almost_a_call_are_searched(piece: str) -> None:
    """The hang guard of every test is the measure: none of these may take long."""
    text = "read_file <" + piece * (10_000_000 // len(piece))
    assert detect_text_call(text, "", ("read_file_now", *TOOLS)) in (None, "[TOOL_CALLS]")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("read_file<|channel|>commentary", "read_file"),
        ("functions.read_file:0", "read_file"),
        ("read_file[ARGS]", "read_file"),
        ("read_file\n<arg_key>", "read_file"),
        ("assistant<|channel|>json", None),
        ("read_files", None),
        ("", None),
        ("<|channel|>" * 100_000, None),
    ],
)
def test_a_decorated_name_is_no_declared_one_but_tells_which_was_meant(name: str, meant: str | None) -> None:
    assert leaked_tool_name(name, TOOLS) == meant

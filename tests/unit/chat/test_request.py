"""Conversations as request bodies."""

import json
import re

import pytest

from agentls.chat.dialect import DEFAULT, Dialect, preset
from agentls.chat.message import (
    AssistantMessage,
    CallMessage,
    ImagePart,
    Message,
    SystemMessage,
    TextPart,
    ToolMessage,
    UserMessage,
)
from agentls.chat.request import RequestOptions, encode_message, encode_request, fix_call_ids
from agentls.chat.server import ServerHint

TOOLS = b'[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]'
CALL = CallMessage("call_1", "f", '{"a":1}', {"extra_content": {"google": {"thought_signature": "s"}}})


def encoded(message: Message, dialect: Dialect = DEFAULT) -> dict:
    return json.loads(encode_message(message, dialect))


def body(
    messages: list[Message], options: RequestOptions | None = None, dialect: Dialect = DEFAULT, tools=TOOLS
) -> dict:
    parts = [encode_message(message, dialect) for message in messages]
    options = options or RequestOptions()
    return json.loads(encode_request(model="m", messages=parts, tools=tools, options=options, dialect=dialect))


def test_a_request_has_only_what_every_endpoint_knows() -> None:
    assert body([SystemMessage("s"), UserMessage((TextPart("hi"),))]) == {
        "model": "m",
        "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}],
        "tools": json.loads(TOOLS),
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_options_are_written_by_the_dialect() -> None:
    options = RequestOptions(temperature=0.2, reasoning_effort="high", max_output_tokens=99, extra_body={"seed": 1})
    assert body([], options, Dialect(max_tokens_param="max_completion_tokens"), None) == {
        "model": "m",
        "messages": [],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.2,
        "reasoning_effort": "high",
        "max_completion_tokens": 99,
        "seed": 1,
    }
    plain = Dialect(
        max_tokens_param=None,
        send_stream_options=False,
        send_temperature=False,
        send_reasoning_effort=False,
        dropped=frozenset({"seed"}),
    )
    assert body([], options, plain, None) == {"model": "m", "messages": [], "stream": True}


def test_no_stream_options_without_a_stream_and_no_limit_of_minus_one() -> None:
    options = RequestOptions(stream=False, max_output_tokens=-1)
    assert body([], options, tools=b"[]") == {"model": "m", "messages": [], "stream": False}


def test_extra_body_wins_but_not_over_the_conversation() -> None:
    options = RequestOptions(temperature=0.2, extra_body={"temperature": 1, "model": "other", "messages": [1]})
    assert body([], options, tools=None) | {"stream_options": None} == {
        "model": "m",
        "messages": [],
        "stream": True,
        "stream_options": None,
        "temperature": 1,
    }


@pytest.mark.parametrize(("rule", "content"), [("null", {"content": None}), ("empty", {"content": ""}), ("omit", {})])
def test_an_assistant_message_of_calls_only_has_the_content_the_dialect_wants(rule, content: dict) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": '{"a":1}'}}
    message = AssistantMessage("", None, (CallMessage("call_1", "f", '{"a":1}'),))
    assert encoded(message, Dialect(empty_content=rule)) == {"role": "assistant", **content, "tool_calls": [call]}


@pytest.mark.parametrize("arguments", ["", "null", '{"a":', "[1]", '"x"'])
def test_arguments_are_always_the_text_of_an_object(arguments: str) -> None:
    message = encoded(AssistantMessage("t", None, (CallMessage("c", "f", arguments),)))
    assert message["tool_calls"][0]["function"]["arguments"] == "{}"


def test_extra_keys_go_back_only_where_the_dialect_says_so() -> None:
    message = AssistantMessage("t", "hm", (CALL,), {"reasoning_details": [1], "content": "no"})
    sent = encoded(message)
    assert sent["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "s"}}
    assert (sent["content"], sent["reasoning_details"]) == ("t", [1])
    assert "reasoning_content" not in sent
    assert set(encoded(message, Dialect(replay_extra=False))) == {"role", "content", "tool_calls"}
    assert encoded(message, Dialect(replay_reasoning="reasoning_content"))["reasoning_content"] == "hm"


def test_an_empty_tool_result_says_so() -> None:
    assert encoded(ToolMessage("c", "")) == {"role": "tool", "tool_call_id": "c", "content": "(no output)"}


def test_an_image_is_a_part() -> None:
    assert encoded(UserMessage((TextPart("see"), ImagePart("image/png", "QUJD")))) == {
        "role": "user",
        "content": [
            {"type": "text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
        ],
    }


def test_a_lone_surrogate_does_not_stop_a_request() -> None:
    assert encoded(SystemMessage("a\ud83db")) == {"role": "system", "content": "a\ufffdb"}


def ids(messages: list[Message]) -> list[list[str]]:
    return [
        [call.call_id for call in message.calls] if isinstance(message, AssistantMessage) else [message.call_id]
        for message in messages
        if isinstance(message, AssistantMessage | ToolMessage)
    ]


def calls(*call_ids: str) -> AssistantMessage:
    return AssistantMessage("", None, tuple(CallMessage(one, "f", "{}") for one in call_ids))


def test_good_ids_and_their_messages_stay_as_they_are() -> None:
    messages: list[Message] = [calls("functions.f:0", "b"), ToolMessage("functions.f:0", "x"), ToolMessage("b", "y")]
    assert all(one is other for one, other in zip(fix_call_ids(messages, DEFAULT), messages, strict=True))


def test_repeated_and_empty_ids_are_rewritten_with_their_results() -> None:
    messages: list[Message] = [
        calls("0", "1"),
        ToolMessage("0", "a"),
        ToolMessage("1", "b"),
        calls("0", "", ""),
        ToolMessage("0", "c"),
        ToolMessage("", "d"),
        ToolMessage("", "e"),
    ]
    fixed = fix_call_ids(messages, DEFAULT)
    first, zero, one, second, *results = ids(fixed)
    assert (first, zero, one) == (["0", "1"], ["0"], ["1"])
    assert [[new] for new in second] == results
    assert len({"0", "1", *second}) == 5
    assert fix_call_ids(messages[:4], DEFAULT) == fixed[:4]


def test_mistral_gets_nine_letters_and_digits_and_a_message_between_tool_and_user() -> None:
    dialect = preset(ServerHint("https://api.mistral.ai/v1"))
    messages: list[Message] = [calls("call_x", "aB3dE5fG7"), ToolMessage("call_x", "a"), ToolMessage("aB3dE5fG7", "b")]
    (first, kept), (x,), (k,) = ids(fix_call_ids(messages, dialect))
    assert (kept, k, x) == ("aB3dE5fG7", "aB3dE5fG7", first)
    assert re.fullmatch("[A-Za-z0-9]{9}", first)
    sent = body([ToolMessage("c", "x"), UserMessage((TextPart("go on"),))], dialect=dialect)
    assert [message["role"] for message in sent["messages"]] == ["tool", "assistant", "user"]

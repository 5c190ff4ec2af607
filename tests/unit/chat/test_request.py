"""Conversations as request bodies."""

import json
import re

import pytest

from agentls.chat.dialect import DEFAULT, Dialect
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
from agentls.chat.presets import preset
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


@pytest.mark.parametrize(
    ("rule", "content"),
    [("null", {"content": None}), ("empty", {"content": ""}), ("omit", {}), ("words", {"content": "(tool calls)"})],
)
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
    odd = AssistantMessage("t", None, (CallMessage("c", "f", "{}", {"odd": 1, "index": 2}),), {"refusal": "no"})
    assert encoded(odd) == {
        "role": "assistant",
        "content": "t",
        "tool_calls": [{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    }
    bare = encoded(message, Dialect(replayed_keys=frozenset()))
    assert (set(bare), set(bare["tool_calls"][0])) == ({"role", "content", "tool_calls"}, {"id", "type", "function"})


@pytest.mark.parametrize(
    ("dialect", "reasoning", "sent"),
    [
        (DEFAULT, "hm", {"content": "t"}),
        (Dialect(replay_reasoning="reasoning_content"), "hm", {"content": "t", "reasoning_content": "hm"}),
        (Dialect(replay_reasoning="reasoning_content"), None, {"content": "t"}),
        (preset(ServerHint("https://api.deepseek.com")), None, {"content": "t", "reasoning_content": " "}),
        (preset(ServerHint("https://api.moonshot.ai/v1")), " \n", {"content": "t", "reasoning_content": " "}),
        (preset(ServerHint("https://api.z.ai/api/paas/v4")), "hm", {"content": "t", "reasoning_content": "hm"}),
        (preset(ServerHint("https://api.minimax.io/v1")), "hm", {"content": "<think>\nhm\n</think>\n\nt"}),
        (preset(ServerHint("https://api.minimax.io/v1")), None, {"content": "t"}),
    ],
)
def test_reasoning_goes_back_as_the_endpoint_wants_it(dialect: Dialect, reasoning: str | None, sent: dict) -> None:
    assert encoded(AssistantMessage("t", reasoning), dialect) == {"role": "assistant", **sent}


def test_reasoning_between_think_tags_stands_for_a_text_and_not_beside_sealed_reasoning() -> None:
    dialect = Dialect(replay_reasoning="think_tags")
    assert encoded(AssistantMessage("", "hm", (CALL,)), dialect)["content"] == "<think>\nhm\n</think>"
    sealed = AssistantMessage("t", "hm", (), {"reasoning_details": [{"text": "hm"}]})
    assert encoded(sealed, dialect) == {"role": "assistant", "content": "t", "reasoning_details": [{"text": "hm"}]}


@pytest.mark.parametrize("text", ["", " ", "\n"])
def test_an_empty_text_says_so(text: str) -> None:
    assert encoded(ToolMessage("c", text)) == {"role": "tool", "tool_call_id": "c", "content": "(no output)"}
    assert encoded(UserMessage((TextPart(text),))) == {"role": "user", "content": "(no text)"}
    assert encoded(AssistantMessage(text)) == {"role": "assistant", "content": "(no text)"}
    assert encoded(AssistantMessage(text, None, (CALL,)))["content"] is None


def test_a_result_that_is_an_image_points_at_the_message_that_has_it() -> None:
    image = ImagePart("image/png", "QUJD")
    assert encoded(ToolMessage("c", "", (image,)))["content"] == "(an image; it is in the next user message)"
    assert encoded(ToolMessage("c", "seen", (image,))) == {"role": "tool", "tool_call_id": "c", "content": "seen"}


def test_a_result_has_the_name_of_its_tool_where_the_endpoint_wants_it() -> None:
    dialect = Dialect(name_tool_results=True)
    messages = fix_call_ids([calls("a", ""), ToolMessage("a", "x"), ToolMessage("", "y")], dialect)
    assert [encoded(message, dialect)["name"] for message in messages[1:]] == ["f", "f"]
    assert "name" not in encoded(messages[1], DEFAULT)


def test_a_call_that_another_model_made_is_marked_where_signatures_are_required() -> None:
    dialect = Dialect(fill_signatures=True)
    unsigned = encoded(AssistantMessage("", None, (CallMessage("c", "f", "{}"), CALL)), dialect)["tool_calls"]
    assert [call["extra_content"]["google"]["thought_signature"] for call in unsigned] == [
        "skip_thought_signature_validator",
        "s",
    ]


def test_an_image_is_a_part() -> None:
    assert encoded(UserMessage((TextPart("see"), ImagePart("image/png", "QUJD")))) == {
        "role": "user",
        "content": [
            {"type": "text", "text": "see"},
            {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
        ],
    }


def test_an_image_that_is_not_taken_is_a_word() -> None:
    parts = (TextPart(""), ImagePart("image/png", "QUJD"), TextPart("see"))
    assert encoded(UserMessage(parts), Dialect(send_images=False)) == {
        "role": "user",
        "content": "[An image was here; this model takes no images.]\n\nsee",
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


@pytest.mark.parametrize(
    ("form", "asked", "sent"),
    [
        ("object", None, None),
        ("object", "auto", "auto"),
        ("object", "required", "required"),
        ("object", "f", {"type": "function", "function": {"name": "f"}}),
        ("words", "f", "required"),
        ("auto", "f", "auto"),
        ("auto", "required", "auto"),
        ("never", "auto", None),
    ],
)
def test_a_forced_call_is_asked_for_in_the_endpoints_form(form, asked: str | None, sent: object) -> None:
    options = RequestOptions(tool_choice=asked)
    assert body([], options, Dialect(tool_choice=form)).get("tool_choice") == sent
    assert "tool_choice" not in body([], options, Dialect(tool_choice=form), None)


def test_mistrals_word_for_some_tool_is_any() -> None:
    options = RequestOptions(tool_choice="required")
    assert body([], options, preset(ServerHint("https://api.mistral.ai/v1")))["tool_choice"] == "any"


def test_what_is_refused_without_tools_or_without_a_stream_is_left_out() -> None:
    own = {"parallel_tool_calls": False, "tool_choice": "auto", "stream_options": {"include_usage": True}}
    assert body([], RequestOptions(stream=False, extra_body=own), tools=None) == {
        "model": "m",
        "messages": [],
        "stream": False,
    }
    assert body([], RequestOptions(extra_body=own)) | {"tools": []} == {
        "model": "m",
        "messages": [],
        "tools": [],
        "stream": True,
        **own,
    }


def test_a_limit_of_the_users_own_replaces_ours_whatever_its_name() -> None:
    options = RequestOptions(max_output_tokens=99, extra_body={"max_completion_tokens": 5})
    assert {"max_tokens", "max_completion_tokens"} & body([], options).keys() == {"max_completion_tokens"}


def test_a_limit_of_the_users_own_goes_by_the_other_name_where_its_own_was_refused() -> None:
    options = RequestOptions(max_output_tokens=99, extra_body={"max_tokens": 5})
    refused = Dialect(max_tokens_param="max_completion_tokens", dropped=frozenset({"max_tokens"}))
    neither = Dialect(max_tokens_param=None, dropped=frozenset({"max_tokens", "max_completion_tokens"}))
    assert body([], options, refused)["max_completion_tokens"] == 5
    assert not {"max_tokens", "max_completion_tokens"} & body([], options, neither).keys()


def said(*texts: str) -> list[Message]:
    """User messages, and assistant messages where the text begins with `a`."""
    return [AssistantMessage(text) if text.startswith("a") else UserMessage((TextPart(text),)) for text in texts]


def roles(messages: list[Message], dialect: Dialect) -> list[tuple[str, object]]:
    return [(each["role"], each["content"]) for each in body(messages, dialect=dialect)["messages"]]


def test_messages_of_one_role_are_joined_where_roles_must_alternate() -> None:
    image = UserMessage((TextPart("see"), ImagePart("image/png", "QUJD")))
    messages = [SystemMessage("s"), *said("u1", "u2", "a1", "a2", "u3"), image]
    assert roles(messages, Dialect(merge_same_role=True)) == [
        ("system", "s"),
        ("user", "u1\n\nu2"),
        ("assistant", "a1\n\na2"),
        ("user", [{"type": "text", "text": "u3"}, *encoded(image)["content"]]),
    ]


def test_joined_assistant_messages_keep_the_calls_and_results_stay_apart() -> None:
    messages = [*said("u", "a1"), calls("1", "2"), ToolMessage("1", "x"), ToolMessage("2", "y")]
    _, assistant, *results = body(messages, dialect=Dialect(merge_same_role=True))["messages"]
    assert (assistant["content"], [call["id"] for call in assistant["tool_calls"]]) == ("a1", ["1", "2"])
    assert [each["content"] for each in results] == ["x", "y"]


def test_joined_assistant_messages_keep_all_of_their_sealed_reasoning_in_order() -> None:
    def sealed(text: str, *items: str) -> AssistantMessage:
        return AssistantMessage(text, None, (), {"reasoning_details": [{"data": each} for each in items]})

    messages = [*said("u"), sealed("a1", "one", "two"), *said("a2"), sealed("a3", "three"), sealed("a4", "four")]
    assert body(messages, dialect=Dialect(merge_same_role=True))["messages"] == [
        {"role": "user", "content": "u"},
        {
            "role": "assistant",
            "content": "a1\n\na2\n\na3\n\na4",
            "reasoning_details": [{"data": "one"}, {"data": "two"}, {"data": "three"}, {"data": "four"}],
        },
    ]


def test_instructions_open_the_first_user_message_where_there_is_no_system_role() -> None:
    messages = [SystemMessage("s"), *said("u1", "u2", "a")]
    assert roles(messages, Dialect(system_role="user")) == [("user", "s\n\nu1"), ("user", "u2"), ("assistant", "a")]


MARK = {"type": "ephemeral"}


def marked(messages: list[Message], dialect: Dialect = DEFAULT) -> list[str]:
    """The texts that carry a cache mark."""
    sent = body(messages, RequestOptions(prompt_caching=True), dialect)["messages"]
    parts = [part for each in sent if isinstance(each["content"], list) for part in each["content"]]
    return [part["text"] for part in parts if part.get("cache_control") == MARK]


def test_the_instructions_and_the_last_two_user_and_tool_messages_are_marked_for_the_cache() -> None:
    image = UserMessage((TextPart("see"), ImagePart("image/png", "QUJD")))
    messages = [SystemMessage("s"), *said("u1", "a"), image, calls("1"), ToolMessage("1", "x")]
    assert marked(messages) == ["s", "see", "x"]
    assert marked(messages, Dialect(cache_marks="no_tools")) == ["s", "u1", "see"]
    assert marked(messages, Dialect(cache_marks="never")) == []
    assert "cache_control" not in json.dumps(body(messages))


def test_a_message_without_a_text_is_passed_over_by_the_marks_and_a_short_conversation_has_fewer() -> None:
    image = UserMessage((ImagePart("image/png", "QUJD"),))
    assert marked([SystemMessage("s"), *said("u1", "u2"), image]) == ["s", "u1", "u2"]
    assert marked([SystemMessage("s")]) == ["s"]
    assert marked([SystemMessage("s"), image]) == ["s"]
    assert marked([]) == []

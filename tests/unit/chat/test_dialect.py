"""A dialect learns from a refusal that names a parameter, each lesson once."""

import json

import pytest

from agentls.chat.dialect import DEFAULT, Dialect, adapt, preset
from agentls.chat.failure import classify_response
from agentls.chat.server import ServerHint

HINT = ServerHint("https://llm.example/v1")


def refusal(message: str, status: int = 400, param: str | None = None):
    body = json.dumps({"error": {"message": message, "param": param}}).encode()
    return classify_response(status, {}, body, HINT)


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        (
            "Unsupported parameter: 'max_tokens' is not supported here. Use 'max_completion_tokens' instead.",
            "max_tokens_param",
            "max_completion_tokens",
        ),
        ("Unsupported parameter: 'temperature' is not supported with this model.", "send_temperature", False),
        ("invalid temperature: only 1 is allowed for this model", "send_temperature", False),
        ("extraneous key [include_usage] is not permitted", "send_stream_options", False),
        ("Unrecognized request argument supplied: stream_options", "send_stream_options", False),
        ("Model m does not support parameter reasoningEffort.", "send_reasoning_effort", False),
        ("The `reasoning_content` in the thinking mode must be passed back.", "replay_reasoning", "reasoning_content"),
        ("property 'messages.1.assistant.reasoning_content' is unsupported", "replay_extra", False),
        ("invalid message content type: <nil>", "empty_content", "empty"),
        ("Tool call id was x but must be a-z, A-Z, 0-9, with a length of 9.", "call_id_rule", "nine"),
        ("Unexpected role 'user' after role 'tool'", "bridge_tool_to_user", True),
        ("parallel_tool_calls=False is not supported by this model.", "dropped", frozenset({"parallel_tool_calls"})),
        ("Validation: Unsupported parameter(s): `tool_stream`", "dropped", frozenset({"tool_stream"})),
    ],
)
def test_a_refusal_teaches_one_lesson_once(message: str, field: str, value: object) -> None:
    learned = adapt(DEFAULT, refusal(message))
    assert learned is not None
    dialect, said = learned
    assert getattr(dialect, field) == value
    assert said
    assert adapt(dialect, refusal(message)) is None


@pytest.mark.parametrize(
    ("message", "status"),
    [
        ("Invalid 'max_tokens': integer below minimum value. Expected a value >= 0, but got -1 instead.", 400),
        ("Temperature must be between 0 and 2, got 100", 400),
        ("Unsupported parameter: 'temperature'", 401),
        ("Unsupported parameter: 'temperature'", 500),
        ("The model `x` does not exist", 400),
        ("something else", 422),
    ],
)
def test_other_failures_teach_nothing(message: str, status: int) -> None:
    assert adapt(DEFAULT, refusal(message, status)) is None


def test_max_completion_tokens_that_is_unknown_goes_back_to_max_tokens() -> None:
    learned = adapt(
        preset(ServerHint("https://api.openai.com/v1")), refusal("Unknown parameter: max_completion_tokens")
    )
    assert learned is not None
    assert learned[0].max_tokens_param == "max_tokens"


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [
        ("https://api.openai.com/v1", Dialect(max_tokens_param="max_completion_tokens")),
        ("http://localhost:11434/v1", Dialect(empty_content="empty")),
        ("https://llm.example/v1", DEFAULT),
        ("https://notapi.x.ai.example/v1", DEFAULT),
        ("not a url", DEFAULT),
    ],
)
def test_a_known_host_begins_with_its_preset(base_url: str, expected: Dialect) -> None:
    assert preset(ServerHint(base_url)) == expected

"""Where each known host begins."""

import json

import pytest

from agentls.chat.dialect import DEFAULT, Dialect, differences
from agentls.chat.message import AssistantMessage, CallMessage
from agentls.chat.presets import NO_DIFFERENCE, PRESETS, preset
from agentls.chat.request import encode_message
from agentls.chat.schema.tool_schema import encode_tools, tool_problems
from agentls.chat.server import ServerHint

# The hosts that are promised, with an address of each: its own, a port, or the kind that a probe found.
HOSTS = [
    ("openai", ServerHint("https://api.openai.com/v1")),
    ("azure", ServerHint("https://acme.openai.azure.com/openai/v1")),
    ("azure", ServerHint("https://acme.services.ai.azure.com/openai/v1")),
    ("azureai", ServerHint("https://acme.services.ai.azure.com")),
    ("azureai", ServerHint("https://acme.eastus.inference.ai.azure.com")),
    ("openrouter", ServerHint("https://openrouter.ai/api/v1")),
    ("together", ServerHint("https://api.together.xyz/v1")),
    ("perplexity", ServerHint("https://api.perplexity.ai")),
    ("anyscale", ServerHint("https://api.endpoints.anyscale.com/v1")),
    ("groq", ServerHint("https://api.groq.com/openai/v1")),
    ("mistral", ServerHint("https://api.mistral.ai/v1")),
    ("deepseek", ServerHint("https://api.deepseek.com")),
    ("xai", ServerHint("https://api.x.ai/v1")),
    ("fireworks", ServerHint("https://api.fireworks.ai/inference/v1")),
    ("cerebras", ServerHint("https://api.cerebras.ai/v1")),
    ("sambanova", ServerHint("https://api.sambanova.ai/v1")),
    ("moonshot", ServerHint("https://api.moonshot.ai/v1")),
    ("zai", ServerHint("https://api.z.ai/api/paas/v4")),
    ("minimax", ServerHint("https://api.minimax.io/v1")),
    ("dashscope", ServerHint("https://dashscope.aliyuncs.com/compatible-mode/v1")),
    ("gemini", ServerHint("https://generativelanguage.googleapis.com/v1beta/openai")),
    ("cloudflare", ServerHint("https://api.cloudflare.com/client/v4/accounts/x/ai/v1")),
    ("huggingface", ServerHint("https://router.huggingface.co/v1")),
    ("nim", ServerHint("https://integrate.api.nvidia.com/v1")),
    ("databricks", ServerHint("https://dbc.cloud.databricks.com/serving-endpoints")),
    ("litellm", ServerHint("http://localhost:4000/v1")),
    ("vllm", ServerHint("http://localhost:8000/v1", kind="vllm")),
    ("sglang", ServerHint("http://localhost:30000/v1")),
    ("llamacpp", ServerHint("http://localhost:8080/v1", kind="llamacpp")),
    ("ollama", ServerHint("http://localhost:11434/v1")),
    ("lmstudio", ServerHint("http://localhost:1234/v1")),
]

# What the user is told of each row: all of it, so that no row changes unseen.
OPENAI = [
    "The output limit is sent as max_completion_tokens.",
    "Tool call ids are sent as at most 40 letters, digits, underscores and hyphens.",
    "Keys that the provider adds to messages are not sent back.",
    "Cache marks are not sent.",
    "At most 128 tools are sent.",
]
DIFFERENCES = {
    "openai": OPENAI,
    "azure": OPENAI,
    "azureai": [
        "Keys that the provider adds to messages are not sent back.",
        "A forced tool call is asked for with a word, not with the tool's name.",
    ],
    "openrouter": [],
    "together": [],
    "perplexity": [
        "Messages of one role that follow each other are joined.",
    ],
    "anyscale": [],
    "groq": [
        "Keys that the provider adds to messages are not sent back.",
        "Cache marks are not sent.",
        "At most 128 tools are sent.",
    ],
    "mistral": [
        "stream_options is not sent.",
        "An assistant message is put between tool results and prompts.",
        "A message of calls only has an empty string as its content.",
        "Tool call ids are sent as nine letters and digits.",
        "Keys that the provider adds to messages are not sent back.",
        "Cache marks are not sent.",
        'The word for "call some tool" is any.',
        "At most 128 tools are sent.",
    ],
    "deepseek": [
        "Earlier reasoning is sent back as reasoning_content.",
        "A message without reasoning has a blank one.",
        "Cache marks are not sent.",
    ],
    "xai": [
        "Cache marks are not sent.",
        "Tool schemas are sent without maxContains, maxItems, maxLength, minContains, minItems, minLength.",
    ],
    "fireworks": [
        "Cache marks are not sent.",
        "Tool schemas are sent without oneOf.",
    ],
    "cerebras": [
        "Keys that the provider adds to messages are not sent back.",
        "Cache marks are not sent.",
    ],
    "sambanova": [],
    "moonshot": [
        "Earlier reasoning is sent back as reasoning_content.",
        "A message without reasoning has a blank one.",
        "Cache marks are not sent.",
        "Tool schemas are sent without $ref.",
    ],
    "zai": [
        "Earlier reasoning is sent back as reasoning_content.",
        "Cache marks are not sent.",
    ],
    "minimax": [
        "Earlier reasoning is sent back in the text, between think tags.",
    ],
    "dashscope": [],
    "gemini": [
        "Cache marks are not sent.",
        "Tool schemas are sent in a plain form, without references and rare keywords.",
        "A value that may be null is written in tool schemas as nullable: true.",
        "At most 512 tools are sent.",
    ],
    "cloudflare": [
        "A message of calls only has an empty string as its content.",
    ],
    "huggingface": [
        "A message of calls only has an empty string as its content.",
    ],
    "nim": [
        "Keys that the provider adds to messages are not sent back.",
    ],
    "databricks": [],
    "anthropic": [
        "Tool call ids are sent as at most 40 letters, digits, underscores and hyphens.",
    ],
    "litellm": [],
    "vllm": [
        "Cache marks are not sent.",
    ],
    "sglang": [
        "Cache marks are not sent.",
    ],
    "llamacpp": [
        "Cache marks are not sent.",
        "Tool schemas are sent without pattern.",
    ],
    "ollama": [
        "A message of calls only has an empty string as its content.",
        "Cache marks are not sent.",
    ],
    "lmstudio": [
        "A message of calls only has an empty string as its content.",
        "Cache marks are not sent.",
    ],
    "tgi": [
        "A message of calls only has an empty string as its content.",
        "A forced tool call is asked for with a word, not with the tool's name.",
    ],
}
# Perplexity answers a request with tools by a refusal, and that refusal is what names it: nothing is refused up front.


@pytest.mark.parametrize(("kind", "hint"), HOSTS)
def test_every_promised_host_has_a_row_and_begins_with_it(kind: str, hint: ServerHint) -> None:
    assert preset(hint) is PRESETS[kind]


@pytest.mark.parametrize(
    "base_url", ["https://llm.example/v1", "https://notapi.x.ai.example/v1", "not a url", "http://[", ""]
)
def test_an_unknown_host_begins_with_the_default(base_url: str) -> None:
    assert preset(ServerHint(base_url)) == DEFAULT


def test_no_row_has_learned_or_dropped_anything() -> None:
    assert {(row.learned, row.dropped) for row in PRESETS.values()} == {(frozenset(), frozenset())}


def test_every_row_differs_in_just_this() -> None:
    assert {kind: differences(row) for kind, row in PRESETS.items()} == DIFFERENCES


def test_a_row_without_a_difference_is_named_with_its_reason() -> None:
    assert set(NO_DIFFERENCE) == {kind for kind, row in PRESETS.items() if row == DEFAULT}
    assert all(reason.endswith(".") and len(reason) > 20 for reason in NO_DIFFERENCE.values())


def test_perplexity_is_sent_tools_like_everyone_and_its_refusal_is_named() -> None:
    assert PRESETS["perplexity"] == Dialect(merge_same_role=True)


def test_rows_say_what_differs() -> None:
    assert PRESETS["openrouter"] == DEFAULT
    assert PRESETS["ollama"] == Dialect(empty_content="empty", cache_marks="never")


CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
EXTRA = {"reasoning_details": [{"data": "x"}], "thinking_blocks": [{"signature": "s"}]}


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("huggingface", {"role": "assistant", "content": "", "tool_calls": [CALL], **EXTRA}),
        ("nim", {"role": "assistant", "content": None, "tool_calls": [CALL]}),
        ("openrouter", {"role": "assistant", "content": None, "tool_calls": [CALL], **EXTRA}),
    ],
)
def test_a_message_of_calls_only_is_written_as_its_host_wants_it(kind: str, sent: dict) -> None:
    message = AssistantMessage("", None, (CallMessage("c", "f", "{}"),), EXTRA)
    assert json.loads(encode_message(message, PRESETS[kind])) == sent


@pytest.mark.parametrize(("kind", "most"), [("gemini", 512), ("groq", 128), ("mistral", 128), ("openai", 128)])
def test_no_more_tools_are_sent_than_a_host_takes(kind: str, most: int) -> None:
    names = [f"tool_{place}" for place in range(most + 2)]
    tools = [{"type": "function", "function": {"name": name, "parameters": {"type": "object"}}} for name in names]
    sent = encode_tools(tools, PRESETS[kind])
    assert sent is not None
    assert [each["function"]["name"] for each in json.loads(sent)] == names[:most]
    assert tool_problems(tools, PRESETS[kind]) == [
        f"The tool {name!r} is not offered. The endpoint takes at most {most} tools." for name in names[most:]
    ]

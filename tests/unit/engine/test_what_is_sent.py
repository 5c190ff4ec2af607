"""The whole body of a real turn's last request, as each kind of endpoint gets it."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from agentls.chat.presets import PRESETS
from agentls.world.scripted import Call, Calls, Script, Text
from agentls.world.scripted.record import RecordedRequest
from tests.support.pictures import png
from tests.support.workshop import KEY, Workshop, workshop

ONE, TWO = png(3, 3), png(4, 4)
READ = Call("read_file", {"path": "a.png"}, id="functions.read_file:0")
LIST = Call("list_files", {"path": "."}, id="functions.list_files:1")
MARK = {"cache_control": {"type": "ephemeral"}}


def _script() -> Script:
    return Script([Calls([READ, LIST], reasoning="Look first."), Text(text="Done."), Text(text="Again.")])


async def _last(shop: Workshop, kind: str) -> RecordedRequest:
    """The request of the second turn of a task with images in its prompt and in its results."""
    connection = shop.engine.connection
    connection.learn(connection.providers.get("p"), PRESETS[kind])
    (shop.root / "a.png").write_bytes(TWO)
    image = {"type": "image", "data": base64.b64encode(ONE).decode(), "mimeType": "image/png"}
    started = await shop.ask("agent/task/start", {"prompt": [{"type": "text", "text": "Look"}, image]})
    await shop.ended(started["taskId"])
    await shop.ask("agent/turn/start", {"taskId": started["taskId"], "prompt": "And now?"})
    await shop.ended(started["taskId"], 2)
    return [each for each in shop.endpoint.all_requests if "/chat/completions" in each.path][-1]


def _url(data: bytes) -> dict[str, object]:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(data).decode()}"}}


def _text(text: str, mark: dict[str, object] | None = None) -> dict[str, object]:
    return {"type": "text", "text": text, **(mark or {})}


def _messages(ids: tuple[str, str], said: dict[str, object]) -> list[dict[str, object]]:
    """The conversation as OpenAI has it, without the instructions; `said` is what the first answer is besides calls."""
    functions = [{"name": call.name, "arguments": json.dumps(call.arguments)} for call in (READ, LIST)]
    calls = [{"id": one, "type": "function", "function": each} for one, each in zip(ids, functions, strict=True)]
    return [
        {"role": "user", "content": [_text("Look"), _url(ONE)]},
        {"role": "assistant", **said, "tool_calls": calls},
        {"role": "tool", "tool_call_id": ids[0], "content": f"a.png: image/png, 4×4, {len(TWO)} bytes"},
        {"role": "tool", "tool_call_id": ids[1], "content": "In the workspace folder: 1 entry\na.png"},
        {"role": "user", "content": [_text("[The image of tool result 1 above:]"), _url(TWO)]},
        {"role": "assistant", "content": "Done."},
        {"role": "user", "content": "And now?"},
    ]


KEPT = (READ.id or "", LIST.id or "")
NINE = ("k7pye4fdc", "bsoxewse1")
UNDERSTOOD = {"role": "assistant", "content": "Understood."}
STREAMED = {"stream": True, "stream_options": {"include_usage": True}}
NULL = {"content": None}


def _mistral() -> list[dict[str, object]]:
    messages = _messages(NINE, {"content": ""})
    return [*messages[:4], UNDERSTOOD, *messages[4:]]


def _deepseek() -> list[dict[str, object]]:
    messages = _messages(KEPT, {**NULL, "reasoning_content": "Look first."})
    messages[5]["reasoning_content"] = " "
    return messages


@pytest.mark.parametrize(
    ("kind", "messages", "options"),
    [
        ("openai", _messages(NINE, NULL), {**STREAMED, "max_completion_tokens": 500}),
        ("mistral", _mistral(), {"stream": True, "max_tokens": 500}),
        ("gemini", _messages(KEPT, NULL), {**STREAMED, "max_tokens": 500}),
        ("deepseek", _deepseek(), {**STREAMED, "max_tokens": 500}),
        ("minimax", _messages(KEPT, {"content": "<think>\nLook first.\n</think>"}), {**STREAMED, "max_tokens": 500}),
        ("ollama", _messages(KEPT, {"content": ""}), {**STREAMED, "max_tokens": 500}),
    ],
)
async def test_the_body_is_what_this_kind_of_endpoint_takes(
    tmp_path: Path, kind: str, messages: list[dict[str, object]], options: dict[str, object]
) -> None:
    profile = {"temperature": 0.3, "model": {"imageSupport": True, "maxOutputTokens": 500}}
    async with workshop(tmp_path, _script(), provider=profile) as shop:
        request = await _last(shop, kind)
        body: Any = request.body
        instructions, *sent = body.pop("messages")
        tools = body.pop("tools")

        assert sent == messages
        assert (instructions["role"], type(instructions["content"])) == ("system", str)
        assert body == {"model": "scripted", "temperature": 0.3, **options}
        assert {tuple(sorted(tool["function"])) for tool in tools} == {("description", "name", "parameters")}


async def test_marks_for_the_cache_stand_on_the_instructions_and_the_last_two_messages(tmp_path: Path) -> None:
    profile = {"promptCaching": True, "model": {"imageSupport": True}}
    async with workshop(tmp_path, _script(), provider=profile) as shop:
        instructions, *sent = (await _last(shop, "anthropic")).messages

        assert {key: value for key, value in instructions["content"][0].items() if key != "text"} == {
            "type": "text",
            **MARK,
        }
        plain = _messages(NINE, NULL)
        plain[4]["content"] = [_text("[The image of tool result 1 above:]", MARK), _url(TWO)]
        plain[6]["content"] = [_text("And now?", MARK)]
        assert sent == plain


async def test_a_deployment_of_azure_is_asked_at_its_own_address_with_its_own_header(tmp_path: Path) -> None:
    script = _script()
    path = "/openai/deployments/my-gpt/chat/completions"
    profile = {"modelId": "my-gpt", "azureApiVersion": "2024-10-21", "model": {"imageSupport": True}}
    async with workshop(tmp_path, script, routes={path: script.take}, provider=profile) as shop:
        await shop.provider(**profile, baseUrl=shop.endpoint.base_url.removesuffix("/v1"))
        request = await _last(shop, "azure")

        assert request.path == f"{path}?api-version=2024-10-21"
        assert request.messages[1:] == _messages(NINE, NULL)
        headers = {name.lower(): value for name, value in request.headers.items()}
        assert (headers.get("api-key"), "authorization" in headers) == (KEY, False)


@pytest.mark.parametrize("kind", sorted(PRESETS))
async def test_in_one_piece_every_kind_is_asked_for_the_same_conversation(tmp_path: Path, kind: str) -> None:
    profile = {"streaming": False, "model": {"imageSupport": True}, "extraBody": {"stream_options": {}}}
    async with workshop(tmp_path, _script(), provider=profile) as shop:
        request = await _last(shop, kind)
        body: Any = request.body

        assert (body["stream"], "stream_options" in body) == (False, False)
        assert [message["role"] for message in body["messages"] if message != UNDERSTOOD] == [
            *("system", "user", "assistant", "tool", "tool", "user", "assistant", "user")
        ]
        assert shop.recorder.of("agent/notice") == []

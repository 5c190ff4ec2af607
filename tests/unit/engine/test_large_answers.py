"""Answers of every size: bounded payloads, bounded time, and a conversation that goes on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentls.conversation.text import CAP_BYTES
from agentls.world.scripted import Call, Calls, Script, Text
from tests.support.recorder import Frame
from tests.support.workshop import Workshop, workshop

FULL = {"approval": {"mode": "full"}}
pytestmark = pytest.mark.timeout(60)
"""Far more than any of these takes; quadratic work takes minutes."""


def _text_bytes(value: object) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "replace"))
    if isinstance(value, dict):
        return sum(map(_text_bytes, value.values()))
    return sum(map(_text_bytes, value)) if isinstance(value, list) else 0


async def _run(shop: Workshop) -> Frame:
    completed = await shop.run()
    for frame in shop.recorder.frames:
        payloads = ("fields", "delta", "arguments", "preview", "subject", "content", "diff", "text")
        for name in payloads:
            assert _text_bytes(frame.params.get(name)) <= CAP_BYTES, (frame.method, name)
        rest = {key: value for key, value in frame.params.items() if key not in payloads}
        assert _text_bytes(rest) < 8 * 1024, frame.method
    return completed


@pytest.mark.parametrize("streaming", [True, False])
async def test_an_answer_of_five_megabytes(tmp_path: Path, streaming: bool) -> None:
    text = "Ünï " * 1_000_000
    script = Script([Text(text=text, reasoning=text[:100_000], piece=50_000)], then=Text(text="ok"))
    async with workshop(tmp_path, script, provider={"streaming": streaming}) as shop:
        completed = await _run(shop)

        assert completed["status"] == "completed"
        said = [frame["delta"] for frame in shop.recorder.of("agent/message/delta")]
        assert "".join(said) == text


@pytest.mark.parametrize("streaming", [True, False])
async def test_arguments_of_ten_megabytes(tmp_path: Path, streaming: bool) -> None:
    content = "some text\n" * 1_000_000
    call = Call("write_to_file", {"path": "a.txt", "content": content})
    script = Script([Calls([call], piece=60_000)], then=Text(text="ok"))
    async with workshop(tmp_path, script, settings=FULL, provider={"streaming": streaming}) as shop:
        completed = await _run(shop)

        assert completed["status"] == "completed"
        assert shop.results() == [("write_to_file", "ok")]
        appended = [
            field["append"]
            for frame in shop.recorder.of("agent/toolCall/delta")
            for field in frame["fields"]
            if field["path"] == ["content"]
        ]
        assert "".join(appended) == content


async def test_a_thousand_calls_in_one_answer(tmp_path: Path) -> None:
    calls = [Call("read_file", {"path": f"{number}.txt"}) for number in range(1000)]
    async with workshop(tmp_path, Script([Calls(calls, piece=100)], then=Text(text="ok"))) as shop:
        completed = await _run(shop)

        assert completed["status"] == "completed"
        assert [status for _, status in shop.results()] == ["error"] * 1000


async def test_two_thousand_calls_in_one_answer_are_garbage(tmp_path: Path) -> None:
    calls = [Call("read_file", {"path": f"{number}.txt"}) for number in range(2000)]
    settings = {"retry": {"maxAttempts": 1}}
    async with workshop(tmp_path, Script([Calls(calls, piece=100)]), settings=settings) as shop:
        completed = await _run(shop)

        assert completed["error"]["code"] == "badStream"
        assert {status for _, status in shop.results()} <= {"cancelled"}


@pytest.mark.parametrize("depth", [99, 5000])
async def test_deep_arguments(tmp_path: Path, depth: int) -> None:
    deep = '{"a":' * depth + "1" + "}" * depth
    async with workshop(tmp_path, Script([Calls([Call("read_file", deep)])], then=Text(text="ok"))) as shop:
        completed = await _run(shop)

        assert completed["status"] == "completed"
        assert shop.results() == [("read_file", "invalid")]


async def test_a_command_too_long_to_be_shown_is_not_asked_for(tmp_path: Path) -> None:
    call = Call("execute_command", {"command": "echo " + "x" * 100_000})
    async with workshop(tmp_path, Script([Calls([call], piece=10_000)], then=Text(text="ok"))) as shop:
        await _run(shop)

        assert [status for _, status in shop.results()] in (["denied"], ["invalid"], ["error"])
        assert shop.recorder.of("agent/approval/requested") == []


@pytest.mark.parametrize("name", ["", "a b", "läs", "x" * 100, "y" * 100_000, "read_file\n"])
async def test_a_tool_name_that_no_endpoint_takes_back(tmp_path: Path, name: str) -> None:
    async with workshop(tmp_path, Script([Calls([Call(name, {"x": 1})])], then=Text(text="ok"))) as shop:
        completed = await _run(shop)

        assert completed["status"] == "completed"
        assert {status for _, status in shop.results()} <= {"invalid", "ok", "error"}


async def test_fields_of_a_large_piece_say_the_same_in_parts(tmp_path: Path) -> None:
    arguments = {"path": "a", "list": [str(number) for number in range(20_000)]}
    call = Call("read_file", json.dumps(arguments))
    async with workshop(tmp_path, Script([Calls([call], piece=400_000)], then=Text(text="ok"))) as shop:
        await _run(shop)

        deltas = shop.recorder.of("agent/toolCall/delta")
        assert json.loads("".join(frame["delta"] for frame in deltas)) == arguments
        items = [field for frame in deltas for field in frame["fields"] if field["path"][0] == "list"]
        assert [field["append"] for field in items if field.get("append")] == arguments["list"]

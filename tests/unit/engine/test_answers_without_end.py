"""How long an answer is read: after its end, through silence and comments, and what counts as one at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentls.world.scripted import Call, Calls, HttpError, Raw, Script, Text, Tokens
from tests.support.workshop import workshop

NO_RETRY = {"retry": {"maxAttempts": 1}}


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


USAGE = b'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n'
FINISHED = _chunk({"content": "ok"}, "stop")


@pytest.mark.parametrize("more", [b": keep-alive\n\n", _chunk({}), USAGE], ids=["comments", "empty deltas", "usage"])
async def test_a_server_that_finished_and_goes_on_sending_nothing_is_left_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: bytes
) -> None:
    monkeypatch.setattr("agentls.engine.exchange.GRACE_S", 0.02)
    endless = Raw([FINISHED, *[more] * 100_000], pace=200)
    async with workshop(tmp_path, Script([endless])) as shop:
        completed = await shop.run()

        assert (completed["status"], len(shop.endpoint.requests)) == ("completed", 1)
        assert [frame["text"] for frame in shop.recorder.of("agent/message/completed")] == ["ok"]


@pytest.mark.parametrize("ending", ["reset", "stall"])
async def test_what_breaks_after_the_finish_reason_breaks_nothing(tmp_path: Path, ending: str) -> None:
    timeouts = {"connectS": 5, "firstByteS": 5, "idleS": 0.05}
    async with workshop(tmp_path, Script([Raw([FINISHED], then=ending)]), provider={"timeouts": timeouts}) as shop:
        completed = await shop.run()

        assert (completed["status"], len(shop.endpoint.requests)) == ("completed", 1)


@pytest.mark.parametrize(
    ("begun", "said"),
    [([], "sent only keep-alive signals and no answer for 0.05 s"), ([_chunk({"content": "Hm"})], "signals any more")],
    ids=["before the first word", "after it"],
)
async def test_comments_without_end_are_no_progress(tmp_path: Path, begun: list[bytes], said: str) -> None:
    timeouts = {"connectS": 5, "firstByteS": 0.05, "idleS": 0.05}
    endless = Raw([*begun, *[b": keep-alive\n\n"] * 100_000], pace=400)
    async with workshop(tmp_path, Script(then=endless), settings=NO_RETRY, provider={"timeouts": timeouts}) as shop:
        error = (await shop.run())["error"]

        assert error["code"] == "timeout"
        assert said in error["detail"]
        assert ("timeouts.idleS" in error["advice"]) == bool(begun)


async def test_zeros_are_no_count(tmp_path: Path) -> None:
    prices = {"inputPrice": 1.0, "outputPrice": 1.0}
    zeros = Text(text="one two three four", usage=Tokens(input=0, output=0))
    async with workshop(tmp_path, Script([zeros]), provider={"model": prices}) as shop:
        usage = (await shop.run())["usage"]

        assert usage["estimated"] is True
        assert usage["inputTokens"] > 100


async def test_a_structured_call_beside_its_text_wins(tmp_path: Path) -> None:
    markup = '<tool_call>{"name": "list_files", "arguments": {"path": "."}}</tool_call>'
    script = Script([Calls([Call("list_files", {"path": "."})], text=markup), Text(text="done")])
    async with workshop(tmp_path, script) as shop:
        completed = await shop.run()

        assert (completed["status"], shop.results()) == ("completed", [("list_files", "ok")])


async def test_a_stream_with_status_201_is_an_answer(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Raw([FINISHED, b"data: [DONE]\n\n"], status=201)])) as shop:
        completed = await shop.run()

        assert (completed["status"], len(shop.endpoint.requests)) == ("completed", 1)


async def test_a_redirect_names_where_it_leads_and_is_not_followed(tmp_path: Path) -> None:
    moved = HttpError(308, "", {"location": "/api/v1/chat/completions?token=secret"})
    async with workshop(tmp_path, Script(then=moved), settings=NO_RETRY) as shop:
        error = (await shop.run())["error"]

        assert error["code"] == "endpointNotFound"
        assert f"{shop.endpoint.origin}/api/v1/chat/completions, which is not followed" in error["detail"]
        assert len(shop.endpoint.requests) == 1

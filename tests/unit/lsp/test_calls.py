"""The table of open requests: once each, in order, bounded, cancellable."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from agentls.lsp.calls import Calls, Reply
from agentls.protocol.errors import RequestFailed


def short(posted: list[bytes]) -> list[Any]:
    answers = [json.loads(body) for body in posted]
    return [(a["id"], a["result"] if "result" in a else a["error"]["code"]) for a in answers]


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_no_more_than_the_limit_run_and_the_rest_keep_their_order() -> None:
    posted: list[bytes] = []
    calls = Calls(posted.append, limit=2)
    gates = [asyncio.Event() for _ in range(5)]
    running: list[int] = []

    def make(number: int) -> Any:
        async def run() -> Reply:
            running.append(number)
            await gates[number].wait()
            return Reply(b"%d" % number)

        return run

    for number in range(5):
        calls.start(number, "m", make(number))
    await settle()
    assert running == [0, 1]
    calls.cancel(3)
    gates[1].set()
    await settle()
    assert running == [0, 1, 2]
    for gate in gates:
        gate.set()
    await settle()
    assert short(posted) == [(3, -32800), (1, 1), (0, 0), (2, 2), (4, 4)]
    assert not any(number in calls for number in range(5))


async def test_what_an_answer_causes_begins_after_it() -> None:
    posted: list[bytes] = []
    calls = Calls(posted.append)

    async def run() -> Reply:
        return Reply(b"1", lambda: posted.append(b'{"id": "then", "result": 2}'))

    calls.start("a", "m", run)
    await settle()
    assert short(posted) == [("a", 1), ("then", 2)]


async def test_a_request_that_finishes_although_cancelled_gives_its_result() -> None:
    posted: list[bytes] = []
    calls = Calls(posted.append)

    async def run() -> Reply:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return Reply(b"true")
        raise AssertionError

    calls.start(1, "m", run)
    await settle()
    calls.cancel(1)
    await settle()
    calls.cancel(1)
    assert short(posted) == [(1, True)]


async def test_all_but_one_are_cancelled_and_answered() -> None:
    posted: list[bytes] = []
    calls = Calls(posted.append, limit=2)

    async def run() -> Reply:
        await asyncio.Event().wait()
        raise AssertionError

    for number in range(4):
        calls.start(number, "m", run)
    await settle()
    await calls.cancel_all(but=0)
    await settle()
    assert sorted(short(posted)) == [(1, -32800), (2, -32800), (3, -32800)]
    await calls.cancel_all()
    await settle()
    assert sorted(short(posted))[0] == (0, -32800)


async def test_failures_keep_their_code_and_faults_hide_their_text() -> None:
    posted: list[bytes] = []
    calls = Calls(posted.append)

    async def fails() -> Reply:
        raise RequestFailed("turn.active", advice="wait")

    async def breaks() -> Reply:
        raise ValueError("the text of a payload")

    calls.start(1, "m", fails)
    calls.start(2, "m", breaks)
    await settle()
    assert short(posted) == [(1, -32803), (2, -32603)]
    assert json.loads(posted[0])["error"]["data"] == {"code": "turn.active", "advice": "wait", "retryable": True}
    assert b"payload" not in posted[1]

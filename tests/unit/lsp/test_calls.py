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


async def test_nothing_begins_while_there_is_no_room_for_its_answer() -> None:
    posted: list[bytes] = []
    room = [False]
    all_answered = asyncio.Event()

    def post(body: bytes) -> None:
        posted.append(body)
        if len(posted) == 3:
            all_answered.set()

    calls = Calls(post, has_room=lambda: room[0])

    async def run() -> Reply:
        return Reply(b"1")

    for number in range(3):
        calls.start(number, "m", run)
    calls.cancel(1)
    await settle()
    assert (short(posted), 0 in calls, 1 in calls) == ([(1, -32800)], True, False)
    room[0] = True
    await all_answered.wait()
    assert short(posted) == [(1, -32800), (0, 1), (2, 1)]


async def test_what_fails_after_an_answer_holds_up_nobody() -> None:
    posted: list[bytes] = []
    calls = Calls(posted.append, limit=1)

    def then() -> None:
        raise ValueError("the text of a payload")

    async def run() -> Reply:
        return Reply(b"1", then)

    for number in range(2):
        calls.start(number, "m", run)
    await settle()
    assert short(posted) == [(0, 1), (1, 1)]


async def test_nothing_comes_between_the_end_of_a_request_and_its_answer() -> None:
    posted: list[bytes] = []
    calls = Calls(posted.append)

    async def run() -> Reply:
        asyncio.get_running_loop().call_soon(posted.append, b'{"id":"later","result":0}')
        return Reply(b"1")

    calls.start(1, "m", run)
    await settle()
    assert short(posted) == [(1, 1), ("later", 0)]

"""A turn of every kind of step, stopped at each of its events: one end, one result per call, a history that goes on.

Faults F59 and F60: the sweep stops the turn when the client would have seen event number N, for every N.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from agentls.conversation.recover import recover
from agentls.world.scripted import Call, Calls, HttpError, Script, Text
from tests.support.clock import FakeClock
from tests.support.recorder import Frame
from tests.support.workshop import Workshop, workshop

MARK = "86399.25"
BUSY = HttpError(503, {"error": {"message": "overloaded"}})
READS = [Call("read_file", {"path": "a.txt"}), Call("list_files", {"path": "."}), Call("nope", {"x": 1})]
EDIT = Call("edit_file", {"path": "a.txt", "old_string": "one", "new_string": "two"})
COMMAND = Call("execute_command", {"command": f"echo out; sleep {MARK} & echo err >&2"})
QUESTION = Call("ask_followup_question", {"question": "Which?", "follow_up": ["A"]})
TURN = [
    Calls(READS, text="Let me look around.", reasoning="Hm, hm.", piece=16),
    BUSY,
    Calls([EDIT], reasoning="So it is.", piece=24),
    Calls([COMMAND], piece=24),
    Calls([QUESTION, Call("read_file", '{"path": oops')], piece=24),
    Text(text="All done.", piece=5),
]


class _User:
    """Answers what is asked at once, and does one thing at event number `at`."""

    def __init__(self, shop: Workshop, at: int, act: Callable[[str], None]) -> None:
        self._shop = shop
        self._at = at
        self._act = act
        self.seen = 0
        self._answers: set[asyncio.Task[object]] = set()

    def see(self, frame: Frame) -> None:
        self.seen += 1
        if self.seen == self._at:
            self._act(str(frame["taskId"]))
        if frame.method == "agent/approval/requested":
            self._answer("agent/approval/respond", {"approvalId": frame["approvalId"], "decision": "allow"})
        elif frame.method == "agent/question/requested":
            self._answer("agent/question/respond", {"questionId": frame["questionId"], "answer": "A"})

    def _answer(self, method: str, params: dict[str, object]) -> None:
        task = asyncio.ensure_future(self._shop.ask(method, params))
        self._answers.add(task)
        task.add_done_callback(self._answers.discard)


async def check(shop: Workshop, task_id: str, turns: int = 1) -> None:
    """Whatever happened: every turn ended once, every call has one result, the state is the fold of the journal."""
    of = shop.recorder.of
    started = [frame["turnId"] for frame in of("agent/turn/started", task_id)]
    assert [frame["turnId"] for frame in of("agent/turn/completed", task_id)] == started
    assert len(started) == turns
    calls = [frame["callId"] for frame in of("agent/toolCall/started", task_id)]
    assert sorted(frame["callId"] for frame in of("agent/toolResult", task_id)) == sorted(calls)
    for thing in ("message", "reasoning"):
        opened = [frame["messageId"] for frame in of(f"agent/{thing}/started", task_id)]
        assert [frame["messageId"] for frame in of(f"agent/{thing}/completed", task_id)] == opened
    requests = {frame["requestId"] for frame in of("agent/request/started", task_id)}
    assert {frame["requestId"] for frame in of("agent/request/completed", task_id)} == requests
    for thing, id_name in (("approval", "approvalId"), ("question", "questionId")):
        asked = [frame[id_name] for frame in of(f"agent/{thing}/requested", task_id)]
        assert [frame[id_name] for frame in of(f"agent/{thing}/resolved", task_id)] == asked
    live = shop.engine._tasks.live(task_id)
    assert live is not None
    assert live.ledger.state == await shop.folded(task_id)
    assert recover(live.ledger.state, 0) == []
    assert live.streams == {}


async def check_next_turn(shop: Workshop, task_id: str, turns: int) -> None:
    """A strict endpoint takes the next request."""
    shop.endpoint.script.skip_rest()
    await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "Go on"})
    assert (await shop.ended(task_id, turns=turns))["status"] == "completed"
    await check(shop, task_id, turns)


def survivors() -> list[str]:
    """The processes that commands of this test left behind."""
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in found.splitlines() if MARK in line and "ps -eo" not in line]


async def _turn(shop: Workshop, at: int, act: Callable[[str], None]) -> tuple[str, Frame, int]:
    user = _User(shop, at, act)
    shop.endpoint.script.add(*TURN)
    (shop.root / "a.txt").write_text("one\n")
    shop.recorder.on_frame = user.see
    task_id = await shop.start()
    completed = await shop.ended(task_id)
    shop.recorder.on_frame = None
    return task_id, completed, user.seen


async def test_a_turn_can_be_interrupted_at_each_of_its_events(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Text(text="Back again."))) as shop:

        def interrupt(task_id: str) -> None:
            live = shop.engine._tasks.live(task_id)
            assert live is not None
            live.interrupt()

        _, whole, length = await _turn(shop, 0, interrupt)
        assert whole["status"] == "completed"
        for at in range(1, length):
            task_id, completed, _ = await _turn(shop, at, interrupt)
            assert completed["status"] in ("interrupted", "completed"), at
            if at < length - 4:
                assert completed["status"] == "interrupted", at
            await check(shop, task_id)
            await check_next_turn(shop, task_id, 2)
        assert survivors() == []


@pytest.mark.parametrize("together", [True, False])
async def test_an_approval_may_be_answered_in_every_order_of_events(tmp_path: Path, together: bool) -> None:
    """Allow, deny, interrupt, time-out and lost trust, each order of any two or three of them."""
    clock = FakeClock()
    write = Call("write_to_file", {"path": "new.txt", "content": "x"})
    async with workshop(tmp_path, Script(then=Text(text="ok")), clock=clock) as shop:

        async def act(name: str, asked: Frame) -> None:
            match name:
                case "interrupt":
                    await shop.ask("agent/turn/interrupt", {"taskId": asked["taskId"]})
                case "timeout":
                    await clock.advance(601)
                case "untrust":
                    await shop.ask("agent/workspace/setTrust", {"trusted": False})
                case decision:
                    params = {"approvalId": asked["approvalId"], "decision": decision}
                    assert set(await shop.ask("agent/approval/respond", params)) == {"accepted"}

        actions = ("allow", "deny", "interrupt", "timeout", "untrust")
        orders = [order for length in (2, 3) for order in itertools.permutations(actions, length)]
        for number, order in enumerate(orders):
            (shop.root / "new.txt").unlink(missing_ok=True)
            shop.endpoint.script.skip_rest()
            shop.endpoint.script.add(Calls([write]))
            task_id = await shop.start()
            asked = await shop.recorder.wait_method("agent/approval/requested", number + 1)
            await clock.wait_for_sleepers()
            if together:
                await asyncio.gather(*(act(name, asked) for name in order))
            else:
                for name in order:
                    await act(name, asked)
            await shop.ended(task_id)
            await shop.ask("agent/workspace/setTrust", {"trusted": True})
            await check(shop, task_id)
            resolved = shop.recorder.of("agent/approval/resolved", task_id)[0]
            result = shop.recorder.of("agent/toolResult", task_id)[0]
            is_there = (shop.root / "new.txt").exists()
            assert is_there == (result["status"] == "ok"), order
            assert resolved["decision"] == "allow" or not is_there, order
            if order[0] in ("deny", "timeout") and not together:
                assert not is_there, order
            await check_next_turn(shop, task_id, 2)


async def test_an_accepted_answer_is_not_overtaken_by_the_time_out(tmp_path: Path) -> None:
    clock = FakeClock()
    write = Call("write_to_file", {"path": "new.txt", "content": "x"})
    async with workshop(tmp_path, Script([Calls([write]), Text(text="ok")]), clock=clock) as shop:
        task_id = await shop.start()
        asked = await shop.recorder.wait_method("agent/approval/requested")
        live = shop.engine._tasks.live(task_id)
        assert live is not None
        give = live.approvals.claim(asked["approvalId"], "allow", None)
        assert give is not None
        await clock.wait_for_sleepers()
        await clock.advance(601)
        give()
        await shop.ended(task_id)

        assert shop.recorder.of("agent/approval/resolved")[0]["by"] == "user"
        assert shop.results() == [("write_to_file", "ok")]


async def test_an_edit_that_has_begun_is_told_as_done_though_it_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from agentls.world.files import Workspace

    begun, go_on = asyncio.Event(), asyncio.Event()
    write = Workspace.write

    async def slow(*arguments: object, **named: object) -> object:
        begun.set()
        await go_on.wait()
        return await write(*arguments, **named)

    monkeypatch.setattr(Workspace, "write", slow)
    calls = Calls([Call("write_to_file", {"path": name, "content": "x"}) for name in ("a.txt", "b.txt")])
    settings = {"approval": {"mode": "full"}}
    async with workshop(tmp_path, Script([calls], then=Text(text="ok")), settings=settings) as shop:
        task_id = await shop.start()
        await begun.wait()
        await shop.ask("agent/turn/interrupt", {"taskId": task_id})
        go_on.set()
        completed = await shop.ended(task_id)

        assert completed["status"] == "interrupted"
        assert [file["path"] for file in completed["changedFiles"]] == ["a.txt"]
        assert shop.results() == [("write_to_file", "ok"), ("write_to_file", "cancelled")]
        assert not (shop.root / "b.txt").exists()
        await check(shop, task_id)
        await check_next_turn(shop, task_id, 2)

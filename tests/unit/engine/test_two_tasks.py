"""Two tasks that speak to one endpoint, and one task that speaks to two."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agentls.world.scripted import Call, Calls, Cut, Gate, Raw, Script, Text
from agentls.world.scripted.record import RecordedRequest
from agentls.world.scripted.replies import Reply
from tests.support.clock import FakeClock
from tests.support.workshop import workshop

LIST = Call("list_files", {"path": "."})
LONG = Call("list_files", {"path": "."}, id="x" * 60)
SIGNED = {"google": {"thought_signature": "s1"}}


def _body(request: RecordedRequest) -> dict[str, Any]:
    assert isinstance(request.body, dict)
    return request.body


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    return b"data: %s\n\n" % json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}).encode()


def _signed_call(then: list[bytes]) -> list[bytes]:
    call = {
        "index": 0,
        "id": "call_s",
        "type": "function",
        "function": {"name": "list_files", "arguments": '{"path":"."}'},
        "extra_content": SIGNED,
    }
    return [_chunk({"tool_calls": [call]}), *then]


class _Both:
    """Refuses with `message`, and answers no refusal before two requests are there to be refused."""

    def __init__(self, message: str) -> None:
        self._body = json.dumps({"error": {"message": message, "type": "invalid_request_error"}}).encode()
        self._gate = Gate()
        self.count = 0

    def refusal(self) -> Raw:
        self.count += 1
        if self.count == 2:
            self._gate.open()
        return Raw([self._body], status=400, headers={"content-type": "application/json"}, gates={0: self._gate})


async def test_what_one_task_learned_helps_another_that_was_refused_for_the_same(tmp_path: Path) -> None:
    both = _Both("Unsupported parameter: 'temperature' is not supported with this model.")

    def answer(request: RecordedRequest) -> Reply:
        return both.refusal() if "temperature" in _body(request) else Text(text="ok")

    async with workshop(tmp_path, Script(then=answer), provider={"temperature": 0.2}) as shop:
        tasks = [await shop.start() for _ in range(2)]
        ends = [await shop.ended(task_id) for task_id in tasks]

        assert [end["status"] for end in ends] == ["completed", "completed"]
        assert (both.count, len(shop.endpoint.requests)) == (2, 4)
        assert len(shop.recorder.of("agent/notice")) == 1


async def test_no_second_lesson_is_drawn_from_a_refusal_whose_first_another_task_learned(tmp_path: Path) -> None:
    """Of two forms of ids that might help, the milder one was learned meanwhile."""
    both = _Both("Invalid 'messages[1].tool_calls[0].id': string too long. Maximum length 40.")

    def answer(request: RecordedRequest) -> Reply:
        calls = [call for message in _body(request)["messages"] for call in message.get("tool_calls", ())]
        if not calls:
            return Calls([LONG])
        return both.refusal() if len(calls[0]["id"]) > 40 else Text(text="ok")

    async with workshop(tmp_path, Script(then=answer)) as shop:
        tasks = [await shop.start() for _ in range(2)]
        ends = [await shop.ended(task_id) for task_id in tasks]
        provider = shop.engine.connection.providers.get("p")

        assert [end["status"] for end in ends] == ["completed", "completed"]
        assert both.count == 2
        assert shop.engine.connection.dialect(provider).learned == {"call_ids_safe"}


async def test_signatures_go_back_to_the_model_they_came_from_and_to_no_other(tmp_path: Path) -> None:
    script = Script(
        [Raw(_signed_call([_chunk({}, "tool_calls"), b"data: [DONE]\n\n"])), *[Text(text="ok") for _ in range(3)]]
    )
    async with workshop(tmp_path, script, models=["scripted", "other"]) as shop:
        task_id = str((await shop.run())["taskId"])
        for turn, model in ((2, "other"), (3, "scripted")):
            await shop.provider(modelId=model)
            await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "And now?"})
            await shop.ended(task_id, turn)

        sent = [request.messages[2]["tool_calls"][0].get("extra_content") for request in shop.endpoint.requests[1:]]
        assert sent == [SIGNED, None, SIGNED]


async def test_signatures_of_an_interrupted_answer_go_to_no_other_model_either(tmp_path: Path) -> None:
    gate = Gate()
    stream = Raw(_signed_call([_chunk({"content": "and"})]), then="stall", gates={1: gate})
    async with workshop(
        tmp_path, Script([stream, Text(text="ok"), Text(text="ok")]), models=["scripted", "other"]
    ) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/toolCall/ready")
        await shop.ask("agent/turn/interrupt", {"taskId": task_id})
        await shop.ended(task_id)
        for turn, model in ((2, "other"), (3, "scripted")):
            await shop.provider(modelId=model)
            await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "Go on"})
            await shop.ended(task_id, turn)

        messages = [request.messages[1:] for request in shop.endpoint.requests[1:]]
        assert [[message["role"] for message in sent][:4] for sent in messages] == [
            ["user", "assistant", "tool", "user"]
        ] * 2
        assert [sent[1]["tool_calls"][0].get("extra_content") for sent in messages] == [None, SIGNED]


async def test_a_turn_that_was_given_up_while_it_waited_holds_the_next_one_back_no_longer(tmp_path: Path) -> None:
    clock = FakeClock()
    script = Script(then=Text(text="ok"))
    async with workshop(tmp_path, script, clock=clock, provider={"rateLimitS": 30}) as shop:
        task_id = str((await shop.run())["taskId"])
        for turn in range(2, 6):
            await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "Go"})
            await shop.recorder.wait_method("agent/request/waiting", turn - 1)
            if turn < 5:
                await shop.ask("agent/turn/interrupt", {"taskId": task_id})
                await shop.ended(task_id, turn)

        await clock.advance(30)
        assert (await shop.ended(task_id, 5))["status"] == "completed"
        assert {each["limitMs"] for each in shop.recorder.of("agent/request/waiting")} == {30000}


@pytest.mark.parametrize("broken", [Text(text="half an answer", cut=Cut(60)), Calls([LIST], cut=Cut(200))])
async def test_a_discarded_attempt_leaves_nothing_in_what_is_sent(tmp_path: Path, broken: Reply) -> None:
    async with workshop(tmp_path, Script([broken, Text(text="whole")]), clock=FakeClock()) as shop:
        task_id = await shop.start("Question")
        await shop.recorder.wait_method("agent/request/retrying")
        clock = shop.world.clock
        assert isinstance(clock, FakeClock)
        await clock.wait_for_sleepers()
        await clock.advance(60)
        await shop.ended(task_id)

        assert [request.messages[1:] for request in shop.endpoint.requests] == [
            [{"role": "user", "content": "Question"}]
        ] * 2

"""Prompts sent meanwhile, and turns that are stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentls.protocol.errors import RequestFailed
from agentls.world.scripted import Call, Calls, Gate, HttpError, NoHeaders, Script, Text
from tests.support.clock import FakeClock
from tests.support.workshop import Workshop, workshop

FULL = {"approval": {"mode": "full"}}
LIST = Call("list_files", {"path": "."})


async def _interrupt(shop: Workshop, task_id: str) -> None:
    assert await shop.ask("agent/turn/interrupt", {"taskId": task_id}) == {}
    completed = await shop.ended(task_id)
    assert completed["status"] == "interrupted"
    live = shop.engine._tasks.live(task_id)
    assert live is not None
    assert live.ledger.state == await shop.folded(task_id)
    started = [frame["callId"] for frame in shop.recorder.of("agent/toolCall/started", task_id)]
    assert [frame["callId"] for frame in shop.recorder.of("agent/toolResult", task_id)] == started


async def _goes_on(shop: Workshop, task_id: str) -> None:
    """The conversation is well-formed: a strict endpoint takes the next request."""
    shop.endpoint.script.add(Text(text="Back again."))
    await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "Go on"})
    completed = await shop.ended(task_id, turns=2)
    assert completed["status"] == "completed"


async def test_a_prompt_sent_meanwhile_joins_before_the_next_request(tmp_path: Path) -> None:
    gate = Gate()
    script = Script([Calls([LIST], gates={2: gate}), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        task_id = await shop.start("one")
        await gate.wait_reached()
        params = {"taskId": task_id, "prompt": "two", "clientMessageId": "c1"}
        steered = await shop.ask("agent/turn/steer", params)
        gate.open()
        await shop.ended(task_id)

        assert steered["disposition"] == "injected"
        prompts = [
            (frame["promptId"], frame["state"], frame["source"], frame.params.get("clientMessageId"))
            for frame in shop.recorder.of("agent/prompt")[1:]
        ]
        assert prompts == [
            (steered["promptId"], "queued", "steer", "c1"),
            (steered["promptId"], "delivered", "steer", "c1"),
        ]
        assert [m["role"] for m in shop.endpoint.requests[1].messages] == [
            "system",
            "user",
            "assistant",
            "tool",
            "user",
        ]


async def test_a_prompt_sent_during_the_last_answer_is_answered_in_the_same_turn(tmp_path: Path) -> None:
    gate = Gate()
    script = Script([Text(text="First answer", gates={2: gate}), Text(text="Second answer")])
    async with workshop(tmp_path, script) as shop:
        task_id = await shop.start("one")
        await gate.wait_reached()
        await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": "two"})
        gate.open()
        await shop.ended(task_id)

        assert len(shop.recorder.of("agent/turn/started")) == 1
        assert [m["content"] for m in shop.endpoint.requests[1].messages[1:]] == ["one", "First answer", "two"]


async def test_steering_a_task_at_rest_starts_a_turn(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="a"), Text(text="b")])) as shop:
        task_id = str((await shop.run())["taskId"])
        steered = await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": "more"})
        completed = await shop.ended(task_id, turns=2)

        assert (steered["disposition"], steered["turnId"]) == ("started", completed["turnId"])


async def test_a_turn_cannot_start_while_one_runs(tmp_path: Path) -> None:
    gate = Gate()
    async with workshop(tmp_path, Script([Text(text="a", gates={1: gate})])) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        with pytest.raises(RequestFailed) as refused:
            await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "b"})
        gate.open()
        await shop.ended(task_id)

        assert refused.value.code == "turn.active"


async def test_waiting_prompts_can_be_listed_changed_and_removed(tmp_path: Path) -> None:
    gate = Gate()
    script = Script([Calls([LIST], gates={2: gate}), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        one = await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": "one"})
        two = await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": "two"})
        await shop.ask("agent/queue/update", {"promptId": one["promptId"], "prompt": "uno"})
        await shop.ask("agent/queue/remove", {"taskId": task_id, "promptId": two["promptId"]})
        listed = await shop.ask("agent/queue/list", {"taskId": task_id})
        gate.open()
        await shop.ended(task_id)

        assert listed == {"prompts": [{"promptId": one["promptId"], "content": [{"type": "text", "text": "uno"}]}]}
        assert [m["content"] for m in shop.endpoint.requests[1].messages if m["role"] == "user"] == ["Go", "uno"]
        with pytest.raises(RequestFailed) as gone:
            await shop.ask("agent/queue/remove", {"promptId": one["promptId"]})
        assert gone.value.code == "prompt.unknown"


async def test_interrupting_while_the_answer_streams_keeps_its_text(tmp_path: Path) -> None:
    gate = Gate()
    script = Script([Calls([LIST], text="Let me look.", gates={6: gate})])
    async with workshop(tmp_path, script) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        await shop.recorder.wait_method("agent/toolCall/started")
        await _interrupt(shop, task_id)

        assert await shop.endpoint.requests[0].wait_ended() is True
        assert shop.recorder.of("agent/message/completed")[0]["text"] == "Let me look."
        assert shop.results() == [("list_files", "cancelled")]
        await _goes_on(shop, task_id)


async def test_interrupting_before_the_first_byte_closes_the_socket(tmp_path: Path) -> None:
    gate = Gate()
    async with workshop(tmp_path, Script([NoHeaders(gate=gate)])) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        await _interrupt(shop, task_id)

        assert await shop.endpoint.requests[0].wait_ended() is True
        await _goes_on(shop, task_id)


async def test_interrupting_an_approval_denies_it(tmp_path: Path) -> None:
    write = Call("write_to_file", {"path": "a", "content": "x"})
    async with workshop(tmp_path, Script([Calls([write])])) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/approval/requested")
        await _interrupt(shop, task_id)

        resolved = shop.recorder.of("agent/approval/resolved")[0]
        assert (resolved["decision"], resolved["by"]) == ("deny", "interrupt")
        assert not (shop.root / "a").exists()
        await _goes_on(shop, task_id)


async def test_interrupting_a_command_kills_its_tree(tmp_path: Path) -> None:
    command = Call("execute_command", {"command": "echo started; sleep 600 & wait"})
    async with workshop(tmp_path, Script([Calls([command])]), settings=FULL) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/toolCall/output")
        await _interrupt(shop, task_id)

        assert shop.results() == [("execute_command", "cancelled")]
        await _goes_on(shop, task_id)


async def test_interrupting_the_wait_before_a_retry_is_immediate(tmp_path: Path) -> None:
    clock = FakeClock()
    overloaded = HttpError(503, {"error": {"message": "overloaded"}}, {"retry-after": "60"})
    async with workshop(tmp_path, Script([overloaded]), clock=clock) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/request/retrying")
        await clock.wait_for_sleepers()
        await _interrupt(shop, task_id)
        await _goes_on(shop, task_id)


async def test_interrupting_a_task_at_rest_does_nothing(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="a")])) as shop:
        task_id = str((await shop.run())["taskId"])
        before = len(shop.recorder.frames)

        assert await shop.ask("agent/turn/interrupt", {"taskId": task_id}) == {}
        assert len(shop.recorder.frames) == before


async def test_the_queue_outlives_an_interrupt_and_is_not_started_by_it(tmp_path: Path) -> None:
    gate = Gate()
    script = Script([Text(text="abcdefgh", gates={2: gate}), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        task_id = await shop.start("one")
        await gate.wait_reached()
        await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": "two"})
        await _interrupt(shop, task_id)
        listed = await shop.ask("agent/queue/list", {"taskId": task_id})
        assert [prompt["content"] for prompt in listed["prompts"]] == [[{"type": "text", "text": "two"}]]
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "three"})
        await shop.ended(task_id, turns=2)

        users = [m["content"] for m in shop.endpoint.requests[1].messages if m["role"] == "user"]
        assert users == ["one", "two", "three"]


async def test_a_call_that_had_not_begun_is_told_as_not_done(tmp_path: Path) -> None:
    write = Call("write_to_file", {"path": "a", "content": "x"})
    async with workshop(tmp_path, Script([Calls([write])])) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/approval/requested")
        await _interrupt(shop, task_id)

        assert shop.result_text() == "Cancelled before it began; nothing was done."


async def test_a_call_that_had_begun_is_told_as_perhaps_done(tmp_path: Path) -> None:
    command = Call("execute_command", {"command": "echo started; sleep 600"})
    async with workshop(tmp_path, Script([Calls([command])]), settings=FULL) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/toolCall/output")
        await _interrupt(shop, task_id)

        assert "may have taken effect" in shop.result_text()

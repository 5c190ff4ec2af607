"""What happens at the same time: prompts, ends of turns, deletes, changes of settings, providers and folders."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agentls.engine.tasks import MOST_AT_REST
from agentls.protocol.errors import RequestFailed
from agentls.protocol.registry import REQUESTS
from agentls.world.scripted import Call, Calls, Gate, Reply, Script, Text
from tests.support.clock import FakeClock
from tests.support.workshop import KEY, Workshop, workshop
from tests.unit.engine.test_interrupted_anywhere import check, check_next_turn

FULL = {"approval": {"mode": "full"}}
LIST = Call("list_files", {"path": "."})


def _steer(task_id: str) -> object:
    return REQUESTS["agent/turn/steer"].params.model_validate({"taskId": task_id, "prompt": "more"})


async def test_a_prompt_that_was_accepted_is_answered_however_late_it_is_recorded(tmp_path: Path) -> None:
    gate = Gate()
    async with workshop(tmp_path, Script([Text(text="First", gates={1: gate}), Text(text="Second")])) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        answer = await shop.engine.turn_steer(_steer(task_id))
        gate.open()
        await shop.recorder.wait_method("agent/request/completed")
        for _ in range(50):  # the turn would have come to rest by now
            await asyncio.sleep(0)
        assert answer.result.disposition == "injected"
        answer.then()
        completed = await shop.ended(task_id)

        assert completed["turnId"] == answer.result.turn_id
        assert len(shop.endpoint.requests) == 2
        await check(shop, task_id)


async def test_prompts_at_every_event_of_a_turn_are_all_answered(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Text(text="ok"))) as shop:
        for at in range(1, 11):  # as many as such a turn has
            steers: list[asyncio.Task[object]] = []
            seen = 0

            def see(frame: object, at: int = at, steers: list[asyncio.Task[object]] = steers) -> None:
                nonlocal seen
                seen += 1
                if seen == at:
                    params = {"taskId": frame["taskId"], "prompt": "more"}
                    steers.append(asyncio.ensure_future(shop.ask("agent/turn/steer", params)))

            shop.recorder.on_frame = see
            task_id = await shop.start()
            await shop.recorder.wait(
                lambda f, t=task_id: f.method == "agent/prompt" and f["taskId"] == t and f["source"] == "steer"
            )
            steered = await steers[0]
            shop.recorder.on_frame = None
            turns = 2 if steered["disposition"] == "started" else 1
            await shop.ended(task_id, turns)
            delivered = [f["promptId"] for f in shop.recorder.of("agent/prompt", task_id) if f["state"] == "delivered"]
            assert delivered[1:] == [steered["promptId"]], at
            await check(shop, task_id, turns)


async def test_of_two_turns_started_at_once_one_is_refused(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Text(text="ok"))) as shop:
        task_id = str((await shop.run())["taskId"])
        params = {"taskId": task_id, "prompt": "again"}
        starts = [shop.ask("agent/turn/start", params) for _ in range(3)]
        results = await asyncio.gather(*starts, return_exceptions=True)
        await shop.ended(task_id, 2)

        refused = [each.code for each in results if isinstance(each, RequestFailed)]
        assert refused == ["turn.active"] * 2
        await check(shop, task_id, 2)


async def test_an_interrupt_right_behind_the_start_ends_the_turn(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Text(text="ok"))) as shop:
        task_id = await shop.start()
        await shop.ask("agent/turn/interrupt", {"taskId": task_id})
        assert (await shop.ended(task_id))["status"] == "interrupted"
        await check(shop, task_id)
        await check_next_turn(shop, task_id, 2)


async def test_closing_while_an_answer_is_on_its_way_does_not_hang(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Text(text="ok"))) as shop:
        params = REQUESTS["agent/task/start"].params.model_validate({"prompt": "Go"})
        answer = await shop.engine.task_start(params)
        await shop.engine.aclose()
        answer.then()
        assert shop.recorder.of("agent/turn/started") == []


async def test_a_waiting_prompt_is_not_delivered_twice_when_it_is_changed_late(tmp_path: Path) -> None:
    gate = Gate()
    script = Script([Calls([LIST], gates={2: gate}), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        steered = await shop.ask("agent/turn/steer", {"taskId": task_id, "prompt": "one"})
        params = {"promptId": steered["promptId"], "prompt": "uno"}
        change = await shop.engine.queue_update(REQUESTS["agent/queue/update"].params.model_validate(params))
        gate.open()
        await shop.recorder.wait_method("agent/request/completed")
        change.then()
        await shop.ended(task_id)

        users = [m["content"] for m in shop.endpoint.requests[1].messages if m["role"] == "user"]
        assert users == ["Go", "uno"]


async def test_two_tasks_take_several_turns_each_at_once(tmp_path: Path) -> None:
    def reply(request: object) -> Reply:
        messages = request.messages
        last = messages[-1]
        return Text(text=f"re {last['content']}") if last["role"] == "user" else Text(text="listed")

    async def talk(shop: Workshop, name: str) -> str:
        task_id = await shop.start(f"{name} 1")
        for number in range(2, 5):
            await shop.ended(task_id, number - 1)
            await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": f"{name} {number}"})
        await shop.ended(task_id, 4)
        return task_id

    async with workshop(tmp_path, Script(then=reply)) as shop:
        for name, task_id in zip("ab", await asyncio.gather(talk(shop, "a"), talk(shop, "b")), strict=True):
            said = [frame["text"] for frame in shop.recorder.of("agent/message/completed", task_id)]
            assert said == [f"re {name} {number}" for number in range(1, 5)]
            await check(shop, task_id, 4)


async def test_deleting_a_running_task_ends_its_turn_and_nothing_comes_back(tmp_path: Path) -> None:
    command = Call("execute_command", {"command": "echo started; sleep 600"})
    async with workshop(tmp_path, Script([Calls([command])], then=Text(text="ok")), settings=FULL) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/toolCall/output")
        late = await shop.engine.turn_steer(_steer(task_id))
        delete = asyncio.ensure_future(shop.ask("agent/task/delete", {"taskId": task_id}))
        start = asyncio.ensure_future(shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "x"}))
        await delete
        late.then()

        assert [frame["status"] for frame in shop.recorder.of("agent/turn/completed")] == ["interrupted"]
        with pytest.raises(RequestFailed) as refused:
            await start
        assert refused.value.code == "task.unknown"
        assert (await shop.ask("agent/task/list"))["data"] == []
        await shop.run()


async def test_losing_trust_stops_what_runs(tmp_path: Path) -> None:
    command = Call("execute_command", {"command": "echo started; sleep 600"})
    async with workshop(tmp_path, Script([Calls([command])], then=Text(text="ok")), settings=FULL) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/toolCall/output")
        await shop.ask("agent/workspace/setTrust", {"trusted": False})

        assert (await shop.ended(task_id))["status"] == "interrupted"
        await check_next_turn(shop, task_id, 2)


async def test_a_provider_removed_while_a_turn_runs_gets_no_further_request(tmp_path: Path) -> None:
    gate = Gate()
    async with workshop(tmp_path, Script([Calls([LIST], gates={2: gate})], then=Text(text="ok"))) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        await shop.ask("agent/provider/remove", {"id": "p"})
        gate.open()
        completed = await shop.ended(task_id)

        assert completed["status"] == "failed"
        assert "provider" in completed["error"]["title"]
        assert len(shop.endpoint.requests) == 1
        await shop.provider()
        await check_next_turn(shop, task_id, 2)


async def test_the_key_of_another_origin_is_never_sent_to_the_old_one(tmp_path: Path) -> None:
    """The profile is changed while a request waits for its turn: by then its key belongs elsewhere."""
    gate = Gate()
    script = Script([Calls([LIST], gates={2: gate})], then=Text(text="ok"))
    (tmp_path / "other").mkdir()
    async with (
        workshop(tmp_path, script) as shop,
        workshop(tmp_path / "other", Script(then=Text(text="there"))) as other,
    ):
        task_id = await shop.start()
        await gate.wait_reached()
        await shop.provider(baseUrl=other.endpoint.base_url)
        await shop.ask("agent/provider/setKey", {"id": "p", "apiKey": "sk-of-the-other-origin"})
        gate.open()
        await shop.ended(task_id)

        assert [request.headers["authorization"] for request in shop.endpoint.requests] == [f"Bearer {KEY}"]
        sent = [request.headers.get("authorization") for request in other.endpoint.requests]
        assert sent == ["Bearer sk-of-the-other-origin"]


async def test_a_key_that_was_replaced_is_still_masked(tmp_path: Path) -> None:
    gate = Gate()
    read = Call("read_file", {"path": ".env"})
    async with workshop(tmp_path, Script([Calls([read], gates={2: gate})], then=Text(text="ok"))) as shop:
        (shop.root / ".env").write_text(f"KEY={KEY}\n")
        task_id = await shop.start()
        await gate.wait_reached()
        await shop.ask("agent/provider/setKey", {"id": "p", "apiKey": "sk-another-0123456789"})
        gate.open()
        await shop.ended(task_id)

        assert KEY not in repr(shop.recorder.frames)


async def test_a_key_in_an_edited_file_is_in_no_diff(tmp_path: Path) -> None:
    calls = [
        Call("read_file", {"path": ".env"}),
        Call("edit_file", {"path": ".env", "old_string": "A=1", "new_string": "A=2"}),
    ]
    async with workshop(tmp_path, Script([Calls(calls)], then=Text(text="ok"))) as shop:
        (shop.root / ".env").write_text(f"A=1\nKEY={KEY}\n")
        task_id = await shop.start()
        await shop.approve("allow")
        await shop.ended(task_id)

        assert (shop.root / ".env").read_text() == f"A=2\nKEY={KEY}\n"
        assert [status for _, status in shop.results()] == ["ok", "ok"]
        assert KEY not in repr(shop.recorder.frames)


async def test_settings_changed_while_a_turn_runs_hold_from_the_next_call_on(tmp_path: Path) -> None:
    gate = Gate()
    commands = [Call("execute_command", {"command": f"echo {number}"}) for number in range(2)]
    script = Script([Calls([commands[0]]), Calls([commands[1]], gates={2: gate})], then=Text(text="ok"))
    async with workshop(tmp_path, script, settings=FULL) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        await shop.ask("agent/settings/set", {"settings": {"tools": {"disabled": ["execute_command"]}}})
        gate.open()
        await shop.ended(task_id)

        assert shop.results() == [("execute_command", "ok"), ("execute_command", "invalid")]
        assert "execute_command" not in shop.endpoint.requests[2].tool_names


async def test_a_folder_that_is_closed_stops_its_turns(tmp_path: Path) -> None:
    command = Call("execute_command", {"command": "echo started; sleep 600"})
    async with workshop(tmp_path, Script([Calls([command])], then=Text(text="ok")), settings=FULL) as shop:
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/toolCall/output")
        shop.engine.change_roots([])

        assert (await shop.ended(task_id))["status"] == "interrupted"
        with pytest.raises(RequestFailed) as refused:
            await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "x"})
        assert refused.value.code == "workspace.unknown"
        shop.engine.change_roots([shop.root])
        await check_next_turn(shop, task_id, 2)


async def test_requests_to_a_provider_keep_its_distance(tmp_path: Path) -> None:
    clock = FakeClock()
    script = Script([Calls([LIST]), Text(text="a")], then=Text(text="b"))
    async with workshop(tmp_path, script, clock=clock, provider={"rateLimitS": 5}) as shop:
        one = await shop.start()
        await shop.recorder.wait_method("agent/request/waiting")
        assert len(shop.endpoint.requests) == 1
        two = await shop.start()
        await shop.recorder.wait_method("agent/request/waiting", 2)
        await clock.advance(5)
        await shop.ended(one)
        assert len(shop.endpoint.requests) == 2
        await clock.advance(5)
        await shop.ended(two)

        waits = [(frame["reason"], frame["limitMs"]) for frame in shop.recorder.of("agent/request/waiting")]
        assert waits == [("rateLimit", 5000), ("rateLimit", 10000)]


async def test_tasks_at_rest_are_closed_and_opened_again_when_they_are_asked_for(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Text(text="ok"))) as shop:
        write = Call("write_to_file", {"path": "a", "content": "x"})
        shop.endpoint.script.add(Calls([write]), Text(text="ok"))
        first = str((await shop.run("one", mode="readOnly"))["taskId"])
        for _ in range(MOST_AT_REST + 3):
            await shop.run()
        assert shop.engine._tasks.live(first) is None
        assert len(shop.engine._tasks.open) <= MOST_AT_REST + 1
        shop.endpoint.script.skip_rest()
        shop.endpoint.script.add(Calls([write]), Text(text="ok"))
        await shop.ask("agent/turn/start", {"taskId": first, "prompt": "two"})
        await shop.ended(first, 2)

        assert [status for _, status in shop.results()] == ["denied", "denied"]
        await check(shop, first, 2)

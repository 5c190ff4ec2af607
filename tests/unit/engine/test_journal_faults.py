"""A journal that cannot save: nothing runs that is not written down, the user is told, the server lives."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

import pytest

from agentls.protocol.errors import RequestFailed
from agentls.world.journal import Journal
from agentls.world.scripted import Call, Calls, Script, Text
from tests.support.workshop import workshop

FULL = {"approval": {"mode": "full"}}
TURN = [
    Calls([Call("list_files", {"path": "."}), Call("execute_command", {"command": "echo ran >> ran.txt"})], text="Hm"),
    Text(text="Done."),
]


async def _commits_of_a_turn(folder: Path) -> int:
    folder.mkdir()
    async with workshop(folder, Script(TURN), settings=FULL) as shop:
        count = 0

        def note(ordinal: int) -> None:
            nonlocal count
            count = ordinal

        shop.world.journal.fail_point = note
        await shop.run()
        return count


async def test_a_disk_that_fails_at_any_write_ends_the_turn_before_anything_else_is_done(tmp_path: Path) -> None:
    for at in range(1, await _commits_of_a_turn(tmp_path / "whole") + 1):
        folder = tmp_path / str(at)
        folder.mkdir()
        async with workshop(folder, Script(TURN), settings=FULL) as shop:
            saved_before: list[bool] = []

            def fail(ordinal: int, at: int = at, root: Path = shop.root, saved: list[bool] = saved_before) -> None:
                if ordinal == at:
                    saved.append((root / "ran.txt").exists())
                    raise sqlite3.OperationalError("database or disk is full")

            shop.world.journal.fail_point = fail
            if at == 1:  # creating the task
                with pytest.raises(RequestFailed) as refused:
                    await shop.start()
                assert refused.value.code == "journal.unavailable"
                continue
            task_id = await shop.start()
            completed = await shop.recorder.wait_method("agent/turn/completed")
            await shop.recorder.wait(lambda f: f.method == "agent/task/status" and f["status"] == "idle")
            live = shop.engine._tasks.live(task_id)
            assert live is not None
            await live.ended()
            if saved_before:
                assert (shop.root / "ran.txt").exists() == saved_before[0]
            assert len(shop.recorder.of("agent/turn/completed")) == 1
            calls = [frame["callId"] for frame in shop.recorder.of("agent/toolCall/started")]
            assert {frame["callId"] for frame in shop.recorder.of("agent/toolResult")} >= set(calls)
            if completed["status"] == "failed":
                assert completed["error"]["title"] == "The task cannot be saved"
            # the server lives, and says why it can do no more
            assert (await shop.ask("agent/provider/list"))["active"] == "p"
            if saved_before:
                with pytest.raises(RequestFailed) as refused_later:
                    await shop.ask("agent/task/start", {"prompt": "again"})
                assert refused_later.value.code == "journal.unavailable"


async def test_a_journal_in_memory_is_told_at_the_start_of_each_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_journal = Journal.open

    def in_memory(folder: Path) -> Journal:
        (tmp_path / "file").write_text("")
        return open_journal(tmp_path / "file" / "data")

    monkeypatch.setattr(Journal, "open", in_memory)
    async with workshop(tmp_path, Script(then=Text(text="ok"))) as shop:
        assert shop.world.journal.warning is not None
        task_id = str((await shop.run())["taskId"])
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "more"})
        await shop.ended(task_id, 2)
        other = str((await shop.run())["taskId"])

        notices = [(f["taskId"], f["level"], f["code"]) for f in shop.recorder.of("agent/notice")]
        assert notices == [(each, "warning", "journal.warning") for each in (task_id, other)]
        assert shop.recorder.of("agent/notice")[0]["message"] == shop.world.journal.warning


async def test_one_event_that_is_refused_stops_the_task_and_it_opens_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with workshop(tmp_path, Script(then=Text(text="ok"))) as shop:
        task_id = str((await shop.run())["taskId"])
        append = shop.world.journal.append
        appends = 0

        def refuse_the_third(*arguments: object, **named: object) -> asyncio.Future[None]:
            nonlocal appends
            appends += 1
            if appends == 3:
                named["summary"] = object()
            return append(*arguments, **named)

        monkeypatch.setattr(shop.world.journal, "append", refuse_the_third)
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "more"})
        completed = await shop.recorder.wait_method("agent/turn/completed", 2)
        assert completed["status"] == "failed"
        live = shop.engine._tasks.live(task_id)
        assert live is not None
        await live.ended()
        events = await shop.ask("agent/task/events", {"taskId": task_id})
        assert [event["params"]["seq"] for event in events["events"]] == list(range(1, events["lastSeq"] + 1))
        again = await shop.ask("agent/task/get", {"taskId": task_id})
        assert again["turns"][0]["status"] == "completed"


async def test_arguments_that_cannot_be_written_down_end_the_turn_and_leave_no_gap(tmp_path: Path) -> None:
    huge = '{"path": "a", "start_line": 1' + "0" * 5000 + "}"
    async with workshop(tmp_path, Script([Calls([Call("read_file", huge)])], then=Text(text="ok"))) as shop:
        completed = await shop.run()
        task_id = str(completed["taskId"])
        live = shop.engine._tasks.live(task_id)

        assert live is not None
        assert live.ledger.state == await shop.folded(task_id)
        assert completed["status"] == "completed"

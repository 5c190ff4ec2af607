"""Tasks that were: list, get, events, content, export, delete, and what another process left open."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from agentls.conversation.text import CAP_BYTES
from agentls.protocol.errors import InvalidParams, RequestFailed
from agentls.world.journal import Journal, Row
from agentls.world.scripted import Call, Calls, Cut, Gate, Script, Text
from tests.support.recorder import Frame
from tests.support.workshop import workshop

LIST = Call("list_files", {"path": "."})


async def test_replayed_events_are_the_frames_as_they_were_sent(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([LIST], text="Looking."), Text(text="ok")])) as shop:
        task_id = str((await shop.run())["taskId"])
        replay = await shop.ask("agent/task/events", {"taskId": task_id, "sinceSeq": 4})

        sent = [frame for frame in shop.recorder.frames if frame.stored and frame["seq"] > 4]
        assert replay["events"] == [
            {"method": frame.method, "params": {**frame.params, "replay": True}} for frame in sent
        ]
        assert (replay["lastSeq"], replay["more"]) == (sent[-1]["seq"], False)


async def test_replay_comes_in_pages(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="ok")])) as shop:
        task_id = str((await shop.run())["taskId"])
        seen: list[object] = []
        more = True
        while more:
            params = {"taskId": task_id, "sinceSeq": seen[-1] if seen else 0, "limit": 2}
            page = await shop.ask("agent/task/events", params)
            seen += [event["params"]["seq"] for event in page["events"]]
            more = page["more"]

        assert seen == list(range(1, page["lastSeq"] + 1))


async def test_what_is_open_is_replayed_as_one_delta_with_all_its_text(tmp_path: Path) -> None:
    gate = Gate()
    call = Call("read_file", {"path": "a.txt", "start_line": 1})
    script = Script([Calls([call], text="Let me look.", gates={9: gate}), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        await shop.recorder.wait_method("agent/toolCall/delta")
        replay = await shop.ask("agent/task/events", {"taskId": task_id})
        view = await shop.ask("agent/task/get", {"taskId": task_id})
        gate.open()
        await shop.ended(task_id)

        live = [event for event in replay["events"] if "part" in event["params"]]
        assert [event["method"] for event in live] == ["agent/message/delta", "agent/toolCall/delta"]
        assert live[0]["params"]["delta"] == "Let me look."
        assert live[1]["params"]["fields"][0]["path"] == ["path"]
        numbers = [
            (frame["seq"], frame.params.get("part", 0)) for frame in shop.recorder.frames if "seq" in frame.params
        ]
        given = [(event["params"]["seq"], event["params"]["part"]) for event in live]
        assert len({*numbers, *given}) == len(numbers) + len(given)
        message = next(item for item in view["turns"][0]["items"] if item["type"] == "message")
        assert (message["text"], message["completed"]) == ("Let me look.", False)


async def test_tasks_are_listed_latest_first(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Text(text="ok"))) as shop:
        ids = [str((await shop.run(f"task {number}"))["taskId"]) for number in range(3)]
        page = await shop.ask("agent/task/list", {"limit": 2})
        rest = await shop.ask("agent/task/list", {"limit": 2, "cursor": page["nextCursor"]})

        listed = [*page["data"], *rest["data"]]
        assert [task["taskId"] for task in listed] == ids[::-1]
        assert [task["title"] for task in listed] == ["task 2", "task 1", "task 0"]
        assert {task["status"] for task in listed} == {"idle"}
        assert "nextCursor" not in rest


async def test_a_task_is_shown_whole(tmp_path: Path) -> None:
    script = Script([Calls([LIST], text="Looking."), Text(text="Empty.")])
    async with workshop(tmp_path, script) as shop:
        completed = await shop.run("What is here?")
        view = await shop.ask("agent/task/get", {"taskId": completed["taskId"]})

        assert (view["title"], view["status"], len(view["turns"])) == ("What is here?", "idle", 1)
        turn = view["turns"][0]
        assert [item["type"] for item in turn["items"]] == ["prompt", "message", "toolCall", "message"]
        assert turn["items"][2]["result"]["status"] == "ok"
        assert (turn["status"], turn["usage"]) == ("completed", completed["usage"])


async def test_what_a_payload_left_out_is_read_by_its_reference(tmp_path: Path) -> None:
    whole = "Ünï" * CAP_BYTES
    async with workshop(tmp_path, Script([Text(text=whole, piece=5000)])) as shop:
        task_id = str((await shop.run())["taskId"])
        said = shop.recorder.of("agent/message/completed")[0]
        assert len(str(said["text"]).encode()) <= CAP_BYTES
        ref = said["truncated"]["ref"]
        read, offset = "", 0
        while True:
            params = {"taskId": task_id, "ref": ref, "offset": offset, "limit": 50_001}
            part = await shop.ask("agent/content/read", params)
            if not part["text"]:
                break
            read += part["text"]
            offset += len(part["text"].encode())

        assert read == whole
        assert part["totalBytes"] == len(whole.encode())
        with pytest.raises(RequestFailed):
            await shop.ask("agent/content/read", {"taskId": task_id, "ref": "message:nope"})


async def test_a_task_is_exported_to_read_and_to_keep(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([LIST]), Text(text="Nothing ```here```.")])) as shop:
        task_id = str((await shop.run("What is here?"))["taskId"])
        texts = {}
        for kind in ("markdown", "json"):
            uri = (await shop.ask("agent/task/export", {"taskId": task_id, "format": kind}))["uri"]
            texts[kind] = Path(unquote(urlsplit(uri).path)).read_text()

        assert texts["markdown"].startswith("# What is here?\n")
        assert "Nothing ```here```." in texts["markdown"]
        assert json.loads(texts["json"])["taskId"] == task_id


async def test_a_deleted_task_is_gone(tmp_path: Path) -> None:
    gate = Gate()
    async with workshop(tmp_path, Script([Text(text="abc", gates={1: gate})])) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        await shop.ask("agent/task/delete", {"taskId": task_id})

        with pytest.raises(RequestFailed) as unknown:
            await shop.ask("agent/task/get", {"taskId": task_id})
        assert unknown.value.code == "task.unknown"


async def test_what_was_kept_for_a_task_goes_with_it(tmp_path: Path) -> None:
    long = Call("execute_command", {"command": "seq 100000"})
    settings = {"approval": {"mode": "full"}}
    async with workshop(tmp_path, Script([Calls([long]), Text(text="ok")]), settings=settings) as shop:
        task_id = str((await shop.run())["taskId"])
        await shop.ask("agent/task/export", {"taskId": task_id})
        folders = [tmp_path / "data" / name for name in ("artifacts", "exports")]
        assert [len(list(folder.iterdir())) for folder in folders] == [1, 1]
        await shop.ask("agent/task/delete", {"taskId": task_id})

        assert [list(folder.iterdir()) for folder in folders] == [[], []]


async def test_a_task_is_continued_by_another_server(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="First.")])) as shop:
        task_id = str((await shop.run("one"))["taskId"])
    async with workshop(tmp_path, Script([Text(text="Second.")])) as shop:
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "two"})
        await shop.recorder.wait_method("agent/turn/completed")

        assert [m["content"] for m in shop.endpoint.requests[0].messages[1:]] == ["one", "First.", "two"]


async def test_a_task_that_another_server_runs_can_be_read_and_not_driven(tmp_path: Path) -> None:
    gate = Gate()
    async with workshop(tmp_path, Script([Text(text="abc", gates={2: gate})])) as one:
        task_id = await one.start()
        await gate.wait_reached()
        async with workshop(tmp_path, Script()) as two:
            view = await two.ask("agent/task/get", {"taskId": task_id})
            with pytest.raises(RequestFailed) as refused:
                await two.ask("agent/turn/start", {"taskId": task_id, "prompt": "mine"})
        gate.open()
        await one.ended(task_id)

        assert view["status"] == "running"
        assert refused.value.code == "task.elsewhere"


async def test_events_of_a_newer_version_are_passed_over_and_the_task_goes_on(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="First.")])) as shop:
        task_id = str((await shop.run("one"))["taskId"])
    journal = Journal.open(tmp_path / "data")
    rows = await journal.rows(task_id)
    assert journal.claim(task_id)
    strange = [
        ("agent/dream/completed", b'{"dream":1}', None),
        ("agent/turn/completed", b'{"status":"transcended"}', None),
        ("agent/message/completed", b'{"messageId":"m","text":"x"}', b"\xff"),
    ]
    for seq, (method, payload, private) in enumerate(strange, len(rows) + 1):
        params = b'{"taskId":"%b","seq":%d,"time":1,%b' % (task_id.encode(), seq, payload[1:])
        await journal.append([Row(task_id, seq, 1, None, method, params, private)])
    await journal.aclose()
    async with workshop(tmp_path, Script([Text(text="Second.")])) as shop:
        view = await shop.ask("agent/task/get", {"taskId": task_id})
        events = await shop.ask("agent/task/events", {"taskId": task_id})
        assert view["lastSeq"] == events["lastSeq"] == len(rows) + 3
        assert [event["method"] for event in events["events"][-3:]] == [method for method, _, _ in strange]
        await shop.ask("agent/task/export", {"taskId": task_id, "format": "markdown"})
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "two"})
        await shop.recorder.wait_method("agent/turn/completed")

        assert [m["content"] for m in shop.endpoint.requests[0].messages[1:]] == ["one", "First.", "two"]


async def test_a_broken_attempt_is_shown_and_not_exported_as_an_answer(tmp_path: Path) -> None:
    broken = Calls([LIST], text="Never mind this.", cut=Cut(900))
    async with workshop(tmp_path, Script([broken, Text(text="All there.")])) as shop:
        task_id = str((await shop.run())["taskId"])
        view = await shop.ask("agent/task/get", {"taskId": task_id})
        uri = (await shop.ask("agent/task/export", {"taskId": task_id, "format": "markdown"}))["uri"]
        exported = Path(unquote(urlsplit(uri).path)).read_text()

        messages = [item for item in view["turns"][0]["items"] if item["type"] == "message"]
        shown = [(m["text"].split()[0], m.get("discarded")) for m in messages]
        assert shown == [("Never", True), ("All", None)]
        assert "Never mind" not in exported
        assert "All there." in exported


async def test_what_is_replayed_while_a_turn_streams_is_told_once(tmp_path: Path) -> None:
    """At every live event: the stored ones and the open texts together are what the client saw, no more, no less."""
    async with workshop(tmp_path, Script([Text(text="abcdefghijkl", piece=1, reasoning="xyz")])) as shop:
        pages: list[asyncio.Task[object]] = []

        def see(frame: Frame) -> None:
            if not frame.stored or frame.method.endswith("started"):
                pages.append(asyncio.ensure_future(shop.ask("agent/task/events", {"taskId": frame["taskId"]})))

        shop.recorder.on_frame = see
        await shop.run()
        shop.recorder.on_frame = None
        for page in await asyncio.gather(*pages):
            stored = [event["params"] for event in page["events"] if "part" not in event["params"]]
            live = [event["params"] for event in page["events"] if "part" in event["params"]]
            assert [params["seq"] for params in stored] == list(range(1, page["lastSeq"] + 1))
            for params in live:
                later = [
                    frame["delta"]
                    for frame in shop.recorder.frames
                    if frame.params.get("messageId") == params["messageId"]
                    and "delta" in frame.params
                    and (frame["seq"], frame["part"]) > (params["seq"], params["part"])
                ]
                whole = "xyz" if params["messageId"].startswith("rsn") else "abcdefghijkl"
                assert params["delta"] + "".join(later) == whole


async def test_a_cursor_of_another_list_is_a_bad_parameter(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        with pytest.raises(InvalidParams) as refused:
            await shop.ask("agent/task/list", {"cursor": "not one"})

        assert refused.value.path == "cursor"

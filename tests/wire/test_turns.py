"""Whole turns of the real server, frame by frame: answers before events, numbers, replay, opting in and out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from agentls.world.scripted import Call, Calls, Gate, Script, Text
from tests.support.endpoint_thread import EndpointThread
from tests.support.frame_check import check_notification, check_result
from tests.support.numbers import check_order, texts_of
from tests.support.peer import Json, Peer, frame

DONE = Text(text="Done.")
LONG = "".join(f"word{number} " for number in range(800))
CAP_BYTES = 32 * 1024
BEGUN = ("agent/message/started", "agent/reasoning/started")


def awaits(peer: Peer, status: str) -> None:
    """Wait for the status of a task, the last thing that is told before it waits."""
    peer.wait_for(lambda m: m.get("method") == "agent/task/status" and m["params"]["status"] == status)


def catch_up(peer: Peer, task: Json) -> None:
    """Return once everything was received that is recorded of a task that waits."""
    last = peer.request("agent/task/get", task)["result"]["lastSeq"]
    if not any(message.get("params", {}).get("seq") == last for message in peer.frames):
        peer.wait_for(lambda m: m.get("params", {}).get("seq") == last)


def ask(peer: Peer, method: str, params: Json) -> Json:
    """A request whose answer must be the first frame it causes, in the shape of the registry."""
    started = len(peer.frames)
    answer = peer.request(method, params)
    came = [message.get("method", "answer") for message in peer.frames[started:]]
    assert next(name for name in came if name != "agent/provider/changed") == "answer"
    check_result(method, answer["result"])
    return dict(answer["result"])


def test_every_request_that_starts_something_is_answered_before_its_events(fresh: Peer, work: Path) -> None:
    """Contract: task/start, turn/start, the three dispositions of steer, approval, question, interrupt."""
    gate = Gate()
    question = {"question": "Which?", "follow_up": ["a", "b"]}
    steps = [
        Calls([Call("execute_command", {"command": "echo one"})]),
        Calls([Call("ask_followup_question", question)]),
        DONE,
        DONE,
        Text(text="held back", piece=100, gates={2: gate}),
    ]
    with EndpointThread(Script(steps, then=DONE)) as endpoint:
        fresh.open(work, endpoint.provider)
        task = {"taskId": ask(fresh, "agent/task/start", {"prompt": "Go"})["taskId"]}
        approval = {"approvalId": fresh.event("agent/approval/requested")["approvalId"], "decision": "allow"}
        awaits(fresh, "awaitingApproval")
        assert ask(fresh, "agent/approval/respond", approval) == {"accepted": True}
        assert fresh.request("agent/approval/respond", approval)["result"] == {"accepted": False}
        asked = fresh.event("agent/question/requested")
        awaits(fresh, "awaitingAnswer")
        answer = {"questionId": asked["questionId"], "answer": "a"}
        assert ask(fresh, "agent/question/respond", answer) == {"accepted": True}
        assert fresh.request("agent/question/respond", answer)["result"] == {"accepted": False}
        fresh.rested()
        steer = {**task, "prompt": "More", "clientMessageId": "mine"}
        assert ask(fresh, "agent/turn/steer", steer)["disposition"] == "started"
        fresh.rested()
        ask(fresh, "agent/turn/start", {**task, "prompt": "Again"})
        fresh.wait_for(lambda m: m.get("params", {}).get("delta") == "held back")
        assert ask(fresh, "agent/turn/steer", steer)["disposition"] == "injected"
        prompt_id = fresh.request("agent/queue/list", task)["result"]["prompts"][0]["promptId"]
        catch_up(fresh, task)
        assert ask(fresh, "agent/queue/update", {"promptId": prompt_id, "prompt": "Other"}) == {}
        catch_up(fresh, task)
        assert ask(fresh, "agent/turn/interrupt", task) == {}
        assert fresh.rested()["status"] == "interrupted"
        assert ask(fresh, "agent/turn/interrupt", task) == {}
        assert ask(fresh, "agent/queue/remove", {**task, "promptId": prompt_id}) == {}
        assert fresh.request("shutdown")["result"] is None
    check_order(fresh.frames)
    for message in fresh.frames:
        if "method" in message:
            check_notification(message["method"], message["params"])


def test_a_stop_in_one_breath_with_the_start_ends_the_turn(fresh: Peer, work: Path) -> None:
    """Contract: exactly one end per started turn, whenever it is stopped."""
    with EndpointThread(Script(then=DONE)) as endpoint:
        fresh.open(work, endpoint.provider)
        task = {"taskId": fresh.start()}
        fresh.rested()
        start = {"jsonrpc": "2.0", "id": "start", "method": "agent/turn/start", "params": {**task, "prompt": "x"}}
        stop = {"jsonrpc": "2.0", "id": "stop", "method": "agent/turn/interrupt", "params": task}
        fresh.send_raw(frame(start) + frame(stop))
        assert "result" in fresh.answer("stop")
        assert fresh.rested()["turnId"] == fresh.answer("start")["result"]["turnId"]
        assert "result" in fresh.request("agent/turn/start", {**task, "prompt": "Go on"})
        assert fresh.rested()["status"] == "completed"


def test_replays_in_the_middle_of_a_stream_repeat_no_number_and_lose_no_text(fresh: Peer, work: Path) -> None:
    """Contract: (seq, part) goes up and is never given again; a replayed delta has all the text so far."""
    for number in range(8):
        (work / f"{number}.txt").write_text("text\n")
    calls = [Call("read_file", {"path": f"{number}.txt"}) for number in range(8)]
    steps = [Calls(calls, text=LONG, piece=6, pace=4000), Text(text=LONG, piece=3, pace=4000)]
    with EndpointThread(Script(steps)) as endpoint:
        fresh.open(work, endpoint.provider)
        task_id = fresh.start()
        replays = 0
        while not any(message.get("method") == "agent/turn/completed" for message in fresh.frames):
            result = fresh.request("agent/task/events", {"taskId": task_id})["result"]
            check_result("agent/task/events", result)
            replays += any("part" in event["params"] for event in result["events"])
        fresh.rested()
    assert replays > 5
    check_order(fresh.frames)
    shown = texts_of(fresh.frames)
    whole = [m["params"] for m in fresh.frames if m.get("method") == "agent/message/completed"]
    assert [shown[params["messageId"]] for params in whole] == [params["text"] for params in whole] == [LONG, LONG]
    ready = [m["params"] for m in fresh.frames if m.get("method") == "agent/toolCall/ready"]
    assert [shown[params["callId"]] for params in ready] == [f'{{"path": "{number}.txt"}}' for number in range(8)]


def test_a_client_sees_only_what_it_asked_for(fresh: Peer, work: Path) -> None:
    """Contract: events.optOut; numbers count on."""
    unwanted = ["agent/message/delta", "agent/request/started", "agent/provider/changed", "agent/none"]
    with EndpointThread(Script(then=DONE)) as endpoint:
        fresh.open(work, endpoint.provider, events={"optOut": unwanted})
        task_id = fresh.start()
        fresh.rested()
        seen = [m["params"]["seq"] for m in fresh.frames if m.get("method", "").startswith("agent/")]
        assert not {message.get("method") for message in fresh.frames} & set(unwanted)
        events = fresh.request("agent/task/events", {"taskId": task_id})["result"]["events"]
        wanted = [e["params"]["seq"] for e in events if e["method"] not in unwanted]
        assert seen == wanted
        assert [e["params"]["seq"] for e in events] == list(range(1, len(events) + 1))


@pytest.mark.parametrize("options", [{}, {"agent": {}}, {"agent": {"protocolVersion": None}}, None, 5])
def test_nothing_of_ours_goes_to_a_client_that_did_not_opt_in(fresh: Peer, work: Path, options: Any) -> None:
    """Contract: no custom message without opting in; requests are served all the same."""
    with EndpointThread(Script(then=DONE)) as endpoint:
        folders = [{"uri": work.as_uri(), "name": "work"}]
        fresh.initialize(workspaceFolders=folders, initializationOptions=options)
        fresh.request("agent/provider/set", {"provider": endpoint.provider})
        task_id = fresh.start()
        assert endpoint.wait_ended(0) is False
        while fresh.request("agent/task/get", {"taskId": task_id})["result"]["status"] != "idle":
            pass
        assert [message["method"] for message in fresh.frames if "method" in message] == []


def test_no_text_of_a_notification_is_longer_than_the_cap(fresh: Peer, work: Path) -> None:
    """Contract: payloads are capped at 32 KiB of text; the rest is fetched by `ref`. Deltas lose nothing by it."""
    big = "long é😋 " * 12_000
    write = Calls([Call("write_to_file", {"path": "new.txt", "content": big})], text=big, reasoning=big, piece=200_000)
    run = Calls([Call("execute_command", {"command": "cat new.txt; head -c 300000 /dev/zero | tr '\\0' x"})])
    with EndpointThread(Script([write, run, DONE])) as endpoint:
        settings = {"approval": {"mode": "full"}, "command": {"outputBytes": 1_000_000}}
        fresh.open(work, endpoint.provider, settings=settings)
        task_id = fresh.start(big)
        assert fresh.rested()["status"] == "completed"
        assert {name for message in fresh.frames for name in _too_long(message)} == set()
        completed = next(m["params"] for m in fresh.frames if m.get("method") == "agent/message/completed")
        ref = completed["truncated"]["ref"]
        streamed = texts_of(fresh.frames)
        assert [streamed[m["params"]["messageId"]] for m in fresh.frames if m.get("method") in BEGUN][:2] == [big, big]
        whole, offset = "", 0
        while len(whole) < len(big):
            params = {"taskId": task_id, "ref": ref, "offset": offset, "limit": 100_001}
            part = fresh.request("agent/content/read", params)["result"]
            whole += part["text"]
            offset += len(part["text"].encode())
        assert (whole, part["totalBytes"]) == (big, len(big.encode()))
        fields: dict[str, str] = {}
        for message in fresh.frames:
            if message.get("method") == "agent/toolCall/delta":
                for update in message["params"]["fields"]:
                    name = update["path"][0]
                    fields[name] = fields.get(name, "") + update["append"]
        assert fields["content"] == big


def _too_long(message: Json) -> set[str]:
    """`method: path` of every string over the cap."""
    found: set[str] = set()

    def look(value: Any, path: str) -> None:
        if isinstance(value, str) and len(value.encode()) > CAP_BYTES:
            found.add(f"{message['method']}: {path}")
        elif isinstance(value, dict):
            for key, part in value.items():
                look(part, f"{path}.{key}")
        elif isinstance(value, list):
            for part in value:
                look(part, f"{path}[]")

    if "method" in message:
        look(message["params"], "")
    return found

"""Recovery: the real server is killed before each write of its journal in turn, and a second one takes over."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentls.world.scripted import Call, Calls, Script, ScriptedEndpoint, Text
from tests.support.peer import SERVER, Eof, Peer

Json = dict[str, Any]

APPEND = "echo ran >> counter.txt"
KILLED = (sys.executable, "-m", "tests.support.killed_server")


def _script() -> Script:
    steps = [
        Calls(
            [Call("list_files", {"path": "."}), Call("read_file", {"path": "a.txt"})], text="Looking.", reasoning="Hm."
        ),
        Calls([Call("execute_command", {"command": APPEND})]),
        Text(text="Done."),
    ]
    return Script(steps, then=Text(text="Back."))


def _open(peer: Peer, work: Path, base_url: str) -> None:
    peer.initialize(workspaceFolders=[{"uri": work.as_uri(), "name": "work"}])
    provider = {"id": "p", "name": "P", "baseUrl": base_url, "modelId": "scripted"}
    assert "result" in peer.request("agent/provider/set", {"provider": provider})


def _turn(peer: Peer, work: Path, base_url: str) -> None:
    """One whole turn with an approval, as far as the server lives."""
    _open(peer, work, base_url)
    peer.request("agent/task/start", {"prompt": "Go"})
    asked = peer.event("agent/approval/requested")
    peer.request("agent/approval/respond", {"approvalId": asked["approvalId"], "decision": "allow"})
    peer.event("agent/turn/completed")
    peer.wait_for(lambda m: m.get("method") == "agent/task/status" and m["params"]["status"] == "idle")
    peer.request("shutdown")
    peer.notify("exit")
    peer.wait()


def _until_dead(drive: Callable[[], None]) -> None:
    try:
        drive()
    except (Eof, BrokenPipeError):
        return


def _check(env: dict[str, str], work: Path, base_url: str, acknowledged: list[Json]) -> None:
    """What the first server told is there, what it left open is closed, nothing runs again, and the task goes on."""
    with Peer(SERVER, env=env) as peer:
        _open(peer, work, base_url)
        tasks = peer.request("agent/task/list", {})["result"]["data"]
        if not tasks:
            assert acknowledged == []
            return
        task_id = tasks[0]["taskId"]
        events = peer.request("agent/task/events", {"taskId": task_id})["result"]["events"]
        stored = [{**event["params"]} for event in events]
        for params in stored:
            del params["replay"]
        assert [params["seq"] for params in stored] == list(range(1, len(stored) + 1))
        for frame in acknowledged:
            assert stored[frame["params"]["seq"] - 1] == frame["params"]
        view = peer.request("agent/task/get", {"taskId": task_id})["result"]
        assert (view["status"], view["approvals"], view["questions"]) == ("idle", [], [])
        ends = [turn["status"] for turn in view["turns"]]
        assert ends in ([], ["interrupted"], ["completed"])
        methods = [event["method"] for event in events]
        assert methods.count("agent/turn/started") == methods.count("agent/turn/completed")
        calls = [e["params"]["callId"] for e in events if e["method"] == "agent/toolCall/started"]
        results = [e["params"]["callId"] for e in events if e["method"] == "agent/toolResult"]
        assert sorted(results) == sorted(calls)

        counter = work / "counter.txt"
        ran = counter.read_text() if counter.exists() else ""
        assert ran in ("", "ran\n")
        turn_id = peer.request("agent/turn/start", {"taskId": task_id, "prompt": "Go on"})["result"]["turnId"]
        ended = peer.wait_for(lambda m: m.get("method") == "agent/turn/completed" and m["params"]["turnId"] == turn_id)
        completed = ended["params"]
        # The strict endpoint answers 400 to a conversation in which a call has no result.
        assert completed["status"] == "completed", completed
        assert (counter.read_text() if counter.exists() else "") == ran
        peer.request("shutdown")
        peer.notify("exit")
        assert peer.wait() == 0


async def _round(folder: Path, kill_at: int) -> bool:
    """Kill before write `kill_at`; whether there was such a write."""
    work, data = folder / "work", folder / "data"
    work.mkdir(parents=True)
    (work / "a.txt").write_text("hello\n")
    env = {"AGENTLS_DATA_DIR": str(data)}
    async with ScriptedEndpoint(_script()) as endpoint:

        def first() -> tuple[list[Json], int]:
            with Peer((*KILLED, str(kill_at)), env=env) as peer:
                _until_dead(lambda: _turn(peer, work, endpoint.base_url))
                code = peer.wait()
                stored = [f for f in peer.frames if "seq" in f.get("params", {}) and "part" not in f["params"]]
                return stored, code

        acknowledged, code = await asyncio.to_thread(first)
        await endpoint.drop_connections()
        endpoint.script.skip_rest()
        await asyncio.to_thread(_check, env, work, endpoint.base_url, acknowledged)
    return code == -9


@pytest.mark.timeout(300)
async def test_whatever_was_acknowledged_is_there_and_nothing_runs_twice(tmp_path: Path) -> None:
    kill_at = 1
    while await _round(tmp_path / str(kill_at), kill_at):
        kill_at += 1

    assert kill_at > 10, "the turn has more writes than this: was the fail point reached?"

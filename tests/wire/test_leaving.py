"""Leaving while the real server works: every way out is quick, tells the end, and leaves no process (row B053)."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from agentls.world.scripted import Call, Calls, Gate, Script, Text
from tests.support.endpoint_thread import EndpointThread
from tests.support.peer import Peer

LEAVES_S = 20.0


def shut_down(peer: Peer) -> None:
    peer.begin("shutdown")
    peer.notify("exit")


WAYS = [
    pytest.param(lambda peer: peer.notify("exit"), 1, id="exit"),
    pytest.param(shut_down, 0, id="shutdown and exit"),
    pytest.param(lambda peer: peer.close_stdin(), 1, id="the end of input"),
    pytest.param(lambda peer: peer.process.send_signal(signal.SIGTERM), 143, id="SIGTERM"),
    pytest.param(lambda peer: peer.process.send_signal(signal.SIGINT), 130, id="SIGINT"),
]


def assert_left(peer: Peer, leave: Callable[[Peer], None], code: int) -> None:
    """Gone in time with that code; the turn was told to be interrupted; nothing of the log is a traceback."""
    leave(peer)
    assert peer.wait(LEAVES_S) == code
    assert [m["params"]["status"] for m in peer.rest() if m.get("method") == "agent/turn/completed"] == ["interrupted"]
    assert "Traceback" not in peer.stderr


@pytest.mark.parametrize(("leave", "code"), WAYS)
def test_leaving_while_a_model_streams_closes_the_connection(
    fresh: Peer, work: Path, leave: Callable[[Peer], None], code: int
) -> None:
    """B052 B053 F36 F38 F40 F41"""
    with EndpointThread(Script([Text(text="never ends", gates={3: Gate()})])) as endpoint:
        fresh.open(work, endpoint.provider)
        fresh.start()
        fresh.event("agent/message/delta")
        assert_left(fresh, leave, code)
        assert endpoint.wait_ended(0) is True


@pytest.mark.parametrize(("leave", "code"), WAYS)
def test_leaving_while_a_command_runs_leaves_no_process(
    fresh: Peer, work: Path, leave: Callable[[Peer], None], code: int
) -> None:
    """B053 F60: a command that ignores TERM, with a grandchild in a session of its own."""
    command = "trap '' TERM; setsid sleep 97 & echo $! $$; wait"
    with EndpointThread(Script([Calls([Call("execute_command", {"command": command})])])) as endpoint:
        fresh.open(work, endpoint.provider, settings={"approval": {"mode": "full"}})
        fresh.start()
        pids = [int(word) for word in fresh.event("agent/toolCall/output")["delta"].split()]
        assert all(map(is_alive, pids))
        try:
            assert_left(fresh, leave, code)
            assert [pid for pid in pids if is_alive(pid)] == []
        finally:
            for pid in filter(is_alive, pids):
                os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("step", ["approval", "question"])
def test_leaving_while_the_user_is_asked_resolves_it(fresh: Peer, work: Path, step: str) -> None:
    """Contract: by `interrupt`; the call has its one result."""
    calls = {
        "approval": Call("execute_command", {"command": "echo"}),
        "question": Call("ask_followup_question", {"question": "Which?", "follow_up": ["a", "b"]}),
    }
    with EndpointThread(Script([Calls([calls[step]])])) as endpoint:
        fresh.open(work, endpoint.provider)
        fresh.start()
        fresh.event(f"agent/{step}/requested")
        assert fresh.request("shutdown")["result"] is None
        assert "params" in fresh.wait_for(lambda m: m.get("method") == f"agent/{step}/resolved")
        assert fresh.event("agent/toolResult")["status"] == "cancelled"
        assert fresh.event("agent/turn/completed")["status"] == "interrupted"


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False

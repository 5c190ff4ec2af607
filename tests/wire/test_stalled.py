"""A client that stops reading the real server (row B060): the loop lives, memory is bounded, stopping works.

The loop is looked at from the side: the endpoint tells when it was asked for more.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from agentls.world.scripted import Call, Calls, RecordedRequest, Script, Text
from tests.support.endpoint_thread import EndpointThread
from tests.support.numbers import check_order
from tests.support.peer import Peer, frame

MIB = 1024 * 1024
FLOOD = "touch flooding; yes | head -c 40000000; sleep 60"
STEPS = 20


def opened(peer: Peer, work: Path, endpoint: EndpointThread, prompt: str = "Go") -> None:
    """A session with a running task, none of whose frames was read."""
    options = {"agent": {"protocolVersion": 1}}
    folders = [{"uri": work.as_uri(), "name": "work"}]
    params = {"capabilities": {}, "workspaceFolders": folders, "initializationOptions": options}
    peer.begin("initialize", params, "init")
    peer.notify("initialized", {})
    peer.begin("agent/settings/set", {"settings": {"approval": {"mode": "full"}, "limits": {"repeatedCalls": 0}}})
    peer.begin("agent/provider/set", {"provider": endpoint.provider})
    peer.begin("agent/task/start", {"prompt": prompt}, "start")


def test_a_stalled_client_stalls_neither_the_loop_nor_a_turn(env: dict[str, str], work: Path) -> None:
    """B060 F37: beside 40 MB of output that nobody reads, a second task takes all its steps."""
    asked = 0

    def reply(request: RecordedRequest) -> Calls | Text:
        if "flood" in str(request.messages[1]["content"]):
            return Calls([Call("execute_command", {"command": FLOOD})])
        nonlocal asked
        asked += 1
        return Calls([Call("list_files", {"path": "."})]) if asked < STEPS else Text(text="Done.")

    with EndpointThread(Script(then=reply)) as endpoint, Peer(env=env, reading=False) as peer:
        opened(peer, work, endpoint, "flood")
        until(peer, lambda: (work / "flooding").exists())
        peer.begin("agent/task/start", {"prompt": "beside"}, "beside")
        until(peer, lambda: asked == STEPS)
        assert peer.resident_bytes() < 160 * MIB
        peer.read()
        task_id = peer.answer("start")["result"]["taskId"]
        assert peer.request("agent/turn/interrupt", {"taskId": task_id})["result"] == {}
        peer.wait_for(lambda m: m.get("params", {}).get("status") == "interrupted")
        peer.request("shutdown")
        check_order(peer.frames)
        ends = [m["params"]["status"] for m in peer.frames if m.get("method") == "agent/turn/completed"]
        assert sorted(ends) == ["completed", "interrupted"]


def until(peer: Peer, is_so: Callable[[], bool], timeout_s: float = 20) -> None:
    """Look again and again; a stalled client has no event to wait for."""
    deadline_s = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline_s
        peer.settle()


def test_what_was_stored_reaches_a_client_that_reads_only_after_shutdown(env: dict[str, str], work: Path) -> None:
    """Contract: no stored notification is dropped, also when it is read back from the journal at the very end."""
    text = "s" * 30_000
    (work / "long.txt").write_text(("x" * 99 + "\n") * 290)
    read = Call("read_file", {"path": "long.txt"})
    steps = [Calls([read] * 20, text=text, piece=30_000) for _ in range(15)]
    with EndpointThread(Script(steps, then=Text(text="Done."))) as endpoint, Peer(env=env, reading=False) as peer:
        opened(peer, work, endpoint)
        assert endpoint.wait_ended(len(steps)) is False
        peer.begin("shutdown", None, "shutdown")
        until(peer, lambda: not list(Path(env["AGENTLS_DATA_DIR"]).glob("*-wal")))
        peer.read()
        assert peer.answer("shutdown")["result"] is None
        check_order(peer.frames)
        assert [m["method"] for m in peer.frames if "method" in m].count("agent/turn/completed") == 1


def test_requests_wait_while_their_answers_would_pile_up(env: dict[str, str]) -> None:
    """B060: 40,000 requests of a client that reads nothing cost little, and the end of input ends the server."""
    with Peer(env=env, reading=False) as peer:
        peer.begin("initialize", {"capabilities": {}})
        peer.notify("initialized", {})
        os.set_blocking(peer.stdin, False)
        ask = b"".join(frame({"jsonrpc": "2.0", "id": n, "method": "agent/tools/list"}) for n in range(40_000))
        refused = 0
        while ask and refused < 200:
            try:
                ask = ask[os.write(peer.stdin, ask) :]
                refused = 0
            except BlockingIOError:
                refused += 1
                peer.settle()
        assert ask
        assert peer.resident_bytes() < 250 * MIB
        peer.close_stdin()
        assert peer.wait(5) == 1

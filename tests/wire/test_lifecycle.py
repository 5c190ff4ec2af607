"""From the first request to the exit code (rows B043 to B054).

Rows about a request that is still open run with the fake engine: every method of the real one answers at once. So do
rows about one edit of a document and about a worker thread that will not end.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.peer import Peer

SLOW = {"taskId": "never answers"}
LEAVES_S = 20.0


def test_a_second_request_with_an_open_id_is_refused(shared_bare: Peer) -> None:
    """B043"""
    shared_bare.begin("agent/task/get", SLOW, "twice")
    shared_bare.begin("agent/task/list", {}, "twice")
    assert shared_bare.answer("twice")["error"]["code"] == -32600
    shared_bare.notify("$/cancelRequest", {"id": "twice"})
    assert shared_bare.answer("twice")["error"]["code"] == -32800


def test_an_id_may_be_used_again_after_its_answer(shared: Peer) -> None:
    """B044"""
    for _ in range(2):
        shared.begin("agent/task/list", {}, "again")
        assert shared.answer("again")["result"] == {"data": []}


def open_document(peer: Peer, path: Path, text: str = "old\n") -> str:
    uri = path.as_uri()
    item = {"uri": uri, "languageId": "plain", "version": 7, "text": text}
    peer.notify("textDocument/didOpen", {"textDocument": item})
    return uri


EDITING = {"workspace": {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}}


def test_equal_ids_of_both_directions_do_not_meet(bare_fresh: Peer, tmp_path: Path) -> None:
    """B045 B047"""
    path = (tmp_path / "a.txt").resolve()
    bare_fresh.initialize(capabilities=EDITING)
    uri = open_document(bare_fresh, path)
    bare_fresh.request("agent/task/start", {"prompt": f"edit {path}"})
    ours = bare_fresh.wait_for(lambda m: m.get("method") == "workspace/applyEdit")
    bare_fresh.begin("agent/task/get", SLOW, ours["id"])
    (edit,) = ours["params"]["edit"]["documentChanges"]
    assert edit["textDocument"] == {"uri": uri, "version": 7}
    bare_fresh.send({"jsonrpc": "2.0", "id": ours["id"], "result": {"applied": True}})
    bare_fresh.send({"jsonrpc": "2.0", "id": ours["id"], "result": {"applied": False}})
    change = {"textDocument": {"uri": uri, "version": 8}, "contentChanges": [{**edit["edits"][0], "text": "new text"}]}
    bare_fresh.notify("textDocument/didChange", change)
    assert bare_fresh.event("agent/notice")["applied"] == {"accepted": True, "text": "new text\n"}
    bare_fresh.notify("$/cancelRequest", {"id": ours["id"]})
    assert bare_fresh.answer(ours["id"])["error"]["code"] == -32800


def test_an_error_with_an_odd_code_is_a_refusal(bare_fresh: Peer, tmp_path: Path) -> None:
    """B048"""
    path = (tmp_path / "a.txt").resolve()
    bare_fresh.initialize(capabilities=EDITING)
    open_document(bare_fresh, path)
    bare_fresh.request("agent/task/start", {"prompt": f"edit {path}"})
    ours = bare_fresh.wait_for(lambda m: m.get("method") == "workspace/applyEdit")
    bare_fresh.send({"jsonrpc": "2.0", "id": ours["id"], "error": {"code": "no", "message": 5}})
    assert bare_fresh.event("agent/notice")["applied"] == {"accepted": False, "text": None}


@pytest.mark.parametrize("params", [{"id": 999}, {"id": None}, {"id": [1]}, {}, [], None, {"id": "x" * 1000}])
def test_cancelling_what_is_not_open_is_met_with_silence(shared: Peer, params: Any) -> None:
    """B046"""
    before = len(shared.frames)
    shared.notify("$/cancelRequest", params)
    assert shared.is_alive()
    assert len(shared.frames) == before + 1


def test_a_cancelled_request_is_answered_exactly_once(shared_bare: Peer) -> None:
    """B046"""
    before = len(shared_bare.frames)
    shared_bare.begin("agent/task/get", SLOW, "slow")
    for _ in range(3):
        shared_bare.notify("$/cancelRequest", {"id": "slow"})
    assert shared_bare.answer("slow")["error"]["code"] == -32800
    shared_bare.notify("$/cancelRequest", {"id": "slow"})
    assert shared_bare.is_alive()
    assert len(shared_bare.frames) == before + 2


def test_a_cancel_passes_requests_that_wait_for_their_turn(shared_bare: Peer) -> None:
    """B046"""
    ids = [f"many-{number}" for number in range(300)]
    for message_id in ids:
        shared_bare.begin("agent/task/get", SLOW, message_id)
    for message_id in reversed(ids):
        shared_bare.notify("$/cancelRequest", {"id": message_id})
    assert {shared_bare.answer(message_id)["error"]["code"] for message_id in ids} == {-32800}


def test_before_initialize_requests_are_refused_and_notifications_dropped(fresh: Peer) -> None:
    """B049"""
    for method in ("agent/task/list", "shutdown", "$/x", "textDocument/hover"):
        assert fresh.request(method, {})["error"]["code"] == -32002
    fresh.notify("textDocument/didOpen", {})
    fresh.notify("initialized")
    assert "result" in fresh.initialize()


def test_exit_before_initialize_is_1(fresh: Peer) -> None:
    """B049"""
    fresh.notify("exit")
    assert fresh.wait() == 1


def test_a_second_initialize_is_refused(shared: Peer) -> None:
    """B050"""
    assert shared.request("initialize", {"capabilities": {}})["error"]["code"] == -32600


@pytest.mark.parametrize("params", [None, [], 5])
def test_initialize_without_an_object_may_be_tried_again(fresh: Peer, params: Any) -> None:
    """B040"""
    assert fresh.request("initialize", params)["error"]["code"] == -32602
    assert "result" in fresh.initialize()


def test_after_shutdown_requests_are_refused_and_exit_is_0(bare: Peer) -> None:
    """B051 B052"""
    bare.begin("agent/task/get", SLOW, "slow")
    assert bare.request("shutdown")["result"] is None
    assert bare.answer("slow")["error"]["code"] == -32800
    for method in ("agent/task/list", "initialize", "shutdown", "$/x"):
        assert bare.request(method, {})["error"]["code"] == -32600
    bare.notify("exit")
    assert bare.wait(LEAVES_S) == 0


def test_exit_without_shutdown_is_1(peer: Peer) -> None:
    """B052"""
    peer.notify("exit")
    assert peer.wait(LEAVES_S) == 1


def test_the_end_of_input_cancels_flushes_and_is_1(bare: Peer) -> None:
    """B052"""
    bare.begin("agent/task/get", SLOW, "slow")
    bare.close_stdin()
    assert bare.wait(LEAVES_S) == 1
    assert bare.answer("slow")["error"]["code"] == -32800
    assert [message["method"] for message in bare.rest()] == ["agent/turn/completed"]


def test_the_end_of_input_after_shutdown_is_0(peer: Peer) -> None:
    """B052"""
    peer.request("shutdown")
    peer.close_stdin()
    assert peer.wait(LEAVES_S) == 0


def test_exit_does_not_wait_for_a_busy_worker_thread(bare: Peer) -> None:
    """B053"""
    bare.request("agent/task/start", {"prompt": "block"})
    bare.notify("exit")
    assert bare.wait(LEAVES_S) == 1


@pytest.mark.parametrize("process_id", [None, 0, -1, "text", True, 1.5, 2**40, {}, "own"])
def test_an_odd_parent_id_is_tolerated(fresh: Peer, process_id: Any) -> None:
    """B054"""
    given = fresh.process.pid if process_id == "own" else process_id
    assert "result" in fresh.initialize(processId=given)
    assert fresh.is_alive()


def test_the_server_leaves_when_its_parent_is_gone(fresh: Peer) -> None:
    """B054"""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as parent:
        fresh.initialize(processId=parent.pid)
        assert fresh.is_alive()
        parent.kill()
        assert fresh.wait(5) == 1


def test_the_server_leaves_when_its_parent_was_gone_before(fresh: Peer) -> None:
    """B054"""
    with subprocess.Popen([sys.executable, "-c", ""]) as parent:
        parent.wait()
    fresh.initialize(processId=parent.pid)
    assert fresh.wait(5) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_ends_the_session_gracefully(bare: Peer, number: int, code: int) -> None:
    """F40 F41"""
    bare.begin("agent/task/get", SLOW, "slow")
    assert bare.is_alive()
    bare.process.send_signal(number)
    assert bare.wait(LEAVES_S) == code
    assert bare.answer("slow")["error"]["code"] == -32800
    assert [message["method"] for message in bare.rest()] == ["agent/turn/completed"]

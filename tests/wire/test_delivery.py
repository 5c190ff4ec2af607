"""What reaches the client, in which order, and what becomes of a client that does not read (row B060).

With the fake engine: it floods by the MiB between two given frames. Whole turns of the real one are in
test_turns.py and test_stalled.py.
"""

from __future__ import annotations

import time

import pytest

from tests.support.peer import BARE_SERVER, Peer

MIB = 1024 * 1024


def test_the_answer_comes_before_the_events_it_causes(bare: Peer) -> None:
    """Contract: answers before their events."""
    started = len(bare.frames)
    bare.request("agent/task/start", {"prompt": "store 3"})
    bare.wait_for(lambda m: m.get("params", {}).get("seq") == 3)
    assert [m.get("method", "answer") for m in bare.frames[started:]] == ["answer", *["agent/notice"] * 3]


def test_deltas_merge_and_are_numbered_after_the_stored_frame(bare: Peer) -> None:
    """Contract: order is (seq, part); adjacent deltas of one thing merge."""
    bare.request("agent/task/start", {"prompt": "flood 100"})
    bare.event("agent/message/completed")
    frames = [m["params"] for m in bare.frames if m.get("method", "").startswith("agent/")]
    deltas = frames[1:-1]
    assert [(f["seq"], f.get("part")) for f in frames] == [
        (1, None),
        *((1, number + 1) for number in range(len(deltas))),
        (2, None),
    ]
    assert len(deltas) < 20
    assert "".join(f["delta"] for f in deltas) == "x" * 100_000


def test_a_client_that_did_not_opt_in_gets_nothing_of_ours(bare_fresh: Peer) -> None:
    """Contract: no custom message without opting in."""
    bare_fresh.initialize(events=False)
    bare_fresh.request("agent/task/start", {"prompt": "flood 100"})
    assert bare_fresh.request("shutdown")["result"] is None
    assert [m for m in bare_fresh.frames if "method" in m] == []


def test_a_client_may_opt_in_by_its_capabilities(bare_fresh: Peer) -> None:
    """Contract: either way of opting in."""
    bare_fresh.initialize(events=False, capabilities={"experimental": {"agent": {"protocolVersion": 1}}})
    bare_fresh.request("agent/task/start", {"prompt": "store 1"})
    assert bare_fresh.event("agent/notice")["seq"] == 1


def test_what_the_client_opted_out_of_is_not_sent_but_counts(bare_fresh: Peer) -> None:
    """Contract: events.optOut."""
    agent = {"protocolVersion": 1, "events": {"optOut": ["agent/message/started", "agent/toolCall/output", 5]}}
    bare_fresh.initialize(initializationOptions={"agent": agent})
    bare_fresh.request("agent/task/start", {"prompt": "flood 5"})
    assert bare_fresh.event("agent/message/completed")["seq"] == 2
    assert [m["method"] for m in bare_fresh.frames if "method" in m] == ["agent/message/completed"]


def test_only_frames_reach_stdout(bare: Peer) -> None:
    """Contract: stdout carries frames only, whatever a library prints."""
    bare.request("agent/task/start", {"prompt": "print"})
    bare.close_stdin()
    assert bare.wait() == 1
    assert [m["method"] for m in bare.rest()] == ["agent/turn/completed"]
    assert "noise on stdout\n" in bare.stderr
    assert "more noise\n" in bare.stderr


@pytest.mark.parametrize("kind", ["", " message"])
def test_a_client_that_never_reads_costs_little_and_can_cancel(kind: str) -> None:
    """B060 F37"""
    with Peer(BARE_SERVER, reading=False) as peer:
        peer.send({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": {
            "capabilities": {}, "initializationOptions": {"agent": {"protocolVersion": 1}}}})  # fmt: skip
        peer.begin("agent/task/get", {"taskId": "x"}, "slow")
        peer.begin("agent/task/start", {"prompt": f"flood {10 * 1024}{kind}"}, "flood")
        peer.notify("$/cancelRequest", {"id": "slow"})
        peer.begin("agent/task/start", {"prompt": "store 2000"}, "store")
        peer.begin("agent/task/list", {}, "last")
        deadline_s = time.monotonic() + 10
        peak = 0
        while time.monotonic() < deadline_s and not (peak and peer.resident_bytes() == peak):
            peak = peer.resident_bytes()
            peer.process.poll()
            time.sleep(0.2)
        assert peak < 130 * MIB
        peer.read()
        assert peer.answer("slow")["error"]["code"] == -32800
        assert peer.answer("last")["result"] == {"data": []}
        peer.request("shutdown")
        frames = [m["params"] for m in peer.frames if m.get("method", "").startswith("agent/")]
        stored = [f["seq"] for f in frames if "part" not in f]
        assert stored == list(range(1, 2004))
        order = [(f["seq"], f.get("part", 0)) for f in frames]
        assert order == sorted(order)
        text = "".join(f["delta"] for f in frames if "delta" in f)
        if kind:
            assert 7 * MIB < len(text) < 9 * MIB
        else:
            assert text.count("output left out") == 1
            assert text.endswith("x" * 1000)


def test_a_client_that_never_reads_does_not_keep_the_server() -> None:
    """B060: the end of input ends it."""
    with Peer(BARE_SERVER, reading=False) as stalled:
        stalled.send({"jsonrpc": "2.0", "id": "init", "method": "initialize", "params": {
            "capabilities": {}, "initializationOptions": {"agent": {"protocolVersion": 1}}}})  # fmt: skip
        stalled.begin("agent/task/start", {"prompt": "store 2000"})
        stalled.close_stdin()
        assert stalled.wait(3.5) == 1


def test_a_closed_stdout_ends_the_server() -> None:
    """F44"""
    with Peer(BARE_SERVER, reading=False) as deaf:
        assert deaf.process.stdout is not None
        deaf.process.stdout.close()
        deaf.begin("initialize", {"capabilities": {}})
        assert deaf.wait(3.5) == 1


def test_an_unread_stderr_stops_nobody(peer: Peer) -> None:
    """F45: thousands of log lines while nobody reads stderr."""
    for _ in range(5000):
        peer.notify("textDocument/didChange", {"nonsense": "n" * 50})
    assert peer.is_alive()

"""A stream of llama.cpp's server that ends before its end: by the user, by the server, by another request."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.servers.turns import told_since, turn_of
from tests.support.peer import Peer
from tests.support.servers.llama_server import ENDLESS, LlamaServer

ONCE = {"retry": {"maxAttempts": 1}}


def begin(peer: Peer, server: LlamaServer, work: Path) -> str:
    """A turn that never ends by itself, once its first words are there; the id of its task."""
    # Nothing is left open, so nothing is asked after the answer: on this server that would end another's.
    model = {"contextWindow": 4096, "imageSupport": False, "inputPrice": 0, "outputPrice": 0}
    peer.open(work, {**server.provider, "extraBody": ENDLESS, "model": model}, settings=ONCE)
    task_id = peer.start("Hello")
    peer.event("agent/message/delta")
    return task_id


def test_an_interrupt_closes_the_connection_and_the_server_lives_on(llama: LlamaServer, peer: Peer, work: Path) -> None:
    lines = llama.lines_so_far()
    task_id = begin(peer, llama, work)
    assert "result" in peer.request("agent/turn/interrupt", {"taskId": task_id})
    completed = peer.rested()
    llama.wait_for_line("Disconnected from client", after=lines)
    assert completed["status"] == "interrupted"

    peer.request("agent/provider/set", {"provider": llama.provider})
    assert turn_of(peer, "Hello").texts == ["Hi!"]


def test_a_server_that_dies_in_the_middle_breaks_the_stream(
    start_llama: Callable[..., LlamaServer], peer: Peer, work: Path
) -> None:
    server = start_llama()
    begin(peer, server, work)
    first = len(peer.frames)
    server.stop()
    peer.rested()
    broken = told_since(peer, first)
    gone = turn_of(peer, "Hello")

    assert broken.outcome == ("failed", "streamBroken")
    assert broken.texts[0].startswith("H")
    assert gone.outcome == ("failed", "connection")


def test_an_answer_is_whole_though_this_server_serves_one_request_at_a_time(
    llama: LlamaServer, peer: Peer, work: Path
) -> None:
    """Whatever else is asked while it streams, its model list too, makes this server end the stream."""
    peer.open(work, {**llama.provider, "extraBody": {"min_tokens": 500}})

    turn = turn_of(peer, "Hello")

    assert turn.outcome == ("completed", None)
    assert len(turn.texts[0]) >= 500


def test_a_second_request_ends_the_first_as_this_server_does(
    llama: LlamaServer, peer: Peer, work: Path, tmp_path: Path
) -> None:
    begin(peer, llama, work)
    other_work = tmp_path / "other"
    other_work.mkdir()
    with Peer(env={"AGENTLS_DATA_DIR": str(tmp_path / "other-data")}) as other:
        other.open(other_work, llama.provider)
        second = turn_of(other, "Hello")
    first = peer.rested()

    assert second.texts == ["Hi!"]
    assert first["status"] == "completed"

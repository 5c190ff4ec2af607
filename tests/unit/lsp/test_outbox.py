"""The writer thread over a real pipe: nobody waits, everything arrives, the end is clean."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest

from agentls.engine.publisher import LiveFrame, StoredFrame
from agentls.lsp.frames import Body, FrameDecoder
from agentls.lsp.outbox import Outbox


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    yield reader, writer
    for fd in (reader, writer):
        try:
            os.close(fd)
        except OSError:
            continue


def read_all(fd: int, bodies: list[bytes]) -> threading.Thread:
    def run() -> None:
        decoder = FrameDecoder()
        while data := os.read(fd, 65536):
            bodies.extend(item.data for item in decoder.feed(data) if isinstance(item, Body))

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_what_a_stalled_client_missed_is_read_back_in_order(pipe: tuple[int, int]) -> None:
    journal = {seq: b'{"seq":%d,"text":"%b"}' % (seq, b"x" * 1000) for seq in range(1, 2001)}
    seen: list[int] = []
    outbox = Outbox(
        pipe[1],
        load=lambda task_id, seq: None if seq == 1500 else journal[seq],
        observe=lambda frame: seen.append(frame.seq),
        limit_bytes=100_000,
    )
    outbox.opt_in(frozenset())
    outbox.start()
    for seq, params in journal.items():
        outbox.stored(StoredFrame("t", seq, "agent/notice", params))
    outbox.post(b'{"last":true}')
    assert outbox.queued_bytes <= 110_000
    bodies: list[bytes] = []
    thread = read_all(pipe[0], bodies)
    assert outbox.drain(10)
    os.close(pipe[1])
    thread.join(10)
    prefix = b'{"jsonrpc":"2.0","method":"agent/notice","params":'
    expected = [prefix + params + b"}" for seq, params in journal.items() if seq != 1500]
    assert bodies == [*expected, b'{"last":true}']
    assert seen == list(journal)


def test_a_held_delta_is_written_when_its_time_comes(pipe: tuple[int, int]) -> None:
    outbox = Outbox(pipe[1], load=lambda task_id, seq: None)
    outbox.opt_in(frozenset())
    outbox.start()
    decoder = FrameDecoder()
    for _ in range(2):
        outbox.live(LiveFrame("t", None, 0, "agent/message/delta", {"messageId": "m", "delta": "a"}))
        bodies = decoder.feed(os.read(pipe[0], 65536))
        assert len(bodies) == 1
    assert outbox.drain(10)


def test_drain_gives_up_on_a_client_that_does_not_read(pipe: tuple[int, int]) -> None:
    outbox = Outbox(pipe[1], load=lambda task_id, seq: None)
    outbox.start()
    outbox.post(b" " * 1_000_000)
    assert not outbox.drain(0.05)
    os.close(pipe[0])


def test_a_closed_pipe_is_told_once_and_nothing_is_queued_any_more(pipe: tuple[int, int]) -> None:
    broken = threading.Event()
    outbox = Outbox(pipe[1], load=lambda task_id, seq: None, on_broken=broken.set)
    outbox.opt_in(frozenset())
    os.close(pipe[0])
    outbox.start()
    outbox.post(b"{}")
    assert broken.wait(10)
    outbox.post(b"{}")
    outbox.outside("agent/provider/changed", b"{}")
    assert outbox.queued_bytes == 0
    assert not outbox.drain(10)


def test_a_frame_that_cannot_be_encoded_does_not_stop_the_others(pipe: tuple[int, int]) -> None:
    outbox = Outbox(pipe[1], load=lambda task_id, seq: None)
    outbox.opt_in(frozenset())
    outbox.start()
    outbox.live(LiveFrame("t", None, 0, "agent/request/retrying", {"bad": object()}))
    outbox.post(b'{"good":1}')
    assert outbox.drain(10)
    assert FrameDecoder().feed(os.read(pipe[0], 65536)) == [Body(b'{"good":1}')]


def test_a_writer_that_fails_ends_the_session(pipe: tuple[int, int], caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()

    def load(task_id: str, seq: int) -> bytes | None:
        raise RuntimeError("a bug")

    outbox = Outbox(pipe[1], load=load, on_broken=ended.set, limit_bytes=1)
    outbox.opt_in(frozenset())
    outbox.start()
    outbox.stored(StoredFrame("t", 1, "agent/notice", b"{}"))

    assert ended.wait(10)
    assert "the writer failed" in caplog.text

"""The base protocol, byte by byte: lengths, headers, splits (rows B001 to B022)."""

from __future__ import annotations

import contextlib
import json

import pytest

from tests.support.peer import Peer, frame

LIMIT = 64 * 1024 * 1024
PING = {"jsonrpc": "2.0", "id": "ping", "method": "agent/task/list", "params": {}}
PONG = {"jsonrpc": "2.0", "id": "ping", "result": {"data": []}}


def assert_refused_and_closed(peer: Peer) -> None:
    """-32600 with a null id, then the end: exit 1, no traceback."""
    answer = peer.receive()
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)
    assert peer.wait() == 1
    assert "Traceback" not in peer.stderr
    assert peer.rest() == []


@pytest.mark.parametrize("length", ["1" * 5000, str(10**18), str(10**25), str(8 * 10**9), str(4 * LIMIT + 1)])
def test_an_absurd_length_is_refused_at_once(fresh: Peer, length: str) -> None:
    """B001 B002 B003 B004"""
    fresh.send_raw(b"Content-Length: %b\r\n\r\n" % length.encode())
    assert_refused_and_closed(fresh)


@pytest.mark.parametrize("length", ["-5", "+5", "0x10", "5.0", "5 5", "", "५"])
def test_a_length_that_is_no_number_closes(fresh: Peer, length: str) -> None:
    """B006"""
    fresh.send_raw(b"Content-Length: %b\r\n\r\n{}" % length.encode())
    assert_refused_and_closed(fresh)


def test_a_body_over_the_limit_is_skipped_exactly(peer: Peer) -> None:
    """B004"""
    size = LIMIT + 10
    peer.send_raw(b"Content-Length: %d\r\n\r\n" % size)
    for _ in range(size // (1 << 20)):
        peer.send_raw(b" " * (1 << 20))
    peer.send_raw(b" " * (size % (1 << 20)) + frame(PING))
    answer = peer.receive()
    assert (answer["id"], answer["error"]["code"]) == (None, -32600)
    assert peer.receive() == PONG
    assert peer.resident_bytes() < 160 * 1024 * 1024


def test_a_body_at_the_limit_is_processed(peer: Peer) -> None:
    """B005"""
    body = json.dumps(PING).encode()
    peer.send_raw(frame(body + b" " * (LIMIT - len(body))))
    assert peer.receive() == PONG


def test_a_length_of_zero_is_ignored(shared: Peer) -> None:
    """B007"""
    shared.send_raw(b"Content-Length: 0\r\n\r\n" + frame(PING))
    assert shared.answer("ping") == PONG


def test_two_equal_lengths_are_one(shared: Peer) -> None:
    """B008"""
    body = json.dumps(PING).encode()
    shared.send_raw(b"Content-Length: %d\r\nContent-Length: %d\r\n\r\n%b" % (len(body), len(body), body))
    assert shared.answer("ping") == PONG


def test_two_different_lengths_close(fresh: Peer) -> None:
    """B009"""
    fresh.send_raw(b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}")
    assert_refused_and_closed(fresh)


@pytest.mark.parametrize(
    "header",
    [
        b"content-length: %d\r\n\r\n",
        b"CONTENT-LENGTH: %d\r\n\r\n",
        b"cOnTeNt-LeNgTh:%d\r\n\r\n",
        b"Content-Length:    %d   \r\n\r\n",
        b"Content-Length:\t%d\r\n\r\n",
        b"Content-Length : %d\r\n\r\n",
        b"Content-Length: %d\n\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: %d\r\n\r\n",
        b"Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf8\r\n\r\n",
        b'Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset="UTF-8"\r\n\r\n',
        b"X-Whatever: 1\r\nContent-Length: %d\r\nX-More: a: b\r\n\r\n",
    ],
)
def test_any_reasonable_header_is_accepted(shared: Peer, header: bytes) -> None:
    """B010 B011 B012 B014"""
    body = json.dumps(PING).encode()
    shared.send_raw(header % len(body) + body)
    assert shared.answer("ping") == PONG


def test_another_charset_is_refused_and_the_next_frame_served(shared: Peer) -> None:
    """B013"""
    body = json.dumps(PING).encode("utf-16")
    shared.send_raw(b"Content-Length: %d\r\nContent-Type: x; charset=utf-16\r\n\r\n%b" % (len(body), body))
    error = shared.answer(None)["error"]
    assert (error["code"], error["data"]) == (-32600, {"status": 415, "charset": "utf-16"})
    shared.send(PING)
    assert shared.answer("ping") == PONG


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"X: " + b"a" * (1 << 20), id="a header line without an end (B015)"),
        pytest.param(b"X: a\r\n" * 100 + b"Content-Length: 2\r\n\r\n{}", id="100 header lines (B016)"),
        pytest.param(b"Content-Type: x\r\n\r\n{}", id="no length (B017)"),
        pytest.param(b"garbage\r\nContent-Length: 2\r\n\r\n{}", id="garbage before a header (B018)"),
        pytest.param(b"\x00\xff: 1\r\nContent-Length: 2\r\n\r\n{}", id="a name that is none (B018)"),
    ],
)
def test_a_stream_that_cannot_be_trusted_is_closed(fresh: Peer, data: bytes) -> None:
    """B015 B016 B017 B018"""
    with contextlib.suppress(BrokenPipeError):
        fresh.send_raw(data)
    assert_refused_and_closed(fresh)


def test_a_body_cut_by_the_end_says_nothing(fresh: Peer) -> None:
    """B019"""
    fresh.send_raw(frame(PING, length=500))
    fresh.close_stdin()
    assert fresh.wait() == 1
    assert fresh.rest() == []


def test_a_length_too_short_is_a_parse_error_and_then_the_end(fresh: Peer) -> None:
    """B020"""
    body = json.dumps(PING).encode()
    fresh.send_raw(frame(body, length=len(body) - 10) + frame(PING))
    assert fresh.receive()["error"]["code"] == -32700
    assert_refused_and_closed(fresh)


def test_one_byte_at_a_time_is_as_good_as_all(shared: Peer) -> None:
    """B021"""
    for byte in frame(PING):
        shared.send_raw(bytes([byte]))
    assert shared.answer("ping") == PONG


def test_ten_thousand_frames_in_one_write_are_all_answered_once(peer: Peer) -> None:
    """B022"""
    peer.send_raw(b"".join(frame({**PING, "id": number}) for number in range(10_000)))
    assert sorted(peer.receive(60)["id"] for _ in range(10_000)) == list(range(10_000))

"""The words of a refusal: what comes of them is taken, however they end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import pytest

from agentls.world.http import HttpClient, HttpResponse, HttpTimeouts
from agentls.world.scripted import NoHeaders, Raw, Reply, Script, ScriptedEndpoint, Unframed
from agentls.world.transport_error import TransportError

PATIENT = HttpTimeouts(connect_s=10, first_byte_s=20, idle_s=20)
HASTY = HttpTimeouts(connect_s=10, first_byte_s=0.05, idle_s=0.05)


@asynccontextmanager
async def answered(reply: Reply, timeouts: HttpTimeouts = PATIENT) -> AsyncIterator[HttpResponse]:
    client = HttpClient()
    try:
        async with ScriptedEndpoint(Script([reply]), is_strict=False) as endpoint:
            url = f"{endpoint.base_url}/chat/completions"
            yield await client.post(url, headers={}, body=b"{}", timeouts=timeouts)
    finally:
        await client.aclose()


async def words(reply: Reply, limit_bytes: int = 100, limit_s: float = 20.0, timeouts: HttpTimeouts = PATIENT) -> bytes:
    async with answered(reply, timeouts) as response:
        return await response.read_some(limit_bytes, limit_s)


@pytest.mark.parametrize("then", ["end", "close", "reset", "stall"])
async def test_what_came_is_taken_however_it_ends(then: Literal["end", "close", "reset", "stall"]) -> None:
    assert await words(Raw([b"bad key"], then=then, status=401), timeouts=HASTY) in (b"bad key", b"")


async def test_words_without_end_are_waited_for_no_longer_than_told() -> None:
    """F16: a byte now and then is no silence, so no idle time-out ends it."""
    assert set(await words(Raw([b"x"] * 100_000, pace=200.0, status=500), limit_bytes=100_000, limit_s=0.2)) == {
        ord("x")
    }


async def test_words_without_end_are_cut() -> None:
    assert await words(Raw([b"x" * 1000] * 1000, status=500)) == b"x" * 100


@pytest.mark.parametrize("then", ["close", "reset"])
async def test_a_connection_that_ends_before_an_answer_says_so(then: Literal["close", "reset"]) -> None:
    with pytest.raises(TransportError) as failed:
        await words(NoHeaders(then))
    assert (failed.value.kind, failed.value.detail.endswith("before an answer came")) == ("reset", True)


async def test_what_cannot_be_unpacked_is_named() -> None:
    broken = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 9\r\n\r\nnot gzip!"
    async with answered(Unframed(broken)) as response:
        with pytest.raises(TransportError) as failed:
            await response.read(100)
    assert failed.value.detail.endswith("the compressed answer cannot be unpacked")

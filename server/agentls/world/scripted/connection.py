"""One client connection: requests in, replies out, with pace, gates and faults.

Must not know what the replies mean. A connection answers one request at a time, and knows at once
when the client goes away.
"""

import asyncio
import json
import socket
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import assert_never, cast

from agentls.world.clock import Clock
from agentls.world.scripted import http1
from agentls.world.scripted.answer import completion, stream_events
from agentls.world.scripted.record import RecordedRequest
from agentls.world.scripted.replies import (
    Calls,
    Cut,
    Ending,
    Gate,
    HttpError,
    NoHeaders,
    Raw,
    Reply,
    Text,
    Unframed,
)

Answer = Callable[[int, http1.Head, bytes], tuple[RecordedRequest, Reply]]
_BURST_BYTES = 64 * 1024


class Connection(asyncio.Protocol):
    """A server-side HTTP/1.1 connection."""

    def __init__(
        self,
        answer: Answer,
        clock: Clock,
        default_pace: Callable[[], float | None],
        began: Callable[["Connection"], int],
        ended: Callable[["Connection"], None],
        failed: Callable[[BaseException], None],
    ) -> None:
        self._answer = answer
        self._clock = clock
        self._default_pace = default_pace
        self._began = began
        self._ended = ended
        self._number = 0
        self._failed = failed
        self._reader = http1.RequestReader()
        self._arrived = asyncio.Event()
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._continued = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Start to serve."""
        self._number = self._began(self)
        self._transport = stream = cast(asyncio.Transport, transport)
        self._task = asyncio.get_running_loop().create_task(self._serve(stream))
        self._task.add_done_callback(self._note)

    def data_received(self, data: bytes) -> None:
        """Take bytes of requests."""
        self._reader.feed(data)
        self._arrived.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the reply that is on its way: the client is gone."""
        self._writable.set()
        if self._task is not None:
            self._task.cancel()
        self._ended(self)

    def pause_writing(self) -> None:
        """Wait before the next write: the client does not read."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Go on writing."""
        self._writable.set()

    def _note(self, task: asyncio.Task[None]) -> None:
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            self._failed(failure)

    async def aclose(self) -> None:
        """Drop the connection and wait for its task."""
        if self._transport is not None:
            self._transport.abort()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _serve(self, transport: asyncio.Transport) -> None:
        try:
            while True:
                head, body = await self._next_request(transport)
                request, reply = self._answer(self._number, head, body)
                try:
                    stays_open = await self._reply(transport, request, reply)
                except asyncio.CancelledError:
                    request.end(closed_early=True)
                    raise
                request.end(closed_early=False)
                if not stays_open or not head.keeps_alive:
                    return
        except http1.BadRequest:
            transport.write(http1.response_head(400, {"content-length": "0", "connection": "close"}))
        finally:
            transport.close()

    async def _next_request(self, transport: asyncio.Transport) -> tuple[http1.Head, bytes]:
        self._continued = False
        while True:
            found = self._reader.next_request()
            if found is not None:
                return found
            if not self._continued and self._reader.wants_continue():
                self._continued = True
                transport.write(http1.CONTINUE)
            self._arrived.clear()
            await self._arrived.wait()

    async def _reply(self, transport: asyncio.Transport, request: RecordedRequest, reply: Reply) -> bool:
        """Send the reply; true when the connection can take another request."""
        base = {"x-agentls-scripted": "1", "x-request-id": f"scripted-{request.number}"}
        match reply:
            case Text() | Calls():
                if not (isinstance(request.body, dict) and request.body.get("stream") is True):
                    return await self._whole(transport, 200, completion(reply, request), base, is_json=True)
                parts = _sliced(stream_events(reply, request), reply.cut, reply.dribble)
                ending: Ending = reply.cut.then if reply.cut is not None else "end"
                head = {
                    **base,
                    "content-type": "text/event-stream; charset=utf-8",
                    "cache-control": "no-cache",
                }
                return await self._stream(transport, 200, head, parts, reply.pace, reply.gates, ending)
            case Raw():
                head = {**base, "content-type": "text/event-stream", **_lower(reply.headers)}
                parts = list(reply.parts)
                return await self._stream(transport, reply.status, head, parts, reply.pace, reply.gates, reply.then)
            case HttpError():
                is_json = isinstance(reply.body, Mapping)
                data = _body(reply.body)
                return await self._whole(
                    transport, reply.status, data, {**base, **_lower(reply.headers)}, is_json=is_json
                )
            case Unframed():
                await self._write(transport, reply.data)
                return await self._end(transport, reply.then)
            case NoHeaders():
                if reply.gate is not None:
                    await reply.gate.pass_through()
                return await self._end(transport, reply.then)
            case _:
                assert_never(reply)

    async def _whole(
        self,
        transport: asyncio.Transport,
        status: int,
        data: bytes,
        headers: Mapping[str, str],
        *,
        is_json: bool,
    ) -> bool:
        kind = "application/json" if is_json else "text/plain; charset=utf-8"
        head = {"content-type": kind, "content-length": str(len(data)), **headers}
        await self._write(transport, http1.response_head(status, head) + data)
        return True

    async def _stream(
        self,
        transport: asyncio.Transport,
        status: int,
        headers: Mapping[str, str],
        parts: Sequence[bytes],
        pace: float | None,
        gates: Mapping[int, Gate],
        ending: Ending,
    ) -> bool:
        await self._write(transport, http1.response_head(status, {**headers, "transfer-encoding": "chunked"}))
        pace = pace if pace is not None else self._default_pace()
        if pace is None:
            await self._burst(transport, parts, gates)
        else:
            await self._paced(transport, parts, gates, pace)
        last = gates.get(len(parts))
        if last is not None:
            await last.pass_through()
        if ending == "end":
            await self._write(transport, http1.LAST_CHUNK)
        return await self._end(transport, ending)

    async def _burst(self, transport: asyncio.Transport, parts: Sequence[bytes], gates: Mapping[int, Gate]) -> None:
        waiting = bytearray()
        for index, part in enumerate(parts):
            gate = gates.get(index)
            if gate is not None:
                await self._write(transport, bytes(waiting))
                waiting.clear()
                await gate.pass_through()
            if part:  # an empty HTTP chunk would end the body
                waiting += http1.chunk(part)
            if len(waiting) >= _BURST_BYTES:
                await self._write(transport, bytes(waiting))
                waiting.clear()
        await self._write(transport, bytes(waiting))

    async def _paced(
        self, transport: asyncio.Transport, parts: Sequence[bytes], gates: Mapping[int, Gate], pace: float
    ) -> None:
        due_s = self._clock.monotonic_s()
        for index, part in enumerate(parts):
            gate = gates.get(index)
            if gate is not None:
                await gate.pass_through()
                due_s = self._clock.monotonic_s()
            if part:
                await self._write(transport, http1.chunk(part))
            due_s += 1.0 / pace
            await self._clock.sleep(due_s - self._clock.monotonic_s())

    async def _write(self, transport: asyncio.Transport, data: bytes) -> None:
        if data:
            transport.write(data)
        await self._writable.wait()

    async def _end(self, transport: asyncio.Transport, ending: Ending) -> bool:
        match ending:
            case "end":
                return True
            case "close":
                return False
            case "reset":
                _reset(transport)
                return False
            case "stall":
                await asyncio.Event().wait()
                return False
            case _:
                assert_never(ending)


def _reset(transport: asyncio.Transport) -> None:
    """Close with a TCP reset: linger of zero seconds throws away what is unsent and sends RST."""
    connected = transport.get_extra_info("socket")
    if connected is not None:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def _sliced(events: Sequence[bytes], cut: Cut | None, dribble: int | None) -> list[bytes]:
    parts = list(_until(events, cut.after_bytes)) if cut is not None else list(events)
    if dribble is None:
        return parts
    body = b"".join(parts)
    size = max(1, dribble)
    return [body[start : start + size] for start in range(0, len(body), size)]


def _until(events: Sequence[bytes], limit_bytes: int) -> Iterator[bytes]:
    for event in events:
        if limit_bytes <= 0:
            return
        yield event[:limit_bytes]
        limit_bytes -= len(event)


def _body(body: Mapping[str, object] | str | bytes) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    return json.dumps(dict(body)).encode()


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}

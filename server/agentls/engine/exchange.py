"""One exchange with an endpoint: a body out, the events of its answer in.

Knows nothing of attempts and tasks. Invariant: whatever happens, the response is closed; the key is in the headers
of this one request and nowhere else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING, Protocol

from agentls.chat.failure import Failure, classify_response
from agentls.chat.stream import ChatStream
from agentls.world.http import HttpResponse, TransportError

if TYPE_CHECKING:
    from agentls.chat.events import StreamEvent
    from agentls.engine.endpoint import Endpoint
    from agentls.engine.waiting import Waiting

ERROR_BODY_BYTES = 64 * 1024
ERROR_BODY_S = 5.0
"""For all of a refusal's words: its status is known, and they may trickle in without end."""
GRACE_S = 5.0
"""How long a server that gave its finish reason may take to end the stream, whatever it sends (quirk D24)."""


class AnswerTaker(Protocol):
    """Who takes the answer."""

    http_status: int | None
    """Set as soon as the headers of the answer are there."""

    async def take(self, events: Sequence[StreamEvent]) -> Failure | None:
        """Take the next events; the failure if the stream says it broke."""
        ...


async def exchange(
    endpoint: Endpoint,
    body: bytes,
    taker: AnswerTaker,
    *,
    tool_names: Collection[str] = (),
    waiting: Waiting | None = None,
    witness: Callable[[bytes], None] | None = None,
) -> tuple[Failure | None, int | None]:
    """Send `body` and let `taker` have the answer; the failure if there was one, and the status.

    `witness` hears each piece of a body with status 200 before it is decoded. Raises TransportError when the network
    fails.
    """
    async with waiting or nullcontext():
        response = await endpoint.post_completion(body)
        taker.http_status = response.status
        failure: Failure | None = None
        is_whole = False
        try:
            if 200 <= response.status < 300:
                failure = await _stream(endpoint, response, taker, tool_names, waiting, witness)
            else:
                text = await response.read_some(ERROR_BODY_BYTES, ERROR_BODY_S)
                now_s = endpoint.clock.now_ms() / 1000
                failure = classify_response(response.status, response.headers, text, endpoint.hint, now_s=now_s)
            is_whole = failure is None
        finally:
            if is_whole:
                response.release()  # its last bytes are read beside us, so that the connection serves the next request
            else:
                await response.aclose()
        return failure, response.status


async def _stream(
    endpoint: Endpoint,
    response: HttpResponse,
    taker: AnswerTaker,
    tool_names: Collection[str],
    waiting: Waiting | None,
    witness: Callable[[bytes], None] | None,
) -> Failure | None:
    stream = ChatStream(tool_names=tool_names, server=endpoint.hint, think_tags=endpoint.provider.think_tags)
    limits = endpoint.provider.timeouts
    now_s = endpoint.clock.monotonic_s
    progress_s, patience_s = now_s(), limits.first_byte_s
    chunks = response.chunks()
    leave_s: float | None = None
    is_begun = False
    while not stream.is_over:
        if stream.finish_seen and leave_s is None:
            leave_s = asyncio.get_running_loop().time() + GRACE_S
        try:
            async with asyncio.timeout_at(leave_s):
                data = await anext(chunks, None)
        except TimeoutError:
            break
        except TransportError:
            if stream.finish_seen:
                break  # the answer is whole; what was to come is an end mark and perhaps the usage
            raise
        if data is None:
            break
        if witness is not None:
            witness(data)
        events = stream.feed(data)
        if events:
            progress_s, patience_s, is_begun = now_s(), limits.idle_s, True
            if waiting is not None:
                waiting.heard()
            failure = await taker.take(events)
            if failure is not None:
                return failure
        elif now_s() - progress_s > patience_s:
            # Keep-alive comments are bytes, not progress (fault F15).
            said = "only keep-alive signals and no answer" if not is_begun else "only keep-alive signals any more"
            raise TransportError("timeout", f"{endpoint.origin} sent {said} for {patience_s:g} s")
    return await taker.take(stream.close())

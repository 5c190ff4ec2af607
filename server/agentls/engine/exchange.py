"""One exchange with the endpoint: a body out, the events of its answer in.

Knows nothing of attempts. Invariant: whatever happens, the response is closed; the key is in the headers of this one
request and nowhere else.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentls import __version__
from agentls.chat.failure import Failure, classify_response
from agentls.chat.server import ServerHint
from agentls.chat.stream import ChatStream
from agentls.engine.reply import ReplyWriter
from agentls.world.http import HttpResponse, HttpTimeouts, TransportError

if TYPE_CHECKING:
    from agentls.engine.task import LiveTask
    from agentls.protocol.provider import Provider

USER_AGENT = f"agentls/{__version__}"
ERROR_BODY_BYTES = 64 * 1024
GRACE_S = 5.0
"""How long a server that gave its finish reason may stay silent without ending the stream (quirk D24)."""


async def exchange(
    task: LiveTask, provider: Provider, body: bytes, writer: ReplyWriter
) -> tuple[Failure | None, int | None]:
    """Send `body` and let `writer` take the answer; the failure if there was one, and the status.

    Raises TransportError when the network fails.
    """
    timeouts = HttpTimeouts(
        connect_s=provider.timeouts.connect_s,
        first_byte_s=provider.timeouts.first_byte_s,
        idle_s=provider.timeouts.idle_s,
    )
    response = await task.world.http.post(
        f"{provider.base_url}/chat/completions",
        headers=_headers(task, provider),
        body=body,
        timeouts=timeouts,
        proxy=provider.proxy,
        ca_bundle=provider.ca_bundle,
    )
    writer.http_status = response.status
    failure: Failure | None = None
    is_whole = False
    try:
        if response.status == 200:
            failure = await _stream(task, provider, response, writer)
        else:
            text = await response.read(ERROR_BODY_BYTES)
            failure = classify_response(response.status, response.headers, text, hint_of(provider))
        is_whole = failure is None
    finally:
        if is_whole:
            response.release()  # its last bytes are read beside us, so that the connection serves the next request
        else:
            await response.aclose()
    return failure, response.status


async def _stream(task: LiveTask, provider: Provider, response: HttpResponse, writer: ReplyWriter) -> Failure | None:
    stream = ChatStream(tool_names=task.connection.tool_names(), server=hint_of(provider))
    now_s = task.world.clock.monotonic_s
    progress_s, patience_s = now_s(), provider.timeouts.first_byte_s
    chunks = response.chunks()
    while not stream.is_over:
        try:
            async with asyncio.timeout(GRACE_S if stream.finish_seen else None):
                data = await anext(chunks, None)
        except TimeoutError:
            break
        if data is None:
            break
        events = stream.feed(data)
        if events:
            progress_s, patience_s = now_s(), provider.timeouts.idle_s
            failure = await writer.take(events)
            if failure is not None:
                return failure
        elif now_s() - progress_s > patience_s:
            # Keep-alive comments are bytes, not progress (fault F15).
            raise TransportError("timeout", "the server sent only keep-alive signals and no answer")
    return await writer.take(stream.close())


def _headers(task: LiveTask, provider: Provider) -> dict[str, str]:
    headers = {
        "content-type": "application/json",
        "accept": "text/event-stream" if provider.streaming else "application/json",
        "user-agent": USER_AGENT,
    }
    key = task.connection.providers.key_for(provider)
    if key is not None:
        headers["authorization"] = f"Bearer {key}"
    return headers | {name.lower(): value for name, value in (provider.headers or {}).items()}


def hint_of(provider: Provider) -> ServerHint:
    return ServerHint(base_url=provider.base_url, model=provider.model_id)


def origin_of(provider: Provider) -> str:
    parts = urlsplit(provider.base_url)
    return f"{parts.scheme}://{parts.netloc}"

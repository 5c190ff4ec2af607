"""Requests of ours to the client: a table of their own, so that equal ids of the two directions never meet.

Knows ids and time-outs; knows no method. Invariant: the first answer counts; a late, repeated or unknown
one changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from agentls.lsp.messages import Reply, encode_json


class Refused(Exception):
    """The client answered with an error, or the connection ended. Not an answer in any other sense."""


class Outgoing:
    """The requests the client has not answered yet."""

    def __init__(self, post: Callable[[bytes], None]) -> None:
        self._post = post
        self._last_id = 0
        self._open: dict[int, asyncio.Future[Any]] = {}

    def begin(self, method: str, params: Any) -> asyncio.Future[Any]:
        """Send a request; the future gives the plain result or Refused. Cancelling it forgets the request."""
        self._last_id += 1
        message_id = self._last_id
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._open[message_id] = future
        future.add_done_callback(lambda done: self._forget(message_id, done))
        self._post(encode_json({"jsonrpc": "2.0", "id": message_id, "method": method, "params": params}))
        return future

    async def ask(self, method: str, params: Any, timeout_s: float) -> Any:
        """Send a request and wait for its plain result. Raises Refused, TimeoutError."""
        async with asyncio.timeout(timeout_s):
            return await self.begin(method, params)

    def settle(self, reply: Reply) -> bool:
        """Take an answer; False when nobody waits for it."""
        future = self._open.get(reply.id) if type(reply.id) is int else None
        if future is None or future.done():
            return False
        if not reply.valid or reply.error is not None:
            future.set_exception(Refused("the client refused"))
        else:
            future.set_result(reply.result)
        return True

    def is_open(self, message_id: object) -> bool:
        """Whether a request of ours with this id waits for its answer."""
        return type(message_id) is int and message_id in self._open

    def refuse_all(self) -> None:
        """End every wait: the connection is over."""
        for future in list(self._open.values()):
            if not future.done():
                future.set_exception(Refused("the connection ended"))

    def _forget(self, message_id: int, future: asyncio.Future[Any]) -> None:
        self._open.pop(message_id, None)
        if not future.cancelled():
            future.exception()  # seen here too, so that an unawaited refusal is not reported as lost

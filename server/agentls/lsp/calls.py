"""Requests of the client that are being answered: one table, each id answered exactly once.

Knows ids and coroutines; knows no method. Invariant: at most `limit` run at once, none begins while the client
leaves too much unread, the rest wait in order; a request that was cancelled is answered, with its result or with
-32800, and never twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agentls.lsp.answers import UnknownMethod, error_body, failure_body, result_body
from agentls.lsp.messages import MessageId
from agentls.protocol.errors import REQUEST_CANCELLED, InvalidParams, RequestFailed

logger = logging.getLogger(__name__)

RUNNING_LIMIT = 128
WAITING_LIMIT = 4096
LOOK_AGAIN_S = 0.02


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request came to: its result as JSON, and what may happen only after it was queued."""

    result: bytes
    then: Callable[[], None] | None = None


Run = Callable[[], Awaitable[Reply]]


class Calls:
    """The table of one connection."""

    def __init__(
        self,
        post: Callable[[bytes], None],
        limit: int = RUNNING_LIMIT,
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        """While `has_room` says no, no further request begins: its answer would only pile up."""
        self._post = post
        self._limit = limit
        self._has_room = has_room
        self._timer: asyncio.TimerHandle | None = None
        self._running: dict[MessageId, asyncio.Task[None]] = {}
        self._waiting: dict[MessageId, tuple[str, Run]] = {}

    def __contains__(self, message_id: MessageId) -> bool:
        return message_id in self._running or message_id in self._waiting

    @property
    def crowded(self) -> bool:
        """Whether so many wait that the client should not be read for a while."""
        return len(self._waiting) >= WAITING_LIMIT

    def start(self, message_id: MessageId, method: str, run: Run) -> None:
        """Run it now or when its turn comes, and answer it."""
        self._waiting[message_id] = (method, run)
        self._start_waiting()

    def cancel(self, message_id: MessageId) -> None:
        """Cancel it if it has not been answered; an unknown id is no matter."""
        if self._waiting.pop(message_id, None) is not None:
            self._post(_cancelled(message_id))
        elif (task := self._running.get(message_id)) is not None:
            task.cancel()

    async def cancel_all(self, but: MessageId | None = None) -> None:
        """Cancel every request but one, and wait until each is answered."""
        for message_id in [*self._waiting, *self._running]:
            if message_id != but:
                self.cancel(message_id)
        tasks = [task for message_id, task in self._running.items() if message_id != but]
        if tasks:
            await asyncio.wait(tasks, timeout=1)

    def _start_waiting(self) -> None:
        """Begin what may begin, in order."""
        while self._waiting and len(self._running) < self._limit:
            if not self._has_room():
                if self._timer is None:
                    self._timer = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._look_again)
                return
            message_id = next(iter(self._waiting))
            self._start(message_id, *self._waiting.pop(message_id))

    def _look_again(self) -> None:
        self._timer = None
        self._start_waiting()

    def _start(self, message_id: MessageId, method: str, run: Run) -> None:
        task = asyncio.ensure_future(self._answer(message_id, method, run))
        self._running[message_id] = task
        task.add_done_callback(lambda done: self._ended(message_id, done))

    async def _answer(self, message_id: MessageId, method: str, run: Run) -> None:
        """Run it and post its answer in one step with its end: what happens meanwhile is not posted between."""
        try:
            reply = await run()
        except Exception as error:  # rim: whatever a method raises is answered
            if not isinstance(error, (InvalidParams, RequestFailed, UnknownMethod)):
                _log_fault(method, error)
            self._post(failure_body(message_id, error))
            return
        self._post(result_body(message_id, reply.result))
        if reply.then is not None:
            _carry_on(method, reply.then)

    def _ended(self, message_id: MessageId, task: asyncio.Task[None]) -> None:
        del self._running[message_id]
        if task.cancelled():
            self._post(_cancelled(message_id))
        self._start_waiting()


def _carry_on(method: str, then: Callable[[], None]) -> None:
    try:
        then()
    except Exception as error:  # rim: it was answered already, and others wait for their turn
        _log_fault(method, error)


def _cancelled(message_id: MessageId) -> bytes:
    return error_body(message_id, REQUEST_CANCELLED, "cancelled")


def _log_fault(method: str, error: BaseException) -> None:
    """Where it happened and what kind it is; the message may hold a payload and is left out."""
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    name = traceback.tb_frame.f_code.co_qualname if traceback is not None else "?"
    line = traceback.tb_lineno if traceback is not None else 0
    logger.error("%s failed: %s in %s, line %d", method, type(error).__name__, name, line)

"""Makes a wait for the endpoint visible: a live event every few seconds in which nothing comes.

Knows the clock and whom to tell, not the socket. Invariant: its timer ends with its `async with` block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Self

from agentls.protocol.turn_events import RequestWaiting

if TYPE_CHECKING:
    from agentls.protocol.provider import Timeouts
    from agentls.protocol.turn_events import WaitReason
    from agentls.world.clock import Clock

EVERY_S: Final = 5.0
"""Silence is told after this long, and again after as long."""


class Waiting:
    """Use it as `async with` around one attempt, and call `heard` whenever the answer goes on."""

    def __init__(
        self, request_id: str, timeouts: Timeouts, clock: Clock, tell: Callable[[RequestWaiting], None]
    ) -> None:
        self._request_id = request_id
        self._timeouts = timeouts
        self._clock = clock
        self._tell = tell
        self._reason: WaitReason = "firstByte"
        self._since_s = 0.0
        self._timer: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._since_s = self._clock.monotonic_s()
        self._timer = asyncio.get_running_loop().create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def heard(self) -> None:
        """The answer went on just now."""
        self._since_s = self._clock.monotonic_s()
        self._reason = "idle"

    async def _watch(self) -> None:
        told_s = 0.0
        while True:
            silent_s = self._clock.monotonic_s() - self._since_s
            if silent_s < told_s:
                told_s = 0.0  # it spoke in between
            if silent_s - told_s >= EVERY_S:
                told_s = silent_s
                self._tell(waiting_event(self._request_id, self._reason, silent_s, self._limit_s()))
            await self._clock.sleep(EVERY_S - (silent_s - told_s))

    def _limit_s(self) -> float:
        return self._timeouts.first_byte_s if self._reason == "firstByte" else self._timeouts.idle_s


def waiting_event(request_id: str, reason: WaitReason, waited_s: float, limit_s: float) -> RequestWaiting:
    """The event for a wait that has lasted `waited_s` of at most `limit_s` seconds."""
    return RequestWaiting(
        request_id=request_id, reason=reason, waited_ms=round(waited_s * 1000), limit_ms=round(limit_s * 1000)
    )

"""Keeps requests to one provider at least `rateLimitS` seconds apart, over all tasks.

Knows no request. Invariant: two waits for one provider never end less than its gap apart, and a wait that was given
up holds nobody back who comes later.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from agentls.protocol.provider import Provider
from agentls.world.clock import Clock


class Pace:
    def __init__(self) -> None:
        self._next_s: dict[str, float] = {}
        """When the next request to a provider may be sent, by its id."""

    async def wait(self, provider: Provider, clock: Clock, tell: Callable[[float], None]) -> None:
        """Return when the provider may be asked; `tell` gets the seconds until then, where there are any."""
        delay_s = self.take(provider, clock)
        if delay_s <= 0:
            return
        tell(delay_s)
        next_s = self._next_s[provider.id]
        try:
            await clock.sleep(delay_s)
        except asyncio.CancelledError:
            if self._next_s[provider.id] == next_s:  # else somebody has the place after it already
                self._next_s[provider.id] = next_s - (provider.rate_limit_s or 0.0)
            raise

    def take(self, provider: Provider, clock: Clock) -> float:
        """Seconds until the provider may be asked; the place is taken at once, so nobody else gets it."""
        gap_s = provider.rate_limit_s
        if not gap_s:
            return 0.0
        now_s = clock.monotonic_s()
        turn_s = max(now_s, self._next_s.get(provider.id, now_s))
        self._next_s[provider.id] = turn_s + gap_s
        return turn_s - now_s

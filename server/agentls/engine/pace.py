"""Keeps requests to one provider at least `rateLimitS` seconds apart, over all tasks.

Knows no request. Invariant: two waits for one provider never end less than its gap apart.
"""

from __future__ import annotations

from agentls.protocol.provider import Provider
from agentls.world.clock import Clock


class Pace:
    def __init__(self) -> None:
        self._next_s: dict[str, float] = {}
        """When the next request to a provider may be sent, by its id."""

    async def wait(self, provider: Provider, clock: Clock) -> None:
        """Return when the provider may be asked; the place is taken at once, so nobody else gets it."""
        gap_s = provider.rate_limit_s
        if not gap_s:
            return
        now_s = clock.monotonic_s()
        turn_s = max(now_s, self._next_s.get(provider.id, now_s))
        self._next_s[provider.id] = turn_s + gap_s
        if turn_s > now_s:
            await clock.sleep(turn_s - now_s)

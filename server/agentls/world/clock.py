"""Time, as one small Protocol, so that nothing above reads a clock of its own.

Must not know who waits for what. `now_ms` is for display and may jump; every wait and every
limit uses `monotonic_s`.
"""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """What the engine knows of time."""

    def now_ms(self) -> int:
        """Return epoch milliseconds, for display only: it may jump forwards or back."""
        ...

    def monotonic_s(self) -> float:
        """Return seconds since some fixed instant; never goes back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable at once. Zero or less gives other tasks one turn."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Return epoch milliseconds."""
        return time.time_ns() // 1_000_000

    def monotonic_s(self) -> float:
        """Return monotonic seconds."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds`."""
        await asyncio.sleep(max(0.0, seconds))

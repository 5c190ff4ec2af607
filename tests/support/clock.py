"""A clock for tests: time passes only when a test says so."""

import asyncio
import heapq
import itertools

_SETTLE_TURNS = 20


class FakeClock:
    """A `Clock` whose sleepers wake in the order of their deadlines, never by themselves."""

    def __init__(self, start_ms: int = 1_750_000_000_000) -> None:
        self._start_ms = start_ms
        self._now_s = 0.0
        self._wall_jump_ms = 0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._changed = asyncio.Event()
        self.slept: list[float] = []
        """Every duration that was asked for, in order."""

    def now_ms(self) -> int:
        """Return the start plus what has passed, plus the jumps of the wall clock."""
        return self._start_ms + round(self._now_s * 1000) + self._wall_jump_ms

    def monotonic_s(self) -> float:
        """Return what has passed."""
        return self._now_s

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has let `seconds` pass; zero or less gives other tasks one turn."""
        self.slept.append(seconds)
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now_s + seconds, next(self._order), woken))
        self._changed.set()
        await woken

    @property
    def sleepers(self) -> int:
        """How many tasks are asleep."""
        return sum(1 for _, _, woken in self._sleepers if not woken.done())

    async def wait_for_sleepers(self, count: int = 1) -> None:
        """Return once at least `count` tasks are asleep."""
        while self.sleepers < count:
            self._changed.clear()
            await self._changed.wait()

    async def advance(self, seconds: float) -> None:
        """Let time pass: wake each sleeper at its own instant and let it run before the next one wakes."""
        target = self._now_s + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._now_s = max(self._now_s, due)
            if not woken.done():
                woken.set_result(None)
                await _settle()
        self._now_s = target
        await _settle()

    def jump_wall_clock(self, milliseconds: int) -> None:
        """Move `now_ms` alone, as a user who sets the clock does."""
        self._wall_jump_ms += milliseconds


async def _settle() -> None:
    for _ in range(_SETTLE_TURNS):
        await asyncio.sleep(0)

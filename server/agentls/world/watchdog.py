"""A limit on waiting for bytes that costs almost nothing per chunk.

Must not know HTTP. One timer looks at the clock now and then, in place of one timer per chunk; a wait
that is over the limit is ended by cancelling the task that waits, and told apart from a real cancel.
"""

import asyncio


class Watchdog:
    """Guards one waiting task at a time: `start` before each wait, `stop` after it."""

    def __init__(self, first_deadline_s: float, idle_s: float) -> None:
        """`first_deadline_s`: the loop's time by which the first wait must end; `idle_s`: each later one."""
        self._loop = asyncio.get_running_loop()
        self._idle_s = idle_s
        self._deadline_s = first_deadline_s
        self._is_first = True
        self._task: asyncio.Task[object] | None = None
        self._cancels_before = 0
        self._timer: asyncio.TimerHandle | None = None
        self._has_fired = False

    def start(self) -> None:
        """Begin to watch the current task."""
        self._task = task = asyncio.current_task()
        self._cancels_before = task.cancelling() if task is not None else 0
        if not self._is_first:
            self._deadline_s = self._loop.time() + self._idle_s
        if self._timer is not None and self._timer.when() > self._deadline_s:
            # Once, after the first wait: its limit is usually the longer one.
            self.close()
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline_s, self._look)

    def stop(self) -> None:
        """The wait is over, for better or worse."""
        self._task = None
        self._is_first = False

    def close(self) -> None:
        """Drop the timer; idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def caused(self) -> bool:
        """In an `except CancelledError`: true where the cancel is ours alone, and takes it back."""
        task = self._task
        if not self._has_fired or task is None:
            return False
        return task.uncancel() <= self._cancels_before

    def _look(self) -> None:
        """Fire, or look again when the present wait could be over the limit."""
        now_s = self._loop.time()
        if self._task is not None and now_s >= self._deadline_s:
            self._timer = None
            self._has_fired = True
            self._task.cancel()
            return
        again_s = self._deadline_s if self._task is not None else now_s + self._idle_s
        self._timer = self._loop.call_at(max(again_s, now_s + 0.001), self._look)

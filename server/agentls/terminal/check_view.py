"""Where the check's table goes: plain lines for a pipe, or a table with what is under way on a real terminal.

It decides nothing about what is said. Invariant: on a terminal the last rows are given back when it is closed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from agentls.terminal.check_table import closing, heading, noted, step_lines, under_way
from agentls.terminal.text import Line
from agentls.terminal.timeline import STYLES

if TYPE_CHECKING:
    from agentls.terminal.canvas import Canvas
    from agentls.terminal.check_messages import CheckedStep, CheckResult

REDRAW_S: Final = 0.25


class CheckView(Protocol):
    """A place that shows a check while it runs."""

    def begin(self, base_url: object, model: object, level: str) -> None:
        """Say what is checked."""

    def note(self, text: str) -> None:
        """Show a warning about the settings."""

    def step(self, step: CheckedStep) -> None:
        """Show a step that ended."""

    def end(self, result: CheckResult) -> None:
        """Show what it came to."""

    def close(self) -> None:
        """Leave the terminal as it was found; idempotent."""


def open_view() -> CheckView:
    """The live table where stdout is a terminal that can draw, else plain lines."""
    if sys.stdout.isatty():
        from agentls.terminal.canvas import Canvas  # imported here: only a terminal pays for rich

        canvas = Canvas(sys.stdout, STYLES)
        if canvas.can_draw:
            return LiveView(canvas)
    return PlainView(sys.stdout)


class PlainView:
    """One line for each step, as it ends."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._began_s = time.monotonic()

    def begin(self, base_url: object, model: object, level: str) -> None:
        self._write(heading(base_url, model, level))

    def note(self, text: str) -> None:
        self._write(noted(text, None))

    def step(self, step: CheckedStep) -> None:
        self._write(step_lines(step, None))

    def end(self, result: CheckResult) -> None:
        self._write(closing(result, _since_ms(self._began_s), None))

    def close(self) -> None:
        self._stream.flush()

    def _write(self, lines: Sequence[Line]) -> None:
        self._stream.write("".join(f"{line.text}\n" for line in lines))
        self._stream.flush()


class LiveView:
    """Ended steps above, what is under way in the last row."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._ended: list[str] = []
        self._began_s = self._step_s = time.monotonic()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, base_url: object, model: object, level: str) -> None:
        self._draw(heading(base_url, model, level))

    def note(self, text: str) -> None:
        self._draw(noted(text, self._width))

    def step(self, step: CheckedStep) -> None:
        self._ended.append(step.id)
        self._step_s = time.monotonic()
        self._draw(step_lines(step, self._width))

    def end(self, result: CheckResult) -> None:
        self._stop()
        self._canvas.draw(closing(result, _since_ms(self._began_s), self._width), [])

    def close(self) -> None:
        self._stop()
        self._canvas.draw([], [])

    @property
    def _width(self) -> int:
        return self._canvas.size[0] - 1  # a row that fills the last column is folded by some terminals

    def _draw(self, finished: Sequence[Line] = ()) -> None:
        self._stop()
        doing = under_way(self._ended, _since_ms(self._step_s), self._width)
        self._canvas.draw(finished, [doing])
        self._timer = asyncio.get_running_loop().call_later(REDRAW_S, self._draw)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _since_ms(began_s: float) -> int:
    return round((time.monotonic() - began_s) * 1000)

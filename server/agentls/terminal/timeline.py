"""Where the story goes: plain lines for a pipe or a log, or a live picture by rich on a real terminal.

It decides nothing about what is told. Invariant: finished lines are written once and stay; only what is under
way is drawn over.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol, TextIO

from agentls.terminal.messages import Shown
from agentls.terminal.progress import Progress
from agentls.terminal.story import GAP, Story
from agentls.terminal.text import Line, Style, fitted

if TYPE_CHECKING:
    from agentls.terminal.canvas import Canvas

DELTAS = ("agent/message/delta", "agent/reasoning/delta", "agent/toolCall/delta", "agent/toolCall/output")
REDRAW_S = 0.08
STYLES: dict[Style, str] = {
    "heading": "bold",
    "prompt": "bold cyan",
    "call": "bold",
    "quiet": "dim",
    "good": "green",
    "bad": "bold red",
    "added": "green",
    "removed": "red",
    "hunk": "cyan",
    "answer": "default",
    "ask": "yellow",
    "warning": "yellow",
}


class Timeline(Protocol):
    """A place that shows a turn while it happens."""

    unwanted: tuple[str, ...]
    """Notifications it can do without; the server is told not to send them."""

    def show(self, message: Shown) -> None:
        """Tell one notification."""

    def say(self, style: Style, text: str) -> None:
        """Add a line of our own; the text is safe to print."""

    def pause(self) -> None:
        """Leave the terminal alone until `resume`: someone is being asked."""

    def resume(self) -> None:
        """Go on drawing."""

    def close(self) -> None:
        """Leave the terminal as it was found, the finished lines above."""


def open_timeline(*, plain: bool) -> Timeline:
    """The live timeline where stdout is a terminal that can draw, else the plain one."""
    if not plain and sys.stdout.isatty():
        # Imported here: only a terminal that is drawn on pays for rich (its import is as dear as asyncio's).
        from agentls.terminal.canvas import Canvas

        canvas = Canvas(sys.stdout, STYLES)
        if canvas.can_draw:
            return LiveTimeline(canvas)
    return PlainTimeline(sys.stdout)


class PlainTimeline:
    """Finished lines, one by one, as text."""

    unwanted: tuple[str, ...] = DELTAS

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._story = Story()

    def show(self, message: Shown) -> None:
        self._write(self._story.tell(message))

    def say(self, style: Style, text: str) -> None:
        self._write([Line(style, text)])

    def pause(self) -> None:
        pass

    def resume(self) -> None:
        pass

    def close(self) -> None:
        self._stream.flush()

    def _write(self, lines: Iterable[Line]) -> None:
        text = "".join(f"{line.text}\n" if line.text.strip() else "\n" for line in lines)
        if text:
            self._stream.write(text)
            self._stream.flush()


class LiveTimeline:
    """Finished lines above, what is under way below, redrawn at most a dozen times a second."""

    unwanted: tuple[str, ...] = ()

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._story = Story()
        self._progress = Progress()
        self._redraw: asyncio.TimerHandle | None = None
        self._held: list[Shown] | None = None
        """What came while paused; None when not paused."""
        self._is_open = True

    def show(self, message: Shown) -> None:
        if self._held is not None:
            self._held.append(message)
            return
        self._progress.hear(message)
        lines = self._story.tell(message)
        if lines:
            self._draw(lines)
        elif self._redraw is None:
            self._redraw = asyncio.get_running_loop().call_later(REDRAW_S, self._draw)

    def say(self, style: Style, text: str) -> None:
        self._draw([Line(style, text)])

    def pause(self) -> None:
        self._forget_redraw()
        self._canvas.draw([], [])
        self._held = []

    def resume(self) -> None:
        held, self._held = self._held or [], None
        for message in held:
            self.show(message)
        self._draw()

    def close(self) -> None:
        self._forget_redraw()
        self._is_open = False
        self._canvas.draw([], [])

    def _draw(self, finished: Iterable[Line] = ()) -> None:
        self._forget_redraw()
        columns, height = self._canvas.size
        width = columns - 1  # a row that fills the last column is folded by some terminals
        told = [row for line in finished for row in fitted(line, width)]
        self._canvas.draw(told, self._under_way(width, height))

    def _under_way(self, width: int, height: int) -> list[Line]:
        if self._held is not None or not self._is_open:
            return []
        lines = self._progress.lines(width)
        if lines and self._story.needs_gap and self._progress.begins_a_step:
            lines = [GAP, *lines]
        return lines[-max(height - 2, 1) :]

    def _forget_redraw(self) -> None:
        if self._redraw is not None:
            self._redraw.cancel()
            self._redraw = None

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
from agentls.terminal.story import Story
from agentls.terminal.text import Line, Style

if TYPE_CHECKING:
    from rich.text import Text

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
    if plain or not sys.stdout.isatty():
        return PlainTimeline(sys.stdout)
    return LiveTimeline()


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

    def __init__(self) -> None:
        # Imported here: only a terminal that is drawn on pays for rich (its import is as dear as asyncio's).
        from rich.console import Console
        from rich.live import Live

        self._console = Console(highlight=False, markup=False, emoji=False)
        self._live = Live(console=self._console, auto_refresh=False, transient=True, redirect_stderr=False)
        self._story = Story()
        self._progress = Progress()
        self._redraw: asyncio.TimerHandle | None = None
        self._held: list[Shown] | None = None
        """What came while paused; None when not paused."""
        self._live.start()

    def show(self, message: Shown) -> None:
        if self._held is not None:
            self._held.append(message)
            return
        self._progress.hear(message)
        lines = self._story.tell(message)
        if lines:
            self._draw()
            self._console.print(_text(lines), soft_wrap=True)
        elif self._redraw is None:
            self._redraw = asyncio.get_running_loop().call_later(REDRAW_S, self._draw)

    def say(self, style: Style, text: str) -> None:
        self._console.print(_text([Line(style, text)]), soft_wrap=True)

    def pause(self) -> None:
        self._forget_redraw()
        self._live.stop()
        self._held = []

    def resume(self) -> None:
        held, self._held = self._held or [], None
        self._live.start()
        for message in held:
            self.show(message)
        self._draw()

    def close(self) -> None:
        self._forget_redraw()
        self._live.stop()

    def _draw(self) -> None:
        self._forget_redraw()
        self._live.update(_text(self._progress.lines()), refresh=True)

    def _forget_redraw(self) -> None:
        if self._redraw is not None:
            self._redraw.cancel()
            self._redraw = None


def _text(lines: Iterable[Line]) -> Text:
    from rich.text import Text  # imported already by whoever draws

    return Text("\n").join(Text(line.text, style=STYLES[line.style]) for line in lines)

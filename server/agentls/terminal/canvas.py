"""A terminal on which finished lines stay and the last few rows are drawn over.

It knows rows and the cursor, and not what they mean. Each frame is one write, between the marks that make a
terminal show it at once. Invariant: it erases exactly the rows it drew, also after the terminal was resized.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TextIO

from rich.console import Console
from rich.text import Text

from agentls.terminal.text import Line, Style, cells

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
BEGIN_FRAME, END_FRAME = "\x1b[?2026h", "\x1b[?2026l"
ERASE_BELOW = "\x1b[J"


class Canvas:
    """The end of a terminal's scroll."""

    def __init__(self, stream: TextIO, styles: Mapping[Style, str]) -> None:
        self._stream = stream
        self._styles = styles
        self._console = Console(file=stream, highlight=False, markup=False, emoji=False)
        self._drawn: list[int] = []
        """The width in cells of each row that is drawn over next time; the cursor stands below the last."""
        self._is_hidden = False

    @property
    def can_draw(self) -> bool:
        """Whether the terminal understands the cursor's movements."""
        return self._console.is_terminal and not self._console.is_dumb_terminal and not self._console.legacy_windows

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows, as they are now."""
        return self._console.size.width, self._console.size.height

    def draw(self, finished: Sequence[Line], under_way: Sequence[Line]) -> None:
        """Add lines that stay, and replace what is under way (rows that fit the width)."""
        erase = self._erasing()
        if not finished and not under_way and not erase:
            return
        hide = "" if self._is_hidden or not under_way else HIDE_CURSOR
        show = SHOW_CURSOR if self._is_hidden and not under_way else ""
        self._is_hidden = bool(under_way)
        self._drawn = [cells(line.text) for line in under_way]
        text = self._styled([*finished, *under_way])
        self._stream.write(f"{BEGIN_FRAME}{hide}{erase}{text}{show}{END_FRAME}")
        self._stream.flush()

    def _erasing(self) -> str:
        # A terminal that became narrower has folded our rows; one that became wider left them alone.
        width = self.size[0]
        up = sum(max(1, -(-row // width)) for row in self._drawn)
        return f"\r\x1b[{up}A{ERASE_BELOW}" if up else ""

    def _styled(self, lines: Sequence[Line]) -> str:
        with self._console.capture() as captured:
            for line in lines:
                self._console.print(Text(line.text, style=self._styles[line.style]), soft_wrap=True)
        return captured.get()

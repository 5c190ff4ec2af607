"""Lines from the terminal's keyboard, read without blocking the loop and without a thread where that can be.

It does not know what is asked. Invariant: a cancelled read leaves nothing behind that swallows a later line
(but on Windows, whose console can only be read by a thread).
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

READ_BYTES = 1 << 12


class Keyboard:
    """The terminal that stdin is."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def forget(self) -> None:
        """Drop what was typed so far: it cannot have been meant for a question that comes now."""
        with suppress(ImportError, OSError):
            import termios  # imported here: Windows has none

            termios.tcflush(self._descriptor, termios.TCIFLUSH)

    async def line(self) -> str | None:
        """The next line, without its end; None when the terminal is closed."""
        loop = asyncio.get_running_loop()
        typed: asyncio.Future[bytes] = loop.create_future()

        def take(data: bytes) -> None:
            if not typed.done():
                typed.set_result(data)

        try:
            loop.add_reader(self._descriptor, lambda: take(_read(self._descriptor)))
        except NotImplementedError:  # the loop of Windows cannot watch a console
            _read_in_thread(self._descriptor, lambda data: loop.call_soon_threadsafe(take, data))
            data = await typed
        else:
            try:
                data = await typed
            finally:
                loop.remove_reader(self._descriptor)
        return data.decode(errors="replace").rstrip("\r\n") if data else None


def open_keyboard() -> Keyboard | None:
    """The keyboard, when a person can be asked: stdin is a terminal, and stderr, which shows the question."""
    with suppress(OSError, ValueError):
        if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
            return Keyboard(sys.stdin.fileno())
    return None


def _read(descriptor: int) -> bytes:
    # A terminal gives one line a read. Not sys.stdin: a thread that reads it holds its lock at exit.
    try:
        return os.read(descriptor, READ_BYTES)
    except OSError:
        return b""


def _read_in_thread(descriptor: int, give: Callable[[bytes], object]) -> None:
    def run() -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            give(_read(descriptor))

    threading.Thread(target=run, name="keyboard", daemon=True).start()

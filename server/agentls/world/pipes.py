"""Reading a child's pipe from the event loop, without ever waiting for its other end to close.

Knows bytes only. The invariant: `close` always returns at once, even when a grandchild still holds the pipe.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from threading import Semaphore, Thread
from typing import Final, Protocol

PIECE_BYTES: Final = 64 * 1024
_DRAIN_LIMIT_BYTES: Final = 1 << 20
"""The most a pipe can hold; what is read beyond that after the end comes from a process still writing."""


class PipeReader(Protocol):
    """The reading end of one pipe; bytes are handed on as they come."""

    def drain(self) -> None:
        """Hand on what is in the pipe right now."""
        ...

    def close(self) -> None:
        """Stop reading; idempotent."""
        ...


def read_pipe(fd: int, on_data: Callable[[bytes], None]) -> PipeReader:
    """Take over `fd` and call `on_data` on the running loop's thread for each piece."""
    loop = asyncio.get_running_loop()
    return _ThreadReader(loop, fd, on_data) if sys.platform == "win32" else _LoopReader(loop, fd, on_data)


class _LoopReader:
    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, on_data: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._fd: int | None = fd
        self._on_data = on_data
        os.set_blocking(fd, False)
        loop.add_reader(fd, self._read)

    def _read(self) -> int:
        if self._fd is None:
            return 0
        try:
            data = os.read(self._fd, PIECE_BYTES)
        except BlockingIOError:
            return 0
        except OSError:
            data = b""
        if not data:
            self.close()
            return 0
        self._on_data(data)
        return len(data)

    def drain(self) -> None:
        left = _DRAIN_LIMIT_BYTES
        while left > 0 and (read := self._read()):
            left -= read

    def close(self) -> None:
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = None


class _ThreadReader:
    """For Windows, whose loop cannot watch pipes. The thread ends when the last writer is gone."""

    def __init__(self, loop: asyncio.AbstractEventLoop, fd: int, on_data: Callable[[bytes], None]) -> None:
        self._loop = loop
        self._fd = fd
        self._on_data = on_data
        self._open = True
        self._ahead = Semaphore(8)
        self._thread = Thread(target=self._run, name="pipe reader", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with os.fdopen(self._fd, "rb", buffering=0) as pipe:
            while data := pipe.read(PIECE_BYTES):
                self._ahead.acquire()
                try:
                    self._loop.call_soon_threadsafe(self._deliver, data)
                except RuntimeError:  # the loop is closed: nobody listens any more
                    return

    def _deliver(self, data: bytes) -> None:
        self._ahead.release()
        if self._open:
            self._on_data(data)

    def drain(self) -> None:
        self._thread.join(0.2)

    def close(self) -> None:
        self._open = False

"""Watch the process that started the session and tell when it is gone.

Knows process ids only. Invariant: an id that cannot be watched is not watched, and nothing here ever
signals the process it watches.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable

logger = logging.getLogger(__name__)

PERIOD_S = 2.0


class ParentWatch:
    """Calls `gone` once when the process ends, also when it ended before."""

    def __init__(self, process_id: int, gone: Callable[[], None]) -> None:
        self._process_id = process_id
        self._gone = gone
        self._fd: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()

    def start(self) -> None:
        """Begin. Linux tells at once by a pidfd (a zombie counts as gone); elsewhere we look every 2 s."""
        if hasattr(os, "pidfd_open"):
            try:
                self._fd = os.pidfd_open(self._process_id)
            except ProcessLookupError:
                self._loop.call_soon(self._tell)
                return
            except OSError:
                logger.debug("no pidfd; looking for the parent every %.0f s", PERIOD_S)
            else:
                self._loop.add_reader(self._fd, self._tell)
                return
        self._look()

    def stop(self) -> None:
        """End the watch."""
        if self._fd is not None:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        if not is_alive(self._process_id):
            self._tell()
            return
        self._timer = self._loop.call_later(PERIOD_S, self._look)

    def _tell(self) -> None:
        self.stop()
        self._gone()


def is_alive(process_id: int) -> bool:
    """Whether a process of this id exists; when in doubt it does."""
    if sys.platform == "win32":
        return _is_alive_on_windows(process_id)
    try:
        os.kill(process_id, 0)  # signal 0 tests for existence and is never delivered
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_alive_on_windows(process_id: int) -> bool:
    import ctypes  # imported here: Windows only

    synchronize, timed_out = 0x00100000, 0x102
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 (absent from the stubs elsewhere)
    handle = kernel.OpenProcess(synchronize, False, process_id)
    if not handle:
        access_denied = 5
        return bool(kernel.GetLastError() == access_denied)
    try:
        return bool(kernel.WaitForSingleObject(handle, 0) == timed_out)
    finally:
        kernel.CloseHandle(handle)

"""Logging to stderr that never makes anybody wait: a short queue and a thread.

Knows no payload: records carry names, codes and counts. Invariant: a client that does not read stderr
costs at most `LIMIT` records of memory; what did not fit is counted and told.
"""

from __future__ import annotations

import logging
import queue
import sys
import threading

LIMIT = 1000
QUIET = ("pygls", "lsprotocol", "asyncio", "httpx", "httpcore", "aiohttp")
"""Loggers of others that would print payloads or noise below WARNING."""


class StderrLog(logging.Handler):
    """Formats here, writes on its own thread."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: queue.Queue[str] = queue.Queue(LIMIT)
        self._lost = 0
        self._thread: threading.Thread | None = None

    def emit(self, record: logging.LogRecord) -> None:
        """Queue one line; when the queue is full, count it. No traceback: its text may hold payloads."""
        try:
            text = record.getMessage()
        except Exception:  # rim: a record of somebody else whose arguments do not fit
            text = f"a record that cannot be formatted, line {record.lineno}"
        line = f"{record.levelname.lower()} {record.name}: {text}\n"
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._lost += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="agentls-log", daemon=True)
            self._thread.start()

    def drain(self, timeout_s: float) -> None:
        """Wait until what is queued was written, or the time is over."""
        if self._thread is not None:
            self._lines.put("") if not self._lines.full() else None
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while line := self._lines.get():
            lost, self._lost = self._lost, 0
            if lost:
                line += f"warning {__name__}: {lost} lines were lost\n"
            try:
                sys.stderr.write(line)
                sys.stderr.flush()
            except (OSError, ValueError):
                return


def log_to_stderr() -> StderrLog:
    """Send the records of this process to stderr; returns what must be drained at the end."""
    handler = StderrLog()
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    return handler

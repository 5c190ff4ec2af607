"""A server program as a child: what it says is kept, and read for the word that it is ready.

Knows no protocol. Invariant: `stop` leaves nothing of it running, and works on what this object started alone; on
Linux the child dies with the tests, however they end.
"""

from __future__ import annotations

import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.servers.command import kill_tree

READY_S = 60.0
LINES_KEPT = 5000
_PR_SET_PDEATHSIG = 1


class ServerProcess:
    """`with ServerProcess(name, command) as server:` runs until the block ends."""

    def __init__(self, name: str, command: Sequence[str | Path], environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self._lines: list[str] = []
        self._is_over = False
        self._said = threading.Condition()
        self._process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**_kept_environment(), "PYTHONUNBUFFERED": "1", **(environment or {})},
            start_new_session=os.name != "nt",
            preexec_fn=_leash() if sys.platform == "linux" else None,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def wait_for_line(self, pattern: str, *, after: int = 0) -> re.Match[str]:
        """The first line from number `after` on that the pattern is found in; waits for it.

        Raises AssertionError when the program ends without it, or after a minute.
        """
        deadline_s = time.monotonic() + READY_S
        seen = after
        with self._said:
            while True:
                for line in self._lines[seen:]:
                    match = re.search(pattern, line)
                    if match is not None:
                        return match
                seen = len(self._lines)
                if self._is_over or not self._said.wait(deadline_s - time.monotonic()):
                    raise AssertionError(f"{self.name} never said {pattern!r}:\n{self.tail()}")

    def wait_ready(self, pattern: str) -> re.Match[str]:
        """The line that says it is ready; a program that never says it is stopped."""
        try:
            return self.wait_for_line(pattern)
        except AssertionError:
            self.stop()
            raise

    def lines_so_far(self) -> int:
        """How many lines it wrote: a place for `wait_for_line` to begin at."""
        with self._said:
            return len(self._lines)

    @property
    def is_over(self) -> bool:
        """Whether nobody can write its output any more: it has ended, and so have all its children."""
        with self._said:
            return self._is_over

    def tail(self, count: int = 60) -> str:
        """Its last lines."""
        return "\n".join(self._lines[-count:])

    def stop(self) -> None:
        """Kill it with all its children, and see it gone."""
        kill_tree(self._process)
        self._process.wait(READY_S)
        self._reader.join(READY_S)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._said:
                self._lines.append(line.decode("utf-8", "replace").rstrip())
                assert len(self._lines) < LINES_KEPT, f"{self.name} does not stop talking"
                self._said.notify_all()
        with self._said:
            self._is_over = True
            self._said.notify_all()


def _kept_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AGENTLS_", "AIMOCK_", "PYTHON"))}


def _leash() -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl

    def die_with_parent() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    return die_with_parent

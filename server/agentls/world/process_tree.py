"""All processes that one command started, found and stopped even when they left its group.

Knows process ids, not commands. On Linux a process counts as ours by its session or group, by the mark in its
environment, by its parents, or because it was orphaned to us (we are made subreaper). The invariant: `stop` returns
within its time and after it nothing of the tree that can be found is alive. Elsewhere only the group is stopped.
A look at /proc is no snapshot: what a process forks after the listing and before its own end is in no look.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

MARK: Final = "AGENT_COMMAND_ID"
"""The environment variable that marks a command and what it starts."""
_POLL_S: Final = 0.02
_KILL_LIMIT_S: Final = 1.0
_HAS_PROC: Final = sys.platform == "linux" and Path("/proc/self/stat").exists()
_SET_CHILD_SUBREAPER: Final = 36
_SET_DUMPABLE: Final = 4
_leaders: Final[set[int]] = set()
"""Children that somebody here waits for. The children of a process are shared by all its trees, so this is too."""


@dataclass(frozen=True, slots=True)
class _Process:
    pid: int
    parent: int
    group: int
    session: int
    started_ticks: int
    is_zombie: bool


class ProcessTree:
    """The tree below a process that leads its own session. The leader must not be reaped before `stop` is done."""

    def __init__(self, leader: int, mark: str) -> None:
        self._leader = leader
        _leaders.add(leader)
        self._mark = f"{MARK}={mark}".encode()
        own = _status(leader) if _HAS_PROC else None
        self._since_ticks = own.started_ticks if own else 0
        self._seen: dict[int, int] = {}
        """Process id → start time of all that were ever found: an ended process shows no mark any more."""
        self._ended: set[int] = set()
        self._is_still = True
        """None ended since the look before the last one: what the last one did not find cannot have been forked."""

    def close(self) -> None:
        """Say that the leader was reaped, or that nobody waits for it any more; idempotent."""
        _leaders.discard(self._leader)

    async def stop(self, *, patience_s: float, grace_s: float) -> int:
        """Stop what is alive; return how many processes that were.

        They have `patience_s` to end by themselves, then SIGTERM and `grace_s`, then SIGKILL.
        """
        if sys.platform == "win32":
            await asyncio.to_thread(self.kill)
            return 0
        try:
            if _HAS_PROC and (leader := _status(self._leader)) is not None and leader.is_zombie:
                self._ended.add(self._leader)
            alive = await self._wait_until_empty(patience_s)
            found = len(alive)
            if alive:
                self._signal(alive, signal.SIGTERM)
                alive = await self._wait_until_empty(grace_s)
            if alive or not self._is_still:
                await self._kill_until_empty()
        except BaseException:  # a second cancellation: no more patience
            self.kill()
            raise
        return found

    def kill(self) -> None:
        """Kill what is alive now, at once and without waiting."""
        if sys.platform == "win32":
            _taskkill(self._leader)
        else:
            self._signal(self.members(), signal.SIGKILL)

    def members(self) -> list[int]:
        """Return the ids of the living processes of the tree; orphans that ended are reaped on the way."""
        if not _HAS_PROC:
            return _group_member(self._leader)
        known = {process.pid: process for process in _all_processes(self._since_ticks)}
        ours = {pid for pid, process in known.items() if self._is_ours(process)}
        grew = True
        while grew:
            below = {pid for pid, process in known.items() if process.parent in ours}
            grew = not below <= ours
            ours |= below
        ours.discard(os.getpid())
        self._seen.update((pid, known[pid].started_ticks) for pid in ours)
        ended = {pid for pid in ours if known[pid].is_zombie}
        self._is_still = ended <= self._ended
        self._ended |= ended
        _reap(known.values())
        return sorted(pid for pid in ours if not known[pid].is_zombie)

    def _is_ours(self, process: _Process) -> bool:
        if self._leader in (process.pid, process.session, process.group):
            return True
        if self._seen.get(process.pid) == process.started_ticks:
            return True
        marks = _marks(process.pid)
        if marks:
            return self._mark in marks
        # Double-forked with a wiped environment: it came to us as an orphan and has a session that is not ours.
        # Whoever starts a process in a new session from this program marks it, so there is nothing else like it.
        return process.parent == os.getpid() and process.session != os.getsid(0) and not process.is_zombie

    def _signal(self, pids: list[int], number: int) -> None:
        if hasattr(os, "killpg") and (pids or self._holds_group()):
            with suppress(OSError):
                os.killpg(self._leader, number)
        for pid in pids:
            with suppress(OSError):
                os.kill(pid, number)

    def _holds_group(self) -> bool:
        """Whether the leader was not reaped: then the group's number can be nobody else's."""
        leader = _status(self._leader) if _HAS_PROC else None
        return leader is not None and leader.started_ticks == self._since_ticks

    async def _wait_until_empty(self, limit_s: float) -> list[int]:
        loop = asyncio.get_running_loop()
        end = loop.time() + limit_s
        # No event tells of strangers' ends.
        while ((alive := self.members()) or not self._is_still) and loop.time() < end:  # noqa: ASYNC110
            await asyncio.sleep(_POLL_S if alive else 0)
        return alive

    async def _kill_until_empty(self) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + _KILL_LIMIT_S
        while True:
            alive = self.members()
            self._signal(alive, signal.SIGKILL)  # the group in any case: a fork may have been under way
            if not (alive or not self._is_still) or loop.time() >= end:
                return
            await asyncio.sleep(_POLL_S if alive else 0)


def _reap(processes: Iterable[_Process]) -> None:
    """Collect ended orphans that came to us: those of another session that nobody waits for."""
    for process in processes:
        is_orphan = process.parent == os.getpid() and process.session != os.getsid(0)
        if process.is_zombie and is_orphan and process.pid not in _leaders:
            with suppress(OSError):
                os.waitpid(process.pid, os.WNOHANG)


@cache
def adopt_orphans() -> bool:
    """Make this process the parent of orphans below it (Linux, best effort), so that they can be found and reaped.

    It also closes this process's memory and environment, where keys are, to commands of the same user (prctl(2)).
    """
    if sys.platform != "linux":
        return False
    import ctypes  # only when the first command runs

    try:
        prctl = ctypes.CDLL(None).prctl
        prctl(_SET_DUMPABLE, 0, 0, 0, 0)
        return bool(prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False


def _all_processes(since_ticks: int) -> list[_Process]:
    try:
        names = os.listdir("/proc")  # noqa: PTH208
    except OSError:
        return []
    found = (_status(int(name)) for name in names if name.isdigit())
    return [process for process in found if process and process.started_ticks >= since_ticks]


def _status(pid: int) -> _Process | None:
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - hundreds of these per sweep
            text = file.read()
    except OSError:
        return None
    # The program's name is in parentheses and may hold anything, so count from its last one (proc(5)).
    fields = text[text.rfind(b")") + 2 :].split()
    return _Process(
        pid=pid,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        started_ticks=int(fields[19]),
        is_zombie=fields[0] in (b"Z", b"X"),
    )


def _marks(pid: int) -> list[bytes]:
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            variables = file.read(1 << 20).split(b"\0")
    except OSError:
        return []
    prefix = MARK.encode() + b"="
    return [variable for variable in variables if variable.startswith(prefix)]


def _group_member(leader: int) -> list[int]:
    """Without /proc: the group's leader stands for the group as long as anything in it is alive."""
    if not hasattr(os, "killpg"):
        return []
    try:
        os.killpg(leader, 0)
    except OSError:
        return []
    return [leader]


def _taskkill(leader: int) -> None:
    import subprocess  # Windows only

    with suppress(OSError, subprocess.SubprocessError):
        subprocess.run(
            ["taskkill", "/T", "/F", "/PID", str(leader)],
            capture_output=True,
            check=False,
            timeout=_KILL_LIMIT_S,
        )

"""The file of what was learned of endpoints: bytes to entries, entries to bytes, read and replaced whole.

Knows no endpoint and no secret. Invariant: the file is replaced in one step, under a lock that other windows take too;
a damaged file is set aside and one of a newer version is left alone.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from agentls.world.private_file import FLAGS, MODE, write_private

logger = logging.getLogger(__name__)

VERSION: Final = 1
MOST_ENTRIES: Final = 500
LIFETIME_MS: Final = 30 * 24 * 3600 * 1000
"""Servers get mended and models replaced."""
MOST_AHEAD_MS: Final = 24 * 3600 * 1000
"""What was learned later than this from now was learned by a clock that was wrong, and would never expire."""
_MOST_BYTES: Final = 4 * 1024 * 1024
_LEFT_BEHIND_MS: Final = 3600 * 1000
_LOCK_WAIT_S: Final = 2.0
_LOOK_AGAIN_S: Final = 0.01

Fact: TypeAlias = bool | int | float | str
Key: TypeAlias = tuple[str, str, str]
"""Origin, model, Azure's API version or ""."""


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=False):
    """What is remembered of one model at one origin."""

    lessons: dict[str, int] = {}
    """Ids of lessons, and when each was learned (epoch milliseconds)."""
    facts: dict[str, Fact] = {}
    facts_ms: int = 0
    """When the facts were found (epoch milliseconds)."""
    forgotten_ms: int = 0
    """When the lessons were last forgotten (epoch milliseconds): those of before are void wherever they are kept."""

    @property
    def latest_ms(self) -> int:
        """When anything was last learned."""
        return max(self.facts_ms if self.facts else 0, *self.lessons.values(), self.forgotten_ms, 0)


class _Row(Entry, frozen=True, omit_defaults=True):
    origin: str = ""
    model: str = ""
    api_version: str = ""


class _File(msgspec.Struct, frozen=True):
    version: int
    endpoints: list[_Row]


class _Version(msgspec.Struct, frozen=True):
    version: int


class NewerFile(Exception):
    """The file was written by a newer version of this program."""


def merge(first: Mapping[Key, Entry], second: Mapping[Key, Entry], now_ms: int) -> dict[Key, Entry]:
    """Both, the later of two facts and of two times of a lesson; without what has expired, the newest entries."""
    both: dict[Key, Entry] = {}
    for key, entry in (*first.items(), *second.items()):
        valid = in_date(entry, now_ms)
        both[key] = _merged(both[key], valid) if key in both else valid
    kept = [(key, entry) for key, entry in both.items() if entry.lessons or entry.facts or entry.forgotten_ms]
    newest = sorted(kept, key=lambda item: item[1].latest_ms, reverse=True)
    return dict(newest[:MOST_ENTRIES])


def _merged(first: Entry, second: Entry) -> Entry:
    later = second if second.facts_ms >= first.facts_ms else first
    times = {
        name: max(first.lessons.get(name, 0), second.lessons.get(name, 0)) for name in first.lessons | second.lessons
    }
    forgotten_ms = max(first.forgotten_ms, second.forgotten_ms)
    kept = {name: when for name, when in times.items() if when >= forgotten_ms}
    return Entry(kept, later.facts, later.facts_ms, forgotten_ms)


def in_date(entry: Entry, now_ms: int) -> Entry:
    """The entry without what has expired."""
    first_ms, last_ms = now_ms - LIFETIME_MS + 1, now_ms + MOST_AHEAD_MS
    lessons = {name: when for name, when in entry.lessons.items() if first_ms <= when <= last_ms}
    forgotten_ms = entry.forgotten_ms if first_ms <= entry.forgotten_ms <= last_ms else 0
    if first_ms <= entry.facts_ms <= last_ms:
        return Entry(lessons, entry.facts, entry.facts_ms, forgotten_ms)
    return Entry(lessons, forgotten_ms=forgotten_ms)


def read_entries(path: Path) -> dict[Key, Entry]:
    """The entries of the file; none where there is no file or it was damaged. Raises OSError, NewerFile."""
    try:
        data = _read(path)
    except FileNotFoundError:
        return {}
    try:
        if msgspec.json.decode(data, type=_Version).version > VERSION:
            raise NewerFile
        rows = msgspec.json.decode(data, type=_File).endpoints
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        aside = path.with_suffix(".damaged")
        with contextlib.suppress(FileNotFoundError):  # another window was quicker
            path.replace(aside)
        logger.warning("%s was damaged; it is kept as %s and a new one is begun", path.name, aside.name)
        return {}
    return {
        (row.origin, row.model, row.api_version): Entry(row.lessons, row.facts, row.facts_ms, row.forgotten_ms)
        for row in rows
    }


def _read(path: Path) -> bytes:
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | FLAGS)
    with open(fd, "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError("it is no regular file")
        data = file.read(_MOST_BYTES + 1)
    return data if len(data) <= _MOST_BYTES else b""  # too long to be ours: damaged


def update(path: Path, ours: Mapping[Key, Entry], now_ms: int) -> dict[Key, Entry]:
    """Merge `ours` into the file as it is now, and return what it holds then. Raises OSError, NewerFile."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _locked(path.with_suffix(".lock")):
        _sweep(path, now_ms)
        whole = merge(read_entries(path), ours, now_ms)
        rows = [
            _Row(entry.lessons, entry.facts, entry.facts_ms, entry.forgotten_ms, origin, model, api_version)
            for (origin, model, api_version), entry in whole.items()
        ]
        write_private(path, msgspec.json.format(msgspec.json.encode(_File(VERSION, rows)), indent=1))
    return whole


def _sweep(path: Path, now_ms: int) -> None:
    """Remove what a process that was killed in the middle of a replace left behind."""
    for left in path.parent.glob(f".{path.name}.*"):
        with contextlib.suppress(OSError):
            if left.lstat().st_mtime * 1000 < now_ms - _LEFT_BEHIND_MS:
                left.unlink()


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold the lock for a moment. One that stays taken is passed over: a lost lesson is learned again."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | FLAGS, MODE)
    try:
        until_s = time.monotonic() + _LOCK_WAIT_S
        while not _take(fd) and time.monotonic() < until_s:
            time.sleep(_LOOK_AGAIN_S)
        yield
    finally:
        os.close(fd)  # closing gives the lock up


def _take(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            # Local: neither module exists on the other system.
            import msvcrt

            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

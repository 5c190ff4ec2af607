"""The journal's SQLite file: opening, migrations, and what to do with a file that cannot be used.

Must not know threads or asyncio. A file is never deleted: what cannot be opened is set aside, what
can be read of it is copied over, and the warning says where it is.
"""

import contextlib
import os
import sqlite3
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from agentls.world.journal_salvage import salvage

_BUSY_TIMEOUT_S = 5.0
_BUSY_PAUSE_S = 0.005
_CHECK_LIMIT_BYTES = 4 * 1024 * 1024
"""A larger file is checked at opening only when an earlier run met damage in it."""

_NETWORK_FILESYSTEMS = (
    "nfs",
    "cifs",
    "smb",
    "9p",
    "afs",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "davfs",
    "ncpfs",
)

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE task (
        task_id TEXT PRIMARY KEY,
        created_ms INTEGER NOT NULL,
        workspace_uri TEXT,
        title TEXT NOT NULL DEFAULT '',
        status TEXT NOT NULL DEFAULT 'idle',
        updated_ms INTEGER NOT NULL,
        usage BLOB,
        cost REAL,
        owner TEXT
    );
    CREATE INDEX task_by_update ON task (updated_ms DESC, task_id DESC);
    CREATE TABLE event (
        task_id TEXT NOT NULL,
        seq INTEGER NOT NULL,
        time_ms INTEGER NOT NULL,
        turn_id TEXT,
        method TEXT NOT NULL,
        params BLOB NOT NULL,
        private BLOB,
        UNIQUE (task_id, seq)
    );
    """,
)
"""Append-only: a migration that was released is never edited. `user_version` counts those applied."""

Mode = Literal["shared", "readOnly", "memory"]


@dataclass(frozen=True, slots=True)
class Store:
    """An opened journal file."""

    path: Path
    mode: Mode
    writer: sqlite3.Connection
    reader: sqlite3.Connection | None
    """A second connection for reading beside the writer; None in memory, where there can be only one."""
    warning: str | None


def open_store(path: Path) -> Store:
    """Open or create the journal at `path`; never raises: the last resort is a journal in memory."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _touch_private(path)
    except OSError as error:
        return _in_memory(path, f"Tasks are kept in memory only: {path.parent} cannot be written ({error.strerror}).")
    try:
        return _open_file(path, None)
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            return _in_memory(path, f"Tasks are kept in memory only: the journal cannot be opened ({error}).")
    return _replace_damaged(path)


def mark_damaged(path: Path) -> None:
    """Leave a note that damage was met, so that the next opening checks and repairs the file."""
    with contextlib.suppress(OSError):
        _marker(path).touch(mode=0o600)


def is_damage(error: sqlite3.Error) -> bool:
    """Say whether the error means that the file's content is broken."""
    return _name(error).startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) or "malformed" in str(error)


def is_busy(error: sqlite3.Error) -> bool:
    """Say whether another process holds the file at the moment."""
    return _name(error).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))


def can_use_wal(path: Path) -> bool:
    """Say whether write-ahead logging is safe there: it needs memory shared between processes, which a
    network file system does not give (sqlite.org/wal.html)."""
    if sys.platform != "linux":
        return True
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True
    return not filesystem_of(path.parent.resolve(), mounts).startswith(_NETWORK_FILESYSTEMS)


def filesystem_of(folder: Path, mountinfo: str) -> str:
    """Return the type of the file system that holds the folder, by Linux's mountinfo; "" if unknown."""
    best, kind = -1, ""
    for line in mountinfo.splitlines():
        before, separator, after = line.partition(" - ")
        fields, after_fields = before.split(" "), after.split(" ")
        if not separator or len(fields) < 5 or not after_fields[0]:
            continue
        point = Path(fields[4].replace("\\040", " "))
        if folder.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), after_fields[0]
    return kind


def _touch_private(path: Path) -> None:
    """Create the file for its owner only before SQLite does it with the user's umask."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    os.close(fd)
    # SQLite gives its -wal and -shm files the mode of the database file.


def _open_file(path: Path, warning: str | None) -> Store:
    writer = connect(path)
    try:
        version = int(writer.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            writer.close()
            return _read_only(path)
        if _needs_check(path):
            _check(writer)
        _configure(writer, path)
        _migrate(writer)
        return Store(path, "shared", writer, connect(path), warning)
    except BaseException:
        writer.close()
        raise


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Return a connection to the existing file; sqlite3.OperationalError where it cannot be opened."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if read_only else 'rw'}"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)


def _configure(writer: sqlite3.Connection, path: Path) -> None:
    try:
        _set_mode(writer, "WAL" if can_use_wal(path) else "TRUNCATE")
    except sqlite3.OperationalError as error:
        if is_busy(error):
            raise
        _set_mode(writer, "TRUNCATE")
    writer.execute("PRAGMA synchronous=NORMAL")
    writer.execute("PRAGMA wal_autocheckpoint=4000")


def _set_mode(writer: sqlite3.Connection, mode: str) -> None:
    """Switch the journal mode; SQLite does not wait by itself here while another process switches too."""
    deadline_s = time.monotonic() + _BUSY_TIMEOUT_S
    while True:
        try:
            writer.execute(f"PRAGMA journal_mode={mode}").fetchone()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > deadline_s:
                raise
            time.sleep(_BUSY_PAUSE_S)
        else:
            return


def _migrate(writer: sqlite3.Connection) -> None:
    if int(writer.execute("PRAGMA user_version").fetchone()[0]) == len(MIGRATIONS):
        return
    writer.execute("BEGIN IMMEDIATE")
    try:
        # Asked again inside the transaction: another process may have migrated in between.
        version = int(writer.execute("PRAGMA user_version").fetchone()[0])
        for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
            for statement in script.split(";"):
                if statement.strip():
                    writer.execute(statement)
            writer.execute(f"PRAGMA user_version={number}")
        writer.execute("COMMIT")
    except BaseException:
        writer.execute("ROLLBACK")
        raise


def _read_only(path: Path) -> Store:
    warning = "The journal was written by a newer version of agentls: tasks can be read, and nothing can be saved."
    return Store(path, "readOnly", connect(path, read_only=True), connect(path, read_only=True), warning)


def _in_memory(path: Path, warning: str) -> Store:
    writer = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    _migrate(writer)
    return Store(path, "memory", writer, None, warning)


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}.check")


def _needs_check(path: Path) -> bool:
    return path.stat().st_size <= _CHECK_LIMIT_BYTES or _marker(path).exists()


def _check(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError("malformed")


def _name(error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", None)  # absent on errors that Python itself raises
    return name if isinstance(name, str) else ""


def _replace_damaged(path: Path) -> Store:
    try:
        aside = _set_aside(path)
        _touch_private(path)
        store = _open_file(path, None)
    except (OSError, sqlite3.Error) as error:
        return _in_memory(path, f"Tasks are kept in memory only: the journal is damaged ({error}).")
    tasks = salvage(lambda: connect(aside), store.writer)
    kept = f"{tasks} tasks could be read and were kept" if tasks else "none of its tasks could be read"
    warning = f"The journal was damaged and is set aside as {aside.name}; {kept}."
    return Store(store.path, store.mode, store.writer, store.reader, warning)


def _set_aside(path: Path) -> Path:
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    path.rename(aside)
    for suffix in ("-wal", "-shm"):
        beside = path.with_name(path.name + suffix)
        if beside.exists():
            beside.rename(aside.with_name(aside.name + suffix))
    _marker(path).unlink(missing_ok=True)
    return aside

"""Copies what can still be read of a damaged journal into a fresh one.

Must not know files or threads. Every copied task has events 1, 2, 3 … without a gap: what comes
after the first unreadable event of a task is left in the file that was set aside.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator

_TASK_COLUMNS = "task_id, created_ms, workspace_uri, title, status, updated_ms, usage, cost"
_EVENT_COLUMNS = "task_id, seq, time_ms, turn_id, method, params, private"
_GIVE_UP_AFTER = 20_000
"""So many unreadable rows one after the other mean that nothing more is to be had."""

_ADOPT_ORPHANS = """
    INSERT OR IGNORE INTO task (task_id, created_ms, updated_ms)
    SELECT task_id, min(time_ms), max(time_ms) FROM event GROUP BY task_id
"""
_DROP_AFTER_GAP = """
    DELETE FROM event WHERE rowid IN (
        SELECT rowid FROM (
            SELECT rowid, seq, row_number() OVER (PARTITION BY task_id ORDER BY seq) AS place FROM event
        ) WHERE seq <> place
    )
"""


def salvage(open_damaged: Callable[[], sqlite3.Connection], fresh: sqlite3.Connection) -> int:
    """Copy tasks and events; return how many tasks the fresh journal has then. Never raises."""
    with contextlib.suppress(sqlite3.Error), contextlib.closing(open_damaged()) as damaged:
        fresh.execute("BEGIN IMMEDIATE")
        try:
            for row in _readable(damaged, "task", _TASK_COLUMNS):
                _insert(fresh, "task", _TASK_COLUMNS, row)
            for row in _readable(damaged, "event", _EVENT_COLUMNS):
                _insert(fresh, "event", _EVENT_COLUMNS, row)
            fresh.execute(_DROP_AFTER_GAP)
            fresh.execute(_ADOPT_ORPHANS)
        finally:
            fresh.execute("COMMIT")
    return int(fresh.execute("SELECT count(*) FROM task").fetchone()[0])


def _insert(fresh: sqlite3.Connection, table: str, columns: str, row: tuple[object, ...]) -> None:
    places = ",".join("?" * len(row))
    # A damaged row can break a constraint: then it is not kept.
    with contextlib.suppress(sqlite3.IntegrityError):
        fresh.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})", row)  # noqa: S608


def _readable(damaged: sqlite3.Connection, table: str, columns: str) -> Iterator[tuple[object, ...]]:
    """Yield the rows that open, in the order of the table itself: an index may be what is broken."""
    query = f"SELECT rowid, {columns} FROM {table} NOT INDEXED WHERE rowid > ? ORDER BY rowid"  # noqa: S608
    last, failures = 0, 0
    while failures < _GIVE_UP_AFTER:
        try:
            for row in damaged.execute(query, (last,)):
                last, failures = int(row[0]), 0
                yield tuple(row[1:])
            return
        except sqlite3.Error:
            last += 1
            failures += 1

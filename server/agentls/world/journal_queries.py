"""The journal's statements, each a function of a connection.

Must not know threads or transactions. Rows come out in the order of their seq; a damaged file raises
sqlite3's error.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from agentls.world.journal_rows import JournalError, Row, TaskEntry, TaskHeader, TaskSummaryRow

_ROWS = """
    SELECT task_id, seq, time_ms, turn_id, method, params, private
    FROM event WHERE task_id = ? AND seq > ? ORDER BY seq LIMIT ?
"""
_ENTRIES = """
    SELECT task_id, created_ms, workspace_uri, title, status, updated_ms,
           (SELECT coalesce(max(seq), 0) FROM event WHERE event.task_id = task.task_id), usage, cost, owner
    FROM task WHERE (updated_ms, task_id) < (?, ?) ORDER BY updated_ms DESC, task_id DESC LIMIT ?
"""
_HIGHEST = 2**62

_INSERT_ROW = "INSERT INTO event (task_id, seq, time_ms, turn_id, method, params, private) VALUES (?,?,?,?,?,?,?)"
_INSERT_TASK = "INSERT INTO task (task_id, created_ms, workspace_uri, updated_ms, owner) VALUES (?,?,?,?,?)"
_UPDATE_TASK = "UPDATE task SET title = ?, status = ?, updated_ms = ?, usage = ?, cost = ? WHERE task_id = ?"


@dataclass(frozen=True, slots=True)
class Page:
    """Some entries of the task list and where the next ones start."""

    entries: list[TaskEntry]
    next_cursor: str | None


def read_rows(connection: sqlite3.Connection, task_id: str, since_seq: int, limit: int | None) -> list[Row]:
    """Return the task's rows after `since_seq`."""
    found = connection.execute(_ROWS, (task_id, since_seq, -1 if limit is None else limit))
    return [Row(*row) for row in found]


def read_header(connection: sqlite3.Connection, task_id: str) -> TaskHeader | None:
    """Return the task's header, or None for an unknown task."""
    query = "SELECT task_id, created_ms, workspace_uri FROM task WHERE task_id = ?"
    row = connection.execute(query, (task_id,)).fetchone()
    return None if row is None else TaskHeader(*row)


def read_owner(connection: sqlite3.Connection, task_id: str) -> str | None:
    """Return the owner that is written down for the task; JournalError for an unknown task."""
    row = connection.execute("SELECT owner FROM task WHERE task_id = ?", (task_id,)).fetchone()
    if row is None:
        raise JournalError("the journal has no such task")
    return None if row[0] is None else str(row[0])


def read_entries(
    connection: sqlite3.Connection, cursor: str | None, limit: int, is_alive: Callable[[str | None], bool]
) -> Page:
    """Return the task list, latest change first; JournalError for a cursor that is not from this list."""
    updated_ms, task_id = _parse_cursor(cursor)
    found = connection.execute(_ENTRIES, (updated_ms, task_id, limit + 1)).fetchall()
    entries = [
        TaskEntry(
            task_id=row[0],
            created_ms=row[1],
            workspace_uri=row[2],
            title=row[3],
            status=row[4],
            updated_ms=row[5],
            last_seq=row[6],
            usage=row[7],
            cost=row[8],
            owner_alive=is_alive(row[9]),
        )
        for row in found[:limit]
    ]
    last = entries[-1] if len(found) > limit and entries else None
    return Page(entries, None if last is None else f"{last.updated_ms}:{last.task_id}")


def insert_rows(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    """Add the rows; IntegrityError for a seq that the task has already."""
    connection.executemany(
        _INSERT_ROW,
        [(row.task_id, row.seq, row.time_ms, row.turn_id, row.method, row.params, row.private) for row in rows],
    )


def insert_task(connection: sqlite3.Connection, header: TaskHeader, owner: str) -> None:
    """Add a task; IntegrityError for an id that exists."""
    uri = None if header.workspace_uri is None else _storable(header.workspace_uri)
    values = (header.task_id, header.created_ms, uri, header.created_ms, owner)
    connection.execute(_INSERT_TASK, values)


def update_summary(connection: sqlite3.Connection, summary: TaskSummaryRow) -> None:
    """Replace what the task list shows."""
    title = _storable(summary.title)
    values = (title, summary.status, summary.updated_ms, summary.usage, summary.cost, summary.task_id)
    connection.execute(_UPDATE_TASK, values)


def take_owner(connection: sqlite3.Connection, task_id: str, owner: str) -> None:
    """Write the task's owner down."""
    connection.execute("UPDATE task SET owner = ? WHERE task_id = ?", (owner, task_id))


def drop_owner(connection: sqlite3.Connection, task_id: str, owner: str) -> None:
    """Take the owner off the task where it is still this one."""
    connection.execute("UPDATE task SET owner = NULL WHERE task_id = ? AND owner = ?", (task_id, owner))


def delete_task(connection: sqlite3.Connection, task_id: str) -> None:
    """Remove the task and its events."""
    connection.execute("DELETE FROM event WHERE task_id = ?", (task_id,))
    connection.execute("DELETE FROM task WHERE task_id = ?", (task_id,))


def _storable(text: str) -> str:
    """Return the text without lone surrogates, which SQLite cannot store."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _parse_cursor(cursor: str | None) -> tuple[int, str]:
    if cursor is None:
        return _HIGHEST, ""
    updated_ms, colon, task_id = cursor.partition(":")
    if not colon or not updated_ms.isascii() or not updated_ms.isdigit() or len(updated_ms) > 18:
        raise JournalError("the cursor is not one of this list")
    return int(updated_ms), task_id

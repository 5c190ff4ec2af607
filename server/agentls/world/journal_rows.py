"""What the journal keeps, as values: rows, task headers, task list entries.

Must not know SQL or threads. A row's `params` are the bytes of the notification exactly as they are sent.
"""

from dataclasses import dataclass


class JournalError(Exception):
    """The journal cannot save or cannot read; the message says why in a sentence for the user.

    After a failed commit every later append fails too: nothing may run that could not be recorded.
    """


@dataclass(frozen=True, slots=True)
class Row:
    """One stored event of a task."""

    task_id: str
    seq: int
    time_ms: int
    turn_id: str | None
    method: str
    params: bytes
    """JSON of the notification's full params, as sent."""
    private: bytes | None
    """What recovery needs and no client sees."""


@dataclass(frozen=True, slots=True)
class TaskHeader:
    """What is fixed when a task is created."""

    task_id: str
    created_ms: int
    workspace_uri: str | None


@dataclass(frozen=True, slots=True)
class TaskSummaryRow:
    """What the task list shows; written with the rows that changed it."""

    task_id: str
    title: str
    status: str
    updated_ms: int
    usage: bytes | None = None
    """JSON of the task's usage so far."""
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class TaskEntry:
    """One line of the task list."""

    task_id: str
    created_ms: int
    workspace_uri: str | None
    title: str
    status: str
    updated_ms: int
    last_seq: int
    usage: bytes | None
    cost: float | None
    owner_alive: bool
    """A running process (this one or another) owns the task."""

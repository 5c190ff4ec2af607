"""What every notification of a task has in common: the envelope and the base class of its payload.

Knows no single notification. Invariant: (seq, part) orders a task's notifications and is never given twice.
"""

from typing import Annotated, ClassVar

from pydantic import Field

from agentls.protocol.wire import Wire


class Envelope(Wire):
    """The fields that every notification of a task carries beside its payload."""

    task_id: str
    """The task it belongs to."""
    turn_id: str | None = None
    """The turn it belongs to, where it belongs to one."""
    seq: Annotated[int, Field(ge=0)]
    """Stored: its own number, +1 per task from 1 without gaps. Live: the number of the last stored one."""
    time: int
    """Epoch milliseconds, for display only: it may run backwards."""
    part: Annotated[int, Field(ge=1)] | None = None
    """Live only: 1, 2, 3 … after `seq`. Order is (seq, part)."""
    replay: bool | None = None
    """True on what `agent/task/events` returns."""


class TaskEvent(Wire):
    """The payload of a task's notification."""

    METHOD: ClassVar[str]
    """The method it is sent as."""
    STORED: ClassVar[bool]
    """True: journalled before it is sent. False: live, may be missed without harm."""

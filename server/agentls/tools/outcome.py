"""What a tool call came to: the text for the model and the facts for the timeline.

It must not know how results are stored, capped or sent. Pure.
Invariant: every call that is prepared or run ends in one `Outcome`, returned or raised as `ToolFailure`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from agentls.protocol.event import TaskEvent
    from agentls.protocol.values import ChangedFile, Diff, ImageContent, LineRange, TextSource

Status: TypeAlias = Literal["ok", "error", "denied", "cancelled", "timeout", "invalid"]


@dataclass(frozen=True, slots=True)
class Cut:
    """The tool itself showed only a part."""

    shown_bytes: int
    total_bytes: int
    next: str | None = None
    """The exact call that shows what comes next; None where there is none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one tool call."""

    status: Status
    text: str
    """For the model, whole."""
    images: tuple[ImageContent, ...] = ()
    """For the model after the text; kept under their refs already."""
    range: LineRange | None = None
    truncated: Cut | None = None
    exit_code: int | None = None
    diff: Diff | None = None
    source: TextSource | None = None
    changed: tuple[ChangedFile, ...] = ()
    effects: tuple[TaskEvent, ...] = ()
    """Events to record before the result."""


class ToolFailure(Exception):
    """An expected failure while preparing or running; its outcome is the call's result."""

    def __init__(self, text: str, status: Status = "error") -> None:
        super().__init__(text)
        self.outcome = Outcome(status=status, text=text)

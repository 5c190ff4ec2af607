"""Notifications about tool calls, their results and the edits they made.

Payloads only. Invariant: exactly one `ToolResult` per `ToolCallStarted`, for cancelled and invalid calls too.
"""

from typing import ClassVar, Literal

from agentls.protocol.event import TaskEvent
from agentls.protocol.values import (
    Content,
    Diff,
    FieldUpdate,
    LineRange,
    Location,
    OutputStream,
    Preview,
    ResultStatus,
    TextSource,
    ToolKind,
    Truncation,
)


class ToolCallStarted(TaskEvent):
    """The model began a tool call; sent as soon as the tool's name is known."""

    METHOD: ClassVar[str] = "agent/toolCall/started"
    STORED: ClassVar[bool] = True
    call_id: str
    """Our id of the call, unique in the task."""
    provider_call_id: str | None = None
    """The provider's id of it; providers repeat theirs."""
    index: int
    """Its place among the calls of this answer, from 0."""
    name: str
    """The tool."""


class ToolCallDelta(TaskEvent):
    """A piece of a call's arguments: the raw JSON text and its parsed meaning."""

    METHOD: ClassVar[str] = "agent/toolCall/delta"
    STORED: ClassVar[bool] = False
    call_id: str
    """The call."""
    delta: str
    """Raw JSON text to append; display only."""
    fields: list[FieldUpdate]
    """What that text means, so that no client needs a parser for partial JSON."""


class ToolCallReady(TaskEvent):
    """A call's arguments are whole and a valid object. A call whose arguments are not has no such event."""

    METHOD: ClassVar[str] = "agent/toolCall/ready"
    STORED: ClassVar[bool] = True
    call_id: str
    """The call."""
    name: str
    """The tool."""
    arguments: dict[str, object]
    """The arguments; they replace what the deltas built."""
    title: str
    """One line for the timeline, for example `Read src/app.py`."""
    kind: ToolKind
    """What sort of thing it does."""
    locations: list[Location]
    """The places it is about."""
    preview: Preview | None = None
    """What it would do, where that is known without running it."""
    truncated: Truncation | None = None
    """Present when long strings in `arguments` were cut."""


class ToolCallStatus(TaskEvent):
    """A call waits for an approval, or runs."""

    METHOD: ClassVar[str] = "agent/toolCall/status"
    STORED: ClassVar[bool] = True
    call_id: str
    """The call."""
    status: Literal["awaitingApproval", "running"]
    """What it does now."""


class ToolCallOutput(TaskEvent):
    """A piece of what a running command prints."""

    METHOD: ClassVar[str] = "agent/toolCall/output"
    STORED: ClassVar[bool] = False
    call_id: str
    """The call."""
    stream: OutputStream
    """Where it was printed."""
    delta: str
    """Text to append."""


class ToolResult(TaskEvent):
    """What a call came to; exactly one per started call."""

    METHOD: ClassVar[str] = "agent/toolResult"
    STORED: ClassVar[bool] = True
    call_id: str
    """The call."""
    name: str
    """The tool."""
    status: ResultStatus
    """How it ended. `invalid`: the call was not understood and nothing ran."""
    content: list[Content]
    """What the model is told, capped."""
    range: LineRange | None = None
    """The lines shown, when it read a file."""
    truncated: Truncation | None = None
    """Present when `content` is not all there is."""
    exit_code: int | None = None
    """The command's exit code."""
    diff: Diff | None = None
    """The change that was made."""
    source: TextSource | None = None
    """Whether the text came from an open editor buffer or from the disk."""
    duration_ms: int
    """How long it ran, without the wait for an approval."""


class EditApplied(TaskEvent):
    """A file was changed."""

    METHOD: ClassVar[str] = "agent/edit/applied"
    STORED: ClassVar[bool] = True
    call_id: str
    """The call that changed it."""
    uri: str
    """The absolute `file:` URI."""
    path: str
    """Relative to the task's workspace folder."""
    via: Literal["applyEdit", "disk"]
    """Through the editor (one undo step), or straight to the disk."""
    saved: bool
    """Whether the disk has the new text."""
    verified: bool
    """Whether what we read back is what we wrote."""

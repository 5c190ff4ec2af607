"""Params and results of `agent/task/*`, `agent/turn/*`, `agent/queue/*` and `agent/content/read`.

Knows shapes only. Invariant: a result says what was accepted, never what comes of it later.
"""

from typing import Annotated, Literal

from pydantic import Field

from agentls.protocol.task_state import QueuedPrompt, TaskSummary, TaskView
from agentls.protocol.values import ApprovalMode, PromptBlocks, PromptText
from agentls.protocol.wire import Empty, Wire

HIGHEST = 2**53
"""The largest whole number that every JSON reader keeps exactly."""
TaskId = Annotated[str, Field(min_length=1)]
PromptId = Annotated[str, Field(min_length=1)]


class TaskStartParams(Wire):
    """A new task and its first prompt."""

    prompt: PromptText | PromptBlocks
    """What the user asks for."""
    provider_id: str | None = None
    """Absent: the active provider."""
    workspace: str | None = None
    """URI of one of the workspace folders. Absent: the first."""
    mode: ApprovalMode | None = None
    """Approval mode of this task. Absent: that of the settings."""


class TaskStartResult(Wire):
    """The task is accepted, not finished."""

    task_id: str
    """The new task."""
    turn_id: str
    """Its first turn."""


class TaskListParams(Wire):
    """Which part of the list."""

    cursor: Annotated[str, Field(max_length=200)] | None = None
    """`nextCursor` of the page before."""
    limit: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Tasks on a page; 50 where absent."""
    workspace: str | None = None
    """Only tasks of this workspace folder."""


class TaskListResult(Wire):
    """A page of tasks, latest change first."""

    data: list[TaskSummary]
    """The tasks."""
    next_cursor: str | None = None
    """Present when there are more."""


class TaskGetParams(Wire):
    """Which task."""

    task_id: TaskId
    """The task."""


class TaskGetResult(TaskView):
    """The whole task; notifications after `lastSeq` continue it."""


class TaskDeleteParams(Wire):
    """Which task."""

    task_id: TaskId
    """The task; a running one is interrupted first."""


class TaskDeleteResult(Empty):
    """No fields."""


class TaskExportParams(Wire):
    """Which task, and as what."""

    task_id: TaskId
    """The task."""
    format: Literal["markdown", "json"] = "markdown"
    """`markdown` to read; `json` to keep."""


class TaskExportResult(Wire):
    """Where the export is."""

    uri: str
    """A `file:` URI."""


class TaskEventsParams(Wire):
    """Which stored notifications to send again."""

    task_id: TaskId
    """The task."""
    since_seq: Annotated[int, Field(ge=0, le=HIGHEST)] = 0
    """The last number the client has; 0 for all."""
    limit: Annotated[int, Field(ge=1, le=10000)] | None = None
    """At most so many; the server may send fewer and say `more`."""


class EventFrame(Wire):
    """A notification as it was sent."""

    method: str
    """Its method."""
    params: dict[str, object]
    """Its params, envelope included, with `replay: true`."""


class TaskEventsResult(Wire):
    """A part of a task's history."""

    events: list[EventFrame]
    """In order."""
    last_seq: int
    """Number of the task's last stored notification."""
    more: bool
    """Whether to ask again from the last number received."""


class TurnStartParams(Wire):
    """A new turn of a task that rests."""

    task_id: TaskId
    """The task."""
    prompt: PromptText | PromptBlocks
    """What the user asks for."""


class TurnStartResult(Wire):
    """The turn is accepted, not finished."""

    turn_id: str
    """The new turn."""


class TurnSteerParams(Wire):
    """A prompt for a task, whatever it is doing."""

    task_id: TaskId
    """The task."""
    prompt: PromptText | PromptBlocks
    """What the user says."""
    client_message_id: str | None = None
    """The client's own id, returned in `agent/prompt`."""


class TurnSteerResult(Wire):
    """What becomes of the prompt; `agent/prompt` confirms its delivery."""

    disposition: Literal["injected", "queued", "started"]
    """`injected`: goes into the running turn; `queued`: waits for the next; `started`: began a turn."""
    turn_id: str
    """The turn that runs, or that it began."""
    prompt_id: str
    """The prompt."""


class TurnInterruptParams(Wire):
    """Which task to stop."""

    task_id: TaskId
    """The task; nothing happens when it rests."""


class TurnInterruptResult(Empty):
    """No fields."""


class QueueListParams(Wire):
    """Which queue."""

    task_id: TaskId
    """The task."""


class QueueListResult(Wire):
    """The prompts that wait."""

    prompts: list[QueuedPrompt]
    """In order of delivery."""


class QueueUpdateParams(Wire):
    """Other words for a prompt that waits."""

    task_id: TaskId | None = None
    """The task; may be left out."""
    prompt_id: PromptId
    """The prompt."""
    prompt: PromptText | PromptBlocks
    """What it says now."""


class QueueUpdateResult(Empty):
    """No fields."""


class QueueRemoveParams(Wire):
    """A prompt to take out of the queue."""

    task_id: TaskId | None = None
    """The task; may be left out."""
    prompt_id: PromptId
    """The prompt."""


class QueueRemoveResult(Empty):
    """No fields."""


class ContentReadParams(Wire):
    """Which part of a text that a payload left out."""

    task_id: TaskId
    """The task."""
    ref: Annotated[str, Field(min_length=1)]
    """As a payload named it."""
    offset: Annotated[int, Field(ge=0, le=HIGHEST)] = 0
    """UTF-8 byte to begin at; moved back to the beginning of its character. Of an image: character of its base64."""
    limit: Annotated[int, Field(ge=1, le=HIGHEST)] | None = None
    """UTF-8 bytes at most; the server may send fewer."""


class ContentReadResult(Wire):
    """A part of the text."""

    text: str
    """The part; empty at the end."""
    total_bytes: int
    """UTF-8 bytes of the whole."""

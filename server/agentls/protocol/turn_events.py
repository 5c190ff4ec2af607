"""Notifications about a task, its turns and the requests to the provider.

Payloads only; the envelope is `event.Envelope`. Invariant: exactly one `TurnCompleted` per `TurnStarted`.
"""

from typing import ClassVar, Literal

from agentls.protocol.event import TaskEvent
from agentls.protocol.values import (
    Block,
    ChangedFile,
    NoticeLevel,
    PromptSource,
    PromptState,
    TaskState,
    TodoItem,
    Truncation,
    TurnEnd,
    TurnError,
    Usage,
)

WaitReason = Literal["firstByte", "idle", "rateLimit"]


class TaskStatus(TaskEvent):
    """What the task is doing now, whole: each one replaces the one before."""

    METHOD: ClassVar[str] = "agent/task/status"
    STORED: ClassVar[bool] = True
    status: TaskState
    """What the task is doing."""
    title: str
    """The first line of the task's first prompt."""
    queued: int
    """Prompts that wait for their turn."""
    usage: Usage
    """Tokens of the whole task."""
    cost: float | None = None
    """USD of the whole task; absent where the prices are unknown."""


class Prompt(TaskEvent):
    """A prompt was accepted, reached the model, or was taken out of the queue."""

    METHOD: ClassVar[str] = "agent/prompt"
    STORED: ClassVar[bool] = True
    prompt_id: str
    """The prompt."""
    content: list[Block]
    """What it says; plain text is one text block."""
    source: PromptSource
    """Which request brought it: `agent/task/start`, `agent/turn/start` or `agent/turn/steer`."""
    state: PromptState
    """`queued`: waiting; `delivered`: part of the conversation; `removed`: gone, never seen by the model."""
    client_message_id: str | None = None
    """The client's own id from `agent/turn/steer`."""
    truncated: Truncation | None = None
    """Present when the texts of `content` are longer than a payload may be."""


class TurnStarted(TaskEvent):
    """A turn began."""

    METHOD: ClassVar[str] = "agent/turn/started"
    STORED: ClassVar[bool] = True
    prompt_id: str
    """The prompt that started it."""
    provider_id: str
    """The provider that answers."""
    model_id: str
    """The model that answers."""


class TurnCompleted(TaskEvent):
    """A turn ended; exactly one per started turn."""

    METHOD: ClassVar[str] = "agent/turn/completed"
    STORED: ClassVar[bool] = True
    status: TurnEnd
    """How it ended. `limit`: a limit of the settings stopped it."""
    error: TurnError | None = None
    """Why, when `failed`; also what stopped it, when `limit`."""
    usage: Usage
    """Tokens of this turn."""
    cost: float | None = None
    """USD of this turn; absent where the prices are unknown."""
    duration_ms: int
    """From its start to its end, waiting for answers included."""
    changed_files: list[ChangedFile]
    """Files that the turn's edits changed, each once."""


class RequestStarted(TaskEvent):
    """A request to the provider was sent."""

    METHOD: ClassVar[str] = "agent/request/started"
    STORED: ClassVar[bool] = True
    request_id: str
    """The request; its attempts share it."""
    attempt: int
    """1 for the first."""


class RequestCompleted(TaskEvent):
    """A request to the provider ended, well or not."""

    METHOD: ClassVar[str] = "agent/request/completed"
    STORED: ClassVar[bool] = True
    request_id: str
    """The request."""
    http_status: int | None = None
    """The provider's status, where there was an answer."""
    first_token_ms: int | None = None
    """From sending to the first piece of the answer."""
    usage: Usage | None = None
    """Tokens of this request."""
    finish_reason: str | None = None
    """Why the model stopped, as the provider calls it."""
    error: TurnError | None = None
    """Why it failed."""


class RequestRetrying(TaskEvent):
    """A request failed and is tried again after a wait."""

    METHOD: ClassVar[str] = "agent/request/retrying"
    STORED: ClassVar[bool] = False
    request_id: str
    """The request."""
    attempt: int
    """The attempt that comes next."""
    delay_ms: int
    """How long we wait before it."""
    error: TurnError
    """Why the attempt before it failed."""


class RequestWaiting(TaskEvent):
    """A request waits and nothing has come for some seconds; told again every few seconds."""

    METHOD: ClassVar[str] = "agent/request/waiting"
    STORED: ClassVar[bool] = False
    request_id: str
    """The request."""
    reason: WaitReason
    """`firstByte`: for the answer to begin. `idle`: for it to go on. `rateLimit`: to be sent, by `rateLimitS`."""
    waited_ms: int
    """How long so far."""
    limit_ms: int
    """When the wait ends: by a time-out, or with `rateLimit` by sending the request."""


class TodoUpdated(TaskEvent):
    """The model's plan, whole: each one replaces the one before."""

    METHOD: ClassVar[str] = "agent/todo/updated"
    STORED: ClassVar[bool] = True
    items: list[TodoItem]
    """The plan."""


class Notice(TaskEvent):
    """Something the user should know that is no failure of the turn."""

    METHOD: ClassVar[str] = "agent/notice"
    STORED: ClassVar[bool] = True
    level: NoticeLevel
    """How serious it is."""
    code: str
    """A stable name, for example `dialect.adapted`."""
    message: str
    """What happened."""
    advice: str | None = None
    """What the user can do about it."""

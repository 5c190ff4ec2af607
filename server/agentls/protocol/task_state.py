"""A task as results show it: the summary in a list, and the whole state.

Knows shapes only; the conversation's own state is folded elsewhere. Invariant: `lastSeq` says which stored
notifications the state includes, so a client continues from there without a gap.
"""

from typing import Annotated, Literal

from pydantic import Field

from agentls.protocol.ask_events import ApprovalRequested, QuestionRequested
from agentls.protocol.tool_events import ToolResult
from agentls.protocol.turn_events import Notice
from agentls.protocol.values import (
    Block,
    ChangedFile,
    Location,
    Preview,
    PromptSource,
    TaskState,
    TodoItem,
    ToolKind,
    Truncation,
    TurnEnd,
    TurnError,
    Usage,
)
from agentls.protocol.wire import Wire


class QueuedPrompt(Wire):
    """A prompt that waits for its turn."""

    prompt_id: str
    """The prompt."""
    content: list[Block]
    """What it says."""
    client_message_id: str | None = None
    """The client's own id."""


class PromptItem(Wire):
    """A prompt in a turn."""

    type: Literal["prompt"] = "prompt"
    """Always `prompt`."""
    prompt_id: str
    """The prompt."""
    content: list[Block]
    """What it says."""
    source: PromptSource
    """Which request brought it."""
    truncated: Truncation | None = None
    """Present when it is longer than a payload may be."""


class MessageItem(Wire):
    """An answer in a turn."""

    type: Literal["message"] = "message"
    """Always `message`."""
    message_id: str
    """The message."""
    text: str
    """Its text so far."""
    completed: bool
    """Whether the text is whole."""
    discarded: bool | None = None
    """True when the attempt broke."""
    truncated: Truncation | None = None
    """Present when it is longer than a payload may be."""


class ReasoningItem(Wire):
    """Reasoning in a turn."""

    type: Literal["reasoning"] = "reasoning"
    """Always `reasoning`."""
    message_id: str
    """The reasoning."""
    text: str
    """Its text so far."""
    completed: bool
    """Whether the text is whole."""
    discarded: bool | None = None
    """True when the attempt broke."""
    truncated: Truncation | None = None
    """Present when it is longer than a payload may be."""


class ToolCallItem(Wire):
    """A tool call in a turn, with its result once there is one."""

    type: Literal["toolCall"] = "toolCall"
    """Always `toolCall`."""
    call_id: str
    """The call."""
    provider_call_id: str | None = None
    """The provider's id of it."""
    index: int
    """Its place among the calls of its answer."""
    name: str
    """The tool."""
    status: Literal["streaming", "ready", "awaitingApproval", "running", "completed"]
    """How far it is; `completed`: `result` is there."""
    arguments: dict[str, object] | None = None
    """The arguments, once they are whole and valid."""
    title: str | None = None
    """One line for the timeline."""
    kind: ToolKind | None = None
    """What sort of thing it does."""
    locations: list[Location] | None = None
    """The places it is about."""
    preview: Preview | None = None
    """What it would do."""
    truncated: Truncation | None = None
    """Present when long strings in `arguments` were cut."""
    result: ToolResult | None = None
    """What it came to."""


class NoticeItem(Notice):
    """A notice in a turn."""

    type: Literal["notice"] = "notice"
    """Always `notice`."""


Item = Annotated[PromptItem | MessageItem | ReasoningItem | ToolCallItem | NoticeItem, Field(discriminator="type")]


class TurnView(Wire):
    """One turn with all that happened in it, in order."""

    turn_id: str
    """The turn."""
    prompt_id: str
    """The prompt that started it."""
    provider_id: str
    """The provider that answers."""
    model_id: str
    """The model that answers."""
    status: Literal["running"] | TurnEnd
    """`running`, or how it ended."""
    error: TurnError | None = None
    """Why it failed."""
    usage: Usage | None = None
    """Tokens, once it ended."""
    cost: float | None = None
    """USD, once it ended and where the prices are known."""
    duration_ms: int | None = None
    """How long it took, once it ended."""
    changed_files: list[ChangedFile]
    """Files its edits changed."""
    items: list[Item]
    """What happened, in order of its beginning."""


class TaskSummary(Wire):
    """A task in a list."""

    task_id: str
    """The task."""
    title: str
    """The first line of its first prompt."""
    status: TaskState
    """What it is doing."""
    workspace: str | None = None
    """URI of its workspace folder."""
    created_ms: int
    """Epoch milliseconds of its beginning."""
    updated_ms: int
    """Epoch milliseconds of its last stored notification."""
    last_seq: int
    """Number of its last stored notification."""
    usage: Usage | None = None
    """Tokens of the whole task."""
    cost: float | None = None
    """USD of the whole task; absent where the prices are unknown."""


class TaskView(TaskSummary):
    """A task, whole."""

    turns: list[TurnView]
    """Its turns, oldest first."""
    queue: list[QueuedPrompt]
    """Prompts that wait for their turn."""
    approvals: list[ApprovalRequested]
    """Approvals that are open."""
    questions: list[QuestionRequested]
    """Questions that are open."""
    todo: list[TodoItem]
    """The model's plan."""

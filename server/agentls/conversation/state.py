"""What is known of a task at one moment: frozen values, nothing else.

Knows no I/O and no clock. Invariant: equal records give an equal state, so states may be compared with `==`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from agentls.protocol.values import Block, ChangedFile, ImageContent, TodoItem, Usage

TaskPhase: TypeAlias = Literal["idle", "running", "awaitingApproval", "awaitingAnswer"]
ResultStatus: TypeAlias = Literal["ok", "error", "denied", "cancelled", "timeout", "invalid"]

NO_USAGE = Usage(input_tokens=0, output_tokens=0)


@dataclass(frozen=True, slots=True)
class CallResult:
    status: ResultStatus
    text: str
    """What the model is told, whole."""
    images: tuple[ImageContent, ...] = ()
    """What it is shown after that, by ref: the bytes are kept outside the state."""


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call of the model. `arguments` is None until its object was complete and valid."""

    call_id: str
    index: int
    name: str
    provider_call_id: str | None = None
    arguments: str | None = None
    extra: Mapping[str, object] | None = None
    has_begun: bool = False
    """It ran, so it may have taken effect."""
    result: CallResult | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answered to one request."""

    request_id: str
    turn_id: str
    text: str = ""
    reasoning: str = ""
    extra: Mapping[str, object] | None = None
    calls: tuple[Call, ...] = ()
    finish_reason: str | None = None
    spoken_to: str | None = None
    """Which endpoint and model the extras of the reply and its calls came from; None: it has none."""

    @property
    def unanswered(self) -> tuple[Call, ...]:
        return tuple(call for call in self.calls if call.result is None)


@dataclass(frozen=True, slots=True)
class PromptItem:
    """A prompt as it was delivered to the model."""

    prompt_id: str
    turn_id: str
    content: tuple[Block, ...]


Item: TypeAlias = PromptItem | Reply


@dataclass(frozen=True, slots=True)
class QueuedPrompt:
    prompt_id: str
    content: tuple[Block, ...]
    client_message_id: str | None = None


@dataclass(frozen=True, slots=True)
class OpenApproval:
    approval_id: str
    call_id: str


@dataclass(frozen=True, slots=True)
class OpenTurn:
    turn_id: str
    prompt_id: str
    provider_id: str
    model_id: str
    started_ms: int
    requests: int = 0
    open_request: str | None = None
    reply: Reply | None = None
    """The answer of the open request, growing."""
    open_message: str | None = None
    open_reasoning: str | None = None
    usage: Usage = NO_USAGE
    cost: float | None = None
    changed: tuple[ChangedFile, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskState:
    task_id: str
    created_ms: int
    workspace_uri: str | None = None
    title: str = ""
    phase: TaskPhase = "idle"
    last_seq: int = 0
    updated_ms: int = 0
    items: tuple[Item, ...] = ()
    turn: OpenTurn | None = None
    turns: int = 0
    queue: tuple[QueuedPrompt, ...] = ()
    approvals: tuple[OpenApproval, ...] = ()
    questions: tuple[str, ...] = ()
    todos: tuple[TodoItem, ...] = ()
    usage: Usage = NO_USAGE
    cost: float | None = None
    provider_id: str | None = None
    """The provider of the latest turn."""

    def call(self, call_id: str) -> Call | None:
        """The call with this id in the open reply or the latest items, or None."""
        replies = [self.turn.reply] if self.turn is not None and self.turn.reply is not None else []
        for item in (*replies, *reversed(self.items)):
            if isinstance(item, Reply):
                for call in item.calls:
                    if call.call_id == call_id:
                        return call
        return None


def add_usage(one: Usage, other: Usage) -> Usage:
    """The sum; a part that neither reports stays unknown; estimated when either is."""

    def sum_of(a: int | None, b: int | None) -> int | None:
        return None if a is None and b is None else (a or 0) + (b or 0)

    return Usage(
        input_tokens=one.input_tokens + other.input_tokens,
        cached_tokens=sum_of(one.cached_tokens, other.cached_tokens),
        output_tokens=one.output_tokens + other.output_tokens,
        reasoning_tokens=sum_of(one.reasoning_tokens, other.reasoning_tokens),
        estimated=True if one.estimated or other.estimated else None,
    )

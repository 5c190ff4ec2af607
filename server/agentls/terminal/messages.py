"""The notifications a terminal shows, as a client of protocol.md reads them: only the fields it needs.

It shares no class with the server: pydantic stays out of this process, and the client proves the page.
Invariant: an unknown method is None and an unknown field is ignored, so a newer server can be shown too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec


class Shown(msgspec.Struct, rename="camel"):
    """A message, or a part of one, as far as a terminal needs it."""


class Usage(Shown):
    input_tokens: int
    output_tokens: int
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    estimated: bool = False


class Failure(Shown):
    code: str
    title: str
    detail: str = ""
    advice: str = ""


class Diff(Shown):
    unified: str
    added: int = 0
    removed: int = 0


class LineRange(Shown):
    start_line: int
    end_line: int
    total_lines: int


class Truncation(Shown):
    shown_bytes: int
    total_bytes: int
    next: str | None = None


class Subject(Shown):
    """One of: `command` and `cwd`; `path` and `diff`; `origin`."""

    command: str | None = None
    cwd: str | None = None
    path: str | None = None
    diff: Diff | None = None
    origin: str | None = None


class Block(Shown):
    type: str
    text: str | None = None
    uri: str | None = None
    mime_type: str | None = None


class FieldUpdate(Shown):
    path: tuple[str | int, ...]
    append: str | None = None
    value: object = None


class ChangedFile(Shown):
    path: str
    change: str


class TodoItem(Shown):
    text: str
    state: str


class Prompt(Shown):
    content: tuple[Block, ...]
    state: str


class TaskStatus(Shown):
    status: str
    usage: Usage
    cost: float | None = None


class TurnStarted(Shown):
    model_id: str


class TurnCompleted(Shown):
    status: Literal["completed", "interrupted", "failed", "limit"]
    usage: Usage
    duration_ms: int
    cost: float | None = None
    error: Failure | None = None
    changed_files: tuple[ChangedFile, ...] = ()


class RequestStarted(Shown):
    request_id: str


class RequestRetrying(Shown):
    attempt: int
    delay_ms: int
    error: Failure


class RequestWaiting(Shown):
    reason: str
    waited_ms: int
    limit_ms: int


class MessageStarted(Shown):
    message_id: str


class MessageDelta(Shown):
    message_id: str
    delta: str


class MessageCompleted(Shown):
    message_id: str
    text: str
    discarded: bool = False
    truncated: Truncation | None = None


class ReasoningDelta(Shown):
    message_id: str
    delta: str


class ReasoningCompleted(Shown):
    message_id: str
    text: str


class ToolCallStarted(Shown):
    call_id: str
    name: str


class ToolCallDelta(Shown):
    call_id: str
    fields: tuple[FieldUpdate, ...] = ()


class ToolCallReady(Shown):
    call_id: str
    name: str
    arguments: dict[str, object]
    title: str
    kind: str


class ToolCallStatus(Shown):
    call_id: str
    status: str


class ToolCallOutput(Shown):
    call_id: str
    delta: str


class Content(Shown):
    type: str
    text: str | None = None
    mime_type: str | None = None


class ToolResult(Shown):
    call_id: str
    name: str
    status: str
    content: tuple[Content, ...]
    duration_ms: int
    range: LineRange | None = None
    truncated: Truncation | None = None
    exit_code: int | None = None
    diff: Diff | None = None


class ApprovalRequested(Shown):
    approval_id: str
    call_id: str
    title: str
    subject: Subject
    decisions: tuple[str, ...]


class ApprovalResolved(Shown):
    approval_id: str
    decision: str
    by: str


class QuestionRequested(Shown):
    question_id: str
    question: str
    options: tuple[str, ...] = ()


class QuestionResolved(Shown):
    question_id: str
    answer: str | None = None


class TodoUpdated(Shown):
    items: tuple[TodoItem, ...]


class Notice(Shown):
    level: str
    message: str
    advice: str | None = None


TYPES: Final[Mapping[str, type[Shown]]] = {
    "agent/prompt": Prompt,
    "agent/task/status": TaskStatus,
    "agent/turn/started": TurnStarted,
    "agent/turn/completed": TurnCompleted,
    "agent/request/started": RequestStarted,
    "agent/request/retrying": RequestRetrying,
    "agent/request/waiting": RequestWaiting,
    "agent/message/started": MessageStarted,
    "agent/message/delta": MessageDelta,
    "agent/message/completed": MessageCompleted,
    "agent/reasoning/delta": ReasoningDelta,
    "agent/reasoning/completed": ReasoningCompleted,
    "agent/toolCall/started": ToolCallStarted,
    "agent/toolCall/delta": ToolCallDelta,
    "agent/toolCall/ready": ToolCallReady,
    "agent/toolCall/status": ToolCallStatus,
    "agent/toolCall/output": ToolCallOutput,
    "agent/toolResult": ToolResult,
    "agent/approval/requested": ApprovalRequested,
    "agent/approval/resolved": ApprovalResolved,
    "agent/question/requested": QuestionRequested,
    "agent/question/resolved": QuestionResolved,
    "agent/todo/updated": TodoUpdated,
    "agent/notice": Notice,
}


class UnreadableMessage(Exception):
    """The server sent a notification that is not what protocol.md says."""


def read_message(method: str, params: bytes | memoryview) -> Shown | None:
    """The notification as a typed value; None for a method that a terminal does not show."""
    kind = TYPES.get(method)
    if kind is None:
        return None
    try:
        return msgspec.json.decode(params, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise UnreadableMessage(f"{method}: {error}") from None

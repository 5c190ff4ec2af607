"""All notifications of a task under one roof; each noun has its own file.

Knows nothing but names. Invariant: every subclass of `TaskEvent` is exported here.
"""

from agentls.protocol.ask_events import (
    ApprovalRequested,
    ApprovalResolved,
    QuestionRequested,
    QuestionResolved,
)
from agentls.protocol.event import Envelope, TaskEvent
from agentls.protocol.stream_events import (
    MessageCompleted,
    MessageDelta,
    MessageStarted,
    ReasoningCompleted,
    ReasoningDelta,
    ReasoningStarted,
)
from agentls.protocol.tool_events import (
    EditApplied,
    ToolCallDelta,
    ToolCallOutput,
    ToolCallReady,
    ToolCallStarted,
    ToolCallStatus,
    ToolResult,
)
from agentls.protocol.turn_events import (
    Notice,
    Prompt,
    RequestCompleted,
    RequestRetrying,
    RequestStarted,
    RequestWaiting,
    TaskStatus,
    TodoUpdated,
    TurnCompleted,
    TurnStarted,
)

__all__ = [
    "ApprovalRequested",
    "ApprovalResolved",
    "EditApplied",
    "Envelope",
    "MessageCompleted",
    "MessageDelta",
    "MessageStarted",
    "Notice",
    "Prompt",
    "QuestionRequested",
    "QuestionResolved",
    "ReasoningCompleted",
    "ReasoningDelta",
    "ReasoningStarted",
    "RequestCompleted",
    "RequestRetrying",
    "RequestStarted",
    "RequestWaiting",
    "TaskEvent",
    "TaskStatus",
    "TodoUpdated",
    "ToolCallDelta",
    "ToolCallOutput",
    "ToolCallReady",
    "ToolCallStarted",
    "ToolCallStatus",
    "ToolResult",
    "TurnCompleted",
    "TurnStarted",
]

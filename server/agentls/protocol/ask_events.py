"""Notifications about what the user is asked: approvals and questions.

Payloads only. Invariant: what was requested is resolved exactly once; the first answer wins.
"""

from typing import ClassVar

from agentls.protocol.event import TaskEvent
from agentls.protocol.values import Decision, ResolvedBy, Subject


class ApprovalRequested(TaskEvent):
    """A call needs the user's approval before it runs."""

    METHOD: ClassVar[str] = "agent/approval/requested"
    STORED: ClassVar[bool] = True
    approval_id: str
    """What to answer with `agent/approval/respond`."""
    call_id: str
    """The call that waits."""
    title: str
    """One line that says what is asked."""
    subject: Subject
    """What would happen, byte for byte."""
    decisions: list[Decision]
    """The answers that are possible here."""
    expires_at: int
    """Epoch milliseconds after which it counts as denied."""


class ApprovalResolved(TaskEvent):
    """An approval was decided."""

    METHOD: ClassVar[str] = "agent/approval/resolved"
    STORED: ClassVar[bool] = True
    approval_id: str
    """The approval."""
    decision: Decision
    """The decision."""
    by: ResolvedBy
    """Who or what decided."""


class QuestionRequested(TaskEvent):
    """The model asks the user something."""

    METHOD: ClassVar[str] = "agent/question/requested"
    STORED: ClassVar[bool] = True
    question_id: str
    """What to answer with `agent/question/respond`."""
    question: str
    """The question."""
    options: list[str]
    """Answers the model suggests; any other text is allowed too."""


class QuestionResolved(TaskEvent):
    """A question was answered, or is no longer open."""

    METHOD: ClassVar[str] = "agent/question/resolved"
    STORED: ClassVar[bool] = True
    question_id: str
    """The question."""
    answer: str | None = None
    """The answer; absent when the turn ended without one."""

"""Params and results of `agent/approval/*`, `agent/question/*`, `agent/tools/*` and `agent/workspace/*`.

Knows shapes only. Invariant: the first answer wins; a later one is answered `accepted: false`.
"""

from typing import Annotated, Literal

from pydantic import Field

from agentls.protocol.values import Decision, ToolKind
from agentls.protocol.wire import Empty, Wire


class ApprovalRespondParams(Wire):
    """The user's decision."""

    approval_id: Annotated[str, Field(min_length=1)]
    """The approval."""
    decision: Decision
    """One of the `decisions` that were offered."""
    comment: str | None = None
    """Words for the model, above all with `deny`."""


class ApprovalRespondResult(Wire):
    """Whether this answer counted."""

    accepted: bool
    """False when the approval was decided before."""


class QuestionRespondParams(Wire):
    """The user's answer."""

    question_id: Annotated[str, Field(min_length=1)]
    """The question."""
    answer: str
    """One of the options, or other words."""


class QuestionRespondResult(Wire):
    """Whether this answer counted."""

    accepted: bool
    """False when the question was answered before."""


class ToolsListParams(Empty):
    """No fields."""


class ToolDefinition(Wire):
    """A tool the model may be offered."""

    name: str
    """Its name."""
    kind: ToolKind
    """What sort of thing it does."""
    description: str
    """What the model is told about it."""
    parameters: dict[str, object]
    """JSON schema of its arguments."""
    approval: Literal["none", "edit", "command"]
    """Which approval rules apply: none, those of edits, those of commands."""
    source: Literal["builtin", "client"]
    """Who provides it."""
    enabled: bool
    """False when the settings disable it."""


class ToolsListResult(Wire):
    """The tools."""

    tools: list[ToolDefinition]
    """In the order in which the model sees them."""


class WorkspaceSetTrustParams(Wire):
    """Whether the user trusts the workspace."""

    trusted: bool
    """While false, nothing is run and nothing is written."""


class WorkspaceSetTrustResult(Wire):
    """The trust that is in force."""

    trusted: bool
    """Whether the workspace is trusted."""

"""What must be recorded to end a turn, whatever is open in it: by its own end, or after its process died.

Pure. Invariant: after these events the state has no open turn, call, approval or question, and no call that was
running is ever run again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentls.conversation.caps import capped_text
from agentls.conversation.record import Private
from agentls.conversation.state import OpenTurn, Reply, TaskState
from agentls.conversation.text import well_formed
from agentls.protocol import events as e
from agentls.protocol.values import ResolvedBy, TextContent, TurnEnd, TurnError

INTERRUPTED_CALL = (
    "Cancelled: the agent was stopped while this call was open, and it was not run again. "
    "It may have taken effect in part; look before you repeat it."
)

NOT_BEGUN = "Cancelled before it began; nothing was done."

Closing = tuple[e.TaskEvent, Private | None]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a turn ends, and what is said of what was still open."""

    status: TurnEnd
    duration_ms: int
    by: ResolvedBy
    """Who ended the approvals that nobody answered; that is a denial."""
    call_text: str
    """The result of the calls that have none, for the model."""
    error: TurnError | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    """What each open message and reasoning is known to have said, by its id."""


def recover(state: TaskState, now_ms: int) -> list[Closing]:
    """The events that close what a dead process left open; empty when nothing is."""
    turn = state.turn
    duration_ms = max(0, now_ms - turn.started_ms) if turn is not None else 0
    closings = close_turn(state, Ending("interrupted", duration_ms, "restart", INTERRUPTED_CALL))
    return closings if len(closings) > 1 or state.phase != "idle" else []


def close_turn(state: TaskState, ending: Ending) -> list[Closing]:
    """Ends for everything that is open, then of the turn if one is, then the task at rest."""
    closings: list[Closing] = [
        (e.ApprovalResolved(approval_id=each.approval_id, decision="deny", by=ending.by), None)
        for each in state.approvals
    ]
    closings += [(e.QuestionResolved(question_id=question_id), None) for question_id in state.questions]
    turn = state.turn
    if turn is not None:
        closings += _close_streams(turn, ending.texts)
    closings += _close_calls(state, ending.call_text)
    if turn is not None:
        if turn.open_request is not None:
            closings.append((e.RequestCompleted(request_id=turn.open_request, finish_reason="interrupted"), None))
        closings.append((_turn_completed(turn, ending), None))
    closings.append((idle_status(state), None))
    return closings


def _close_calls(state: TaskState, text: str) -> list[Closing]:
    """A cancelled result for every call that has none, in call order; `text` is for those that had begun."""
    replies = [item for item in state.items if isinstance(item, Reply)]
    if state.turn is not None and state.turn.reply is not None:
        replies.append(state.turn.reply)
    return [
        (
            e.ToolResult(
                call_id=call.call_id,
                name=call.name,
                status="cancelled",
                content=[TextContent(text=text if call.has_begun else NOT_BEGUN)],
                duration_ms=0,
            ),
            None,
        )
        for reply in replies
        for call in reply.unanswered
    ]


def _close_streams(turn: OpenTurn, texts: Mapping[str, str]) -> list[Closing]:
    """Ends for the message and the reasoning that stream; without text they are discarded."""
    closings: list[Closing] = []
    if turn.open_reasoning is not None:
        text = well_formed(texts.get(turn.open_reasoning, ""))
        shown, cut = capped_text(text, f"reasoning:{turn.open_reasoning}")
        reasoning = e.ReasoningCompleted(
            message_id=turn.open_reasoning, text=shown, discarded=None if text else True, truncated=cut
        )
        closings.append((reasoning, Private(text=text) if cut is not None else None))
    if turn.open_message is not None:
        text = well_formed(texts.get(turn.open_message, ""))
        shown, cut = capped_text(text, f"message:{turn.open_message}")
        message = e.MessageCompleted(
            message_id=turn.open_message, text=shown, discarded=None if text else True, truncated=cut
        )
        closings.append((message, Private(text=text) if cut is not None else None))
    return closings


def _turn_completed(turn: OpenTurn, ending: Ending) -> e.TurnCompleted:
    return e.TurnCompleted(
        status=ending.status,
        error=ending.error,
        usage=turn.usage,
        cost=turn.cost,
        duration_ms=ending.duration_ms,
        changed_files=list(turn.changed),
    )


def idle_status(state: TaskState) -> e.TaskStatus:
    return e.TaskStatus(status="idle", title=state.title, queued=len(state.queue), usage=state.usage, cost=state.cost)

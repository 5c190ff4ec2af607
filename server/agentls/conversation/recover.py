"""What must be recorded to close what a process left open when it died.

Pure. Invariant: after these events the state has no open turn, call, approval or question, and no call that was
running is ever run again.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentls.conversation.caps import capped_text
from agentls.conversation.record import Private
from agentls.conversation.state import OpenTurn, Reply, TaskState
from agentls.conversation.text import well_formed
from agentls.protocol import events as e
from agentls.protocol.values import ResolvedBy, TextContent

INTERRUPTED_CALL = (
    "Cancelled: the agent was stopped while this call was open, and it was not run again. "
    "It may have taken effect in part; look before you repeat it."
)

Closing = tuple[e.TaskEvent, Private | None]


def close_open_calls(state: TaskState, text: str) -> list[Closing]:
    """A cancelled result for every call that has none, in call order."""
    replies = [item for item in state.items[-1:] if isinstance(item, Reply)]
    if state.turn is not None and state.turn.reply is not None:
        replies.append(state.turn.reply)
    return [
        (
            e.ToolResult(
                call_id=call.call_id,
                name=call.name,
                status="cancelled",
                content=[TextContent(text=text)],
                duration_ms=0,
            ),
            None,
        )
        for reply in replies
        for call in reply.unanswered
    ]


def close_open_prompts(state: TaskState, by: ResolvedBy) -> list[Closing]:
    """Ends for every approval and question that waits; an approval nobody answered is a denial."""
    closings: list[Closing] = [
        (e.ApprovalResolved(approval_id=each.approval_id, decision="deny", by=by), None) for each in state.approvals
    ]
    closings += [(e.QuestionResolved(question_id=question_id), None) for question_id in state.questions]
    return closings


def close_open_request(turn: OpenTurn, texts: Mapping[str, str]) -> list[Closing]:
    """Ends for the streams of the open request; `texts` is what each is known to have said, by its id."""
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


def recover(state: TaskState, now_ms: int) -> list[Closing]:
    """The events that close `state`; empty when nothing is open."""
    turn = state.turn
    if turn is None and not state.approvals and not state.questions and state.phase == "idle":
        return []
    closings = close_open_prompts(state, "restart")
    if turn is not None:
        closings += close_open_request(turn, {})
    closings += close_open_calls(state, INTERRUPTED_CALL)
    if turn is not None:
        if turn.open_request is not None:
            closings.append((e.RequestCompleted(request_id=turn.open_request, finish_reason="interrupted"), None))
        closings.append(
            (
                e.TurnCompleted(
                    status="interrupted",
                    usage=turn.usage,
                    cost=turn.cost,
                    duration_ms=max(0, now_ms - turn.started_ms),
                    changed_files=list(turn.changed),
                ),
                None,
            )
        )
    closings.append((idle_status(state), None))
    return closings


def idle_status(state: TaskState) -> e.TaskStatus:
    return e.TaskStatus(status="idle", title=state.title, queued=len(state.queue), usage=state.usage, cost=state.cost)

"""What is recorded for a task whose process died."""

from __future__ import annotations

import pytest

from agentls.conversation.recover import INTERRUPTED_CALL, recover
from agentls.conversation.state import Reply
from agentls.conversation.view import messages_of
from agentls.protocol import events as e
from agentls.protocol.values import CommandSubject
from tests.unit.conversation.build import Story


def _whole() -> Story:
    """A turn that has everything open at some point."""
    story = Story().turn().request()
    story.add(e.ReasoningStarted(message_id="rsn_1"))
    story.add(e.MessageStarted(message_id="msg_1"))
    story.calls("call_1").calls("call_2", "execute_command", '{"command":"ls"}', 1)
    story.add(e.ReasoningCompleted(message_id="rsn_1", text="hm"))
    story.add(e.MessageCompleted(message_id="msg_1", text="Looking."))
    story.replied().add(e.ToolCallStatus(call_id="call_1", status="running")).result("call_1")
    story.add(e.ToolCallStatus(call_id="call_2", status="awaitingApproval"))
    subject = CommandSubject(command="ls", cwd=".")
    story.add(
        e.ApprovalRequested(
            approval_id="a", call_id="call_2", title="t", subject=subject, decisions=["allow"], expires_at=1
        )
    )
    story.add(e.ApprovalResolved(approval_id="a", decision="allow", by="user"))
    story.add(e.ToolCallStatus(call_id="call_2", status="running"))
    return story.add(e.QuestionRequested(question_id="q", question="?", options=[]))


LENGTH = len(_whole().records)


@pytest.mark.parametrize("cut", range(3, LENGTH + 1))
def test_whatever_was_open_is_closed_exactly_once(cut: int) -> None:
    story = _whole()
    del story.records[cut:]
    for event, private in recover(story.state, now_ms=5_000):
        story.add(event, private)
    state = story.state
    events = [record.event for record in story.records]

    assert recover(state, now_ms=6_000) == []
    assert (state.turn, state.phase, state.approvals, state.questions) == (None, "idle", (), ())
    assert sum(isinstance(event, e.TurnCompleted) for event in events) == 1
    started = [event.call_id for event in events if isinstance(event, e.ToolCallStarted)]
    assert sorted(event.call_id for event in events if isinstance(event, e.ToolResult)) == sorted(started)


def test_a_call_that_ran_is_told_to_the_model_as_cancelled() -> None:
    story = _whole()
    for event, private in recover(story.state, now_ms=5_000):
        story.add(event, private)
    reply = story.state.items[1]

    assert isinstance(reply, Reply)
    assert [(call.call_id, call.result and call.result.status) for call in reply.calls] == [
        ("call_1", "ok"),
        ("call_2", "cancelled"),
    ]
    assert getattr(messages_of(reply)[2], "text", None) == INTERRUPTED_CALL


def test_a_task_at_rest_needs_nothing() -> None:
    assert recover(Story().state, now_ms=1) == []

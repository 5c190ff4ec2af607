"""How events become the state of a task."""

from __future__ import annotations

from agentls.conversation.record import Private
from agentls.conversation.state import Call, CallResult, OpenApproval, PromptItem, Reply
from agentls.protocol import events as e
from agentls.protocol.values import CommandSubject, TextBlock, TodoItem, Usage
from tests.unit.conversation.build import USAGE, Story


def test_a_delivered_prompt_and_a_clean_answer_become_items() -> None:
    state = Story().turn().request().says("Done.").replied(finishReason="stop").state

    assert state.items == (
        PromptItem("prompt_1", "turn_1", (TextBlock(text="Fix it"),)),
        Reply("req_1", "turn_1", text="Done.", finish_reason="stop"),
    )


def test_a_broken_attempt_leaves_nothing_in_the_conversation() -> None:
    story = Story().turn().request().says("Half", discarded=True).calls("call_1", arguments=None)
    error = {
        "code": "streamBroken",
        "title": "t",
        "detail": "d",
        "advice": "a",
        "retryable": True,
    }
    story.result("call_1", "cancelled", "cancelled").replied(error=error)
    story.request(attempt=2).says("Whole", "msg_2").replied()

    assert story.state.items[1:] == (Reply("req_1", "turn_1", text="Whole"),)
    assert story.state.turn is not None
    assert story.state.turn.requests == 1


def test_a_call_gets_its_arguments_and_its_result_after_the_answer_ended() -> None:
    state = Story().turn().request().calls("call_1").replied().result("call_1", "text of a").state

    assert state.items[1] == Reply(
        "req_1",
        "turn_1",
        calls=(Call("call_1", 0, "read_file", "p_call_1", '{"path":"a"}', result=CallResult("ok", "text of a")),),
    )


def test_the_whole_text_is_kept_where_the_notification_was_capped() -> None:
    story = Story().turn().request()
    story.add(e.MessageStarted(message_id="m"))
    story.add(e.MessageCompleted(message_id="m", text="sho"), Private(text="short of it"))

    assert story.replied().state.items[1] == Reply("req_1", "turn_1", text="short of it")


def test_usage_and_cost_add_up_over_requests() -> None:
    story = Story().turn()
    used = {"inputTokens": 10, "outputTokens": 2, "cachedTokens": 4}
    for request_id in ("req_1", "req_2"):
        story.request(request_id)
        completed = e.RequestCompleted.model_validate({"requestId": request_id, "usage": used})
        story.add(completed, Private(cost=0.5))

    assert story.state.usage == Usage(input_tokens=20, output_tokens=4, cached_tokens=8)
    assert story.state.cost == 1.0


def test_an_updated_prompt_keeps_its_place_in_the_queue() -> None:
    story = Story().turn().prompt("a", "one", "queued").prompt("b", "two", "queued").prompt("a", "uno", "queued")

    assert [(each.prompt_id, each.content) for each in story.state.queue] == [
        ("a", (TextBlock(text="uno"),)),
        ("b", (TextBlock(text="two"),)),
    ]


def test_delivered_and_removed_prompts_leave_the_queue() -> None:
    story = Story().turn().prompt("a", "one", "queued").prompt("b", "two", "queued")
    story.prompt("a", "one", "delivered").prompt("b", "two", "removed")

    assert story.state.queue == ()
    assert [item.prompt_id for item in story.state.items if isinstance(item, PromptItem)] == ["prompt_1", "a"]


def test_approvals_questions_and_todos_are_followed() -> None:
    story = Story().turn().request().calls("call_1", "execute_command").replied()
    subject = CommandSubject(command="ls", cwd=".")
    story.add(
        e.ApprovalRequested(
            approval_id="appr_1",
            call_id="call_1",
            title="Run ls",
            subject=subject,
            decisions=["allow", "deny"],
            expires_at=9,
        )
    )
    story.add(e.QuestionRequested(question_id="q_1", question="?", options=[]))
    story.add(e.TodoUpdated(items=[TodoItem(text="x", state="pending")]))
    assert (story.state.approvals, story.state.questions) == ((OpenApproval("appr_1", "call_1"),), ("q_1",))
    story.add(e.ApprovalResolved(approval_id="appr_1", decision="deny", by="user"))
    story.add(e.QuestionResolved(question_id="q_1", answer="yes"))

    assert (story.state.approvals, story.state.questions) == ((), ())
    assert story.state.todos == (TodoItem(text="x", state="pending"),)


def test_a_file_created_in_a_turn_stays_created_when_it_is_modified() -> None:
    story = Story().turn().request().calls("call_1").calls("call_2", index=1).replied()
    for call_id, change in (("call_1", "created"), ("call_2", "modified")):
        changed = [{"uri": "file:///w/a", "path": "a", "change": change}]
        result = e.ToolResult(call_id=call_id, name="edit_file", status="ok", content=[], duration_ms=0)
        story.add(result, Private(changed=changed))

    assert story.state.turn is not None
    assert [file.change for file in story.state.turn.changed] == ["created"]


def test_events_about_unknown_things_change_only_the_position() -> None:
    before = Story().turn().state
    story = Story().turn()
    story.result("call_9").calls("call_8").replied("req_9")
    story.add(e.TodoUpdated(items=[]))
    after = story.state

    assert (after.items, after.queue, after.phase) == (before.items, before.queue, before.phase)
    assert after.last_seq == before.last_seq + 5


def test_the_status_event_gives_phase_and_title() -> None:
    story = Story().turn()
    story.add(e.TaskStatus(status="awaitingApproval", title="Fix it", queued=0, usage=USAGE))

    assert (story.state.phase, story.state.title) == ("awaitingApproval", "Fix it")

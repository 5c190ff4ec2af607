"""Any order of events: the fold is total, recovery closes everything, and the view is always well-formed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.chat.dialect import DEFAULT, Dialect
from agentls.conversation.decide import DeliverPrompts, Limits, Rest, RunCalls, SendRequest, decide
from agentls.conversation.record import Private, Record, UnknownEvent
from agentls.conversation.recover import recover
from agentls.conversation.reduce import fold, reduce
from agentls.conversation.state import Reply, TaskState
from agentls.engine.encoded_view import EncodedView
from agentls.protocol import events as e
from agentls.protocol.values import CommandSubject, TextBlock, TextContent, TodoItem, TurnError, Usage
from agentls.world.scripted.strict import refuse_messages

USAGE = Usage(input_tokens=3, output_tokens=2)
ERROR = TurnError(code="streamBroken", title="t", detail="d", advice="a", retryable=True)
ids = st.sampled_from("abc")
texts = st.sampled_from(["", "x", "läs"])
flags = st.sampled_from([None, True])


def _of(model: type[e.TaskEvent], /, **fields: st.SearchStrategy[object]) -> st.SearchStrategy[e.TaskEvent]:
    return st.fixed_dictionaries(fields).map(lambda values: model(**values))


EVENTS = st.one_of(
    _of(
        e.TaskStatus, status=st.sampled_from(["idle", "running"]), title=texts, queued=st.just(0), usage=st.just(USAGE)
    ),
    _of(
        e.Prompt,
        prompt_id=ids,
        content=st.builds(lambda text: [TextBlock(text=text)], texts),
        source=st.just("steer"),
        state=st.sampled_from(["queued", "delivered", "removed"]),
    ),
    _of(e.TurnStarted, prompt_id=ids, provider_id=st.just("p"), model_id=st.just("m")),
    _of(
        e.TurnCompleted,
        status=st.just("completed"),
        usage=st.just(USAGE),
        duration_ms=st.just(1),
        changed_files=st.just([]),
    ),
    _of(e.RequestStarted, request_id=ids, attempt=st.integers(1, 2)),
    _of(e.RequestCompleted, request_id=ids, usage=st.sampled_from([None, USAGE]), error=st.sampled_from([None, ERROR])),
    _of(e.MessageStarted, message_id=ids),
    _of(e.MessageCompleted, message_id=ids, text=texts, discarded=flags),
    _of(e.ReasoningStarted, message_id=ids),
    _of(e.ReasoningCompleted, message_id=ids, text=texts, discarded=flags),
    _of(
        e.ToolCallStarted,
        call_id=st.sampled_from("abcdef"),
        provider_call_id=st.sampled_from([None, "", "same", "other"]),
        index=st.just(0),
        name=st.sampled_from(["read_file", "", "a b"]),
    ),
    _of(
        e.ToolCallReady,
        call_id=st.sampled_from("abcdef"),
        name=st.just("read_file"),
        arguments=st.just({}),
        title=st.just("t"),
        kind=st.just("read"),
        locations=st.just([]),
    ),
    _of(e.ToolCallStatus, call_id=ids, status=st.just("running")),
    _of(
        e.ToolResult,
        call_id=st.sampled_from("abcdef"),
        name=st.just("read_file"),
        status=st.sampled_from(["ok", "invalid", "cancelled"]),
        content=st.just([TextContent(text="done")]),
        duration_ms=st.just(1),
    ),
    _of(
        e.ApprovalRequested,
        approval_id=ids,
        call_id=ids,
        title=st.just("t"),
        subject=st.just(CommandSubject(command="ls", cwd=".")),
        decisions=st.just(["allow", "deny"]),
        expires_at=st.just(1),
    ),
    _of(e.ApprovalResolved, approval_id=ids, decision=st.just("deny"), by=st.just("user")),
    _of(e.QuestionRequested, question_id=ids, question=st.just("?"), options=st.just([])),
    _of(e.QuestionResolved, question_id=ids),
    _of(e.TodoUpdated, items=st.just([TodoItem(text="x", state="pending")])),
    _of(UnknownEvent),
)
PRIVATES = st.sampled_from([None, Private(arguments='{"path":"a"}'), Private(text="whole", cost=0.5)])
STEPS = st.lists(st.tuples(EVENTS, PRIVATES, st.sampled_from(["turn_1", "turn_2"])), max_size=40)
Step = tuple[e.TaskEvent, Private | None, str]


def _records(steps: Sequence[Step], first: int = 1) -> list[Record]:
    return [
        Record(seq, 1_000 + seq, turn_id, event, private) for seq, (event, private, turn_id) in enumerate(steps, first)
    ]


def _recovered(state: TaskState) -> TaskState:
    turn_id = state.turn.turn_id if state.turn is not None else ""
    closings = recover(state, now_ms=9_000)
    return fold(state, _records([(event, private, turn_id) for event, private in closings], state.last_seq + 1))


@given(STEPS)
def test_recovery_closes_whatever_is_open(steps: list[Step]) -> None:
    state = _recovered(fold(TaskState("task", 1), _records(steps)))

    assert recover(state, now_ms=9_999) == []
    assert (state.turn, state.phase, state.approvals, state.questions) == (None, "idle", (), ())
    assert [item for item in state.items if isinstance(item, Reply) and item.unanswered] == []


@given(STEPS, st.sampled_from([DEFAULT, Dialect(call_id_rule="nine", bridge_tool_to_user=True)]))
def test_a_strict_endpoint_takes_the_conversation_at_every_moment(steps: list[Step], dialect: Dialect) -> None:
    state = TaskState("task", 1)
    growing = EncodedView()
    for record in _records(steps):
        state = reduce(state, record)
        encoded = growing.messages(state.items, dialect)
        assert encoded == EncodedView().messages(state.items, dialect)
    messages = [json.loads(message) for message in encoded] if steps else []
    assert refuse_messages([{"role": "user", "content": "."}, *messages]) is None


@given(STEPS)
def test_a_call_has_one_result_and_keeps_it(steps: list[Step]) -> None:
    state = TaskState("task", 1)
    for record in _records(steps):
        before = {call.call_id: call.result for item in state.items if isinstance(item, Reply) for call in item.calls}
        state = reduce(state, record)
        after = {call.call_id: call.result for item in state.items if isinstance(item, Reply) for call in item.calls}
        for call_id, result in before.items():
            assert result is None or after[call_id] is not None


@given(STEPS)
def test_a_running_turn_always_knows_what_to_do_next(steps: list[Step]) -> None:
    state = fold(TaskState("task", 1), _records(steps))
    limits = Limits(requests_per_turn=3, repeated_calls=1, malformed_calls=1, cost_per_task=1.0)

    decision = decide(state, limits)
    assert isinstance(decision, SendRequest | RunCalls | DeliverPrompts | Rest)
    if isinstance(decision, RunCalls):
        assert decision.repeated <= {call.call_id for call in decision.calls}


STRANGERS: list[e.TaskEvent] = [
    e.TurnCompleted(status="completed", usage=USAGE, duration_ms=1, changed_files=[]),
    e.RequestCompleted(request_id="zz", usage=USAGE),
    e.MessageCompleted(message_id="zz", text="lost"),
    e.ReasoningCompleted(message_id="zz", text="lost"),
    e.ToolCallReady(call_id="zz", name="n", arguments={}, title="t", kind="read", locations=[]),
    e.ToolCallStatus(call_id="zz", status="running"),
    e.ToolResult(call_id="zz", name="n", status="ok", content=[], duration_ms=1),
    e.ApprovalResolved(approval_id="zz", decision="allow", by="user"),
    e.QuestionResolved(question_id="zz", answer="x"),
    UnknownEvent(),
]


@pytest.mark.parametrize("stranger", STRANGERS, ids=lambda event: type(event).__name__)
@given(steps=STEPS)
def test_an_event_about_something_unknown_changes_only_the_position(stranger: e.TaskEvent, steps: list[Step]) -> None:
    state = fold(TaskState("task", 1), _records(steps))
    private = Private(text="x", changed=[{"uri": "file:///a", "path": "a", "change": "created"}], cost=1.0)
    after = reduce(state, Record(state.last_seq + 1, 9_000, "turn_9", stranger, private))

    assert after == replace(state, last_seq=state.last_seq + 1, updated_ms=9_000)

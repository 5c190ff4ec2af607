"""`reduce(state, record) -> state`: how one event changes what is known of a task.

Pure and total: an event that does not fit (an id nobody knows, a second end) changes only `last_seq` and
`updated_ms`. Knows no I/O, no clock and no order but that of `seq`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final, TypeVar

from pydantic import TypeAdapter

from agentls.conversation.record import Private, Record
from agentls.conversation.state import (
    Call,
    CallResult,
    OpenApproval,
    OpenTurn,
    PromptItem,
    QueuedPrompt,
    Reply,
    TaskState,
    add_usage,
)
from agentls.protocol import events as e
from agentls.protocol.values import Block, ChangedFile

_BLOCKS: Final[TypeAdapter[tuple[Block, ...]]] = TypeAdapter(tuple[Block, ...])
_NOTHING: Final = Private()


_Event = TypeVar("_Event", bound=e.TaskEvent)
_CHANGES: Final[dict[type[e.TaskEvent], Callable[[TaskState, Any, Record], TaskState]]] = {}


def _on(kind: type[_Event]) -> Callable[[Callable[[TaskState, _Event, Record], TaskState]], None]:
    """Registers what an event of this kind changes."""

    def register(change: Callable[[TaskState, _Event, Record], TaskState]) -> None:
        _CHANGES[kind] = change

    return register


def fold(state: TaskState, records: Iterable[Record]) -> TaskState:
    """`reduce` over `records`, in order."""
    for record in records:
        state = reduce(state, record)
    return state


def reduce(state: TaskState, record: Record) -> TaskState:
    """The state after `record`."""
    change = _CHANGES.get(type(record.event))
    if change is not None:
        state = change(state, record.event, record)
    return replace(state, last_seq=record.seq, updated_ms=record.time_ms)


def _private(record: Record) -> Private:
    return record.private or _NOTHING


def _in_turn(state: TaskState, change: Callable[[OpenTurn], OpenTurn]) -> TaskState:
    return state if state.turn is None else replace(state, turn=change(state.turn))


def _in_request(state: TaskState, change: Callable[[OpenTurn], OpenTurn]) -> TaskState:
    return state if state.turn is None or state.turn.open_request is None else _in_turn(state, change)


def _in_reply(state: TaskState, change: Callable[[Reply], Reply]) -> TaskState:
    def in_turn(turn: OpenTurn) -> OpenTurn:
        return turn if turn.reply is None else replace(turn, reply=change(turn.reply))

    return _in_turn(state, in_turn)


@_on(e.TaskStatus)
def _status(state: TaskState, event: e.TaskStatus, record: Record) -> TaskState:
    return replace(state, phase=event.status, title=event.title)


@_on(e.Prompt)
def _prompt(state: TaskState, event: e.Prompt, record: Record) -> TaskState:
    whole = _private(record).content
    content = tuple(event.content) if whole is None else _BLOCKS.validate_python(whole)
    rest = tuple(prompt for prompt in state.queue if prompt.prompt_id != event.prompt_id)
    match event.state:
        case "queued":
            queued = QueuedPrompt(event.prompt_id, content, event.client_message_id)
            places = [prompt.prompt_id for prompt in state.queue]
            if event.prompt_id in places:  # an update keeps its place
                place = places.index(event.prompt_id)
                return replace(state, queue=(*state.queue[:place], queued, *state.queue[place + 1 :]))
            return replace(state, queue=(*state.queue, queued))
        case "delivered":
            item = PromptItem(event.prompt_id, record.turn_id or "", content)
            return replace(state, queue=rest, items=(*state.items, item))
        case _:
            return replace(state, queue=rest)


@_on(e.TurnStarted)
def _turn_started(state: TaskState, event: e.TurnStarted, record: Record) -> TaskState:
    turn = OpenTurn(
        turn_id=record.turn_id or "",
        prompt_id=event.prompt_id,
        provider_id=event.provider_id,
        model_id=event.model_id,
        started_ms=record.time_ms,
    )
    return replace(state, turn=turn, turns=state.turns + 1, provider_id=event.provider_id)


@_on(e.TurnCompleted)
def _turn_completed(state: TaskState, event: e.TurnCompleted, record: Record) -> TaskState:
    if state.turn is None or state.turn.turn_id != (record.turn_id or ""):
        return state
    return replace(state, turn=None)


@_on(e.RequestStarted)
def _request_started(state: TaskState, event: e.RequestStarted, record: Record) -> TaskState:
    def in_turn(turn: OpenTurn) -> OpenTurn:
        return replace(
            turn,
            requests=turn.requests + (1 if event.attempt == 1 else 0),
            open_request=event.request_id,
            reply=Reply(event.request_id, turn.turn_id),
            open_message=None,
            open_reasoning=None,
        )

    return _in_turn(state, in_turn)


@_on(e.RequestCompleted)
def _request_completed(state: TaskState, event: e.RequestCompleted, record: Record) -> TaskState:
    turn = state.turn
    if turn is None or turn.open_request != event.request_id:
        return state
    kept = _private(record)
    cost = kept.cost
    if event.usage is not None:
        turn = replace(turn, usage=add_usage(turn.usage, event.usage))
        state = replace(state, usage=add_usage(state.usage, event.usage))
    if cost is not None:
        turn = replace(turn, cost=(turn.cost or 0.0) + cost)
        state = replace(state, cost=(state.cost or 0.0) + cost)
    reply = turn.reply
    if event.error is None and reply is not None and (reply.text or reply.calls):
        spoken_to = kept.spoken_to or reply.spoken_to
        whole = replace(reply, finish_reason=event.finish_reason, extra=kept.extra, spoken_to=spoken_to)
        state = replace(state, items=(*state.items, whole))
    turn = replace(turn, open_request=None, reply=None, open_message=None, open_reasoning=None)
    return replace(state, turn=turn)


@_on(e.MessageStarted)
def _message_started(state: TaskState, event: e.MessageStarted, record: Record) -> TaskState:
    return _in_request(state, lambda turn: replace(turn, open_message=event.message_id))


@_on(e.MessageCompleted)
def _message_completed(state: TaskState, event: e.MessageCompleted, record: Record) -> TaskState:
    if state.turn is None or state.turn.open_message != event.message_id:
        return state
    state = _in_turn(state, lambda turn: replace(turn, open_message=None))
    if event.discarded:
        return state
    text = _private(record).text or event.text
    return _in_reply(state, lambda reply: replace(reply, text=reply.text + text))


@_on(e.ReasoningStarted)
def _reasoning_started(state: TaskState, event: e.ReasoningStarted, record: Record) -> TaskState:
    return _in_request(state, lambda turn: replace(turn, open_reasoning=event.message_id))


@_on(e.ReasoningCompleted)
def _reasoning_completed(state: TaskState, event: e.ReasoningCompleted, record: Record) -> TaskState:
    if state.turn is None or state.turn.open_reasoning != event.message_id:
        return state
    state = _in_turn(state, lambda turn: replace(turn, open_reasoning=None))
    if event.discarded:
        return state
    text = _private(record).text or event.text
    return _in_reply(state, lambda reply: replace(reply, reasoning=reply.reasoning + text))


@_on(e.ToolCallStarted)
def _call_started(state: TaskState, event: e.ToolCallStarted, record: Record) -> TaskState:
    call = Call(event.call_id, event.index, event.name, event.provider_call_id)

    def in_reply(reply: Reply) -> Reply:
        is_known = any(each.call_id == call.call_id for each in reply.calls)
        return reply if is_known else replace(reply, calls=(*reply.calls, call))

    return _in_reply(state, in_reply)


def _in_call(state: TaskState, call_id: str, change: Callable[[Call], Call]) -> TaskState:
    """Changes the call with this id; one that has its result changes no more."""
    turn = state.turn
    if turn is not None and turn.reply is not None:
        reply = _changed_reply(turn.reply, call_id, change)
        if reply is not None:
            return replace(state, turn=replace(turn, reply=reply))
    for place in range(len(state.items) - 1, -1, -1):  # a result belongs to one of the latest replies
        item = state.items[place]
        if isinstance(item, Reply):
            reply = _changed_reply(item, call_id, change)
            if reply is not None:
                return replace(state, items=(*state.items[:place], reply, *state.items[place + 1 :]))
    return state


def _changed_reply(reply: Reply, call_id: str, change: Callable[[Call], Call]) -> Reply | None:
    for place, call in enumerate(reply.calls):
        if call.call_id == call_id and call.result is None:
            return replace(reply, calls=(*reply.calls[:place], change(call), *reply.calls[place + 1 :]))
    return None


@_on(e.ToolCallReady)
def _call_ready(state: TaskState, event: e.ToolCallReady, record: Record) -> TaskState:
    private = _private(record)
    if private.extra is not None:
        # Not only with the reply: one that is interrupted is kept too, and what it came from with it (E24).
        state = _in_reply(state, lambda reply: replace(reply, spoken_to=private.spoken_to))
    return _in_call(
        state,
        event.call_id,
        lambda call: replace(call, arguments=private.arguments or "{}", extra=private.extra),
    )


@_on(e.ToolCallStatus)
def _call_status(state: TaskState, event: e.ToolCallStatus, record: Record) -> TaskState:
    if event.status != "running":
        return state
    return _in_call(state, event.call_id, lambda call: replace(call, has_begun=True))


@_on(e.ToolResult)
def _tool_result(state: TaskState, event: e.ToolResult, record: Record) -> TaskState:
    private = _private(record)
    shown = "".join(part.text for part in event.content if part.type == "text")
    images = tuple(part for part in event.content if part.type == "image")
    result = CallResult(event.status, shown if private.text is None else private.text, images)
    before = state
    state = _in_call(state, event.call_id, lambda call: replace(call, result=result))
    if private.changed and state is not before:
        changed = tuple(ChangedFile.model_validate(each) for each in private.changed)
        state = _in_turn(state, lambda turn: replace(turn, changed=_merge_changed(turn.changed, changed)))
    return state


def _merge_changed(old: tuple[ChangedFile, ...], new: tuple[ChangedFile, ...]) -> tuple[ChangedFile, ...]:
    """One entry per file; a file created in this turn stays `created` however often it is then modified."""
    merged = {each.uri: each for each in old}
    for each in new:
        before = merged.get(each.uri)
        if before is None or not (before.change == "created" and each.change == "modified"):
            merged[each.uri] = each
    return tuple(merged.values())


@_on(e.ApprovalRequested)
def _approval_requested(state: TaskState, event: e.ApprovalRequested, record: Record) -> TaskState:
    return replace(state, approvals=(*state.approvals, OpenApproval(event.approval_id, event.call_id)))


@_on(e.ApprovalResolved)
def _approval_resolved(state: TaskState, event: e.ApprovalResolved, record: Record) -> TaskState:
    rest = tuple(each for each in state.approvals if each.approval_id != event.approval_id)
    return replace(state, approvals=rest)


@_on(e.QuestionRequested)
def _question_requested(state: TaskState, event: e.QuestionRequested, record: Record) -> TaskState:
    return replace(state, questions=(*state.questions, event.question_id))


@_on(e.QuestionResolved)
def _question_resolved(state: TaskState, event: e.QuestionResolved, record: Record) -> TaskState:
    return replace(state, questions=tuple(q for q in state.questions if q != event.question_id))


@_on(e.TodoUpdated)
def _todo_updated(state: TaskState, event: e.TodoUpdated, record: Record) -> TaskState:
    return replace(state, todos=tuple(event.items))

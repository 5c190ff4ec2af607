"""`decide(state, limits) -> Decision`: what a running turn does next.

Pure; knows neither how it is done nor who is asked. Invariant: from any state of a running turn, doing what is
decided and recording it leads to `Rest` unless the model keeps calling tools, which the limits bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Literal, TypeAlias

from agentls.conversation.state import Call, QueuedPrompt, Reply, TaskState


@dataclass(frozen=True, slots=True)
class Limits:
    """0 or None = no limit."""

    requests_per_turn: int
    repeated_calls: int
    malformed_calls: int
    cost_per_task: float | None = None


@dataclass(frozen=True, slots=True)
class DeliverPrompts:
    """Prompts that were sent while the turn ran join the conversation now."""

    prompts: tuple[QueuedPrompt, ...]


@dataclass(frozen=True, slots=True)
class SendRequest:
    """The model is asked."""


@dataclass(frozen=True, slots=True)
class RunCalls:
    calls: tuple[Call, ...]
    """The calls of the latest reply that have no result yet, in call order."""
    repeated: frozenset[str] = frozenset()
    """Ids of those that must not run: the same call was made too often in a row."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The turn ends."""

    status: Literal["completed", "limit"]
    reason: str | None = None
    """With `limit`: which one, for the user."""


Decision: TypeAlias = DeliverPrompts | SendRequest | RunCalls | Rest


def decide(state: TaskState, limits: Limits) -> Decision:
    """What comes next. `state.turn` must be open, with no request under way."""
    latest = state.items[-1] if state.items else None
    reply = latest if isinstance(latest, Reply) else None
    if reply is not None and reply.unanswered:
        return RunCalls(reply.unanswered, _repeated(state, reply, limits))
    if reply is not None and not reply.calls and not state.queue:
        return Rest("completed")
    reason = _limit_reached(state, reply, limits)
    if reason is not None:
        return Rest("limit", reason)
    return DeliverPrompts(state.queue) if state.queue else SendRequest()


def _limit_reached(state: TaskState, reply: Reply | None, limits: Limits) -> str | None:
    """Why no further request may be sent, for the user."""
    turn = state.turn
    if turn is not None and limits.requests_per_turn and turn.requests >= limits.requests_per_turn:
        return f"This turn has made {turn.requests} requests to the model, the most it may (limits.requestsPerTurn)."
    if limits.cost_per_task and state.cost is not None and state.cost >= limits.cost_per_task:
        return f"This task has cost {state.cost:.4f} USD, the most it may (limits.costPerTask)."
    if limits.malformed_calls and _answers_of_invalid_calls(state) >= limits.malformed_calls:
        return f"The model's last {limits.malformed_calls} answers held only invalid calls (limits.malformedCalls)."
    if reply is not None and _repeated(state, reply, limits):
        return "The model repeated the same tool call over and over (limits.repeatedCalls)."
    return None


def _answers(state: TaskState) -> Iterator[Reply]:
    """The model's answers since the user last said something, latest first."""
    for item in reversed(state.items):
        if not isinstance(item, Reply):
            return
        yield item


def _answers_of_invalid_calls(state: TaskState) -> int:
    """How many answers in a row made nothing but calls that were not understood.

    Calls that were made side by side count once: the model was told of none before it made the others.
    """

    def is_invalid(reply: Reply) -> bool:
        results = [call.result for call in reply.calls]
        return bool(results) and all(result is not None and result.status == "invalid" for result in results)

    return sum(1 for _ in takewhile(is_invalid, _answers(state)))


def _repeated(state: TaskState, reply: Reply, limits: Limits) -> frozenset[str]:
    """The calls of the latest reply before which the same call was made `limits.repeated_calls` times in a row."""
    allowed = limits.repeated_calls
    if not allowed:
        return frozenset()
    backwards = (call for answer in _answers(state) for call in reversed(answer.calls))
    over: list[str] = []
    length, last = 0, None
    for call in reversed([*islice(backwards, len(reply.calls) + allowed)]):
        said = (call.name, call.arguments)
        length = length + 1 if said == last and call.arguments is not None else 1
        last = said
        if length > allowed:
            over.append(call.call_id)
    return frozenset(over).intersection(call.call_id for call in reply.calls)

"""`decide(state, limits) -> Decision`: what a running turn does next.

Pure; knows neither how it is done nor who is asked. Invariant: from any state of a running turn, doing what is
decided and recording it leads to `Rest` unless the model keeps calling tools, which the limits bound.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    refused: str | None = None
    """Why none of them may run (they repeat an earlier call over and over), for the model and the user."""


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
    if isinstance(latest, Reply) and latest.unanswered:
        return RunCalls(latest.unanswered, _repetition(state, limits))
    if isinstance(latest, Reply) and latest.calls:
        reason = _limit(state, limits)
        if reason is not None:
            return Rest("limit", reason)
    if state.queue:
        return DeliverPrompts(state.queue)
    if isinstance(latest, Reply) and not latest.calls:
        return Rest("completed")
    return SendRequest()


def _limit(state: TaskState, limits: Limits) -> str | None:
    turn = state.turn
    if turn is not None and limits.requests_per_turn and turn.requests >= limits.requests_per_turn:
        return f"This turn has made {turn.requests} requests to the model, the most it may (limits.requestsPerTurn)."
    if limits.cost_per_task is not None and state.cost is not None and state.cost >= limits.cost_per_task:
        return f"This task has cost {state.cost:.4f} USD, the most it may (limits.costPerTask)."
    turn_calls = _calls_of_turn(state)
    if limits.malformed_calls and len(turn_calls) >= limits.malformed_calls:
        latest = turn_calls[-limits.malformed_calls :]
        if all(call.result is not None and call.result.status == "invalid" for call in latest):
            return f"The model's last {len(latest)} tool calls were invalid (limits.malformedCalls)."
    if _repetition_refused(state, limits):
        return "The model repeated the same tool call over and over (limits.repeatedCalls)."
    return None


def _calls_of_turn(state: TaskState) -> list[Call]:
    turn_id = state.turn.turn_id if state.turn is not None else None
    calls: list[Call] = []
    for item in reversed(state.items):
        if item.turn_id != turn_id:
            break
        if isinstance(item, Reply):
            calls[:0] = item.calls
    return calls


def _run_length(calls: list[Call]) -> int:
    """How many calls at the end are the same call."""
    length = 0
    for call in reversed(calls):
        if call.arguments is None or (call.name, call.arguments) != (calls[-1].name, calls[-1].arguments):
            break
        length += 1
    return length


def _repetition(state: TaskState, limits: Limits) -> str | None:
    """Set when the unanswered calls are that same call made more often in a row than allowed."""
    if not limits.repeated_calls or not _repetition_refused(state, limits):
        return None
    return (
        f"This exact call was made {limits.repeated_calls} times in a row already; it was not run again. "
        "The turn stops here: tell the user what you tried and what you need."
    )


def _repetition_refused(state: TaskState, limits: Limits) -> bool:
    return bool(limits.repeated_calls) and _run_length(_calls_of_turn(state)) > limits.repeated_calls

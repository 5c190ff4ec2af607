"""One turn: decide, act, record, until the agent rests.

Knows the order of things and nothing of how they are done. Invariant: every turn that started is completed exactly
once, and every call that started has exactly one result, whatever happens in between.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, assert_never

from agentls.conversation.decide import DeliverPrompts, Limits, Rest, RunCalls, SendRequest, decide
from agentls.conversation.recover import close_open_calls, close_open_prompts, close_open_request, idle_status
from agentls.engine.calls import run_calls
from agentls.engine.failures import TurnFailed
from agentls.engine.model_request import ask_model
from agentls.protocol import events as e
from agentls.protocol.values import TurnEnd, TurnError
from agentls.world.journal import JournalError

if TYPE_CHECKING:
    from agentls.engine.task import LiveTask
    from agentls.protocol.provider import Provider

logger = logging.getLogger(__name__)

CANCELLED_CALL = "Cancelled by the user before it ended; it may have taken effect in part."


async def run_turn(task: LiveTask, provider: Provider) -> None:
    """Run the open turn of `task` to its end. Never raises; cancelling it interrupts the turn."""
    status: TurnEnd = "completed"
    error: TurnError | None = None
    try:
        status = await _work(task, provider)
    except asyncio.CancelledError:
        status = "interrupted"
    except TurnFailed as failed:
        status, error = "failed", failed.error
    except JournalError as broken:
        status, error = "failed", _cannot_save(broken)
    except Exception:  # the rim of a turn: a bug ends this turn, not the server
        logger.exception("turn %s of %s failed", task.ledger.turn_id, task.task_id)
        status, error = "failed", _INTERNAL
    await _complete(task, status, error)


async def _work(task: LiveTask, provider: Provider) -> TurnEnd:
    while True:
        match decide(task.ledger.state, _limits(task)):
            case SendRequest():
                await ask_model(task, provider)
            case RunCalls(calls, refused):
                await run_calls(task, calls, refused)
            case DeliverPrompts(prompts):
                await task.deliver(prompts)
            case Rest(status, reason):
                if reason is not None:
                    await task.ledger.record(_limit_notice(reason))
                return status
            case other:
                assert_never(other)


async def _complete(task: LiveTask, status: TurnEnd, error: TurnError | None) -> None:
    """Close what is open and end the turn."""
    state = task.ledger.state
    turn = state.turn
    if turn is None:
        return
    closings = close_open_prompts(state, "interrupt")
    closings += close_open_request(turn, task.open_texts())
    closings += close_open_calls(state, CANCELLED_CALL)
    if turn.open_request is not None:
        cut = e.RequestCompleted(request_id=turn.open_request, finish_reason="interrupted")
        closings.append((cut, None))
    task.streams.clear()
    if closings:
        task.ledger.submit(*closings)
    turn = task.ledger.state.turn or turn
    completed = e.TurnCompleted(
        status=status,
        error=error,
        usage=turn.usage,
        cost=turn.cost,
        duration_ms=task.turn_duration_ms(),
        changed_files=list(turn.changed),
    )
    task.ledger.submit(completed)
    try:
        await asyncio.shield(task.ledger.submit(idle_status(task.ledger.state), sync=True))
    except JournalError as broken:
        logger.error("the end of turn %s could not be saved: %s", turn.turn_id, broken)
        task.ledger.live(completed.METHOD, completed.model_dump(mode="json", by_alias=True, exclude_none=True))


def _limits(task: LiveTask) -> Limits:
    limits = task.settings.limits
    return Limits(
        requests_per_turn=limits.requests_per_turn,
        repeated_calls=limits.repeated_calls,
        malformed_calls=limits.malformed_calls,
        cost_per_task=limits.cost_per_task,
    )


def _limit_notice(reason: str) -> e.Notice:
    return e.Notice(
        level="warning",
        code="turn.limit",
        message=reason,
        advice="Send another prompt to go on, or raise the limit in the settings.",
    )


def _cannot_save(broken: JournalError) -> TurnError:
    return TurnError(
        code="internal",
        title="The task cannot be saved",
        detail=str(broken),
        advice="Free disk space or set AGENTLS_DATA_DIR to a folder that can be written, then restart the server.",
        retryable=False,
    )


_INTERNAL = TurnError(
    code="internal",
    title="Something went wrong inside agentls",
    detail="An unexpected error ended this turn; the server's log names it.",
    advice="Send the prompt again. If it happens again, report it with the server's log.",
    retryable=True,
)

"""One turn: decide, act, record, until the agent rests.

Knows the order of things and nothing of how they are done. Invariant: every turn that started is completed exactly
once, and every call that started has exactly one result, whatever happens in between.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, assert_never

from agentls.conversation.decide import DeliverPrompts, Limits, Rest, RunCalls, SendRequest, decide
from agentls.conversation.recover import Ending, close_turn
from agentls.engine.calls import run_calls
from agentls.engine.failures import TurnFailed, cannot_save, internal_error, refused_error
from agentls.engine.model_request import ask_model
from agentls.protocol import events as e
from agentls.protocol.errors import RequestFailed
from agentls.protocol.values import TurnEnd, TurnError
from agentls.world.journal import JournalError

if TYPE_CHECKING:
    from agentls.engine.task import LiveTask

logger = logging.getLogger(__name__)

CANCELLED_CALL = "Cancelled by the user before it ended; it may have taken effect in part."
DROPPED_CALL = "Cancelled: the turn ended before this call did; it may have taken effect in part."


async def run_turn(task: LiveTask, provider_id: str) -> None:
    """Run the open turn of `task` to its end. Never raises; cancelling it interrupts the turn."""
    status: TurnEnd = "failed"
    error: TurnError | None = None
    try:
        status = await _work(task, provider_id)
    except asyncio.CancelledError:
        status = "interrupted"
    except TurnFailed as failed:
        error = failed.error
    except RequestFailed as refused:
        error = refused_error(refused)
    except JournalError as broken:
        error = cannot_save(broken)
    except Exception:  # the rim of a turn: a bug ends this turn, not the server
        logger.exception("turn %s of %s failed", task.ledger.turn_id, task.task_id)
        error = internal_error()
    await _complete(task, status, error)


async def _work(task: LiveTask, provider_id: str) -> TurnEnd:
    while not task.is_stopping:
        await task.queue_settled()
        match decide(task.ledger.state, _limits(task)):
            case SendRequest():
                await ask_model(task, provider_id)
            case RunCalls(calls, repeated):
                await run_calls(task, calls, repeated)
            case DeliverPrompts(prompts):
                await task.deliver(prompts)
            case Rest(status, reason):
                if reason is not None:
                    await task.ledger.record(_limit_notice(reason))
                return status
            case other:
                assert_never(other)
    return "interrupted"


async def _complete(task: LiveTask, status: TurnEnd, error: TurnError | None) -> None:
    """Close what is open, end the turn, and see it saved."""
    ending = Ending(
        status=status,
        error=error,
        duration_ms=task.turn_duration_ms(),
        by="interrupt",
        call_text=CANCELLED_CALL if status == "interrupted" else DROPPED_CALL,
        texts=task.open_texts(),
    )
    closings = close_turn(task.ledger.state, ending)
    task.streams.clear()
    task.misunderstood.clear()
    try:
        await task.ledger.record(*closings, sync=True)
    except JournalError as broken:
        logger.error("the end of turn %s could not be saved: %s", task.ledger.turn_id, broken)


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
        advice="Raise the limit in the settings, or send another prompt where the limit is one of the turn.",
    )

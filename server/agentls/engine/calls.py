"""Runs the calls of one answer: gate, approval, effect, result.

Knows no tool by name. Invariant: nothing runs that was not prepared, allowed and, where it changes something,
journalled as running first; what was approved is what runs; results are recorded in call order.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar, assert_never

import msgspec

from agentls.chat.textcall import leaked_tool_name
from agentls.conversation.state import Call
from agentls.conversation.text import CAP_BYTES, byte_length
from agentls.engine.live_output import LiveOutput
from agentls.engine.masks import masked_subject
from agentls.engine.results import result_entries
from agentls.policy.rules import Allow, Ask, Deny, decide, grant_for
from agentls.protocol import events as e
from agentls.protocol.values import CommandSubject
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.tool import Prepared
from agentls.world.journal import JournalError

if TYPE_CHECKING:
    from agentls.engine.task import LiveTask

logger = logging.getLogger(__name__)

Done = TypeVar("Done")

MOST_SIDE_BY_SIDE = 16
"""Read-only calls of one answer that run at the same time."""
EDIT_GRACE_S = 1.0
"""How long an interrupt waits for a write that has begun."""
REPEATED = (
    "This exact call was made several times in a row already; it was not run again. "
    "The turn stops here: tell the user what you tried and what you need."
)


@dataclass(frozen=True, slots=True)
class Run:
    """How a call ended and how long it ran, waits for approvals not counted."""

    outcome: Outcome
    duration_ms: int = 0


@dataclass(frozen=True, slots=True)
class Passed:
    """The call may run."""

    comment: str | None = None
    """What the user said when they allowed it."""


async def run_calls(task: LiveTask, calls: Sequence[Call], repeated: Collection[str]) -> None:
    """Give every call its result. The calls whose ids are in `repeated` are not run."""
    for group in _groups(task, calls):
        if task.is_stopping:
            return
        await _run_side_by_side(task, group, repeated)


def _groups(task: LiveTask, calls: Sequence[Call]) -> list[list[Call]]:
    """Neighbouring read-only calls together, every other call alone, in call order."""
    groups: list[list[Call]] = []
    may_join = False
    for call in calls:
        tool = task.bench.toolbox.get(call.name)
        read_only = (tool is not None and tool.read_only) or call.call_id in task.misunderstood
        if read_only and may_join:
            groups[-1].append(call)
        else:
            groups.append([call])
        may_join = read_only
    return groups


async def _run_side_by_side(task: LiveTask, calls: Sequence[Call], repeated: Collection[str]) -> None:
    """Run the calls of a group, a few at a time, and record their results in call order."""
    places = asyncio.Semaphore(MOST_SIDE_BY_SIDE)

    async def run(call: Call) -> Run:
        if call.call_id in task.misunderstood:
            return Run(Outcome(status="invalid", text=""))  # `_submit` has the result
        if call.call_id in repeated:
            return Run(Outcome(status="error", text=REPEATED))
        async with places:
            return await _run(task, call)

    runs = [asyncio.ensure_future(run(call)) for call in calls]
    saved: list[asyncio.Future[None]] = []
    try:
        for call, running in zip(calls, runs, strict=True):
            saved.append(_submit(task, call, await running))
        await asyncio.gather(*map(asyncio.shield, saved))
    finally:
        for running in runs:
            running.cancel()
        await asyncio.gather(*runs, return_exceptions=True)


def _submit(task: LiveTask, call: Call, run: Run) -> asyncio.Future[None]:
    misunderstood = task.misunderstood.pop(call.call_id, None)
    if misunderstood is not None:
        return task.ledger.submit(misunderstood)
    return task.ledger.submit(*result_entries(call, run.outcome, run.duration_ms, task.redactor))


async def _run(task: LiveTask, call: Call) -> Run:
    """One call from its arguments to its outcome. Raises only CancelledError and JournalError."""
    tool = task.bench.toolbox.get(call.name)
    offered = task.connection.tool_names()
    if tool is None or call.name not in offered:
        return Run(_not_offered(task, call.name, offered))
    arguments = task.bench.toolbox.parse(call.name, msgspec.json.decode(call.arguments or "{}"))
    if isinstance(arguments, Outcome):
        return Run(arguments)
    output = LiveOutput(task.ledger, call.call_id, task.redactor)
    prepared = await _outcome_of(call.name, tool.prepare(arguments, task.desk(call.call_id, output)))
    if isinstance(prepared, Outcome):
        return Run(prepared)
    passed = await _gate(task, call, prepared)
    if isinstance(passed, Outcome):
        return Run(passed)
    running = task.ledger.submit(e.ToolCallStatus(call_id=call.call_id, status="running"), sync=not tool.read_only)
    if not tool.read_only:  # on the disk before anything changes: it is never run a second time
        await asyncio.shield(running)
    started_s = task.world.clock.monotonic_s()
    work = _outcome_of(call.name, prepared.run())
    outcome = await (_to_its_end(work) if tool.kind == "edit" else work)
    output.close()
    duration_ms = round((task.world.clock.monotonic_s() - started_s) * 1000)
    if passed.comment:
        outcome = replace(outcome, text=f"{outcome.text}\n\nThe user allowed this and says: {passed.comment}")
    return Run(outcome, duration_ms)


def _not_offered(task: LiveTask, name: str, offered: Sequence[str]) -> Outcome:
    """A name that carries the server's own markup (quirk A18) is told as what it is, and never executed."""
    outcome = task.bench.toolbox.unknown(name, offered)
    meant = leaked_tool_name(name, offered)
    if meant is None:
        return outcome
    why = f"The server's own markup is in the name: it does not parse this model's tool format. Call {meant!r}."
    return replace(outcome, text=f"{outcome.text} {why}")


async def _to_its_end(work: Awaitable[Outcome]) -> Outcome:
    """A write that has begun cannot be called back: an interrupt waits a little, and what was done is told."""
    write = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(write)
    except asyncio.CancelledError:
        await asyncio.wait({write}, timeout=EDIT_GRACE_S)
        if not write.done():
            write.cancel()
            raise
        return write.result()


async def _outcome_of(name: str, work: Awaitable[Done]) -> Done | Outcome:
    """What the tool's work comes to; an expected failure, and any bug, is an outcome too."""
    try:
        return await work
    except ToolFailure as failure:
        return failure.outcome
    except JournalError:
        raise
    except Exception as bug:  # the rim of a tool: a bug in it is a result, not the end of the turn
        logger.exception("tool %s failed", name)
        return Outcome(
            status="error",
            text=f"The tool failed unexpectedly ({type(bug).__name__}). Try another way, or tell the user.",
        )


async def _gate(task: LiveTask, call: Call, prepared: Prepared) -> Passed | Outcome:
    """Whether the call may run, else the result it gets instead."""
    match decide(prepared.action, task.bench.rules()):
        case Allow():
            return Passed()
        case Deny(reason):
            return Outcome(status="denied", text=f"Denied: {reason}")
        case Ask(reason, decisions):
            if prepared.subject is None:
                return Outcome(status="denied", text=f"Denied: {reason}")
            if isinstance(prepared.subject, CommandSubject) and byte_length(prepared.subject.command) > CAP_BYTES:
                return Outcome(status="denied", text="Denied: the command is too long to be shown for approval.")
            title = task.redactor.mask(f"{prepared.title} — {reason}" if reason else prepared.title)
            subject = masked_subject(prepared.subject, task.redactor)
            answer = await task.approvals.ask(call.call_id, title, subject, decisions)
            if answer.decision == "deny":
                return _denied(answer.by, answer.comment)
            grant = grant_for(prepared.action)
            if answer.decision == "allowForTask" and grant is not None:
                task.bench.grants.add(grant)
            return Passed(answer.comment)
        case other:
            assert_never(other)


def _denied(by: str, comment: str | None) -> Outcome:
    text = (
        "Nobody answered in time, so this was not done."
        if by == "timeout"
        else "The user denied this; it was not done."
    )
    if comment:
        text += f" The user says: {comment}"
    return Outcome(status="denied", text=text)

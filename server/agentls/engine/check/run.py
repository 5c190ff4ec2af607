"""A check from its first step to its result.

Knows the order of the steps and how they are told; each step's own file judges. Invariant: every step of the level
ends exactly once, in order, and what it says was masked and bounded before anyone saw it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Final

from agentls.chat.dialect import differences
from agentls.chat.errors.error_body import one_line
from agentls.chat.lessons.lessons import lesson_note
from agentls.chat.server import NAMES
from agentls.conversation.text import cap, well_formed
from agentls.engine.check.inquiry import Inquiry, hurried
from agentls.engine.check.plan import STEPS, Step, steps_of
from agentls.engine.check.probes import Probes
from agentls.engine.check.steps import (
    context_window,
    images,
    key,
    model,
    parallel_calls,
    reach,
    streamed_arguments,
    streaming,
    tool_call,
    tool_result,
    usage,
)
from agentls.engine.check.verdict import Verdict, skipped
from agentls.protocol.check import CheckedStep, DialectView, LearnedLesson, ProviderCheckResult

if TYPE_CHECKING:
    from agentls.engine.connection import Connection
    from agentls.engine.world import World
    from agentls.protocol.check import CheckLevel, CheckStepId
    from agentls.protocol.provider import Provider

Tell = Callable[[CheckedStep], None]
TEXT_BYTES: Final = 1200
_AFRESH: Final[frozenset[CheckLevel]] = frozenset({"tools", "full"})
_JUDGES: Final[Mapping[CheckStepId, Callable[[Probes], Awaitable[Verdict]]]] = {
    "reach": reach.judge,
    "key": key.judge,
    "model": model.judge,
    "streaming": streaming.judge,
    "toolCall": tool_call.judge,
    "streamedArguments": streamed_arguments.judge,
    "parallelCalls": parallel_calls.judge,
    "toolResult": tool_result.judge,
    "usage": usage.judge,
    "images": images.judge,
    "contextWindow": context_window.judge,
}


async def check(
    connection: Connection, world: World, provider: Provider, level: CheckLevel, tell: Tell
) -> ProviderCheckResult:
    """Try out `provider` up to `level`; `tell` hears each step as it ends.

    Where calls are tried, what the endpoint taught before is asked anew: it may have been mended since.
    """
    if level in _AFRESH:
        connection.forget(provider)
    inquiry = Inquiry(connection, world, hurried(provider))
    probes = Probes(inquiry, provider.timeouts.first_byte_s, spares_tokens=level == "reach")
    ended: dict[CheckStepId, CheckedStep] = {}
    for step in steps_of(level):
        because = _broken_before(step, ended)
        if because is None:
            verdict = await _JUDGES[step.id](probes)
        else:
            verdict = skipped(f"Not tried, because “{because}” failed.")
        ended[step.id] = _told(step, verdict, connection)
        tell(ended[step.id])
    return ProviderCheckResult(
        ok=all(each.status != "fail" for each in ended.values()),
        checks=list(ended.values()),
        dialect=_dialect(connection, provider, probes),
        usage=inquiry.tally.usage(),
        cost=inquiry.tally.cost(probes.effective),
        requests=inquiry.tally.requests,
    )


def _broken_before(step: Step, ended: Mapping[CheckStepId, CheckedStep]) -> str | None:
    """The title of the step that failed and that this one needs, directly or through others."""
    needs = {each.id: each.needs for each in STEPS}
    needed = step.needs
    while needed is not None:
        if ended[needed].status == "fail":
            return ended[needed].title
        needed = needs[needed]
    return None


def _told(step: Step, verdict: Verdict, connection: Connection) -> CheckedStep:
    redactor = connection.redactor()

    def shown(text: str) -> str:
        # Masked before and after: what looks like a key is cut out too, and may leave a part of a real one.
        return cap(redactor.mask_cut(one_line(redactor.mask(well_formed(text)))), TEXT_BYTES)

    return CheckedStep(
        id=step.id,
        status=verdict.status,
        title=step.title,
        detail=shown(verdict.detail),
        advice=None if verdict.advice is None else shown(verdict.advice),
    )


def _dialect(connection: Connection, provider: Provider, probes: Probes) -> DialectView:
    dialect = connection.dialect(provider)
    mask = connection.redactor().mask
    return DialectView(
        origin=probes.endpoint.origin,
        model_id=provider.model_id,
        server=NAMES.get(probes.hint.kind),
        differences=[mask(each) for each in differences(dialect)],
        learned=[LearnedLesson(id=mask(each), note=mask(lesson_note(each))) for each in sorted(dialect.learned)],
    )

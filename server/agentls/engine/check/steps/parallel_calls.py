"""Step `parallelCalls`: do two calls in one answer stay two?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agentls.engine.check.calling import first_flaw
from agentls.engine.check.outcome import Refused
from agentls.engine.check.verdict import Verdict, fail, ok, skipped, warn

if TYPE_CHECKING:
    from agentls.engine.check.outcome import Answered
    from agentls.engine.check.probes import Probes

_MIXED: Final = (
    "The server mixes up calls of one answer: update it, or have it make one at a time with"
    ' extraBody {"parallel_tool_calls": false}.'
)


def _has_second_object(answered: Answered) -> bool:
    """Whether the arguments of the only call go on with another object, which is no repetition of the first."""
    (call,) = answered.answer.good_calls
    heard = answered.sound.arguments
    rest = heard[len(call.raw) :].strip() if heard.startswith(call.raw) else ""
    return rest.startswith("{") and rest != call.raw


async def judge(probes: Probes) -> Verdict:
    """How the two calls that were asked for came out."""
    calling = await probes.calling()
    if isinstance(calling.both, Refused):
        return skipped("No answer came that could have held two calls.")
    answer = calling.both.answer
    if not answer.calls:
        return skipped("No call came while the model was free to make two.")
    flaw = first_flaw(answer)
    if flaw and answer.cut:
        return warn(
            f"Not shown: the check cut the answer {answer.cut}, before the calls were whole.",
            probes.thinking_advice(answer),
        )
    if flaw:
        return fail(f"Two calls were asked for and came out broken: {flaw}", _MIXED)
    count = len(answer.good_calls)
    if count == 1 and _has_second_object(calling.both):
        return fail("Two calls came out as one: its arguments are two objects, and only the first is run.", _MIXED)
    if count == 1:
        return warn(
            "One call came where two were asked for.",
            "It works, one after the other: each call takes a request of its own.",
        )
    return ok(f"{count} calls came in one answer, each with its own arguments.")

"""Step `streamedArguments`: can the arguments of a call be seen while the model writes them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agentls.engine.check.steps.streaming import OFF
from agentls.engine.check.verdict import Verdict, ok, skipped, warn

if TYPE_CHECKING:
    from agentls.engine.check.probes import Probes

_WHOLE = "It works, but you see arguments only when they are whole: a long edit shows nothing for a while."


async def judge(probes: Probes) -> Verdict:
    """In how many pieces the arguments of the sample calls came."""
    working = (await probes.calling()).working
    if working is None:
        return skipped("No call came whose arguments could be looked at.")
    answer = working.answer
    if not answer.asked_for_stream:
        if not probes.inquiry.provider.streaming:
            return skipped(OFF)
        return warn("This server streams no tool calls, so it is asked for whole answers.", _WHOLE)
    if working.sound.is_json:
        return warn("The streamed request was answered by one JSON document.", _WHOLE)
    pieces, calls = working.sound.argument_pieces, len(answer.calls)
    if pieces > calls:
        return ok(f"The arguments of {calls} call{'' if calls == 1 else 's'} came in {pieces} pieces.")
    return warn("The arguments of each call came in one piece.", _WHOLE)

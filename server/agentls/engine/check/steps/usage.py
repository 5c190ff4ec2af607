"""Step `usage`: does the server say how many tokens it counted?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agentls.engine.check.outcome import Answered
from agentls.engine.check.verdict import Verdict, ok, skipped, warn

if TYPE_CHECKING:
    from agentls.engine.check.probes import Probes

_ESTIMATES: Final = "It works, but the tokens and costs that are shown are estimates, of four characters a token."


async def judge(probes: Probes) -> Verdict:
    """What the answers so far reported."""
    answers = [outcome.answer for outcome in probes.outcomes if isinstance(outcome, Answered)]
    reported = [answer.counted for answer in answers if answer.counted is not None]
    if not answers:
        return skipped("There was no answer whose tokens could have been counted.")
    if not reported:
        return warn("No answer says how many tokens it took.", _ESTIMATES)
    if not any(usage.input_tokens or usage.output_tokens for usage in reported):
        return warn("Every answer says that it took 0 tokens, which cannot be.", _ESTIMATES)
    which = "Every answer" if len(reported) == len(answers) else f"{len(reported)} of {len(answers)} answers"
    cached = any(usage.cached_tokens is not None for usage in reported)
    return ok(f"{which} says its tokens{', cached ones too' if cached else ''}.")

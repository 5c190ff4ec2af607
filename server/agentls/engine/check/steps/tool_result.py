"""Step `toolResult`: are the results of calls taken, and does the model go on from them?

This is where an endpoint refuses ids, empty contents or the order of messages (G1 to G7); what it teaches is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agentls.engine.check.outcome import Refused
from agentls.engine.check.sample import CODES
from agentls.engine.check.verdict import Verdict, learning, ok, skipped, unanswered, warn

if TYPE_CHECKING:
    from agentls.engine.check.probes import Probes

_UNSEEN: Final = (
    "The model may not get to see results: its chat template may leave them out, or the model is too small."
    " Update the server, or choose another model."
)


async def judge(probes: Probes) -> Verdict:
    """What came of sending the results back."""
    working = (await probes.calling()).working
    if working is None:
        return skipped("No call came whose result could be sent back.")
    count = len(working.answer.good_calls)
    what = "The result is" if count == 1 else f"{count} results are"
    outcome = await probes.results(working)
    if isinstance(outcome, Refused):
        refused = f"The call and its result{'' if count == 1 else 's'} were refused: "
        return unanswered(outcome.failure, refused, advice=probes.hurry_advice(outcome.failure))
    answer, learned = outcome.answer, learning(outcome.learned)
    held = "what it holds" if count == 1 else "what they hold"
    if any(code in answer.text for code in CODES[:count]):
        return ok(f"{what} accepted, and the model went on with {held}.{learned}")
    if answer.is_empty and answer.cut:
        return warn(
            f"{what} accepted, but the check cut the answer {answer.cut}.{learned}", probes.thinking_advice(answer)
        )
    if answer.is_empty:
        return warn(f"{what} accepted, but the answer was empty.{learned}", _UNSEEN)
    if not answer.calls:
        said = " ".join(answer.text.split())[:80]
        return warn(f"{what} accepted, but the answer says nothing of {held}: “{said}”.{learned}", _UNSEEN)
    before = {(call.name, call.raw) for call in working.answer.calls.values()}
    if all((call.name, call.raw) in before for call in answer.calls.values()):
        return warn(f"{what} accepted, but the model made the same call again.{learned}", _UNSEEN)
    return ok(f"{what} accepted, and the model went on with another call.{learned}")

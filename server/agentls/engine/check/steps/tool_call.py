"""Step `toolCall`: does a request with a tool bring a native call of it, as the agent's work needs?

Asked with the model free to choose, as in real work; forced only to tell a model that will not from a server that
cannot (F15).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agentls.engine.check.calling import first_flaw, has_good_call, text_call
from agentls.engine.check.outcome import Answered, Refused
from agentls.engine.check.sample import TOOL
from agentls.engine.check.verdict import Verdict, fail, failed, learning, ok, unanswered, warn

if TYPE_CHECKING:
    from agentls.engine.check.answer import HeardAnswer
    from agentls.engine.check.calling import Calling
    from agentls.engine.check.probes import Probes

_CHOOSE: Final = "Choose a model that is made for tool calling: agentls calls tools natively, never by text."
_BROKEN: Final = f"The server's parser may not fit the model: update the server, or try another model. {_CHOOSE}"


async def judge(probes: Probes) -> Verdict:
    """Whether a call came that could be run."""
    calling = await probes.calling()
    if isinstance(calling.both, Refused):
        return unanswered(calling.both.failure, "", advice=probes.hurry_advice(calling.both.failure))
    answer = calling.both.answer
    if has_good_call(answer):
        return ok(f"The model called {TOOL} natively, with whole arguments.{learning(calling.both.learned)}")
    marker = text_call(answer)
    if marker is not None:
        return failed(probes.failure("toolsUnsupported", f"The model wrote the call as text ({marker})."))
    if answer.cut:
        return warn(
            f"Not shown: the check cut the answer {answer.cut}, before a call was whole.",
            probes.thinking_advice(answer),
        )
    if answer.calls:
        return _broken(probes, calling, answer)
    return _unwilling(probes, calling, answer)


def _broken(probes: Probes, calling: Calling, answer: HeardAnswer) -> Verdict:
    """Calls came, none of them whole: one alone may still work."""
    alone = calling.alone
    if isinstance(alone, Answered) and has_good_call(alone.answer):
        return ok(f"The model called {TOOL} natively when one call was asked for.")
    return fail(f"A call came, but it cannot be run: {first_flaw(answer)}", _BROKEN)


def _unwilling(probes: Probes, calling: Calling, answer: HeardAnswer) -> Verdict:
    """No call came from a model that was free: the forced one tells why."""
    forced = calling.forced
    said = "text" if answer.text.strip() else ("only reasoning" if answer.reasoning else "nothing")
    if forced is None:
        none = f"The model answered with {said} and no call."
        if (probes.inquiry.provider.extra_body or {}).get("tool_choice") == "none":
            return fail(none, "The settings forbid calls: take tool_choice out of extraBody.")
        return failed(probes.failure("toolsUnsupported", none))
    if isinstance(forced, Answered) and has_good_call(forced.answer):
        return warn(
            f"The model answered with {said} and no call; it called {TOOL} only when it was forced to.",
            f"The agent needs a model that calls by itself. {_CHOOSE} A server that hides tools unless told of a choice"
            ' shows them with extraBody {"tool_choice": "auto"}.',
        )
    if isinstance(forced, Refused):
        return unanswered(forced.failure, f"The model answered with {said} and no call. Forced to call: ")
    also = f"The model answered with {said} and no call, even when a call was demanded."
    return failed(probes.failure("toolsUnsupported", also))

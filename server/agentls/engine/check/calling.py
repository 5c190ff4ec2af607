"""The questions about tool calls and what came of them: both calls at once, one alone, one that is forced.

Knows what to ask next, not how to judge. Invariant: a further question is asked only where the first left it open.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from agentls.chat.message import SystemMessage, TextPart, UserMessage
from agentls.chat.textcall import detect_text_call
from agentls.engine.check.inquiry import Question
from agentls.engine.check.outcome import Answered, Outcome
from agentls.engine.check.sample import ONE_CALL, REQUIRED, SYSTEM, TOOL, TWO_CALLS

if TYPE_CHECKING:
    from agentls.engine.check.answer import HeardAnswer, HeardCall
    from agentls.engine.check.inquiry import Inquiry

ONE_PIECE: Final = "answers with tools come in one piece, because this one was empty when it was streamed"


@dataclass(frozen=True, slots=True)
class Calling:
    """What came of asking for tool calls."""

    both: Outcome
    """Two calls wanted, the model free to call: as in real work."""
    alone: Outcome | None = None
    """One call wanted: asked where two came out broken."""
    forced: Outcome | None = None
    """One call forced: asked where none came, and where a call can be forced."""

    @property
    def working(self) -> Answered | None:
        """The first answer that has a call which could be run."""
        for outcome in (self.both, self.alone, self.forced):
            if isinstance(outcome, Answered) and has_good_call(outcome.answer):
                return outcome
        return None


async def ask_for_calls(inquiry: Inquiry) -> Calling:
    """Ask for two calls at once, and for one where that says too little."""
    both = await _ask_for_both(inquiry)
    if not isinstance(both, Answered) or has_good_call(both.answer):
        return Calling(both)
    if both.answer.cut or text_call(both.answer) is not None:
        return Calling(both)
    one = Question(conversation(ONE_CALL), with_tools=True)
    if both.answer.calls:
        return Calling(both, alone=await inquiry.ask(one))
    forced = replace(one, tool_choice=TOOL)
    return Calling(both, forced=await inquiry.ask(forced) if inquiry.can_force(forced) else None)


async def _ask_for_both(inquiry: Inquiry) -> Outcome:
    """As real work does: an answer that is empty when it is streamed is asked for in one piece."""
    question = Question(conversation(TWO_CALLS), with_tools=True)
    both = await inquiry.ask(question)
    if not isinstance(both, Answered) or not both.answer.asked_for_stream:
        return both
    if both.answer.cut or not both.answer.is_empty or text_call(both.answer) is not None:
        return both
    whole = await inquiry.ask(replace(question, in_one_piece=True))
    if not isinstance(whole, Answered) or not whole.answer.calls:
        return both
    connection, provider = inquiry.connection, inquiry.provider
    connection.learn(provider, replace(connection.dialect(provider), stream_with_tools=False))
    return replace(whole, learned=(*whole.learned, ONE_PIECE))


def conversation(prompt: str) -> tuple[SystemMessage, UserMessage]:
    """A prompt as the first of a conversation."""
    return SystemMessage(SYSTEM), UserMessage((TextPart(prompt),))


def flaw(call: HeardCall) -> str:
    """Why a call cannot be run, as the end of a sentence; "" for one that can."""
    if call.name != TOOL:
        return f"it names “{call.name[:80]}”, and the tool is {TOOL}."
    if call.arguments is None:
        return f"its arguments are no JSON object: {call.error or 'they are empty'}."
    missing = [name for name in REQUIRED if name not in call.arguments]
    return f"its arguments have no {' and no '.join(missing)}, though both are required." if missing else ""


def first_flaw(answer: HeardAnswer) -> str:
    """What is wrong with the first call that cannot be run; "" where all can."""
    return next((found for call in answer.calls.values() if (found := flaw(call))), "")


def has_good_call(answer: HeardAnswer) -> bool:
    """Whether the sample tool was called so that it could be run."""
    return any(not flaw(call) for call in answer.calls.values())


def text_call(answer: HeardAnswer) -> str | None:
    """The marker of a call that was written as text in place of being made; None when there is none."""
    return None if answer.calls else detect_text_call(answer.text, answer.reasoning, (TOOL,))

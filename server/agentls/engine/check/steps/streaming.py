"""Step `streaming`: does the answer come while it is made, and does its end say that it is one?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agentls.chat.think import begins_as_thought
from agentls.engine.check.outcome import Refused
from agentls.engine.check.verdict import Verdict, failed, ok, skipped, warn

if TYPE_CHECKING:
    from agentls.engine.check.answer import HeardAnswer
    from agentls.engine.check.probes import Probes


_SET_TAGS: Final = (
    'Set thinkTags to "{value}" in the provider\'s settings, so that reasoning is told from the answer; or have the'
    " server parse it (vLLM, SGLang: --reasoning-parser)."
)
OFF: Final = "Streaming is off in the settings: answers come whole."


async def judge(probes: Probes) -> Verdict:
    """How the answer to the small prompt came."""
    outcome = await probes.chat()
    if isinstance(outcome, Refused):
        return failed(outcome.failure)
    answer, sound = outcome.answer, outcome.sound
    thinking = _think_tags(answer.text, probes.inquiry.provider.think_tags)
    if thinking is not None:
        return thinking
    if not answer.asked_for_stream:
        if not probes.inquiry.provider.streaming:
            return skipped(OFF)
        return warn(
            "This server refuses to stream, so it is asked for whole answers.",
            "It works, but you see each answer only when it is whole.",
        )
    if sound.is_json:
        return warn(
            "The streamed request was answered by one JSON document.",
            "It works, but you see each answer only when it is whole; the server or a gateway has no streaming.",
        )
    pieces = sound.text_pieces
    if pieces > 1 and sound.came_late_and_at_once:
        return warn(
            f"The answer's {pieces} pieces came all at once, after a wait.",
            "It works. If long answers come late as well, a proxy between here and the server collects them: turn off"
            " its buffering for this address.",
        )
    if pieces == 1 and len(answer.text) > len("one two three"):
        return warn(
            "The answer, ten words, came as one piece.",
            "It works. If long answers come whole as well, the server or a gateway between collects them.",
        )
    if pieces == 0:
        return skipped("No text came whose pieces could be counted.")
    count = "one piece" if pieces == 1 else f"{pieces} pieces"
    return ok(f"The answer came in {count} and ended {_ending(answer, done=sound.says_done)}.")


def _think_tags(text: str, setting: str) -> Verdict | None:
    """A warning of reasoning that is left in the answer between tags, as nothing was set to look for it (E16, E17)."""
    if setting != "off":
        return None
    if begins_as_thought(text):
        return warn(
            "The answer begins with a think tag: the model's reasoning comes as part of the answer.",
            _SET_TAGS.format(value="tagged"),
        )
    if "</think>" in text and "<think>" not in text:
        return warn(
            "The answer holds a </think> that nothing opened: the model's reasoning comes as part of the answer.",
            _SET_TAGS.format(value="opened"),
        )
    return None


def _ending(answer: HeardAnswer, *, done: bool) -> str:
    """How the end was told, by the marks of the protocol."""
    if answer.cut and answer.finish_reason is None:
        return f"with the check's patience, {answer.cut}"
    marks = [f"finish reason {answer.finish_reason}"] if answer.finish_reason else []
    marks += ["[DONE]"] if done else []
    return f"properly ({', '.join(marks)})" if marks else "without a mark, but whole"

"""Reasoning that a server leaves inside the answer, between <think> tags (E16, E17).

Knows text only. Used where a profile asks for it, because an answer may be about such tags. Invariant: any split of
the same text gives the same parts.
"""

from typing import Final, Literal, TypeAlias

ThinkTags: TypeAlias = Literal["off", "tagged", "opened"]
"""How reasoning stands in the answer: not at all; in a block that the answer begins with; or the chat template has
opened the block already, so that the answer begins inside it."""

_NAMES: Final = ("think", "thinking", "thought", "reasoning", "seed:think")
_MOST_BLANKS: Final = 4096
"""Characters of blanks before the opening tag; more is an answer of blanks."""
_OPENINGS: Final = {f"<{name}>": f"</{name}>" for name in _NAMES}


def begins_as_thought(text: str) -> bool:
    """Whether an answer begins with an opening tag."""
    begun = text.lstrip()
    return begun[: begun.find(">") + 1] in _OPENINGS


class ThinkSplitter:
    """Splits an answer that begins with a block of reasoning, or inside one; a tag may be cut anywhere.

    Where the template opened the block and its end never comes, everything stays reasoning: it was told as reasoning
    while it came, and a model that did not end its thinking has not begun to answer (most often it was cut for
    length). The turn then ends as an empty answer and says so.
    """

    __slots__ = ("_close", "_held", "_is_opened", "_place")

    def __init__(self, *, is_opened: bool = False) -> None:
        self._is_opened = is_opened
        self._close = "</think>"
        self._held = ""
        self._place = "start"

    def reasoning_seen(self) -> None:
        """The server told reasoning in a field of its own: then the answer does not begin inside a block."""
        if self._place == "start":
            self._is_opened = False

    def feed(self, text: str) -> list[tuple[bool, str]]:
        """The parts this text completes: whether each is reasoning, and its text."""
        if self._place == "answer":
            return [(False, text)]
        text = self._held + text
        self._held = ""
        if self._place == "start":
            begun = text.lstrip()
            is_tag = len(text) - len(begun) <= _MOST_BLANKS
            opening = begun[: begun.find(">") + 1]
            if is_tag and opening in _OPENINGS:
                self._place = "reasoning"
                self._close = _OPENINGS[opening]
                text = begun[len(opening) :]
            elif is_tag and any(tag.startswith(begun) for tag in _OPENINGS):
                self._held = text
                return []
            elif self._is_opened:
                self._place = "reasoning"
            else:
                self._place = "answer"
                return [(False, text)]
        parts: list[tuple[bool, str]] = []
        if self._place == "reasoning":
            thought, closed, text = text.partition(self._close)
            if not closed:
                thought, self._held = _without_beginning(thought, self._close)
            if thought:
                parts.append((True, thought))
            if not closed:
                return parts
            self._place = "gap"
        # The blank lines between the block and the answer belong to neither (E17).
        if answer := text.lstrip("\r\n"):
            self._place = "answer"
            parts.append((False, answer))
        return parts

    def close(self) -> list[tuple[bool, str]]:
        """The answer is over: what was held back."""
        held, self._held = self._held, ""
        is_reasoning = self._place == "reasoning" or (self._place == "start" and self._is_opened)
        return [(is_reasoning, held)] if held else []


def _without_beginning(text: str, tag: str) -> tuple[str, str]:
    """The text without a beginning of `tag` at its end, and that beginning."""
    for size in range(min(len(tag) - 1, len(text)), 0, -1):
        if text.endswith(tag[:size]):
            return text[:-size], text[-size:]
    return text, ""

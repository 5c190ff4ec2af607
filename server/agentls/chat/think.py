"""Reasoning that a server leaves inside the answer, between <think> tags (E16, E17).

Knows text only. Used where a profile asks for it, because an answer may be about such tags. Invariant: any split of
the same text gives the same parts.
"""

from typing import Final

_OPEN: Final = "<think>"
_CLOSE: Final = "</think>"


class ThinkSplitter:
    """Splits an answer that begins with a <think> block; a tag may be cut anywhere."""

    __slots__ = ("_held", "_place")

    def __init__(self) -> None:
        self._held = ""
        self._place = "start"

    def feed(self, text: str) -> list[tuple[bool, str]]:
        """The parts this text completes: whether each is reasoning, and its text."""
        if self._place == "answer":
            return [(False, text)]
        text = self._held + text
        self._held = ""
        if self._place == "start":
            begun = text.lstrip()
            if begun.startswith(_OPEN):
                self._place = "reasoning"
                text = begun[len(_OPEN) :]
            elif _OPEN.startswith(begun):
                self._held = text
                return []
            else:
                self._place = "answer"
                return [(False, text)]
        parts: list[tuple[bool, str]] = []
        if self._place == "reasoning":
            thought, closed, text = text.partition(_CLOSE)
            if not closed:
                thought, self._held = _without_beginning(thought, _CLOSE)
            if thought:
                parts.append((True, thought))
            if not closed:
                return parts
            self._place = "gap"
        # The blank lines between the block and the answer belong to neither.
        if answer := text.lstrip("\n"):
            self._place = "answer"
            parts.append((False, answer))
        return parts

    def close(self) -> list[tuple[bool, str]]:
        """The answer is over: what was held back."""
        held, self._held = self._held, ""
        return [(self._place == "reasoning", held)] if held else []


def _without_beginning(text: str, tag: str) -> tuple[str, str]:
    """The text without a beginning of `tag` at its end, and that beginning."""
    for size in range(min(len(tag) - 1, len(text)), 0, -1):
        if text.endswith(tag[:size]):
            return text[:-size], text[-size:]
    return text, ""

"""A whole `message` in a stream: what it says that was not said yet (C1, D13).

Knows one message after the other: each cumulative, each an increment, or one at the end that repeats the deltas.
Invariant: nothing is told twice, and calls that only a message has are not lost.
"""

from agentls.chat.delta import Delta, Rare


class Recap:
    """Remembers what earlier messages said."""

    __slots__ = ("_reasoning", "_text", "seen")

    def __init__(self) -> None:
        self.seen = False
        """True once a message was taken."""
        self._text = _Growth()
        self._reasoning = _Growth()

    def news(self, message: Delta, rare: Rare, has_said: bool, calls: int) -> Delta:
        """The message without what was said: `has_said`, anything at all, and so many calls."""
        if has_said and not self.seen:
            rare.refusal, rare.function_call, rare.kept = "", None, None
            return Delta(tool_calls=None if calls else message.tool_calls, rare=rare)
        if self.seen:
            message.reasoning_details = rare.kept = None
        self.seen = True
        message.content = self._text.more(message.content or "")
        message.reasoning_content = self._reasoning.more(message.reasoning_content or "")
        return message


class _Growth:
    """One text that comes whole each time, or in increments: told apart by whether it repeats its beginning."""

    __slots__ = ("_is_increment", "_known")

    def __init__(self) -> None:
        self._known = ""
        self._is_increment = False

    def more(self, text: str) -> str:
        """What `text` adds."""
        if self._is_increment or not text:
            return text
        known = self._known
        if text.startswith(known):
            self._known = text
            return text[len(known) :]
        self._is_increment = True
        self._known = ""
        return text

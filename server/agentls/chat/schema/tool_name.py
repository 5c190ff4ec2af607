"""Which names a tool may have on the wire, so that every endpoint takes them.

Knows one name at a time and no tool. Invariant: a name without a problem is accepted by every host of the presets.
"""

from typing import Final

MAX_LENGTH: Final = 64
_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
_ALLOWED: Final = _LETTERS | frozenset("0123456789_-")


def tool_name_problem(name: str) -> str | None:
    """Why some endpoint would refuse this tool name, as a sentence; None when all take it (G19)."""
    if not name:
        return "A tool needs a name."
    if len(name) > MAX_LENGTH:
        return f"A tool name has at most {MAX_LENGTH} characters; this one has {len(name)}."
    # Gemini wants a letter or an underscore first, Bedrock no hyphen, Kimi a letter: a letter satisfies all three.
    if name[0] not in _LETTERS:
        return "A tool name begins with a letter from A to Z."
    wrong = next((letter for letter in name if letter not in _ALLOWED), None)
    if wrong is not None:
        return f"A tool name has only letters from A to Z, digits, underscores and hyphens; this one has {wrong!r}."
    return None

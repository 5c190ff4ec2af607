"""The reasoning details that a gateway wants back with the next request (E11).

Knows one rule: fragments of one detail are joined, everything else is kept as it came.
"""

from typing import Final

from agentls.chat.delta import JsonObject

_GROWING: Final = ("text", "summary", "data", "thinking")
"""Keys whose texts are fragments; `thinking` is the word of Anthropic's blocks."""


class Details:
    """A list of objects that comes in fragments: neighbours with the same type and index are one."""

    __slots__ = ("_merged", "_texts")

    def __init__(self) -> None:
        self._merged: list[JsonObject] = []
        self._texts: dict[str, list[str]] = {}

    def extend(self, pieces: list[JsonObject]) -> None:
        """Take the fragments of one chunk."""
        for piece in pieces:
            last = self._merged[-1] if self._merged else None
            if last is None or not _continues(last, piece):
                self._settle()
                self._merged.append(dict(piece))
                self._texts = {key: [value] for key in _GROWING if isinstance(value := piece.get(key), str)}
                continue
            for key, value in piece.items():
                if key in _GROWING and isinstance(value, str):
                    self._texts.setdefault(key, []).append(value)
                elif value is not None and (value != "" or key not in last):
                    last[key] = value

    def merged(self) -> list[JsonObject]:
        """The details so far."""
        self._settle()
        return self._merged

    def _settle(self) -> None:
        if self._merged:
            for key, parts in self._texts.items():
                parts[:] = ["".join(parts)]
                self._merged[-1][key] = parts[0]


def _continues(last: JsonObject, piece: JsonObject) -> bool:
    if last.get("type") != piece.get("type") or last.get("index") != piece.get("index"):
        return False
    ids = (last.get("id"), piece.get("id"))
    return None in ids or ids[0] == ids[1]

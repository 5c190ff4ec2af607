"""Keys of a message or of a call that the provider wants back with the next request, as they grow (E11, E24).

Knows JSON values, not what they mean. Invariant: what is kept is bounded, can be encoded, and is otherwise as it came;
fragments of one thing are joined.
"""

import json
from typing import Final

from agentls.chat.delta import JsonObject
from agentls.chat.reasoning import Details
from agentls.chat.surrogates import copy_of

DEEPEST: Final = 32
"""Levels of nesting that are kept; a key that goes deeper is left out."""
_ITEM_BYTES: Final = 64


class Kept:
    """Add what comes; ask for it at the end."""

    __slots__ = ("_lists", "_values")

    def __init__(self) -> None:
        self._lists: dict[str, Details] = {}
        self._values: JsonObject = {}

    def add(self, found: JsonObject) -> int:
        """Take the keys of one piece and give their size, in characters.

        Lists of objects grow, objects are merged, any other value replaces the last.
        """
        size = 0
        for key, value in found.items():
            if not is_shallow({key: value}, DEEPEST):
                continue
            size += len(json.dumps(value)) + len(key) + _ITEM_BYTES
            if isinstance(value, list) and key not in self._values and all(isinstance(item, dict) for item in value):
                self._lists.setdefault(key, Details()).extend(value)
            else:
                _merge(self._values, {key: value})
        return size

    def report(self) -> JsonObject | None:
        """A copy of everything so far, or None for nothing."""
        whole: JsonObject = {**self._values, **{key: details.merged() for key, details in self._lists.items()}}
        return copy_of(whole) if whole else None


def _merge(into: JsonObject, new: JsonObject) -> None:
    for key, value in new.items():
        known = into.get(key)
        if isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value)
        elif value not in (None, "") or key not in into:
            into[key] = value


def is_shallow(value: object, levels: int) -> bool:
    """True when a JSON value is nested at most so many levels deep."""
    if isinstance(value, dict):
        return levels > 0 and all(is_shallow(item, levels - 1) for item in value.values())
    if isinstance(value, list):
        return levels > 0 and all(is_shallow(item, levels - 1) for item in value)
    return True

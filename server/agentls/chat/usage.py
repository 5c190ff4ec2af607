"""Token counts as providers report them, each in its own words.

Knows the names of the counts (E10) and which report counts when several come (E6, E7). Nothing is ever summed.
"""

from collections.abc import Mapping
from typing import Final

from agentls.chat.events import ChatUsage, JsonObject

_INPUT: Final = ("prompt_tokens", "input_tokens")
_OUTPUT: Final = ("completion_tokens", "output_tokens")
_CACHED: Final = ("prompt_cache_hit_tokens", "num_cached_tokens", "cache_read_input_tokens", "cached_tokens")


def is_complete(usage: Mapping[str, object]) -> bool:
    """True when both counts are there; some servers send nulls until the end (E6)."""
    return _first(usage, _INPUT) is not None and _first(usage, _OUTPUT) is not None


def later_usage(known: JsonObject | None, new: JsonObject) -> JsonObject:
    """The report that counts: the last complete one, or the last one while none is complete."""
    return known if known and is_complete(known) and not is_complete(new) else new


def read_usage(raw: JsonObject) -> ChatUsage:
    """The counts of one report; what it does not say is None (or 0 for input and output)."""
    cached = _inner(raw, ("prompt_tokens_details", "input_tokens_details"), ("cached_tokens",))
    reasoning = _inner(raw, ("completion_tokens_details", "output_tokens_details"), ("reasoning_tokens",))
    return ChatUsage(
        input_tokens=_first(raw, _INPUT) or 0,
        cached_tokens=cached if cached is not None else _first(raw, _CACHED),
        output_tokens=_first(raw, _OUTPUT) or 0,
        reasoning_tokens=reasoning if reasoning is not None else _first(raw, ("reasoning_tokens",)),
        raw=raw,
    )


def _inner(raw: Mapping[str, object], holders: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    for holder in holders:
        inner = raw.get(holder)
        if isinstance(inner, dict) and (count := _first(inner, names)) is not None:
            return count
    return None


def _first(raw: Mapping[str, object], names: tuple[str, ...]) -> int | None:
    for name in names:
        if (count := _count(raw.get(name))) is not None:
            return count
    return None


def _count(value: object) -> int | None:
    """A count that may be written as a float or as text (H2)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and len(value) < 16:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, int | float) and 0 <= value < 1e15:
        return int(value)
    return None

"""Token counts and costs as providers report them, each in its own words.

Knows the names of the counts (E10) and which report counts when several come (E6, E7). Nothing is ever summed over
reports. Invariant: counts are whole and not negative, costs finite and not negative, whatever the report says.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Final

from agentls.chat.events import ChatUsage, JsonObject

_INPUT: Final = ("prompt_tokens", "input_tokens")
_OUTPUT: Final = ("completion_tokens", "output_tokens")
_INPUT_DETAILS: Final = ("prompt_tokens_details", "input_tokens_details")
_OUTPUT_DETAILS: Final = ("completion_tokens_details", "output_tokens_details")
_CACHED: Final = ("prompt_cache_hit_tokens", "num_cached_tokens", "cache_read_input_tokens", "cached_tokens")
_CACHED_INNER: Final = ("cached_tokens", "cache_read_tokens", "cache_read_input_tokens")
_WRITTEN: Final = ("cache_creation_input_tokens", "cache_write_input_tokens", "cache_write_tokens")
_WRITTEN_INNER: Final = ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens")
_COSTS: Final = ("total_cost", "total", "usd")
_TICK_USD: Final = 1e-10
"""What xAI counts costs in."""


def is_complete(usage: Mapping[str, object]) -> bool:
    """True when both counts are there; some servers send nulls until the end (E6)."""
    return _first(usage, _INPUT) is not None and _first(usage, _OUTPUT) is not None


def later_usage(known: JsonObject | None, new: JsonObject) -> JsonObject:
    """The report that counts: the last complete one, or the last one while none is complete."""
    return known if known and is_complete(known) and not is_complete(new) else new


def read_usage(raw: JsonObject, beside: object = None) -> ChatUsage:
    """The counts of one report; what it does not say is None (or 0 for input and output).

    `beside` is a `cost` that came outside the report.
    """
    cached = _inner(raw, _INPUT_DETAILS, _CACHED_INNER)
    written = _inner(raw, _INPUT_DETAILS, _WRITTEN_INNER)
    reasoning = _inner(raw, _OUTPUT_DETAILS, ("reasoning_tokens",))
    cached = cached or _larger(_first(raw, _CACHED), cached)
    written = written or _larger(_first(raw, _WRITTEN), _larger(_sum(raw.get("cache_creation")), written))
    sent, received = _first(raw, _INPUT) or 0, _first(raw, _OUTPUT) or 0
    apart = _is_apart(raw, sent, (cached or 0) + (written or 0))
    return ChatUsage(
        input_tokens=sent,
        cached_tokens=cached,
        cache_write_tokens=written,
        output_tokens=received,
        reasoning_tokens=reasoning if reasoning is not None else _first(raw, ("reasoning_tokens",)),
        fresh_input_tokens=sent if apart else sent - (cached or 0) - (written or 0),
        billed_output_tokens=_billed(raw, sent, received, (cached or 0) + (written or 0)),
        reported_cost=_reported(raw, beside),
        raw=raw,
    )


def _is_apart(raw: Mapping[str, object], sent: int, stored: int) -> bool:
    """Whether cached and written tokens are counted beside the input, as Anthropic does, or as a part of it."""
    if stored > sent:
        return True
    own_words = _count(raw.get("prompt_tokens")) is None and not any(raw.get(name) for name in _INPUT_DETAILS)
    return bool(stored) and own_words and any(_count(raw.get(name)) for name in (_CACHED[2], _WRITTEN[0]))


def _billed(raw: Mapping[str, object], sent: int, received: int, stored: int) -> int:
    """Output tokens with the reasoning: a total beyond the sum says that it was counted apart (E10)."""
    total = _count(raw.get("total_tokens"))
    more = total - sent - received if total is not None else 0
    return received + more if more > 0 and more != stored and sent + received > 0 else received


def _reported(raw: Mapping[str, object], beside: object) -> float | None:
    """USD as the provider says: a number, an object with a total, or ticks; the upstream's own bill comes on top."""
    cost = _usd(raw.get("cost"))
    if cost is None:
        cost = _usd(raw.get("estimated_cost"))
    if cost is None and (ticks := _number(raw.get("cost_in_usd_ticks"))) is not None:
        cost = ticks * _TICK_USD
    if cost is None:
        cost = _usd(beside)
    details = raw.get("cost_details")
    if raw.get("is_byok") is True and isinstance(details, dict):
        # The gateway bills its fee, and the provider behind it bills the user's own key.
        upstream = _usd(details.get("upstream_inference_cost"))
        return upstream if cost is None else cost + (upstream or 0)
    return cost


def _usd(value: object) -> float | None:
    if isinstance(value, dict):
        return next((cost for name in _COSTS if (cost := _number(value.get(name))) is not None), None)
    return _number(value)


def _number(value: object) -> float | None:
    """A number, maybe written as text (H2); never negative, never infinite."""
    if isinstance(value, str) and len(value) < 40:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        return None
    return float(value) if isfinite(value) else None


def _inner(raw: Mapping[str, object], holders: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    for holder in holders:
        inner = raw.get(holder)
        if isinstance(inner, dict) and (count := _first(inner, names)) is not None:
            return count
    return None


def _sum(value: object) -> int | None:
    """The counts of an object that tells them by life time."""
    if not isinstance(value, dict):
        return None
    counts = [count for part in value.values() if (count := _count(part)) is not None]
    return sum(counts[:10]) if counts else None


def _larger(one: int | None, other: int | None) -> int | None:
    return one if other is None else max(one or 0, other)


def _first(raw: Mapping[str, object], names: tuple[str, ...]) -> int | None:
    return next((count for name in names if (count := _count(raw.get(name))) is not None), None)


def _count(value: object) -> int | None:
    """A count that may be written as a float or as text (H2)."""
    number = _number(value)
    return None if number is None else int(number)

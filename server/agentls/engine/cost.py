"""What a request cost: what the provider says itself, else its numbers and the prices. Pure.

Knows no provider and no task. Invariant: no cost where a price that is needed is unknown.
"""

from __future__ import annotations

from typing import Protocol, assert_never

from agentls.chat.events import ChatUsage
from agentls.protocol.values import Usage

_PER = 1_000_000


class Prices(Protocol):
    """USD per million tokens, None for unknown: a profile's model or the values in force."""

    @property
    def input_price(self) -> float | None:
        """Of input tokens."""
        ...

    @property
    def output_price(self) -> float | None:
        """Of output tokens, reasoning included."""
        ...

    @property
    def cache_read_price(self) -> float | None:
        """Of input tokens that were in the provider's cache; unknown: the input price."""
        ...

    @property
    def cache_write_price(self) -> float | None:
        """Of input tokens that were put into the cache; unknown: the input price."""
        ...


def cost_of(usage: ChatUsage | Usage, prices: Prices) -> float | None:
    """USD, or None where a price that is needed is unknown.

    `ChatUsage`: what the provider counted; a cost it reports itself wins over the prices (E10). `Usage`: an estimate,
    or counts as they are shown, whose cached tokens are a part of the input.
    """
    match usage:
        case ChatUsage():
            if usage.reported_cost is not None:
                return usage.reported_cost
            cached, written = usage.cached_tokens or 0, usage.cache_write_tokens or 0
            fresh, output = usage.fresh_input_tokens, usage.billed_output_tokens
        case Usage():
            cached, written = min(usage.cached_tokens or 0, usage.input_tokens), 0
            fresh, output = usage.input_tokens - cached, usage.output_tokens
        case _:
            assert_never(usage)
    if prices.input_price is None or prices.output_price is None:
        return None
    read_price = prices.input_price if prices.cache_read_price is None else prices.cache_read_price
    write_price = prices.input_price if prices.cache_write_price is None else prices.cache_write_price
    sent = fresh * prices.input_price + cached * read_price + written * write_price
    return (sent + output * prices.output_price) / _PER

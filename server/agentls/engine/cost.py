"""What a request cost, from the provider's numbers and the profile's prices. Pure."""

from __future__ import annotations

from agentls.protocol.provider import ProviderModel
from agentls.protocol.values import Usage

_PER = 1_000_000


def cost_of(usage: Usage, model: ProviderModel) -> float | None:
    """USD, or None where a price that is needed is unknown.

    Cached tokens are part of the input tokens (OpenAI's convention) and cost the cache price where there is one,
    else the input price.
    """
    if model.input_price is None or model.output_price is None:
        return None
    cached = min(usage.cached_tokens or 0, usage.input_tokens)
    cache_price = model.input_price if model.cache_read_price is None else model.cache_read_price
    fresh = usage.input_tokens - cached
    return (fresh * model.input_price + cached * cache_price + usage.output_tokens * model.output_price) / _PER

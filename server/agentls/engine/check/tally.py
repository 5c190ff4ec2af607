"""What a check cost: requests, tokens, money.

Knows numbers, no request. Invariant: what nobody reported stays absent, and an estimate makes the sum one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agentls.engine.cost import cost_of
from agentls.engine.token_counts import counted
from agentls.protocol.values import Usage

if TYPE_CHECKING:
    from agentls.chat.events import ChatUsage
    from agentls.protocol.provider import EffectiveModel


@dataclass(slots=True)
class Tally:
    """Of all questions of one check."""

    requests: int = 0
    spent: list[ChatUsage | Usage] = field(default_factory=list)
    """Of each answer: as the provider counted, else an estimate."""

    def usage(self) -> Usage:
        """Tokens of all answers; marked as estimated where one of them did not report its own."""
        return total([each if isinstance(each, Usage) else counted(each) for each in self.spent])

    def cost(self, prices: EffectiveModel) -> float | None:
        """USD for all of them; None where a price is unknown."""
        costs = [cost_of(each, prices) for each in self.spent]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if known and len(known) == len(costs) else None


def total(spent: Sequence[Usage]) -> Usage:
    """The sum; a detail that nobody reported stays absent."""
    cached = [usage.cached_tokens for usage in spent if usage.cached_tokens is not None]
    reasoning = [usage.reasoning_tokens for usage in spent if usage.reasoning_tokens is not None]
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in spent),
        cached_tokens=sum(cached) if cached else None,
        output_tokens=sum(usage.output_tokens for usage in spent),
        reasoning_tokens=sum(reasoning) if reasoning else None,
        estimated=True if any(usage.estimated for usage in spent) else None,
    )

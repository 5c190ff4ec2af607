"""What a request cost: the provider's word, else counts and prices."""

from __future__ import annotations

import pytest

from agentls.chat.usage import read_usage
from agentls.engine.cost import cost_of
from agentls.protocol.provider import EffectiveModel, ProviderModel
from agentls.protocol.values import Usage

PRICED = ProviderModel(input_price=2.0, output_price=10.0, cache_read_price=0.5, cache_write_price=3.0)
PLAIN = EffectiveModel(input_price=2.0, output_price=10.0)
MILLION = 1_000_000


def test_what_the_provider_says_wins_over_prices() -> None:
    usage = read_usage({"prompt_tokens": MILLION, "completion_tokens": MILLION, "cost": 0.25})
    assert cost_of(usage, PRICED) == 0.25
    assert cost_of(usage, ProviderModel()) == 0.25


@pytest.mark.parametrize(
    ("raw", "priced", "plain"),
    [
        ({"prompt_tokens": MILLION, "completion_tokens": MILLION}, 12.0, 12.0),
        ({"prompt_tokens": MILLION, "completion_tokens": 0, "cached_tokens": 400_000}, 1.4, 2.0),
        (
            {"prompt_tokens": MILLION, "cached_tokens": 400_000, "cache_write_tokens": 100_000, "completion_tokens": 0},
            1.5,
            2.0,
        ),
        ({"input_tokens": MILLION, "output_tokens": 0, "cache_read_input_tokens": MILLION}, 2.5, 4.0),
        ({"prompt_tokens": 0, "completion_tokens": 100_000, "total_tokens": MILLION}, 10.0, 10.0),
    ],
)
def test_counts_and_prices_where_it_says_nothing(raw: dict[str, object], priced: float, plain: float) -> None:
    usage = read_usage(raw)
    assert cost_of(usage, PRICED) == pytest.approx(priced)
    assert cost_of(usage, PLAIN) == pytest.approx(plain)


def test_an_estimate_has_a_price_too() -> None:
    estimate = Usage(input_tokens=MILLION, cached_tokens=400_000, output_tokens=100_000, estimated=True)
    assert cost_of(estimate, PRICED) == pytest.approx(2.4)
    assert cost_of(Usage(input_tokens=5, cached_tokens=9, output_tokens=0), PRICED) == pytest.approx(2.5e-6)


@pytest.mark.parametrize("model", [ProviderModel(), ProviderModel(input_price=1.0), ProviderModel(output_price=1.0)])
def test_a_price_that_is_unknown_is_no_cost_of_zero(model: ProviderModel) -> None:
    assert cost_of(Usage(input_tokens=1, output_tokens=1), model) is None
    assert cost_of(read_usage({"prompt_tokens": 1, "completion_tokens": 1}), model) is None

"""What providers report of tokens and costs, each in its own words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.chat.events import ChatUsage
from agentls.chat.usage import later_usage, read_usage


def counts(raw: dict[str, object]) -> tuple[object, ...]:
    usage = read_usage(raw)
    assert usage.raw is raw
    return (
        usage.input_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.fresh_input_tokens,
        usage.output_tokens,
        usage.reasoning_tokens,
        usage.billed_output_tokens,
    )


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, (0, None, None, 0, 0, None, 0)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}, (9, None, None, 9, 4, None, 4)),
        ({"prompt_tokens": "9", "completion_tokens": 4.0}, (9, None, None, 9, 4, None, 4)),
        ({"prompt_tokens": -9, "completion_tokens": True}, (0, None, None, 0, 0, None, 0)),
        # DeepSeek, vLLM, OpenAI
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 5}, (9, 5, None, 4, 4, None, 4)),
        ({"prompt_tokens": 9, "completion_tokens": 4, "num_cached_tokens": 5}, (9, 5, None, 4, 4, None, 4)),
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 4,
                "total_tokens": 13,
                "prompt_tokens_details": {"cached_tokens": 5, "cache_write_tokens": 3},
                "completion_tokens_details": {"reasoning_tokens": 2},
            },
            (9, 5, 3, 1, 4, 2, 4),
        ),
        # a gateway in front of Anthropic: written tokens beside the details, all inside the prompt
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 1,
                "total_tokens": 11,
                "prompt_tokens_details": {"cached_tokens": 7},
                "cache_creation_input_tokens": 2,
            },
            (10, 7, 2, 1, 1, None, 1),
        ),
        # Anthropic's own words: cached and written tokens come on top of the input
        (
            {
                "input_tokens": 10,
                "output_tokens": 1,
                "cache_read_input_tokens": 7,
                "cache_creation_input_tokens": 2,
                "total_tokens": 20,
            },
            (10, 7, 2, 10, 1, None, 1),
        ),
        (
            {"input_tokens": 3, "output_tokens": 1, "cache_creation": {"ephemeral_5m_input_tokens": 8}},
            (3, None, 8, 3, 1, None, 1),
        ),
        # reasoning apart from the output, with its count and without it (E10)
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 2,
                "total_tokens": 32,
                "completion_tokens_details": {"reasoning_tokens": 20},
            },
            (10, None, None, 10, 2, 20, 22),
        ),
        ({"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 32}, (10, None, None, 10, 2, None, 22)),
    ],
)
def test_the_counts_of_a_report(raw: dict[str, object], expected: tuple[object, ...]) -> None:
    assert counts(raw) == expected


@pytest.mark.parametrize(
    ("raw", "beside", "cost"),
    [
        ({}, None, None),
        ({"cost": 0.25}, None, 0.25),
        ({"cost": "0.25"}, None, 0.25),
        ({"cost": 0}, None, 0.0),
        ({"cost": -1}, None, None),
        ({"cost": "NaN"}, None, None),
        ({"cost": "inf"}, None, None),
        ({"cost": True}, None, None),
        ({"cost": {"input_tokens_cost": 0.1, "total_cost": 0.3}}, None, 0.3),
        ({"cost": {"total_cost": "0.3"}}, None, 0.3),
        ({"cost": {"input_tokens_cost": 0.1}}, None, None),
        ({"estimated_cost": 0.5}, None, 0.5),
        ({"cost_in_usd_ticks": 5_000_000_000}, None, 0.5),
        ({}, {"usd": 0.125, "diem": 3}, 0.125),
        ({"cost": 0.25}, {"usd": 0.125}, 0.25),
        ({"cost": 0.25, "cost_details": {"upstream_inference_cost": 0.25}, "is_byok": False}, None, 0.25),
        ({"cost": 0.25, "cost_details": {"upstream_inference_cost": 0.5}, "is_byok": True}, None, 0.75),
        ({"cost": 0, "cost_details": {"upstream_inference_cost": None}, "is_byok": True}, None, 0.0),
    ],
)
def test_the_cost_that_a_provider_says_itself(raw: dict[str, object], beside: object, cost: float | None) -> None:
    assert read_usage(raw, beside).reported_cost == cost


def test_the_last_complete_report_counts() -> None:
    first: dict[str, object] = {"prompt_tokens": 3, "completion_tokens": 1}
    last: dict[str, object] = {"prompt_tokens": 3, "completion_tokens": 2}
    half: dict[str, object] = {"prompt_tokens": 3, "completion_tokens": None}
    assert later_usage(first, last) is last
    assert later_usage(first, half) is first
    assert later_usage(half, {}) == {}


words = st.sampled_from(
    [
        "prompt_tokens",
        "input_tokens",
        "completion_tokens",
        "output_tokens",
        "total_tokens",
        "reasoning_tokens",
        "cached_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
        "cache_creation",
        "prompt_tokens_details",
        "completion_tokens_details",
        "cost",
        "total_cost",
        "cost_details",
        "upstream_inference_cost",
        "is_byok",
        "cost_in_usd_ticks",
    ]
)
reports = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(words, inner, max_size=6),
    max_leaves=12,
)


@given(st.dictionaries(words, reports, max_size=8), reports)
def test_any_report_gives_counts_that_make_sense(raw: dict[str, object], beside: object) -> None:
    usage = read_usage(raw, beside)
    assert isinstance(usage, ChatUsage)
    assert min(usage.input_tokens, usage.output_tokens, usage.fresh_input_tokens, usage.billed_output_tokens) >= 0
    assert usage.billed_output_tokens >= usage.output_tokens
    assert usage.reported_cost is None or 0 <= usage.reported_cost < 1e16

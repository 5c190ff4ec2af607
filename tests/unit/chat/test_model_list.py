"""Model lists of every shape in quirk section H, in bytes of our own: one small list per shape."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.chat.models.model_facts import ModelFacts
from agentls.chat.models.model_list import MOST_MODELS, NotAModelList, find_model, parse_model_list, read_model_list
from tests.unit.chat.model_lists import ANTHROPIC, GEMINI_NATIVE, LLAMA_CPP, OPENAI, SHAPES, VLLM


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_read_by_its_keys(shape: str) -> None:
    body, expected = SHAPES[shape]
    assert list(read_model_list(json.dumps(body).encode())) == expected


@pytest.mark.parametrize(
    ("shape", "server", "page"),
    [
        (LLAMA_CPP, "llamacpp", ""),
        (VLLM, "vllm", ""),
        ({"data": [{"id": "a:latest", "owned_by": "library"}]}, "ollama", ""),
        ({"data": [{"id": "a", "owned_by": "organization_owner"}]}, "lmstudio", ""),
        (OPENAI, "", ""),
        (ANTHROPIC, "", "after_id=large"),
        (GEMINI_NATIVE, "", "pageToken=a%2Fb"),
        ({"result": [{"id": "a"}], "result_info": {"page": 1, "per_page": 20, "total_count": 30}}, "", "page=2"),
        ({"result": [{"id": "a"}], "result_info": {"page": 2, "per_page": 20, "total_count": 30}}, "", ""),
        ({"result": [{"id": "a"}], "result_info": {"page": "?", "per_page": 20}}, "", ""),
    ],
)
def test_the_shape_tells_the_server_and_whether_there_is_more(shape: object, server: str, page: str) -> None:
    found = parse_model_list(json.dumps(shape).encode())
    assert (found.kind, found.next_page) == (server, page)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"<!doctype html><title>Sign in</title>",
        b"404 page not found",
        b"null",
        b"5",
        b'"data"',
        b"{}",
        b'{"data": {}}',
        b'{"data": null}',
        b'{"error": {"message": "Invalid API Key"}, "data": []}',
        b'{"success": false, "errors": [{"code": 7000}], "result": []}',
        b'{"detail": "Not Found"}',
        b"[1, 2, 3]",
        b'{"data": [{"id": ""}, {"id": "a\\nb"}, {"id": " a"}, {"id": 7}]}',
        b'{"data": [{"id": "a"}',
        b"[" * 100_000,
        b'{"data": [' + b"{}," * 400_000 + b'{"id": "a"}]}',
        b'{"data": [{"id": "' + b"a" * 1_000_000 + b'"}]}',
        '{"data": [{"id": "safe\u202egpj.exe"}, {"id": "a\u200bb"}, {"id": "\u2066a"}]}'.encode(),
        b"\xff\xfe",
    ],
)
def test_what_is_no_list_is_an_error_and_never_an_empty_list(body: bytes) -> None:
    with pytest.raises(NotAModelList):
        read_model_list(body)


@pytest.mark.parametrize(
    ("written", "window"),
    [
        ('"131072"', 131072),
        ("131072.0", 131072),
        ("1e5", 100000),
        ("0", None),
        ("null", None),
        ("-1", None),
        ("true", None),
        ('"128k"', None),
        ("NaN", None),
        ("1e999", None),
        ("9" * 400, None),
        ("[]", None),
        ('"nan"', None),
    ],
)
def test_h2_numbers_may_be_anything(written: str, window: int | None) -> None:
    body = f'{{"data": [{{"id": "a", "context_length": {written}}}]}}'.encode()
    assert read_model_list(body) == (ModelFacts("a", window),)


@pytest.mark.parametrize(
    ("pricing", "prices"),
    [
        ({"prompt": "0.0000008", "completion": "0.0000008"}, (0.8, 0.8)),
        ({"prompt": "0.00015", "completion": "0.0006"}, (150.0, 600.0)),
        ({"prompt": 0.27, "completion": 1.1}, (0.27, 1.1)),
        ({"input": "0.88", "output": "0.88"}, (0.88, 0.88)),
        ({"input": 0.000002, "output": 0.000008}, (2.0, 8.0)),
        ({"input": 0.5, "output": 1, "unit": "per_1k_tokens"}, (500.0, 1000.0)),
        ({"input": "0", "output": 0}, (0.0, 0.0)),
        ({"input": 1, "output": 1, "currency": "EUR"}, (None, None)),
        ({"prompt": "-1", "completion": "-1"}, (None, None)),
        ({"prompt": "-1", "completion": "0.000002"}, (None, None)),
        ({"prompt": "0.000002", "completion": -1}, (None, None)),
        ({"prompt": "free", "completion": None}, (None, None)),
        ({"input": 1e30}, (None, None)),
        ({"prompt": "0.0005"}, (500.0, None)),
        ({"prompt": "0.001"}, (0.001, None)),
        ({"input": {"eur": 3}, "output": {"usd": "2"}}, (None, 2.0)),
        ("cheap", (None, None)),
    ],
)
def test_prices_are_in_usd_per_million_whatever_the_unit(
    pricing: object, prices: tuple[float | None, float | None]
) -> None:
    (facts,) = read_model_list(json.dumps({"data": [{"id": "a", "pricing": pricing}]}).encode())
    assert (facts.input_price, facts.output_price) == prices


def _row(unit: str, price: object, **more: object) -> dict[str, object]:
    return {"unit": f"per M {unit} tokens", "price": price, **more}


@pytest.mark.parametrize(
    ("rows", "prices"),
    [
        ([_row("input", 0.3, currency="USD"), _row("output", 2, currency="USD")], (0.3, 2.0)),
        ([_row("input", 0.3), _row("output", 2)], (0.3, 2.0)),
        ([_row("input", 0.3, currency="EUR"), _row("output", 2, currency="USD")], (None, 2.0)),
        ([_row("input", 0.3, currency="USD"), _row("output", 2, currency="CNY")], (0.3, None)),
        ([_row("input", 0.3, currency="EUR"), _row("input", 0.4, currency="USD")], (0.4, None)),
        ([_row("input", 0.3, currency=""), _row("output", 2, currency=None)], (None, None)),
        ([_row("input", -1, currency="USD"), _row("output", 2, currency="USD")], (None, 2.0)),
        ([_row("input", 0.3, currency="USD"), _row("output", "-2", currency="USD")], (0.3, None)),
    ],
)
def test_rows_of_prices_count_each_by_itself_and_only_in_usd(
    rows: list[dict[str, object]], prices: tuple[float | None, float | None]
) -> None:
    (facts,) = read_model_list(json.dumps({"data": [{"id": "a", "pricing": rows}]}).encode())
    assert (facts.input_price, facts.output_price) == prices


def test_a_price_of_the_cache_alone_tells_its_unit_too() -> None:
    (facts,) = read_model_list(b'{"data": [{"id": "a", "pricing": {"cache_read": 0.3}}]}')
    assert facts == ModelFacts("a", cache_read_price=0.3)


def test_of_a_key_that_is_there_twice_the_last_counts() -> None:
    (facts,) = read_model_list(b'{"data": [], "data": [{"id": "a", "context_length": 1, "context_length": 2}]}')
    assert facts == ModelFacts("a", 2)


def test_entries_of_one_id_are_merged_in_the_first_ones_place() -> None:
    entries = [{"id": "a"}, {"id": "b"}, {"id": "a", "context_length": 5}, {"id": "a", "context_length": 9}]
    assert read_model_list(json.dumps(entries).encode()) == (ModelFacts("a", 5), ModelFacts("b"))


def test_no_more_models_are_kept_than_the_bound() -> None:
    entries = [{"id": f"m{number}"} for number in range(MOST_MODELS + 100)]
    assert len(read_model_list(json.dumps(entries).encode())) == MOST_MODELS


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("Lab/Coder", "Lab/Coder"),
        ("lab/coder", "lab/coder"),
        ("LAB/CODER", "Lab/Coder"),
        ("models/flash", "flash"),
        ("qwen", "qwen:latest"),
        ("qwen:latest", "qwen:latest"),
        ("qwen:7b", None),
        ("lab/coder:fast", "Lab/Coder"),
        ("flash:fast", None),
        ("", None),
    ],
)
def test_a_model_is_found_by_the_name_that_users_type(asked: str, found: str | None) -> None:
    models = [ModelFacts(each) for each in ("Lab/Coder", "lab/coder", "flash", "qwen:latest")]
    facts = find_model(models, asked)
    assert (None if facts is None else facts.id) == found


def test_an_unlisted_variant_is_its_model_at_an_unknown_price() -> None:
    models = [ModelFacts("lab/coder", 1000, 100, 1.0, 2.0, 0.1, 0.2, True, True)]
    expected = ModelFacts("lab/coder", 1000, 100, image_support=True, tool_support=True)
    assert find_model(models, "lab/coder:floor") == expected


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda parts: (
        st.lists(parts, max_size=4)
        | st.dictionaries(
            st.sampled_from(["id", "data", "models", "name", "pricing", "input", "prompt", "usd", "unit", "meta"])
            | st.sampled_from(["capabilities", "providers", "properties", "property_id", "value", "context_length"])
            | st.sampled_from(["loaded_instances", "config", "type", "task", "max_tokens", "result", "error", "tags"]),
            parts,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@given(st.binary() | _JSON.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_give_a_list_or_an_error(body: bytes) -> None:
    try:
        models = read_model_list(body)
    except NotAModelList:
        return
    for facts in models:
        assert facts.id
        assert facts.context_window is None or facts.context_window > 0
        for price in (facts.input_price, facts.output_price, facts.cache_read_price, facts.cache_write_price):
            assert price is None or 0 <= price <= 1_000_000

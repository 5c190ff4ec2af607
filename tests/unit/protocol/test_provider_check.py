"""Keys, headers, proxies and request fields: what is acceptable, and that refusals give nothing away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.protocol.errors import InvalidParams
from agentls.protocol.provider import EffectiveModel, Provider, ProviderModel
from agentls.protocol.provider_check import check_api_key, check_headers, check_provider, check_proxy, secrets_of
from agentls.protocol.provider_view import effective_model, provider_view


def provider(**fields: object) -> Provider:
    whole = {"id": "p", "name": "P", "base_url": "https://api.example.org/v1/", "model_id": "m", **fields}
    return Provider.model_validate(whole)


def test_a_checked_provider_has_its_url_normalised() -> None:
    checked, warnings = check_provider(provider())
    assert (checked, warnings) == (provider(base_url="https://api.example.org/v1"), [])


@pytest.mark.parametrize("key", ["", "sk-abc", "a" * 8192, "!~"])
def test_a_key_that_can_be_sent_is_taken_as_it_is(key: str) -> None:
    assert check_api_key(key) == key


@pytest.mark.parametrize("key", ["hunter2\n", "hunter2\r\nX: y", "hunter2\0", " hunter2", "hun ter2", "hunter2é"])
def test_a_key_that_cannot_be_sent_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        check_api_key(key)
    assert refused.value.path == "apiKey"
    assert "hunter2" not in refused.value.message


def test_a_key_over_the_limit_is_refused() -> None:
    with pytest.raises(InvalidParams):
        check_api_key("a" * 8193)


@given(st.text())
def test_an_accepted_key_is_a_legal_header_value(key: str) -> None:
    try:
        accepted = check_api_key(key)
    except InvalidParams:
        return
    assert all(0x21 <= ord(character) <= 0x7E for character in accepted)


def test_good_headers_are_accepted() -> None:
    check_headers({"X-Title": "agentls", "HTTP-Referer": "https://example.org/a b", "Empty": ""})


@pytest.mark.parametrize(
    ("headers", "path"),
    [
        ({"": "x"}, "provider.headers"),
        ({"a b": "x"}, "provider.headers"),
        ({"a:": "x"}, "provider.headers"),
        ({"a\n": "x"}, "provider.headers"),
        ({"é": "x"}, "provider.headers"),
        ({"a" * 129: "x"}, "provider.headers"),
        ({f"a{number}": "x" for number in range(65)}, "provider.headers"),
        ({"Host": "evil"}, "provider.headers.Host"),
        ({"content-length": "0"}, "provider.headers.content-length"),
        ({"Transfer-Encoding": "chunked"}, "provider.headers.Transfer-Encoding"),
        ({"A": "1", "a": "2"}, "provider.headers.a"),
        ({"A": "x\r\nB: y"}, "provider.headers.A"),
        ({"A": "x\0"}, "provider.headers.A"),
        ({"A": " x"}, "provider.headers.A"),
        ({"A": "é"}, "provider.headers.A"),
        ({"A": "x" * 8193}, "provider.headers.A"),
        ({"X-Token": "[redacted]"}, "provider.headers.X-Token"),
    ],
)
def test_a_bad_header_is_refused_by_name(headers: dict[str, str], path: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        check_provider(provider(headers=headers))
    assert refused.value.path == path


@pytest.mark.parametrize("proxy", ["http://proxy:3128", "https://user:pass@proxy.example.org", "http://10.0.0.1:8080/"])
def test_a_good_proxy_is_accepted(proxy: str) -> None:
    check_proxy(proxy)


@pytest.mark.parametrize(
    "proxy", ["proxy:3128", "socks5://proxy:1080", "http://proxy/path", "http://proxy?x", "http://"]
)
def test_a_bad_proxy_is_refused(proxy: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        check_provider(provider(proxy=proxy))
    assert refused.value.path == "provider.proxy"


@pytest.mark.parametrize("field", ["messages", "model", "stream", "tools"])
def test_the_request_body_keeps_what_agentls_sets(field: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        check_provider(provider(extra_body={"top_k": 20, field: None}))
    assert refused.value.path == f"provider.extraBody.{field}"


@pytest.mark.parametrize(("field", "path"), [("id", "id"), ("name", "name"), ("model_id", "modelId")])
@pytest.mark.parametrize("text", ["a\nb", "\0", " "])
def test_names_are_printable(field: str, path: str, text: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        check_provider(provider(**{field: text}))
    assert refused.value.path == f"provider.{path}"


def test_the_view_shows_no_secret() -> None:
    held = provider(
        headers={"Authorization": "Bearer s3cret1", "X-Api-Key": "s3cret2", "X-Title": "agentls"},
        proxy="http://user:s3cret3@proxy:3128",
    )
    view = provider_view(held, api_key="s3cret-and-more-abcd")
    assert view.headers == {"Authorization": "[redacted]", "X-Api-Key": "[redacted]", "X-Title": "agentls"}
    assert view.proxy == "http://[redacted]@proxy:3128"
    assert (view.api_key_set, view.api_key_hint) == (True, "…abcd")
    assert "s3cret" not in view.model_dump_json(by_alias=True)
    assert sorted(secrets_of(held)) == ["Bearer s3cret1", "s3cret1", "s3cret2", "s3cret3", "user:s3cret3"]


@pytest.mark.parametrize(("key", "shown"), [(None, (False, None)), ("", (False, None)), ("short-key", (True, None))])
def test_a_short_key_is_not_hinted_at(key: str | None, shown: tuple[bool, str | None]) -> None:
    view = provider_view(provider(), api_key=key)
    assert (view.api_key_set, view.api_key_hint) == shown


def test_what_is_in_force_says_where_it_comes_from() -> None:
    model = ProviderModel(input_price=0.5)
    discovered = ProviderModel(context_window=32768, input_price=9.0, image_support=True)
    assert effective_model(model, discovered) == EffectiveModel(
        context_window=32768,
        image_support=True,
        input_price=0.5,
        sources={
            "contextWindow": "discovered",
            "imageSupport": "discovered",
            "computerUse": "default",
            "inputPrice": "set",
        },
    )


def test_an_unknown_context_window_is_128000_and_unknown_prices_are_absent() -> None:
    assert effective_model(ProviderModel()).model_dump(exclude_none=True, exclude={"sources"}) == {
        "context_window": 128_000,
        "image_support": False,
        "computer_use": False,
    }

"""Which base URLs are acceptable, and what they become."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agentls.protocol.base_url import is_loopback, normalise_base_url, origin_of, split_url
from agentls.protocol.errors import InvalidParams

REMOVED = ["The base URL ended in /chat/completions, which agentls adds itself: it was removed."]
NO_PART = "The base URL ended in {}, which is no part of it: it was removed."
INSECURE = ["The base URL uses plain http: the key and all code travel unencrypted."]


@pytest.mark.parametrize(
    ("text", "url", "warnings"),
    [
        ("https://api.example.org/v1", "https://api.example.org/v1", []),
        ("  https://api.example.org/v1/ \n", "https://api.example.org/v1", []),
        ("HTTPS://API.Example.org:443/V1//", "https://api.example.org/V1", []),
        ("https://api.example.org", "https://api.example.org", []),
        ("https://api.example.org/v1/chat/completions", "https://api.example.org/v1", REMOVED),
        ("https://api.example.org/v1/chat/completions/", "https://api.example.org/v1", REMOVED),
        (
            "https://api.example.org/v1/models",
            "https://api.example.org/v1",
            [REMOVED[0].replace("/chat/completions", "/models")],
        ),
        ("https://api.example.org/v1/Responses/", "https://api.example.org/v1", [NO_PART.format("/responses")]),
        ("https://api.example.org/v1/completions", "https://api.example.org/v1", [NO_PART.format("/completions")]),
        ("https://api.example.org/v1/embeddings", "https://api.example.org/v1", [NO_PART.format("/embeddings")]),
        ("https://api.example.org/v1/chat/completions/chat/completions", "https://api.example.org/v1", REMOVED * 2),
        ("https://r.services.ai.azure.com/models", "https://r.services.ai.azure.com/models", []),
        ("https://r.services.ai.azure.com/models/chat/completions", "https://r.services.ai.azure.com/models", REMOVED),
        ("https://models.example.org/v1/my-models", "https://models.example.org/v1/my-models", []),
        ("https://xn--bcher-kva.example/v1", "https://xn--bcher-kva.example/v1", []),
        ("https://[2001:db8::1]:8443/v1", "https://[2001:db8::1]:8443/v1", []),
        ("http://localhost:11434/v1", "http://localhost:11434/v1", []),
        ("http://127.0.0.1:1234/v1", "http://127.0.0.1:1234/v1", []),
        ("http://127.200.3.4/v1", "http://127.200.3.4/v1", []),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1", []),
    ],
)
def test_a_good_url_is_normalised(text: str, url: str, warnings: list[str]) -> None:
    assert normalise_base_url(text, allow_insecure_http=False) == (url, warnings)


@pytest.mark.parametrize(
    "host",
    [
        "api.example.org",
        "192.168.1.5:8000",
        "127.0.0.1.evil.com",
        "127.0.0.1.",
        "localhost.",
        "localhost.evil.com",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.0.0.1",
        "0.0.0.0",
        "[::ffff:127.0.0.1]",
        "[::ffff:1.2.3.4]",
        "[::]",
    ],
)
def test_plain_http_to_another_machine_needs_permission(host: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        normalise_base_url(f"http://{host}/v1", allow_insecure_http=False)
    assert refused.value.path == "provider.baseUrl"
    assert normalise_base_url(f"http://{host}/v1", allow_insecure_http=True) == (f"http://{host}/v1", INSECURE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "localhost:11434",
        "api.example.org/v1",
        "//api.example.org",
        "ftp://api.example.org",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://:443/v1",
        "https://user@api.example.org",
        "https://user:pass@api.example.org",
        "http://localhost@evil.example",
        "http://localhost:80@evil.example",
        "https://@api.example.org",
        "https://api.example.org/v1?key=1",
        "https://api.example.org/v1?",
        "https://api.example.org/v1#here",
        "https://api.example.org:0/v1",
        "https://api.example.org:/v1",
        "https://api.example.org:99999/v1",
        "https://api.example.org:https/v1",
        "https://api.exa\nmple.org/v1",
        "https://api.exa mple.org/v1",
        "https://api\\.example.org",
        "http://localhost\\@evil.example",
        "https://ａpi.example.org",
        "https://exa%6dple.org",
        "https://[::1",
        "https://[zz]/v1",
        "http://[::1%25lo]/v1",
        "http://::1/v1",
        "https://-/v1",
        "https://" + "a" * 3000,
    ],
)
@pytest.mark.parametrize("insecure", [False, True])
def test_a_bad_url_is_refused_with_the_field(text: str, insecure: bool) -> None:
    with pytest.raises(InvalidParams) as refused:
        normalise_base_url(text, allow_insecure_http=insecure)
    assert refused.value.path == "provider.baseUrl"


@pytest.mark.parametrize(
    ("text", "offer"),
    [
        ("localhost:11434/v1", ": write http://localhost:11434/v1"),
        ("127.0.0.1:8080", ": write http://127.0.0.1:8080"),
        ("[::1]:8080/v1", ": write http://[::1]:8080/v1"),
        (" api.example.org/v1 ", ": write https://api.example.org/v1"),
        ("gpu.example:8000/v1", ": write https://gpu.example:8000/v1"),
        ("ftp://api.example.org", ""),
        ("//api.example.org", ""),
        ("key:hunter2@api.example.org", ""),
        ("api.example.org/v1?key=hunter2", ""),
        ("", ""),
    ],
)
def test_an_address_without_its_scheme_is_offered_with_it(text: str, offer: str) -> None:
    with pytest.raises(InvalidParams) as refused:
        normalise_base_url(text, allow_insecure_http=False)
    assert refused.value.message == f"provider.baseUrl must begin with https:// or http://{offer}"


def test_a_proxy_without_its_scheme_is_offered_with_plain_http() -> None:
    with pytest.raises(InvalidParams, match=re.escape("http://: write http://proxy.example:3128")):
        split_url("proxy.example:3128", "provider.proxy")


def test_the_refusal_of_plain_http_says_where_it_is_allowed() -> None:
    with pytest.raises(InvalidParams) as refused:
        normalise_base_url("http://gpu.example/v1", allow_insecure_http=False)
    assert "allowInsecureHttp (in the editor's gear panel, or provider.allowInsecureHttp in" in refused.value.message


def test_a_refusal_does_not_repeat_a_pasted_password() -> None:
    with pytest.raises(InvalidParams) as refused:
        normalise_base_url("https://user:hunter2@api.example.org/v1", allow_insecure_http=False)
    assert "hunter2" not in refused.value.message


@given(st.text() | st.text("htps:/@[].127localhost\\#?%").map(lambda rest: f"http://{rest}"))
@example("http://127.0.0.1:1\t")
def test_what_is_accepted_stays_as_it_is_and_goes_nowhere_unencrypted(text: str) -> None:
    try:
        url, _ = normalise_base_url(text, allow_insecure_http=False)
    except InvalidParams:
        return
    assert normalise_base_url(url, allow_insecure_http=False) == (url, [])
    authority = url.split("://")[1].split("/")[0]
    host = authority.rpartition(":")[0] if authority.rpartition(":")[2].isdigit() else authority
    assert url.startswith("https://") or is_loopback(host.strip("[]"))


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.org/v1", "https://api.example.org"),
        ("https://api.example.org:443/v2", "https://api.example.org"),
        ("http://localhost:11434/v1", "http://localhost:11434"),
        ("http://[::1]:80/v1", "http://[::1]"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin

"""Any answer is some failure, within bounds; retries end, whatever the failures are."""

import json
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from agentls.chat.advice.advice import LONGEST_ADVICE, TITLES
from agentls.chat.advice.key_kind import FOREIGN, key_kind
from agentls.chat.errors.error_body import LONGEST_TEXT, read_error
from agentls.chat.errors.retry_after import LONGEST_S
from agentls.chat.failure import (
    NEVER_RETRIED,
    Failure,
    classify_response,
    classify_stream_error,
    stream_failure,
    transport_failure,
)
from agentls.chat.retry import LONGEST_DELAY_S, GiveUp, Retry, RetryLimits, decide_retry
from agentls.chat.server import NAMES, ServerHint

KEYS = st.sampled_from(
    [
        *("error", "message", "detail", "code", "type", "status", "errors", "metadata", "raw", "headers", "base_resp"),
        *("status_code", "details", "retryDelay", "loc", "msg", "param", "object", "failed_generation", "n_ctx"),
    ]
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text(max_size=5), inner, max_size=5),
    max_leaves=30,
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "retry-after-ms", "date", "ratelimit", "x-ratelimit-reset", "x-should-retry"])
    | st.sampled_from(
        ["x-ratelimit-remaining", "x-ratelimit-remaining-a", "x-ratelimit-reset-a", "location", "server"]
    ),
    st.text(max_size=40) | st.integers().map(str) | st.sampled_from(["Tue, 07 Oct 2025 13:57:00 GMT", "1m30s", "0"]),
    max_size=5,
)
SERVERS = st.builds(
    ServerHint,
    base_url=st.text(max_size=40) | st.sampled_from(["http://localhost:11434/v1", "https://api.groq.com/openai/v1"]),
    model=st.text(max_size=400),
    kind=st.sampled_from(["", *NAMES]),
    has_key=st.none() | st.booleans(),
    key_kind=st.sampled_from(["", "groq", "anthropic", "nobody"]),
)
CODES = st.sampled_from(sorted(TITLES))
FAILURES = st.builds(
    Failure,
    code=CODES,
    title=st.just("t"),
    detail=st.just("d"),
    advice=st.just("a"),
    http_status=st.none() | st.integers(min_value=100, max_value=599),
    retryable=st.booleans(),
    retry_after_s=st.none() | st.floats(allow_nan=True),
)


def assert_sound(failure: Failure) -> None:
    assert failure.code in TITLES
    assert failure.title
    assert 0 < len(failure.advice) <= LONGEST_ADVICE
    assert 0 < len(failure.detail) <= LONGEST_TEXT
    assert not {unicodedata.category(sign) for sign in failure.detail} & {"Cc", "Cs", "Zl", "Zp"}
    assert failure.retry_after_s is None or 0 < failure.retry_after_s <= LONGEST_S
    if failure.http_status in NEVER_RETRIED and failure.code != "toolCallRejected":
        assert not failure.retryable


@given(status=st.integers(min_value=100, max_value=999), headers=HEADERS, body=st.binary(), server=SERVERS)
def test_any_bytes_are_some_failure(status: int, headers: dict[str, str], body: bytes, server: ServerHint) -> None:
    assert_sound(classify_response(status, headers, body, server, now_s=1_759_845_410.0))


@given(status=st.integers(min_value=200, max_value=599), headers=HEADERS, value=JSON, server=SERVERS)
def test_any_value_is_some_failure(status: int, headers: dict[str, str], value: object, server: ServerHint) -> None:
    assert_sound(classify_response(status, headers, json.dumps(value).encode(), server))
    assert_sound(classify_stream_error(value, server))


@given(code=CODES, detail=st.text(), server=SERVERS)
def test_any_words_of_a_stream_are_some_failure(code: str, detail: str, server: ServerHint) -> None:
    failure = stream_failure(code, detail, server)
    assert failure.code == code
    assert len(failure.detail) <= LONGEST_TEXT
    assert 0 < len(failure.advice) <= LONGEST_ADVICE


@given(
    kind=st.sampled_from(["dns", "refused", "tls", "proxy", "timeout", "reset", "protocol"]) | st.text(),
    origin=st.text(),
)
def test_any_network_trouble_is_some_failure(kind: str, origin: str) -> None:
    failure = transport_failure(kind, "it broke", origin)
    assert failure.code in TITLES
    assert 0 < len(failure.advice) <= LONGEST_ADVICE


@given(status=st.sampled_from(sorted(NEVER_RETRIED - {400, 422})), value=JSON, headers=HEADERS)
def test_a_404_of_the_path_or_a_refused_key_is_never_retried(
    status: int, value: object, headers: dict[str, str]
) -> None:
    failure = classify_response(status, headers, json.dumps(value).encode(), ServerHint())
    assert not failure.retryable


@given(page=st.text(max_size=200))
def test_a_404_that_is_a_page_or_text_is_never_a_missing_model(page: str) -> None:
    for body in (f"<html><body>the model {page}", f"not found: /v1/model/{page}".split("'")[0].split('"')[0]):
        failure = classify_response(404, {}, body.encode(), ServerHint())
        assert failure.code in ("endpointNotFound", "toolsUnsupported")


@given(
    depth=st.integers(min_value=1, max_value=3000), opening=st.sampled_from(['{"error":', "[", '{"message":"{', "<a>"])
)
def test_deep_nesting_is_read_to_a_bounded_depth(depth: int, opening: str) -> None:
    assert_sound(classify_response(400, {}, (opening * depth).encode(), ServerHint()))
    nested: object = "end"
    for _ in range(min(depth, 500)):
        nested = {"error": [nested]}
    assert_sound(classify_stream_error(nested))


@given(text=st.text(alphabet="ab <>/\"'{}[]:,\\.0123456789titlescrp", max_size=300))
def test_a_body_is_cut_before_it_is_searched(text: str) -> None:
    facts = read_error((text * 3000).encode()[:900_000])
    assert len(facts.words) <= 8_000
    assert len(facts.message) <= LONGEST_TEXT


@given(
    failures=st.lists(FAILURES, max_size=30),
    attempts=st.integers(min_value=1, max_value=8),
    max_wait_s=st.floats(min_value=0, max_value=1000),
    shares=st.lists(st.floats(), min_size=30, max_size=30),
)
def test_attempts_and_waits_stay_within_the_limits(
    failures: list[Failure], attempts: int, max_wait_s: float, shares: list[float]
) -> None:
    limits = RetryLimits(max_attempts=attempts, max_wait_s=max_wait_s)
    waited_s, made = 0.0, 1
    for failure, share in zip(failures, shares, strict=False):
        match decide_retry(made, failure, waited_s, limits, lambda drawn=share: drawn):
            case GiveUp(reason):
                assert reason
                break
            case Retry(delay_s):
                assert failure.retryable
                assert failure.http_status not in NEVER_RETRIED or failure.code == "toolCallRejected"
                asked_s = failure.retry_after_s or 0.0
                assert 0.0 <= delay_s <= (asked_s if asked_s > 0 else LONGEST_DELAY_S)
                waited_s += delay_s
                made += 1
    assert made <= attempts
    assert waited_s <= max_wait_s + 1e-6


@given(key=st.text(max_size=300))
def test_a_keys_kind_is_a_kind_and_no_part_of_the_key(key: str) -> None:
    kind = key_kind(key)
    assert kind == "" or kind in NAMES or kind in FOREIGN

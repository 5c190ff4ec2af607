"""Whether to send a request again, and how long a server asks to wait."""

import json
from dataclasses import replace

import pytest

from agentls.chat.failure import Failure, classify_response, classify_stream_error, stream_failure, transport_failure
from agentls.chat.retry import GiveUp, Retry, RetryLimits, decide_retry
from agentls.chat.server import ServerHint

LIMITS = RetryLimits(max_attempts=4, max_wait_s=120.0)
BUSY = Failure("overloaded", "t", "d", "a", http_status=503, retryable=True)
NOW_S = 1_759_845_410.0
DATE = "Tue, 07 Oct 2025 13:56:50 GMT"
"""The same moment as `NOW_S`."""


def test_the_wait_is_uniform_below_a_bound_that_doubles() -> None:
    waits = [decide_retry(attempt, BUSY, 0.0, LIMITS, lambda: 0.5) for attempt in (1, 2, 3)]
    assert waits == [Retry(0.25), Retry(0.5), Retry(1.0)]


def test_the_bound_stops_doubling_at_twenty_seconds() -> None:
    many = RetryLimits(max_attempts=100, max_wait_s=120.0)
    assert decide_retry(50, BUSY, 0.0, many, lambda: 1.0) == Retry(20.0)


def test_attempts_end() -> None:
    assert decide_retry(4, BUSY, 0.0, LIMITS, lambda: 0.5) == GiveUp("attempts used up")


def test_what_is_not_retryable_is_given_up() -> None:
    assert decide_retry(1, replace(BUSY, retryable=False), 0.0, LIMITS, lambda: 0.5) == GiveUp("not retryable")


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_a_refusal_is_given_up_even_where_it_claims_to_pass(status: int) -> None:
    claimed = replace(BUSY, http_status=status)
    assert decide_retry(1, claimed, 0.0, LIMITS, lambda: 0.5) == GiveUp("not retryable")


@pytest.mark.parametrize(
    ("asked_s", "waited_s", "decision"),
    [
        (7.0, 0.0, Retry(7.0)),
        (120.0, 0.0, Retry(120.0)),
        (121.0, 0.0, GiveUp("the server asks to wait 121 s")),
        (900.0, 0.0, GiveUp("the server asks to wait 15 min")),
        (12_600.0, 0.0, GiveUp("the server asks to wait 3.5 h")),
        (30.0, 100.0, GiveUp("the server asks to wait 30 s")),
        (0.0, 0.0, Retry(0.25)),
    ],
)
def test_what_the_server_asks_for_is_honoured_within_the_limit(asked_s: float, waited_s: float, decision) -> None:
    failure = replace(BUSY, retry_after_s=asked_s)
    assert decide_retry(1, failure, waited_s, LIMITS, lambda: 0.5) == decision


@pytest.mark.parametrize("random", [-1.0, 2.0, float("nan"), float("inf")])
def test_a_bad_random_source_gives_the_longest_wait_of_the_attempt(random: float) -> None:
    assert decide_retry(1, BUSY, 0.0, LIMITS, lambda: random) == Retry(0.5)


@pytest.mark.parametrize("code", ["emptyResponse", "toolCallRejected"])
def test_a_models_own_slip_is_tried_once_more(code: str) -> None:
    failure = stream_failure(code, "nothing")
    assert isinstance(decide_retry(1, failure, 0.0, LIMITS, lambda: 0.0), Retry)
    assert isinstance(decide_retry(2, failure, 0.0, LIMITS, lambda: 0.0), GiveUp)


def test_a_call_that_the_server_could_not_read_is_tried_once_more_whatever_the_status() -> None:
    body = b'{"error":{"message":"Failed to call a function.","code":"tool_use_failed"}}'
    failure = classify_response(400, {}, body, ServerHint())
    assert (failure.code, failure.retryable) == ("toolCallRejected", True)
    assert isinstance(decide_retry(1, failure, 0.0, LIMITS, lambda: 0.0), Retry)


@pytest.mark.parametrize(
    ("kind", "is_retried"),
    [
        ("dns", True),
        ("refused", True),
        ("connect", True),
        ("timeout", True),
        ("reset", True),
        ("tls", False),
        ("proxy", False),
        ("redirect", False),
        ("protocol", False),
    ],
)
def test_the_network_is_tried_again_and_a_wrong_setting_is_not(kind: str, is_retried: bool) -> None:
    failure = transport_failure(kind, "it broke", "https://h.example")
    assert isinstance(decide_retry(1, failure, 0.0, LIMITS, lambda: 0.0), Retry) == is_retried


@pytest.mark.parametrize(
    ("status", "body", "headers", "retryable"),
    [
        (408, b"", {}, True),
        (409, b"", {}, True),
        (425, b"", {}, True),
        (429, b"", {}, True),
        (500, b"", {}, True),
        (529, b"", {}, True),
        (500, b"", {"x-should-retry": "false"}, False),
        (500, b'{"error":"unsupported content"}', {}, False),
        (500, b'{"error":"unsupported content"}', {"x-should-retry": "true"}, True),
        (400, b"", {"x-should-retry": "true"}, False),
        (500, b'{"error":{"message":"x","code":400}}', {}, False),
        (400, b'{"error":"rate limit exceeded"}', {}, False),
        (429, b'{"error":{"code":"insufficient_quota","message":"x"}}', {}, False),
        (429, b'{"error":"Request too large for model x on tokens per minute"}', {}, False),
    ],
)
def test_only_what_may_pass_is_worth_another_try(
    status: int, body: bytes, headers: dict[str, str], retryable: bool
) -> None:
    assert classify_response(status, headers, body, ServerHint()).retryable == retryable


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "2s"}, 2.0),
        ({"retry-after": "5, 9"}, 5.0),
        ({"retry-after": "1", "retry-after-ms": "0"}, 1.0),
        ({"retry-after": "1", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Tue, 07 Oct 2025 13:57:00 GMT", "date": DATE}, 10.0),
        ({"retry-after": "Tue, 07 Oct 2025 13:57:00 GMT"}, 10.0),
        ({"retry-after": "Tuesday, 07-Oct-25 13:57:00 GMT"}, 10.0),
        ({"retry-after": "Tue Oct  7 13:57:00 2025"}, 10.0),
        ({"retry-after": "2025-10-07T13:57:00Z"}, 10.0),
        ({"retry-after": "1759845420"}, 10.0),
        ({"retry-after": "1759845420000"}, 10.0),
        ({"retry-after": "Tue, 07 Oct 2025 13:00:00 GMT"}, None),
        ({"retry-after": "Tue, 42 Foo 2025 13:57:00 GMT"}, None),
        ({"retry-after": "1000000000"}, None),
        ({"retry-after": "99999999"}, None),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "1e3"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "\u0663"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "1m30.5s"}, 90.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "12ms"}, 0.012),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20m9.6s"}, 1209.6),
        ({"x-ratelimit-remaining-tokens-minute": "0", "x-ratelimit-reset-tokens-minute": "23.4"}, 23.4),
        ({"x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "1m"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "35"}, 35.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1759845420"}, 10.0),
        ({"x-ratelimit-reset": "1759845420000"}, 10.0),
        ({"ratelimit-remaining": "0", "ratelimit-reset": "8"}, 8.0),
        ({"ratelimit": '"api";r=0;t=70'}, 70.0),
        ({"ratelimit": '"api";r=499;t=70'}, None),
        ({"ratelimit": '"a";r=3;t=9, "b";r=0;t=40'}, 40.0),
        (
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "2s",
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "9s",
            },
            9.0,
        ),
        ({"retry-after": "4", "ratelimit": '"api";r=0;t=70'}, 4.0),
        ({"retry-after": "0", "ratelimit": '"api";r=0;t=70'}, 70.0),
    ],
)
def test_the_wait_a_server_asks_for_is_read_in_every_form(headers: dict[str, str], wait_s: float | None) -> None:
    got = classify_response(429, headers, b"", ServerHint(), now_s=NOW_S).retry_after_s
    assert got == wait_s if wait_s is None else got == pytest.approx(wait_s)


@pytest.mark.parametrize(
    ("body", "wait_s"),
    [
        ({"metadata": {"headers": {"X-RateLimit-Reset": "1759845420000"}}}, 10.0),
        ({"metadata": {"headers": {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1759845420000"}}}, 10.0),
        ({"metadata": {"headers": {"Retry-After": "6"}}}, 6.0),
        ({"details": [{"@type": "x.RetryInfo", "retryDelay": "34s"}]}, 34.0),
        ({"details": [{"retryDelay": "34.074824224s"}]}, 34.074824224),
        ({"retry_after": 5}, 5.0),
        ({"message": "Rate limit reached. Please try again in 9m38.016s. Need more tokens?"}, 578.016),
        ({"message": "Please retry after 20 seconds."}, 20.0),
        ({"message": "please try again after 1 seconds"}, 1.0),
        ({"message": "Try again in 250ms."}, 0.25),
        ({"message": "try again in 1 hour 5 minutes"}, 3900.0),
        ({"message": "Try again in 5 apples"}, None),
        ({"message": "Rate limit: 5 seconds ago"}, None),
    ],
)
def test_a_wait_inside_the_body_is_read(body: dict, wait_s: float | None) -> None:
    error = {"error": {"message": "Rate limit exceeded", "code": 429, **body}}
    failure = classify_response(429, {}, json.dumps(error).encode(), ServerHint(), now_s=NOW_S)
    assert (failure.code, failure.retry_after_s) == ("rateLimit", wait_s)
    assert classify_stream_error(error, now_s=NOW_S).retry_after_s == wait_s


def test_a_loading_model_says_when_it_will_be_there() -> None:
    body = b'{"error":"Model a/b is currently loading","estimated_time":17.5}'
    assert classify_response(503, {}, body, ServerHint()).retry_after_s == 17.5


def test_a_moment_needs_a_clock_and_trusts_the_servers_first() -> None:
    headers = {"retry-after": "Tue, 07 Oct 2025 13:57:00 GMT"}
    assert classify_response(429, headers, b"", ServerHint()).retry_after_s is None
    dated = {**headers, "date": DATE}
    assert classify_response(429, dated, b"", ServerHint(), now_s=NOW_S + 3600).retry_after_s == 10.0


def test_a_failure_that_does_not_pass_asks_for_no_wait() -> None:
    assert classify_response(401, {"retry-after": "3"}, b"", ServerHint()).retry_after_s is None

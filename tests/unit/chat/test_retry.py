"""Whether to send a request again."""

from dataclasses import replace

import pytest

from agentls.chat.failure import Failure, stream_failure
from agentls.chat.retry import GiveUp, Retry, RetryLimits, decide_retry

LIMITS = RetryLimits(max_attempts=4, max_wait_s=120.0)
BUSY = Failure("overloaded", "t", "d", "a", http_status=503, retryable=True)


def test_the_wait_is_uniform_below_a_bound_that_doubles() -> None:
    waits = [decide_retry(attempt, BUSY, 0.0, LIMITS, lambda: 0.5) for attempt in (1, 2, 3)]
    assert waits == [Retry(0.25), Retry(0.5), Retry(1.0)]


def test_attempts_end() -> None:
    assert decide_retry(4, BUSY, 0.0, LIMITS, lambda: 0.5) == GiveUp("attempts used up")


def test_what_is_not_retryable_is_given_up() -> None:
    assert decide_retry(1, replace(BUSY, retryable=False), 0.0, LIMITS, lambda: 0.5) == GiveUp("not retryable")


@pytest.mark.parametrize(
    ("asked_s", "waited_s", "decision"),
    [
        (7.0, 0.0, Retry(7.0)),
        (120.0, 0.0, Retry(120.0)),
        (121.0, 0.0, GiveUp("the server asks to wait 121 s")),
        (30.0, 100.0, GiveUp("the server asks to wait 30 s")),
        (0.0, 0.0, Retry(0.25)),
    ],
)
def test_what_the_server_asks_for_is_honoured_within_the_limit(asked_s: float, waited_s: float, decision) -> None:
    failure = replace(BUSY, retry_after_s=asked_s)
    assert decide_retry(1, failure, waited_s, LIMITS, lambda: 0.5) == decision


def test_an_empty_answer_is_tried_once_more() -> None:
    failure = stream_failure("emptyResponse", "nothing")
    assert isinstance(decide_retry(1, failure, 0.0, LIMITS, lambda: 0.0), Retry)
    assert isinstance(decide_retry(2, failure, 0.0, LIMITS, lambda: 0.0), GiveUp)

"""Whether a failed request is sent again, and after how long.

A pure function of attempt, failure (with the wait that `retry_after.py` read), time waited so far and random source;
knows no clock. One layer only: nothing below retries. Invariant: attempts never exceed `max_attempts` and the waits
of one request never sum to more than `max_wait_s`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from agentls.chat.failure import NEVER_RETRIED, Failure

BASE_DELAY_S: Final = 0.5
LONGEST_DELAY_S: Final = 20.0
ONCE_ONLY: Final = frozenset({"emptyResponse", "toolCallRejected", "badStream"})
"""Failures that are worth one more try and no more (D18, F14)."""


@dataclass(frozen=True, slots=True)
class RetryLimits:
    """Bounds of one request; the settings' `retry` section."""

    max_attempts: int = 4
    """Attempts in all, the first one included."""
    max_wait_s: float = 120.0
    """Sum of all waits, and the longest `Retry-After` that is honoured."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Send it again after this wait."""

    delay_s: float


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Do not send it again; `reason` is a short phrase for the log and the user."""

    reason: str


Decision: TypeAlias = Retry | GiveUp


def decide_retry(
    attempt: int, failure: Failure, waited_s: float, limits: RetryLimits, random: Callable[[], float]
) -> Decision:
    """Decide what follows attempt number `attempt` (from 1), having waited `waited_s` seconds so far.

    `random` gives a number in [0, 1). Full jitter: the wait is uniform below a bound that doubles from 0.5 s to
    20 s. A `Retry-After` of the server is honoured as it is, or the request is given up when it is too long.
    """
    is_final = failure.http_status in NEVER_RETRIED and failure.code != "toolCallRejected"
    if not failure.retryable or is_final:
        return GiveUp("not retryable")
    if attempt >= limits.max_attempts or (attempt >= 2 and failure.code in ONCE_ONLY):
        return GiveUp("attempts used up")
    left_s = limits.max_wait_s - waited_s
    asked_s = failure.retry_after_s
    if asked_s is not None and asked_s > 0:
        if asked_s > left_s:
            return GiveUp(f"the server asks to wait {_shown(asked_s)}")
        return Retry(asked_s)
    bound_s = min(LONGEST_DELAY_S, BASE_DELAY_S * 2.0 ** min(max(attempt, 1) - 1, 16))
    share = random()
    delay_s = bound_s * (share if 0.0 <= share <= 1.0 else 1.0)
    if delay_s > left_s:
        return GiveUp("waited long enough")
    return Retry(delay_s)


def _shown(seconds: float) -> str:
    """A wait in the unit that people would use: "121 s", "15 min", "3.5 h"."""
    if seconds < 600.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h"

"""What a step of the check came to, before it is masked and sent.

Pure. Invariant: a verdict of `ok` has no advice, one of `fail` always has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from agentls.chat.failure import Failure
    from agentls.protocol.check import CheckStatus

_BUSY: Final = frozenset({"rateLimit", "overloaded"})
_BESIDES: Final = frozenset({"quota", "auth", "connection", "tls", "proxy", "timeout", "streamBroken", "emptyResponse"})
"""Failures that say nothing of what was sent."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """One step's end."""

    status: CheckStatus
    detail: str
    advice: str | None = None


def ok(detail: str) -> Verdict:
    """It works."""
    return Verdict("ok", detail)


def warn(detail: str, advice: str | None = None) -> Verdict:
    """It works, with a loss."""
    return Verdict("warn", detail, advice)


def fail(detail: str, advice: str) -> Verdict:
    """It does not work."""
    return Verdict("fail", detail, advice)


def skipped(why: str) -> Verdict:
    """It was not tried."""
    return Verdict("skipped", why)


def failed(failure: Failure, *, before: str = "", advice: str = "") -> Verdict:
    """It does not work, for this reason; `advice` goes before the failure's own."""
    return fail(f"{before}{told(failure)}", f"{advice} {failure.advice}".strip())


def unanswered(failure: Failure, refused: str, *, advice: str = "") -> Verdict:
    """A question found no answer; a busy server proves nothing. `refused` opens the detail of what is a refusal."""
    if failure.code in _BUSY:
        return warn(f"Not shown: {told(failure)}", failure.advice)
    return failed(failure, before="" if failure.code in _BESIDES else refused, advice=advice)


def told(failure: Failure) -> str:
    """A failure in one line: its title, the status, and what the server or the network said."""
    return f"{failure.title}{status_text(failure)}: {sentence(failure.detail)}"


def status_text(failure: Failure) -> str:
    """Its HTTP status in parentheses, with a space before them; "" where there was no answer."""
    return f" (HTTP {failure.http_status})" if failure.http_status is not None else ""


def sentence(text: str) -> str:
    """Foreign text as the end of a sentence."""
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def learning(notes: Sequence[str]) -> str:
    """What was learned on the way to an answer, as a sentence with a space before it; "" for nothing."""
    return f" Learned on the way: {'; '.join(notes)}." if notes else ""

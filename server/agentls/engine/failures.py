"""Failures of the model's side and of our own as the errors that the client sees.

Pure. Invariant: no secret passes, whatever the provider echoed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from agentls.chat.failure import Failure
from agentls.policy.redact import Redactor
from agentls.protocol.errors import RequestFailed
from agentls.protocol.values import TurnError
from agentls.world.journal import JournalError

if TYPE_CHECKING:
    from agentls.protocol.values import TurnErrorCode


class TurnFailed(Exception):
    """The turn cannot go on; `error` says why and what to do."""

    def __init__(self, error: TurnError) -> None:
        super().__init__(error.title)
        self.error = error


def turn_error(failure: Failure, redactor: Redactor) -> TurnError:
    return TurnError(
        code=cast("TurnErrorCode", failure.code),
        title=redactor.mask_cut(failure.title),
        detail=redactor.mask_cut(failure.detail),
        advice=redactor.mask_cut(failure.advice),
        http_status=failure.http_status,
        retryable=failure.retryable,
    )


@contextmanager
def journal_faults() -> Iterator[None]:
    """What the journal cannot do is the answer to the request: raises RequestFailed in place of JournalError."""
    try:
        yield
    except JournalError as broken:
        raise RequestFailed("journal.unavailable", str(broken)) from broken


def internal_error() -> TurnError:
    return TurnError(
        code="internal",
        title="Something went wrong inside agentls",
        detail="An unexpected error ended this turn; the server's log names it.",
        advice="Send the prompt again. If it happens again, report it with the server's log.",
        retryable=True,
    )


def cannot_save(broken: JournalError) -> TurnError:
    return TurnError(
        code="internal",
        title="The task cannot be saved",
        detail=str(broken),
        advice="Free disk space or set AGENTLS_DATA_DIR to a folder that can be written, then restart the server.",
        retryable=False,
    )


def refused_error(refused: RequestFailed) -> TurnError:
    """What a running turn needed is no longer there: its provider or its folder."""
    return TurnError(
        code="internal",
        title=refused.message,
        detail="What this turn was started with is no longer there.",
        advice=refused.advice,
        retryable=refused.retryable,
    )

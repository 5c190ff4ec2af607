"""Failures of the model's side as the errors that the client sees.

Pure. Invariant: no secret passes, whatever the provider echoed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from agentls.chat.failure import Failure
from agentls.policy.redact import Redactor
from agentls.protocol.values import TurnError

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
        title=redactor.mask(failure.title),
        detail=redactor.mask(failure.detail),
        advice=redactor.mask(failure.advice),
        http_status=failure.http_status,
        retryable=failure.retryable,
    )

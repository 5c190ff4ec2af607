"""A provider's failure as the answer to a request that is not a turn.

Pure. Invariant: no secret passes, whatever the provider echoed; the code is one of the page's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from agentls.protocol.errors import REQUEST_ERRORS, RequestErrorCode, RequestFailed

if TYPE_CHECKING:
    from agentls.chat.failure import Failure
    from agentls.policy.redact import Redactor


def provider_failed(failure: Failure, redactor: Redactor) -> RequestFailed:
    """The failure as `provider.<turn code>`; codes that only a conversation can bring are `provider.badRequest`."""
    code = f"provider.{failure.code}"
    return RequestFailed(
        cast("RequestErrorCode", code) if code in REQUEST_ERRORS else "provider.badRequest",
        redactor.mask_cut(f"{failure.title}: {failure.detail}"),
        redactor.mask_cut(failure.advice),
        failure.retryable,
    )

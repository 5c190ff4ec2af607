"""What went wrong, by name, with advice a user can act on.

Knows statuses, headers and bodies; knows no socket, no clock and no secret. Invariant: any status and any bytes give
one of the turn error codes, and provider text in it is bounded and cleaned. A 404 of the path is never "model not
found".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from agentls.chat.advice.advice import TITLES, advice_for
from agentls.chat.errors.context_size import told_context_size
from agentls.chat.errors.error_body import ErrorFacts, clean_text, json_text, read_error
from agentls.chat.errors.failure_code import failure_code
from agentls.chat.errors.retry_after import retry_after_s
from agentls.chat.server import ServerHint, answering_kind, server_kind


@dataclass(frozen=True, slots=True)
class Failure:
    """A named failure of one request."""

    code: str
    """One of the turn error codes of the protocol."""
    title: str
    detail: str
    """What the server or the network said, at most 500 characters."""
    advice: str
    http_status: int | None = None
    retryable: bool = False
    retry_after_s: float | None = None
    param: str | None = None
    """The request parameter the server named, when it did."""
    context_tokens: int | None = None
    """Of `contextLength`: what the running server has room for, when it said so."""
    said: str = field(default="", repr=False)
    """Some 5,000 characters of what the server said, where `detail` is shorter: to learn from, not to show."""


NEVER_RETRIED: Final = frozenset({400, 401, 402, 403, 404, 413, 422})
"""Statuses of an answer that will not change, whatever the words say (but see `toolCallRejected`, F14)."""
_RETRYABLE: Final = frozenset({"rateLimit", "server", "overloaded", "connection", "timeout", "streamBroken"})
_ONCE: Final = frozenset({"emptyResponse", "toolCallRejected", "badStream"})
_WAITS: Final = frozenset({"rateLimit", "overloaded", "server", "timeout"})
# What a caller did wrong and some servers answer with 500 (I9).
_CALLER_FAULT: Final = (
    r"not supported|unsupported|requires --|mmproj|cannot use both|\binvalid|cannot make get request|unknown template"
    r"|system memory|must be |not permitted|unexpected keyword|\bvalidation errors?\b"
)


def classify_response(
    status: int, headers: Mapping[str, str], body: bytes, server: ServerHint, *, now_s: float | None = None
) -> Failure:
    """Name the failure of an HTTP answer that is not a stream. Header names are lower case.

    `now_s` is the wall clock in seconds since 1970, for a `Retry-After` that is a moment; the answer's own `date`
    header is preferred to it, and without both such a moment is not understood.
    """
    if 300 <= status < 400:
        target = clean_text(headers.get("location", "")) or "another address"
        moved = ErrorFacts(message=clean_text(f"The server redirects to {target}."))
        return _failure("endpointNotFound", moved, server, server_kind(server, headers), status)
    facts = read_error(body)
    code = failure_code(status, facts)
    if not facts.message:
        facts = ErrorFacts(message=json_text_of(body) or f"HTTP {status} without a body", status=facts.status)
    wait_s = retry_after_s(headers, facts, now_s) if code in _WAITS else None
    return _failure(
        code,
        facts,
        server,
        answering_kind(server, headers, facts),
        status,
        retryable=_retries(code, status, facts, headers.get("x-should-retry", "")),
        wait_s=wait_s,
    )


def classify_stream_error(payload: object, server: ServerHint | None = None, *, now_s: float | None = None) -> Failure:
    """Name the failure of an error that came inside a stream, or in a body with status 200 (D9 to D12)."""
    server = server or ServerHint()
    facts = read_error(payload)
    status = facts.status
    code = failure_code(status or 200, facts)
    if code == "endpointNotFound" and not facts.message:
        code = "server"
    if not facts.message:
        shown = json_text(payload) or "The stream ended with an error that says nothing."
        facts = ErrorFacts(message=shown, status=status)
    wait_s = retry_after_s({}, facts, now_s) if code in _WAITS else None
    return _failure(
        code,
        facts,
        server,
        answering_kind(server, {}, facts),
        status,
        retryable=_retries(code, status or 500, facts, ""),
        wait_s=wait_s,
    )


def stream_failure(
    code: str, detail: str, server: ServerHint | None = None, *, retryable: bool | None = None
) -> Failure:
    """Name a failure of the stream itself: `streamBroken`, `badStream`, `emptyResponse`, `endpointNotFound` …"""
    server = server or ServerHint()
    facts = ErrorFacts(message=clean_text(detail), html=detail.startswith("A web page"))
    return _failure(code, facts, server, server_kind(server), None, retryable=retryable)


def transport_failure(kind: str, detail: str, origin: str) -> Failure:
    """Name a failure below HTTP. `kind` is dns, refused, connect, tls, proxy, timeout, reset, redirect or protocol."""
    code = {
        "tls": "tls",
        "proxy": "proxy",
        "timeout": "timeout",
        "reset": "streamBroken",
        "redirect": "endpointNotFound",
        "protocol": "badStream",
    }.get(kind, "connection")
    server = ServerHint(base_url=origin)
    facts = ErrorFacts(message=clean_text(detail) or kind)
    return _failure(code, facts, server, server_kind(server), None, retryable=code in _RETRYABLE, transport=kind)


def json_text_of(body: bytes) -> str:
    """The body itself as bounded text, for an error that has no message."""
    return clean_text(body[:2000].decode("utf-8", "replace"))


def _retries(code: str, status: int, facts: ErrorFacts, asked: str) -> bool:
    """Whether sending the same again may help; `asked` is the server's own `x-should-retry`."""
    if code == "toolCallRejected":
        return True  # the model writes something else the next time (F14)
    inner = facts.status if status == 500 or status < 400 else None
    if status in NEVER_RETRIED or inner in NEVER_RETRIED or asked == "false":
        return False
    if code == "server" and asked != "true":
        return not re.search(_CALLER_FAULT, facts.words)
    return code in _RETRYABLE or code in _ONCE


def _failure(
    code: str,
    facts: ErrorFacts,
    server: ServerHint,
    kind: str,
    status: int | None,
    *,
    retryable: bool | None = None,
    wait_s: float | None = None,
    transport: str = "",
) -> Failure:
    context_tokens = told_context_size(facts) if code == "contextLength" else None
    return Failure(
        code=code,
        title=_title(code, facts, status),
        detail=facts.message,
        advice=advice_for(
            code,
            kind,
            server,
            words=facts.words,
            html=facts.html,
            transport=transport,
            status=status,
            context_size=context_tokens,
        ),
        http_status=status,
        retryable=(code in _RETRYABLE or code in _ONCE) if retryable is None else retryable,
        retry_after_s=wait_s,
        param=facts.param or None,
        context_tokens=context_tokens,
        said="" if facts.said == facts.message else facts.said,
    )


def _title(code: str, facts: ErrorFacts, status: int | None) -> str:
    if code == "auth" and status in (403, 429):
        return "Access denied"
    return TITLES[code]

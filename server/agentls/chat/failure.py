"""What went wrong, by name, with advice a user can act on.

Knows statuses, headers and bodies; knows no socket and no secret. Invariant: any status and any bytes give one of
the turn error codes, and provider text in it is bounded and cleaned. A 404 of the path is never "model not found".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from agentls.chat.advice import TITLES, advice_for
from agentls.chat.error_body import ErrorFacts, clean_text, json_text, read_error
from agentls.chat.retry_after import retry_after_s
from agentls.chat.server import ServerHint, server_kind


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


# The first rule that matches names the failure. Text until the first failure: compiling would cost every start.
_RULES: Final[tuple[tuple[str, str], ...]] = (
    (
        "quota",
        r"insufficient[_ ]quota|insufficient[_ ]balance|insufficient (account )?(funds|credits?)|creditserror"
        r"|exceeded your current quota|billing[_ ]hard[_ ]limit|requires more credits|out of credits"
        r"|payment required"
        r"|(used|spent) all (available )?credits|credit balance|no credits|run out of credits|not enough credits"
        r"|monthly spending limit|余额不足|free (tier|quota) .{0,40}exhausted",
    ),
    (
        "contentFilter",
        r"content_filter|content management policy|violates? (our )?(usage|content) (guidelines|polic)"
        r"|data_inspection_failed|responsibleaipolicy|high risk|content_policy_violation|flagged (by|as|for)"
        r"|datainspectionfailed|inappropriate content|不安全|敏感",
    ),
    (
        "toolCallRejected",
        r"tool_use_failed|tool call validation failed|model did not call a tool|failed to parse (the )?tool call"
        r"|failed to call a function|malformed_function_call",
    ),
    (
        "toolsUnsupported",
        r"not support (native )?(tools|tool[- _]?(calls?|calling|use|choice)|function[- _]?(calls?|calling))"
        r"|(tools?|tool[- _]?(calls?|calling|use)|function[- _]?calling|functions)`? (is|are) (currently )?"
        r"not (yet )?(supported|enabled|available|implemented)"
        r"|enable-auto-tool-choice|requires? --jinja|that support tool use|support the provided 'tool_choice'"
        r"|tool-call-parser|role: input should be 'system', 'user' or 'assistant'"
        r"|no (native )?tool[- ]call(ing|s)? support|unsupported parameter\W+tools\b",
    ),
    (
        "contextLength",
        r"context_length_exceeded|exceed_context_size|maximum context length"
        r"|max(imum)? (prompt|context|input) length"
        r"|too_many_prompt_tokens|input token count|prompt (is )?too (long|large)|string_above_max_length.*messages"
        r"|exceed\w* .{0,40}context|context .{0,40}(exceed|overflow|too small)|length of all messages is too long"
        r"|max_tokens must be at least 1, got -|request too large|token limit (reached|exceeded)"
        r"|too many (input )?tokens"
        r"|reduce (the|your) (length|prompt|message)|greater than the context|context[_ ]?window[_ ]?exceed"
        r"|input is too long|range of input length",
    ),
    (
        "endpointNotFound",
        r"unexpected endpoint or method|invalid url \(|no route|unknown (path|route|endpoint|request url)"
        r"|404 page not found|cannot post /|file not found|no handler for|unrecognized request url"
        r"|resource not found$|^not found$|^not found not.found.error",
    ),
    (
        "modelNotFound",
        r"model_not_found|model_decommissioned|invalid_model|deploymentnotfound|model_not_available"
        r"|not a valid model|supported api model names|invalid model\b|unknown model|model not found"
        r"|no endpoints found for|non-serverless model|alpha period for this model|no models? loaded|no such model"
        r"|model\b.{0,120}?(not found|does not exist|doesn't exist|not exist|decommissioned|was deprecated"
        r"|no longer (available|accessible|supported)|is not available|has been (removed|retired))"
        r"|function '[^']*': not found for account",
    ),
    (
        "auth",
        r"(invalid|incorrect|missing|wrong|expired|no) (api[ _-]?|auth\w* |subscription |access )"
        r"(key|token|credentials)"
        r"|api_key_invalid|invalid_api_key|authentication[_ ](error|fail)|unauthori[sz]ed|no auth credentials"
        r"|api key (is )?(not valid|invalid|missing|required)|no cookie auth|invalid authentication|login fail"
        r"|unsupported_country|invalid username or password",
    ),
    ("overloaded", r"overloaded|engine_overloaded|at capacity|capacity exceeded|upstream service unavailable"),
    ("rateLimit", r"rate[-_ ]limit|too many requests|rate_limited|tokens per minute|requests per minute"),
)
_BY_STATUS: Final = {
    401: "auth",
    402: "quota",
    403: "auth",
    404: "endpointNotFound",
    405: "endpointNotFound",
    407: "proxy",
    408: "timeout",
    409: "server",
    413: "contextLength",
    425: "overloaded",
    429: "rateLimit",
    498: "overloaded",
    502: "overloaded",
    503: "overloaded",
    504: "timeout",
    520: "overloaded",
    521: "overloaded",
    522: "timeout",
    523: "overloaded",
    524: "timeout",
    529: "overloaded",
}
_RETRYABLE: Final = frozenset({"rateLimit", "server", "overloaded", "connection", "timeout", "streamBroken"})
_ONCE: Final = frozenset({"emptyResponse", "toolCallRejected", "badStream"})
_STATUS_DECIDES: Final = {401: ("quota",), 402: (), 407: ()}
_CALLER_FAULT: Final = re.compile(
    r"not supported|unsupported|requires --|mmproj|cannot use both|invalid|cannot make get request|unknown template"
)
_DATA_POLICY: Final = re.compile(r"data policy|no allowed providers|guardrail restrictions")


def classify_response(status: int, headers: Mapping[str, str], body: bytes, server: ServerHint) -> Failure:
    """Name the failure of an HTTP answer that is not a stream. Header names are lower case."""
    facts = read_error(body)
    if 300 <= status < 400:
        target = clean_text(headers.get("location", ""))
        return _failure("endpointNotFound", f"The server redirects to {target or 'another address'}.", server, status)
    code = _code(status, facts)
    detail = facts.message or json_text_of(body) or f"HTTP {status} without a body"
    wait_s = retry_after_s(headers, facts.retry_headers) if code in ("rateLimit", "overloaded", "server") else None
    retryable = _retries(code, status, facts)
    if headers.get("x-should-retry") == "false":
        retryable = False
    kind = server_kind(server, headers)
    return _failure(code, detail, server, status, facts=facts, retryable=retryable, wait_s=wait_s, kind=kind)


def classify_stream_error(payload: object, server: ServerHint | None = None) -> Failure:
    """Name the failure of an error that came inside a stream, or in a body with status 200 (D9 to D12)."""
    facts = read_error(payload)
    status = facts.status
    code = _code(status or 500, facts)
    if code == "endpointNotFound" and status is None and not facts.message:
        code = "server"
    detail = facts.message or json_text(payload) or "The stream ended with an error that says nothing."
    wait_s = retry_after_s({}, facts.retry_headers)
    return _failure(
        code,
        detail,
        server or ServerHint(),
        status,
        facts=facts,
        retryable=_retries(code, status or 500, facts),
        wait_s=wait_s,
    )


def stream_failure(
    code: str, detail: str, server: ServerHint | None = None, *, retryable: bool | None = None
) -> Failure:
    """Name a failure of the stream itself: `streamBroken`, `badStream`, `emptyResponse`, `endpointNotFound` …"""
    return _failure(code, clean_text(detail), server or ServerHint(), None, retryable=retryable)


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
    shown = clean_text(detail) or kind
    return Failure(
        code=code,
        title=TITLES[code],
        detail=shown,
        advice=advice_for(code, server_kind(server), server, transport=kind),
        retryable=code in _RETRYABLE,
    )


def json_text_of(body: bytes) -> str:
    """The body itself as bounded text, for an error that has no message."""
    return clean_text(body[:2000].decode("utf-8", "replace"))


def _code(status: int, facts: ErrorFacts) -> str:
    words = facts.words
    if _DATA_POLICY.search(words):
        return "badRequest"
    if facts.html and status < 500 and status not in (401, 403, 408, 429):
        return "endpointNotFound"
    only = _STATUS_DECIDES.get(status)
    for code, pattern in _RULES:
        if (only is None or code in only) and re.search(pattern, words):
            return code
    if (by_status := _BY_STATUS.get(status)) is not None:
        return by_status
    return "server" if status >= 500 or status < 400 else "badRequest"


def _retries(code: str, status: int, facts: ErrorFacts) -> bool:
    if code == "server" and status >= 500:
        # Some servers answer the caller's mistake with 500 (I9).
        return not _CALLER_FAULT.search(facts.words)
    return code in _RETRYABLE or code in _ONCE


def _failure(
    code: str,
    detail: str,
    server: ServerHint,
    status: int | None,
    *,
    facts: ErrorFacts | None = None,
    retryable: bool | None = None,
    wait_s: float | None = None,
    kind: str | None = None,
) -> Failure:
    facts = facts or ErrorFacts(message=detail)
    kind = kind if kind is not None else server_kind(server)
    return Failure(
        code=code,
        title=TITLES[code],
        detail=detail,
        advice=advice_for(code, kind, server, words=facts.words, html=facts.html),
        http_status=status,
        retryable=(code in _RETRYABLE or code in _ONCE) if retryable is None else retryable,
        retry_after_s=wait_s,
        param=facts.param or None,
    )

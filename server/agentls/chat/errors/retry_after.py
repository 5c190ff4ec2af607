"""How long a server asks to wait, in each of the forms that servers use (I6).

Knows no clock: moments are read against the answer's own `date` header, so a wrong local clock does no harm, else
against the time that is handed in. Invariant: what cannot be read, lies in the past or is beyond any sense says
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from agentls.chat.errors.error_body import ErrorFacts

LONGEST_S: Final = 30 * 86_400.0
"""A longer wait than a month is no wait but a mistake."""
_OLDEST_EPOCH_S: Final = 1e9
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Text until the first failure: compiling would cost every start.
_DATE: Final = (
    r"(\d{1,2})[ -]([A-Za-z]{3})[A-Za-z]{0,6}[ -](\d{4}|\d{2})\s+(\d{2}):(\d{2}):(\d{2})"  # RFC 9110, and RFC 850
)
_ASCTIME: Final = r"([A-Za-z]{3})\s+(\d{1,2})\s+(\d{2}):(\d{2}):(\d{2})\s+(\d{4})"
_SPAN: Final = r"(\d{1,15}(?:\.\d{1,15})?) ?(milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d)"
_UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_POLICY: Final = r"(?:\br=(\d{1,12})\b[^,]{0,60})?\bt=(\d{1,9})\b"
_IN_WORDS: Final = (
    r"(?:try again|retry|wait|reset)\w{0,4} (?:your request |the request )?(?:in|after) (?:about )?"
    r"((?:\d{1,9}(?:\.\d{1,12})? ?"
    r"(?:milliseconds?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|h|days?|d)\b[ ,]{0,2}){1,4}"
    r"|(?:\d{1,4}[hm]){1,2}\d{1,2}(?:\.\d{1,12})?s)"
)


def retry_after_s(headers: Mapping[str, str], facts: ErrorFacts, now_s: float | None = None) -> float | None:
    """Seconds to wait, or None when nothing readable says so.

    What speaks of waiting itself comes first (`retry-after-ms`, `retry-after`, the headers a gateway passes on, a
    field of the body), then when a used-up limit is renewed, then the words of the message. `headers` have
    lower-case names; `now_s` is the wall clock for moments when the answer has no date.
    """
    inner = dict(facts.retry_headers or {})
    now_s = _moment(headers.get("date", "")) or now_s
    asked = (
        _retry_after(headers, now_s),
        _retry_after(inner, now_s),
        _wait(facts.wait, now_s),
        _renewal(headers, now_s),
        _renewal(inner, now_s),
        _in_words(facts.words),
    )
    for wait_s in asked:
        if wait_s is not None and 0 < wait_s <= LONGEST_S:
            return wait_s
    return None


def _retry_after(headers: Mapping[str, str], now_s: float | None) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds and milliseconds / 1000.0 <= LONGEST_S:
        return milliseconds / 1000.0
    # A header that came twice is joined by a comma; a date has one of its own.
    value = headers.get("retry-after", "").strip()
    return _wait(value, now_s) or _wait(value.split(",")[0], now_s)


def _wait(value: str, now_s: float | None) -> float | None:
    """Seconds, a span such as "1m30s", or a moment (a date, or a number too large for anything else)."""
    number = _number(value)
    if number is not None and number < _OLDEST_EPOCH_S:
        return number
    moment_s = _moment(value)
    if moment_s is not None:
        return moment_s - now_s if now_s is not None else None
    return None if number is not None else _span(value)


def _renewal(headers: Mapping[str, str], now_s: float | None) -> float | None:
    """When the limit that is used up is renewed; the longest where several are."""
    waits = []
    for name, left in headers.items():
        if "ratelimit" not in name or "remaining" not in name or _number(left) != 0:
            continue
        wait_s = _wait(headers.get(name.replace("remaining", "reset"), "").strip(), now_s)
        if wait_s is not None:
            waits.append(wait_s)
    for left_text, seconds in re.findall(_POLICY, headers.get("ratelimit", "")[:500]):
        if not left_text or int(left_text) == 0:
            waits.append(float(seconds))
    if not waits and "x-ratelimit-remaining" not in headers:
        epoch_s = _moment(headers.get("x-ratelimit-reset", ""))
        if epoch_s is not None and now_s is not None:
            waits.append(epoch_s - now_s)
    return max(waits) if waits else None


def _in_words(words: str) -> float | None:
    """ "Please try again in 9m38.016s", "retry after 20 seconds"."""
    match = re.search(_IN_WORDS, words)
    return _span(match.group(1)) if match else None


def _number(text: str) -> float | None:
    text = text.strip()
    if not re.fullmatch(r"\d{1,18}(\.\d{0,18})?", text, re.ASCII):
        return None
    return float(text)


def _span(text: str) -> float | None:
    """Seconds of "12ms", "1m30s", "20m9.6s", "20 seconds"."""
    text = text.strip(" ,").lower()
    if not text or len(text) > 60:
        return None
    parts = re.findall(_SPAN, text, re.ASCII)
    if not parts or re.sub(_SPAN, "", text, flags=re.ASCII).strip(" ,"):
        return None
    return sum(float(amount) * _unit_s(unit) for amount, unit in parts)


def _unit_s(unit: str) -> float:
    if unit.startswith(("ms", "milli")):
        return _UNITS_S["ms"]
    return _UNITS_S[unit[0]]


def _moment(text: str) -> float | None:
    """Seconds since 1970 of an HTTP date, an ISO time, or an epoch in seconds or milliseconds."""
    text = text.strip()[:60]
    number = _number(text)
    if number is not None:
        return None if number < _OLDEST_EPOCH_S else number / 1000.0 if number > 1e11 else number
    try:
        if match := re.search(_DATE, text, re.ASCII):
            day, month, year, hour, minute, second = match.groups()
            full_year = int(year) + (2000 if len(year) == 2 else 0)
            return _utc(full_year, month, day, hour, minute, second)
        if match := re.search(_ASCTIME, text, re.ASCII):
            month, day, hour, minute, second, year = match.groups()
            return _utc(int(year), month, day, hour, minute, second)
        if re.match(r"\d{4}-\d{2}-\d{2}[tT ]\d{2}:\d{2}", text, re.ASCII):
            moment = datetime.fromisoformat(text.upper().replace("Z", "+00:00"))
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
    return None


def _utc(year: int, month: str, day: str, hour: str, minute: str, second: str) -> float:
    """Raises ValueError for a date that does not exist."""
    number = _MONTHS.index(month.lower()) + 1
    return datetime(year, number, int(day), int(hour), int(minute), int(second), tzinfo=UTC).timestamp()

"""How long a server asks to wait, in each of the forms that servers use (I6).

Knows no clock: dates are read against the response's own `date` header, so a wrong local clock does no harm.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

LONGEST_S: Final = 86_400.0
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DATE: Final = re.compile(r"\w+,\s*(\d{1,2})[ -](\w{3})[ -](\d{4})\s+(\d{2}):(\d{2}):(\d{2})")
_SPAN: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|h|m|s|d)")
_UNITS_S: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_POLICY: Final = re.compile(r"\bt=(\d{1,6})\b")


def retry_after_s(headers: Mapping[str, str], inner: Mapping[str, str] | None = None) -> float | None:
    """Seconds to wait as the headers say (lower-case names), else as the inner ones do; None when none says."""
    dated = {"date": headers.get("date", ""), **(inner or {})}
    for source in (headers, dated):
        for wait_s in (_retry_after(source), _reset(source)):
            if wait_s is not None and wait_s > 0:
                return min(wait_s, LONGEST_S)
    return None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    milliseconds = _number(headers.get("retry-after-ms", ""))
    if milliseconds:
        return milliseconds / 1000.0
    value = headers.get("retry-after", "").strip()
    seconds = _number(value)
    if seconds is not None:
        return seconds
    return _until(_http_date(value), headers) or _span(value)


def _reset(headers: Mapping[str, str]) -> float | None:
    waits = []
    for name in ("requests", "tokens"):
        if headers.get(f"x-ratelimit-remaining-{name}", "").strip() == "0":
            span_s = _span(headers.get(f"x-ratelimit-reset-{name}", ""))
            if span_s is not None:
                waits.append(span_s)
    if waits:
        return max(waits)
    if match := _POLICY.search(headers.get("ratelimit", "")):
        return float(match.group(1))
    epoch = _number(headers.get("x-ratelimit-reset", ""))
    if epoch is not None and epoch > 1e9:
        return _until(epoch / 1000.0 if epoch > 1e11 else epoch, headers)
    return None


def _number(text: str) -> float | None:
    try:
        number = float(text.strip()) if len(text) < 40 else -1.0
    except ValueError:
        return None
    return number if 0 <= number < 1e15 else None


def _span(text: str) -> float | None:
    """Seconds of "12ms", "1m30s", "20m9.6s"; a bare number counts as seconds."""
    if (number := _number(text)) is not None:
        return number
    text = text.strip().lower()
    if not text or len(text) > 40 or _SPAN.sub("", text):
        return None
    return sum(float(amount) * _UNITS_S[unit] for amount, unit in _SPAN.findall(text))


def _http_date(text: str) -> float | None:
    match = _DATE.search(text[:60])
    if match is None or match.group(2).lower() not in _MONTHS:
        return None
    day, month, year, hour, minute, second = match.groups()
    try:
        moment = datetime(
            int(year),
            _MONTHS.index(month.lower()) + 1,
            int(day),
            int(hour),
            int(minute),
            int(second),
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return moment.timestamp()


def _until(moment_s: float | None, headers: Mapping[str, str]) -> float | None:
    now_s = _http_date(headers.get("date", ""))
    if moment_s is None or now_s is None:
        return None
    return max(moment_s - now_s, 0.0)

"""The one reader of error bodies: every envelope that servers put around what went wrong.

Knows shapes (I1, D9 to D12), not meanings: `failure.py` gives the meaning. Total: any bytes or value give facts, and
the texts in them are bounded.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

LONGEST_TEXT: Final = 500
"""Characters of provider text that are shown or kept."""
_LONGEST_READ: Final = 20_000
_DEEPEST: Final = 8
_TITLE: Final = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_TAG: Final = re.compile(r"<(script|style)\b.*?</\1>|<[^>]{0,400}>", re.IGNORECASE | re.DOTALL)
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")
_KEY: Final = re.compile(r"\b((?:sk|gsk|xai|hf|pplx|nvapi|csk|tgp|fw|dapi|AIza)[-_]?)[A-Za-z0-9_\-]{16,}")
_BEARER: Final = re.compile(r"\b(bearer\s+)[A-Za-z0-9_\-.~+/=]{8,}", re.IGNORECASE)
_MESSAGES: Final = ("message", "detail", "msg", "error_msg", "status_msg", "title", "error_message", "errorMessage")
_CODES: Final = ("code", "error_code", "errorCode", "status_code", "http_code", "status")
_STATUSES: Final = ("status_code", "http_code", "statusCode", "http_status", "code", "status", "raw_status_code")


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """What an error body says, whatever its envelope."""

    message: str = ""
    type: str = ""
    code: str = ""
    param: str = ""
    status: int | None = None
    """An HTTP status written inside the body."""
    html: bool = False
    retry_headers: Mapping[str, str] | None = None
    """Headers of an inner response that a gateway passes on (I6), names in lower case."""

    @property
    def words(self) -> str:
        """Message, type and code in lower case, for rules to look in."""
        return f"{self.message} {self.type} {self.code}".lower()


def clean_text(text: str) -> str:
    """Provider text for people: one line, no control characters, nothing that looks like a key, bounded."""
    text = _UNPRINTABLE.sub(" ", text[:_LONGEST_READ])
    text = _BEARER.sub(r"\1…", _KEY.sub(r"\1…", text))
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def read_error(body: object) -> ErrorFacts:
    """Read a body (bytes, text or already parsed JSON) into facts; never raises."""
    if isinstance(body, bytes | bytearray):
        body = bytes(body[: _LONGEST_READ * 4]).decode("utf-8", "replace")
    if isinstance(body, str):
        return _from_text(body)
    found = _Facts()
    found.walk(body, 0)
    return found.facts()


def _from_text(text: str) -> ErrorFacts:
    stripped = text.strip().lstrip("\ufeff")
    for line in stripped.splitlines()[:20]:
        # An error before the stream may still be framed as an event (I10).
        if line.startswith("data:") and (value := _parsed(line[5:])) is not None:
            return read_error(value)
    value = _parsed(stripped)
    if value is not None and not isinstance(value, str):
        return read_error(value)
    if stripped[:1] == "<":
        title = _TITLE.search(stripped[:_LONGEST_READ])
        shown = title.group(1) if title else _TAG.sub(" ", stripped[:_LONGEST_READ])
        return ErrorFacts(message=clean_text(shown), html=True)
    return ErrorFacts(message=clean_text(value if isinstance(value, str) else stripped))


def _parsed(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


class _Facts:
    """Collects the first useful value of each kind, the outer envelope first, causes inside it appended."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.type = ""
        self.code = ""
        self.param = ""
        self.status: int | None = None
        self.retry_headers: dict[str, str] | None = None

    def facts(self) -> ErrorFacts:
        return ErrorFacts(
            message=clean_text(": ".join(dict.fromkeys(self.messages))),
            type=self.type[:100],
            code=self.code[:100],
            param=self.param[:200],
            status=self.status,
            retry_headers=self.retry_headers,
        )

    def walk(self, value: object, depth: int) -> None:
        if depth > _DEEPEST:
            return
        if isinstance(value, str):
            self._text(value, depth)
        elif isinstance(value, list):
            for item in value[:5]:
                self.walk(item, depth + 1)
        elif isinstance(value, dict):
            self._object(value, depth)

    def _text(self, text: str, depth: int) -> None:
        # A message may itself be the JSON of the cause (OpenRouter's metadata.raw, LiteLLM, Perplexity).
        if text.lstrip()[:1] in ("{", "[") and (inner := _parsed(text)) is not None:
            before = len(self.messages)
            self.walk(inner, depth + 1)
            if len(self.messages) > before:
                return
        if text.strip():
            self.messages.append(text.strip()[:_LONGEST_READ])

    def _object(self, value: dict[str, object], depth: int) -> None:
        self._scalars(value)
        for key in _MESSAGES:
            inner = value.get(key)
            if isinstance(inner, str | list) and inner:
                if key == "title" and self.messages:
                    continue
                self.walk(inner, depth + 1)
        if isinstance(loc := value.get("loc"), list) and not self.param:
            self.param = ".".join(str(part) for part in loc[:12])
        for key in ("error", "errors", "base_resp", "details", "metadata", "raw", "innererror", "inner_error"):
            if inner := value.get(key):
                self.walk(inner, depth + 1)
        if isinstance(failed := value.get("failed_generation"), str) and failed:
            self.messages.append(f"the model wrote: {failed}")
        if isinstance(headers := value.get("headers"), dict):
            self.retry_headers = {str(k).lower(): str(v) for k, v in list(headers.items())[:40]}

    def _scalars(self, value: dict[str, object]) -> None:
        for status in _statuses(value):
            if self.status is None:
                self.status = status
        for key in _CODES:
            found = value.get(key)
            if not self.code and isinstance(found, str | int) and not isinstance(found, bool) and found:
                self.code = str(found)
        for name in ("type", "param"):
            found = value.get(name)
            if isinstance(found, str) and found and found not in ("None", "error") and not getattr(self, name):
                setattr(self, name, found)


def _statuses(value: Mapping[str, object]) -> Iterator[int]:
    for key in _STATUSES:
        found = value.get(key)
        if isinstance(found, str) and found.isdecimal() and len(found) == 3:
            found = int(found)
        if isinstance(found, int) and not isinstance(found, bool) and 400 <= found <= 599:
            yield found


def json_text(value: object) -> str:
    """The compact JSON of any parsed value, bounded, for a message that has no better words."""
    try:
        return clean_text(json.dumps(value, ensure_ascii=False))
    except (ValueError, RecursionError, TypeError):
        return ""

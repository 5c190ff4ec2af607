"""The one reader of error bodies: every envelope that servers put around what went wrong.

Knows shapes (I1, D9 to D12), not meanings: `failure_code.py` gives the meaning. Total: any bytes or value give
facts in time and memory bounded by what is read of them, and the texts in the facts are bounded.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

LONGEST_TEXT: Final = 500
"""Characters of provider text that are shown or kept."""
_LONGEST_WORDS: Final = 4_000
_LONGEST_READ: Final = 20_000
_DEEPEST: Final = 8
_MOST_PARTS: Final = 8
# Patterns are text until the first error: compiling would cost every start.
_UNPRINTABLE: Final = (
    "[\x00-\x1f\x7f-\x9f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]+"
)
_KEY: Final = (
    r"\b((?:sk|gsk|xai|hf|pplx|nvapi|csk|tgp|fw|dapi|AIza|ghp|gho|esecret)[-_]?)[A-Za-z0-9_\-]{16,}[\w\-/+=&|]{0,500}"
)
_BEARER: Final = r"""\b([Bb][Ee][Aa][Rr][Ee][Rr]\s{1,3})[^\s"'<>,;]{8,}"""
_CUT_MESSAGE: Final = r'"(?:message|detail|error|msg)"\s{0,9}:\s{0,9}"((?:[^"\\]|\\.){1,2000})'
_MESSAGES: Final = (
    "message",
    "detail",
    "msg",
    "error_msg",
    "status_msg",
    "title",
    "error_message",
    "errorMessage",
    "error_description",
)
_INNER: Final = ("error", "errors", "base_resp", "details", "metadata", "raw", "innererror", "inner_error", "Error")
_CODES: Final = (
    "code",
    "error_code",
    "errorCode",
    "status_code",
    "http_code",
    "status",
    "type",
    "error_type",
    "reason",
    "quotaId",
)
_STATUSES: Final = (
    "status_code",
    "http_code",
    "statusCode",
    "http_status",
    "http_status_code",
    "code",
    "status",
    "raw_status_code",
)
_WAITS: Final = ("retryDelay", "retry_after", "retryAfter", "retry_after_seconds", "estimated_time")
_CONTEXT_SIZES: Final = ("n_ctx", "max_model_len", "num_ctx")


@dataclass(frozen=True, slots=True)
class ErrorFacts:
    """What an error body says, whatever its envelope."""

    message: str = ""
    """For people: one line of at most 500 characters, the outer message first, its causes after it."""
    type: str = ""
    code: str = ""
    param: str = ""
    status: int | None = None
    """An HTTP status written inside the body."""
    html: bool = False
    plain: bool = False
    """Text that is neither JSON nor a web page."""
    object: str = ""
    """The outermost `object` ("error" is what vLLM, SGLang and Mistral write)."""
    said: str = ""
    """The same as `message` but longer, and without what the model wrote."""
    labels: tuple[str, ...] = ()
    """Every code, type, status word and reason in the body, the outermost first."""
    wait: str = ""
    """How long to wait as the body itself says, unread."""
    context_size: int | None = None
    """Tokens the running server has room for, where a field of its own says so."""
    retry_headers: Mapping[str, str] | None = None
    """Headers of an inner response that a gateway passes on (I6), names in lower case."""

    @property
    def words(self) -> str:
        """Message, type and codes in lower case, for rules to look in; at most some 5,000 characters."""
        labels = self.labels or (self.type, self.code)
        return f"{self.said or self.message} {' '.join(labels)}".lower()


def clean_text(text: str) -> str:
    """Provider text for people: one line, no control characters, nothing that looks like a key, bounded."""
    text = one_line(text)
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def one_line(text: str) -> str:
    """The same, as long as is read at all."""
    text = re.sub(_UNPRINTABLE, " ", text[:_LONGEST_READ])
    return " ".join(re.sub(_BEARER, r"\1…", re.sub(_KEY, r"\1…", text)).split())


def read_error(body: object) -> ErrorFacts:
    """Read a body (bytes, text or already parsed JSON) into facts; never raises."""
    if isinstance(body, bytes | bytearray):
        body = bytes(body[: _LONGEST_READ * 4]).decode("utf-8", "replace")
    if isinstance(body, str):
        return _from_text(body[: _LONGEST_READ * 4])
    found = _Facts()
    found.walk(body, 0)
    return found.facts()


def _from_text(text: str) -> ErrorFacts:
    stripped = text.strip().lstrip("\ufeff")
    for line in stripped[:_LONGEST_READ].splitlines()[:20]:
        # An error before the stream may still be framed as an event (I10).
        if line.startswith("data:") and isinstance(value := _parsed(line[5:]), dict | list):
            return read_error(value)
    value = _parsed(stripped)
    if value is not None and not isinstance(value, str):
        return read_error(value)
    if stripped[:1] == "<":
        return ErrorFacts(message=clean_text(page_text(stripped[:_LONGEST_READ])), html=True)
    if value is None and stripped[:1] in ("{", "["):
        # JSON that was cut off or is not quite JSON: its first message is better than its punctuation.
        match = re.search(_CUT_MESSAGE, stripped[:_LONGEST_READ])
        shown = match.group(1) if match else stripped
        return ErrorFacts(message=clean_text(shown), said=one_line(stripped)[:_LONGEST_WORDS])
    shown = value if isinstance(value, str) else stripped
    return ErrorFacts(message=clean_text(shown), said=one_line(shown)[:_LONGEST_WORDS], plain=bool(stripped))


def page_text(page: str) -> str:
    """The title of a web page, else its text without tags, scripts and styles; linear in the page."""
    lower = page.lower()
    start = lower.find("<title")
    if start >= 0 and (opened := lower.find(">", start)) >= 0 and (end := lower.find("</title", opened)) >= 0:
        title = page[opened + 1 : end].strip()
        if title:
            return title
    parts: list[str] = []
    at = 0
    while (tag := lower.find("<", at)) >= 0:
        parts.append(page[at:tag])
        for name in ("script", "style"):
            if lower.startswith(name, tag + 1):
                tag = lower.find(f"</{name}", tag)
                break
        end = lower.find(">", tag) if tag >= 0 else -1
        if end < 0:
            return " ".join(parts)
        at = end + 1
    return " ".join([*parts, page[at:]])


def _parsed(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return None


class _Facts:
    """Collects the first useful value of each kind, the outer envelope first, causes inside it appended."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.written = ""
        self.labels: dict[str, None] = {}
        self.type = ""
        self.code = ""
        self.param = ""
        self.object = ""
        self.wait = ""
        self.status: int | None = None
        self.context_size: int | None = None
        self.retry_headers: dict[str, str] | None = None

    def facts(self) -> ErrorFacts:
        said = ": ".join(dict.fromkeys(self.messages))
        shown = f"{said}: the model wrote: {self.written}" if self.written else said
        return ErrorFacts(
            message=clean_text(shown),
            type=self.type[:100],
            code=self.code[:100],
            param=self.param[:200],
            status=self.status,
            object=self.object[:40],
            said=one_line(said)[:_LONGEST_WORDS],
            labels=tuple(self.labels),
            wait=self.wait[:60],
            context_size=self.context_size,
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
        if text.lstrip()[:1] in ("{", "[") and isinstance(inner := _parsed(text), dict | list):
            before = len(self.messages)
            self.walk(inner, depth + 1)
            if len(self.messages) > before:
                return
        if text.strip() and len(self.messages) < _MOST_PARTS:
            self.messages.append(text.strip()[:_LONGEST_READ])

    def _object(self, value: dict[object, object], depth: int) -> None:
        self._scalars(value)
        for key in _MESSAGES:
            inner = value.get(key)
            if inner and isinstance(inner, str | list | dict):
                if key == "title" and self.messages:
                    continue
                self.walk(inner, depth + 1)
        if isinstance(loc := value.get("loc"), list) and not self.param:
            self.param = ".".join(part for part in loc[:12] if isinstance(part, str))
        for key in _INNER:
            if inner := value.get(key):
                self.walk(inner, depth + 1)
        if isinstance(failed := value.get("failed_generation"), str) and failed and not self.written:
            self.written = failed[:_LONGEST_READ]
        if isinstance(headers := value.get("headers"), dict) and self.retry_headers is None:
            self.retry_headers = {
                _short(key).lower(): _short(held) for key, held in list(headers.items())[:40] if _short(held)
            }

    def _scalars(self, value: dict[object, object]) -> None:
        for status in _statuses(value):
            if self.status is None:
                self.status = status
        for key in _CODES:
            label = _short(value.get(key))
            if not label or label in ("None", "error"):
                continue
            if len(self.labels) < 20:
                self.labels[label] = None
            if key == "type":
                self.type = self.type or label
            else:
                self.code = self.code or label
        if isinstance(param := value.get("param"), str) and param not in ("", "None") and not self.param:
            self.param = param
        if isinstance(named := value.get("object"), str) and not self.object:
            self.object = named
        for key in _WAITS:
            self.wait = self.wait or _short(value.get(key))
        for key in _CONTEXT_SIZES:
            size = value.get(key)
            if self.context_size is None and isinstance(size, int) and 0 < size < 10**9 and not isinstance(size, bool):
                self.context_size = size


def _short(value: object) -> str:
    """A scalar as at most 100 characters of text; "" for what is no word and no number of sane size."""
    if isinstance(value, str):
        return value[:100]
    if isinstance(value, int | float) and not isinstance(value, bool) and value and abs(value) < 1e18:
        return str(value)
    return ""


def _statuses(value: Mapping[object, object]) -> Iterator[int]:
    for key in _STATUSES:
        found = value.get(key)
        if isinstance(found, str) and len(found) == 3 and found.isdecimal() and found.isascii():
            found = int(found)
        if isinstance(found, int) and not isinstance(found, bool) and 400 <= found <= 599:
            yield found


def json_text(value: object) -> str:
    """The compact JSON of any parsed value, bounded, for a message that has no better words."""
    try:
        return clean_text(json.dumps(value, ensure_ascii=False))
    except (ValueError, RecursionError, TypeError):
        return ""

"""The tolerant reader of a chunk that is not in the usual shape.

Knows the deviations of sections A to E that one payload can show; knows no order. Invariant: any bytes give a
Chunk, Done, EndpointError or Ignored, and never an exception.
"""

import json
from math import isfinite
from typing import Final

import msgspec

from agentls.chat.delta import (
    CallPiece,
    Choice,
    Chunk,
    Delta,
    Done,
    EndpointError,
    FunctionPiece,
    Ignored,
    JsonObject,
    Rare,
    ReadChunk,
)
from agentls.chat.stream_error import error_in

_CALL_KEYS: Final = frozenset({"index", "id", "type", "function", "name", "arguments"})
_KEPT_KEYS: Final = (
    "extra_content",
    "thought_signature",
    "provider_specific_fields",
    "thinking_blocks",
    "reasoning_opaque",
)
"""Keys of the message, beside `reasoning_details`, that some providers want back (E24)."""
_REASONING_KEYS: Final = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
_CHUNK_EVENTS: Final = frozenset({"", "message", "data", "chunk", "completion", "error"})
_DONE: Final = frozenset({b"[DONE]", b'"[DONE]"', b"'[DONE]'"})
_DEEPEST_PARTS: Final = 8
_UNREADABLE: Final = object()


def read_odd(data: bytes, event: str = "") -> ReadChunk:
    """Read one payload that the structs did not fit, or that needs a closer look."""
    text = data.strip()
    for _ in range(3):
        # A proxy that frames the lines of another stream once more (D2).
        text = text.removeprefix(b"data:").strip()
    if len(text) < 10 and text.upper() in _DONE:
        return Done()
    if not text or text.startswith(b":"):
        return Ignored("empty")
    event = event.lower()
    value = _parse(text)
    if value is _UNREADABLE:
        shown = text[:500].decode("utf-8", "replace")
        if event == "error":
            return EndpointError(shown)
        is_json = text[:1] == b"{" or text[:2] == b"[{"
        return Ignored(shown, unreadable=is_json and event in _CHUNK_EVENTS, is_stray=True)
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = value[0]
    if not isinstance(value, dict):
        if event == "error" and value:
            return EndpointError(value)
        return Ignored("no object", is_stray=value is not None)
    return _read_object(value, event)


def _parse(text: bytes) -> object:
    """JSON as people write it: lone surrogates, NaN (as null) and broken UTF-8 are let through (D26, D27)."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    try:
        parsed: object = json.loads(
            text.decode("utf-8", "replace"), strict=False, parse_constant=lambda _: None, parse_float=_finite
        )
    except (ValueError, RecursionError):
        return _UNREADABLE
    return parsed


def _finite(text: str) -> float | None:
    number = float(text)
    return number if isfinite(number) else None


def _read_object(value: JsonObject, event: str) -> ReadChunk:
    usage = _object(value.get("usage"))
    items = [item for item in _items(value.get("choices")) if isinstance(item, dict)]
    for item in items:
        usage = usage or _object(item.get("usage"))
    error = error_in(value, event, bool(items))
    if error is not None:
        return EndpointError(error, usage)
    if not items and usage is None:
        kind = value.get("object")
        is_chunk = not value or "choices" in value or (isinstance(kind, str) and kind.startswith("chat.completion"))
        return Ignored("no choices", is_stray=not is_chunk)
    return Chunk(choices=[_choice(item) for item in items], usage=usage, price=value.get("cost"))


def _object(value: object) -> JsonObject | None:
    return value if isinstance(value, dict) and value else None


def _items(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def _choice(value: JsonObject) -> Choice:
    delta, message, text = value.get("delta"), value.get("message"), value.get("text")
    if isinstance(delta, dict):
        said = _delta(delta, is_whole=False)
    elif isinstance(message, dict):
        said = _delta(message, is_whole=True)
    else:
        said = Delta(content=text if isinstance(text, str) else None)
    reason = value.get("finish_reason")
    return Choice(said, _index(value.get("index")), reason if isinstance(reason, str) else None)


def _index(value: object) -> int | None:
    """An index as a number, as text, or as a float (A5 and its like); an opaque key all the same."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        return int(value)
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) < 10:
        digits = value.strip().removeprefix("-")
        return int(value) if digits.isascii() and digits.isdecimal() else None
    return None


def _delta(value: JsonObject, *, is_whole: bool) -> Delta:
    text, thought = _content(value.get("content"), 0)
    reasoning = ""
    for key in _REASONING_KEYS:
        reasoning = reasoning or _reasoning(value.get(key))
    calls = [_call(item) for item in _items(value.get("tool_calls")) if isinstance(item, dict)]
    function = value.get("function_call")
    rare = Rare(
        refusal=_content(value.get("refusal"), 0)[0],
        function_call=_function(function) if isinstance(function, dict) else None,
        kept=_kept(value) or None,
        is_whole=is_whole,
        is_audio=isinstance(value.get("audio"), dict),
    )
    return Delta(
        content=text,
        reasoning_content=reasoning or thought,
        tool_calls=calls or None,
        reasoning_details=[item for item in _items(value.get("reasoning_details")) if isinstance(item, dict)] or None,
        rare=rare,
    )


def _kept(value: JsonObject) -> JsonObject:
    """The keys that go back with the message. Gemini's mark that one delta is a thought says nothing of the message."""
    kept = {key: value[key] for key in _KEPT_KEYS if value.get(key) not in (None, "", {}, [])}
    extra = kept.get("extra_content")
    if isinstance(extra, dict) and isinstance(google := extra.get("google"), dict) and "thought" in google:
        google = {key: item for key, item in google.items() if key != "thought"}
        extra = {key: item for key, item in {**extra, "google": google}.items() if item}
        kept = {**kept, "extra_content": extra} if extra else {k: v for k, v in kept.items() if k != "extra_content"}
    return kept


def _reasoning(value: object) -> str:
    """The text of a reasoning field: a string, parts, or an object around one."""
    if isinstance(value, dict):
        for key in ("content", "text", "summary"):
            if isinstance(inner := value.get(key), str | list):
                return _reasoning(inner)
        return ""
    if not isinstance(value, str | list):
        return ""
    text, thought = _content(value, 0)
    return text + thought


def _content(value: object, depth: int) -> tuple[str, str]:
    """Text and thinking of a content that is a string, a list of parts, an object or a number (E12, E13)."""
    if value is None or depth > _DEEPEST_PARTS:
        return "", ""
    if isinstance(value, str):
        return value, ""
    if isinstance(value, list):
        texts: list[str] = []
        thoughts: list[str] = []
        for part in value:
            _part(part, texts, thoughts, depth)
        return "".join(texts), "".join(thoughts)
    return _json(value), ""


def _part(part: object, texts: list[str], thoughts: list[str], depth: int) -> None:
    if isinstance(part, str):
        texts.append(part)
    elif isinstance(part, dict):
        kind = part.get("type")
        if kind in ("thinking", "reasoning"):
            inner = part.get("thinking") or part.get("reasoning") or part.get("text")
            if isinstance(inner, str | list):
                thoughts.extend(_content(inner, depth + 1))
        elif isinstance(text := part.get("text"), str) and kind in (None, "text", "output_text"):
            texts.append(text)


def _call(value: JsonObject) -> CallPiece:
    function = value.get("function")
    identity = value.get("id")
    if isinstance(identity, int) and not isinstance(identity, bool):
        identity = str(identity)
    return CallPiece(
        index=_index(value.get("index")),
        id=identity if isinstance(identity, str) else None,
        function=_function(function if isinstance(function, dict) else value),
        extra={key: item for key, item in value.items() if key not in _CALL_KEYS and item is not None} or None,
    )


def _function(value: JsonObject) -> FunctionPiece:
    name, arguments = value.get("name"), value.get("arguments")
    if arguments is not None and not isinstance(arguments, str):
        arguments = _json(arguments)
    return FunctionPiece(name=name if isinstance(name, str) else None, arguments=arguments)


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError, TypeError):
        return ""

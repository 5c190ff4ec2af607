"""The tolerant reader of a chunk that is not in the usual shape.

Knows the deviations of sections A to E that one payload can show; knows no order. Invariant: any bytes give a
Chunk, Done, EndpointError or Ignored, and never an exception.
"""

import json
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
    ReadChunk,
)

_CALL_KEYS: Final = frozenset({"index", "id", "type", "function", "name", "arguments"})
_CHUNK_EVENTS: Final = frozenset({"", "message", "data", "chunk", "completion", "error"})
_UNREADABLE: Final = object()


def read_odd(data: bytes, event: str = "") -> ReadChunk:
    """Read one payload that the structs did not fit, or that needs a closer look."""
    text = data.strip()
    if text in (b"[DONE]", b'"[DONE]"'):
        return Done()
    if not text or text.startswith(b":"):
        return Ignored("empty")
    value = _parse(text)
    if value is _UNREADABLE:
        shown = text[:500].decode("utf-8", "replace")
        if event == "error":
            return EndpointError(shown)
        return Ignored(shown, unreadable=event in _CHUNK_EVENTS and text[:1] in (b"{", b"["))
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = value[0]
    if not isinstance(value, dict):
        return EndpointError(value) if event == "error" and value else Ignored("no object")
    return _read_object(value, event)


def _parse(text: bytes) -> object:
    """JSON as people write it: lone surrogates, NaN (as null) and broken UTF-8 are let through (D26, D27)."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        parsed: object = json.loads(text.decode("utf-8", "replace"), strict=False, parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return _UNREADABLE
    return parsed


def _read_object(value: JsonObject, event: str) -> ReadChunk:
    usage = _object(value.get("usage"))
    choices = _choices(value.get("choices"))
    error = _error_in(value, event, bool(choices))
    if error is not None:
        return EndpointError(error, usage)
    if not choices and usage is None:
        return Ignored("no choices")
    return Chunk(choices=choices, usage=usage)


def _object(value: object) -> JsonObject | None:
    return value if isinstance(value, dict) else None


def _error_in(value: JsonObject, event: str, has_choices: bool) -> object:
    """The error a payload carries, whatever its envelope, or None (D9 to D12)."""
    if _says_something(value.get("error")):
        return value
    for holder in (value.get("x_groq"), *_items(value.get("choices"))):
        if isinstance(holder, dict) and _says_something(holder.get("error")):
            return {"error": holder["error"]}
    base = value.get("base_resp")
    if isinstance(base, dict) and base.get("status_code") not in (None, 0, "0"):
        return value
    if event == "error":
        return value
    if has_choices:
        return None
    if value.get("object") == "error" or value.get("type") == "error" or value.get("success") is False:
        return value
    if any(value.get(key) for key in ("error_code", "error_msg", "errors", "detail")):
        return value
    message = value.get("message")
    if isinstance(message, str) and message and any(value.get(key) for key in ("code", "type", "status")):
        return value
    return None


def _says_something(error: object) -> bool:
    if isinstance(error, dict):
        return any(part not in (None, "", 0, "0", False, [], {}) for part in error.values())
    return bool(error)


def _items(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []


def _choices(value: object) -> list[Choice]:
    return [_choice(item) for item in _items(value) if isinstance(item, dict)]


def _choice(value: JsonObject) -> Choice:
    delta, message, text = value.get("delta"), value.get("message"), value.get("text")
    choice = Choice(index=_index(value.get("index")), usage=_object(value.get("usage")))
    reason = value.get("finish_reason")
    choice.finish_reason = reason if isinstance(reason, str) else None
    if isinstance(delta, dict):
        choice.delta = _delta(delta)
    elif isinstance(message, dict):
        choice.delta = _delta(message)
        choice.is_whole = True
    elif isinstance(text, str):
        choice.delta = Delta(content=text)
    return choice


def _index(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and len(value) < 10 and value.lstrip("-").isdecimal():
        return int(value)
    return None


def _delta(value: JsonObject) -> Delta:
    text, thought = _content(value.get("content"))
    reasoning = _content(value.get("reasoning_content"))[0] or _content(value.get("reasoning"))[0]
    details = value.get("reasoning_details")
    calls = [_call(item) for item in _items(value.get("tool_calls")) if isinstance(item, dict)]
    function = value.get("function_call")
    return Delta(
        content=text,
        reasoning_content=reasoning or thought,
        refusal=_content(value.get("refusal"))[0],
        tool_calls=calls or None,
        function_call=_function(function) if isinstance(function, dict) else None,
        reasoning_details=[item for item in _items(details) if isinstance(item, dict)] or None,
    )


def _content(value: object) -> tuple[str, str]:
    """Text and thinking of a content that is a string, a list of parts, an object or a number (E12, E13)."""
    if value is None:
        return "", ""
    if isinstance(value, str):
        return value, ""
    if isinstance(value, list):
        texts: list[str] = []
        thoughts: list[str] = []
        for part in value:
            _part(part, texts, thoughts)
        return "".join(texts), "".join(thoughts)
    return _json(value), ""


def _part(part: object, texts: list[str], thoughts: list[str]) -> None:
    if isinstance(part, str):
        texts.append(part)
    elif isinstance(part, dict):
        kind = part.get("type")
        if kind in ("thinking", "reasoning"):
            inner = part.get("thinking") or part.get("reasoning") or part.get("text")
            thoughts.append(_content(inner)[0] if isinstance(inner, str | list) else "")
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

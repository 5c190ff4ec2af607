"""Whether a payload of a stream carries an error, whatever its envelope (D9 to D12).

Knows shapes, not meanings: `error_body.py` reads the words and `failure.py` names the failure. Invariant: a payload
with choices is an error only where it says so itself, and a progress report is none.
"""

from collections.abc import Mapping
from typing import Final

from agentls.chat.delta import JsonObject

_PLAIN: Final = ("error_code", "error_msg", "error_message", "errorMessage", "errors", "detail")
_NAMES: Final = ("code", "type", "status", "statusCode", "status_code", "http_code")
_HARMLESS: Final = frozenset(
    {
        "",
        "0",
        "200",
        "ok",
        "success",
        "completed",
        "done",
        "info",
        "heartbeat",
        "in_progress",
        "keep-alive",
        "keepalive",
        "message",
        "pending",
        "ping",
        "processing",
        "progress",
        "queued",
        "running",
        "start",
        "started",
        "status",
        "thinking",
    }
)
_NO_ERROR: Final[tuple[object, ...]] = (None, "", 0, "0", False, [], {})


def error_in(value: JsonObject, event: str, has_choices: bool) -> object:
    """The error a payload carries, or None; `event` is the event's name in lower case."""
    if _says_something(value.get("error")):
        return value
    for holder in (value.get("x_groq"), *_objects(value.get("choices"))):
        if isinstance(holder, dict) and _says_something(holder.get("error")):
            return {"error": holder["error"]}
    base = value.get("base_resp")
    if isinstance(base, dict) and base.get("status_code") not in (None, 0, "0"):
        return value
    if event == "error":
        return value
    return None if has_choices else _bare(value)


def _bare(value: JsonObject) -> object:
    """The error of a payload that has no envelope for it (D12)."""
    if value.get("object") == "error" or value.get("type") == "error" or value.get("success") is False:
        return value
    if any(value.get(key) for key in _PLAIN):
        return value
    said = value.get("message") or value.get("msg")
    return value if isinstance(said, str) and said and _is_named(value) else None


def _is_named(value: Mapping[str, object]) -> bool:
    for key in _NAMES:
        name = value.get(key)
        if isinstance(name, bool) or not name:
            continue
        if isinstance(name, int):
            return name != 200
        if isinstance(name, str) and name[:40].strip().lower() not in _HARMLESS:
            return True
    return False


def _says_something(error: object) -> bool:
    if isinstance(error, dict):
        return any(part not in _NO_ERROR for part in error.values())
    return bool(error)


def _objects(value: object) -> list[object]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, dict) else []

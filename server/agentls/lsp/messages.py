"""One body → one JSON-RPC message as typed values, or a fault with its code and the id it can name.

Sans I/O, knows no method. Invariant: `params` and `result` stay the plain values that were sent, whatever
keys they have. Rows B023 to B038 of the checklist; every body gives exactly one value.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import msgspec

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
ID_LIMIT_BYTES = 256
ID_LIMIT = 2**53
METHOD_LIMIT = 256
_BOM = b"\xef\xbb\xbf"
_ID_KEY = re.compile(rb'"(?:i|\\u0069)(?:d|\\u0064)"')

MessageId: TypeAlias = int | str


@dataclass(frozen=True, slots=True)
class Request:
    id: MessageId
    method: str
    params: Any = field(repr=False)
    """As sent; None when absent or null. Not in the repr: asyncio prints that of what it could not call."""


@dataclass(frozen=True, slots=True)
class Notification:
    method: str
    params: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """The client's answer to a request of ours. Exactly one of the two is meant; `valid` says it was so.

    An error that is null is none: some clients always send both.
    """

    id: MessageId
    result: Any = field(repr=False)
    error: Any = field(repr=False)
    valid: bool = True


@dataclass(frozen=True, slots=True)
class MessageFault:
    """A body that is no message: what to answer."""

    code: int
    message: str
    id: MessageId | None = None


@dataclass(frozen=True, slots=True)
class Ignored:
    """A malformed answer: nobody waits for a reply to it."""

    reason: str


Message: TypeAlias = Request | Notification | Reply | MessageFault | Ignored


class _NotJson(ValueError):
    """The body is not JSON as RFC 8259 has it."""


class _DoubledId(ValueError):
    """The message has two `id` keys."""


def read_message(body: bytes) -> Message:
    """Return what the body says; never raises."""
    try:
        value = decode_body(body)
    except _DoubledId:
        return MessageFault(INVALID_REQUEST, "the key id is there twice")
    except (ValueError, RecursionError):
        return MessageFault(PARSE_ERROR, "the body is not valid JSON in UTF-8")
    if type(value) is not dict or not value:
        return MessageFault(INVALID_REQUEST, "a message is a JSON object; batches are not supported")
    return _classify(value)


def decode_body(body: bytes) -> Any:
    """Decode strict JSON with two allowances: a byte order mark, and raw control characters in strings.

    msgspec does the common case; the standard library repeats what msgspec refuses although it is legal
    (lone surrogates) and what needs a look at the pairs (a doubled `id`). Raises ValueError, RecursionError.
    """
    if body.startswith(_BOM):
        body = body[len(_BOM) :]
    if _names_id_twice(body):
        return _decode_slowly(body)
    try:
        return msgspec.json.decode(body)
    except UnicodeDecodeError:
        raise
    except msgspec.MsgspecError:
        return _decode_slowly(body)


def _names_id_twice(body: bytes) -> bool:
    """Whether the key may be there twice (nested objects count too: the slow way then looks closer)."""
    first = body.find(b'"id"')
    if b"\\u006" not in body:
        return first >= 0 and body.find(b'"id"', first + 4) >= 0
    return len(_ID_KEY.findall(body)) > 1


def _decode_slowly(body: bytes) -> Any:
    last: list[list[tuple[str, Any]]] = [[]]

    def take(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        last[0] = pairs
        return dict(pairs)

    value = json.loads(
        body.decode("utf-8"),
        object_pairs_hook=take,
        parse_constant=_refuse_constant,
        parse_float=_read_float,
        strict=False,
    )
    # The hook's last call is the outermost object.
    if type(value) is dict and sum(1 for key, _ in last[0] if key == "id") > 1:
        raise _DoubledId
    return value


def _refuse_constant(name: str) -> float:
    raise _NotJson(name)


def _read_float(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise _NotJson("number out of range")
    return value


def _classify(value: dict[str, Any]) -> Message:
    has_id = "id" in value
    message_id = value.get("id")
    valid_id = is_message_id(message_id)
    is_answer = "method" not in value and ("result" in value or "error" in value)
    if is_answer:
        if not valid_id or value.get("jsonrpc") != "2.0":
            return Ignored("an answer with a bad id or version")
        both = "result" in value and value.get("error") is not None
        return Reply(message_id, value.get("result"), value.get("error"), valid=not both)  # type: ignore[arg-type]
    known_id = message_id if valid_id else None
    if value.get("jsonrpc") != "2.0":
        return MessageFault(INVALID_REQUEST, 'jsonrpc must be "2.0"', known_id)
    if has_id and not valid_id:
        return MessageFault(INVALID_REQUEST, "id must be a string of at most 256 bytes or an integer in 2^53")
    method = value.get("method")
    if type(method) is not str or not method or len(method) > METHOD_LIMIT:
        return MessageFault(INVALID_REQUEST, "method must be a short, non-empty string", known_id)
    params = value.get("params")
    if known_id is None:
        return Notification(method, params)
    return Request(known_id, method, params)


def is_message_id(value: object) -> bool:
    """An integer within 2^53 or a string of at most 256 bytes; null, booleans and fractions are none."""
    if type(value) is int:
        return -ID_LIMIT <= value <= ID_LIMIT
    if type(value) is str:
        return len(value) <= ID_LIMIT_BYTES and len(value.encode("utf-8", "surrogatepass")) <= ID_LIMIT_BYTES
    return False


def encode_json(value: object) -> bytes:
    """Compact JSON; a lone surrogate comes out as its escape, never as broken UTF-8; NaN as null."""
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode("ascii")

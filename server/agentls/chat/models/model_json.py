"""JSON as servers write it when they speak of models: bytes to a value.

Knows no shape. Invariant: total and bounded: what is read takes at most some 40 MiB, whatever the bytes are.
"""

import json
from typing import Final

import msgspec

MOST_PARTS: Final = 400_000
"""Objects, lists and items of a body: once read, `{},` takes some 30 times its room. The largest real list has a tenth
of that."""


class NotJson(Exception):
    """The body cannot be read; the message says why, in words that can follow "the answer"."""


def read_json(body: bytes) -> object:
    """The value of a body; NaN and a byte order mark are taken. Raises NotJson."""
    if sum(map(body.count, (b"{", b"[", b","))) > MOST_PARTS:
        raise NotJson("has too many parts")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        pass
    text = body.decode("utf-8-sig", "replace")
    if text.lstrip()[:1] not in ("{", "["):
        raise NotJson("is not JSON" if text.strip() else "is empty")
    try:
        value: object = json.loads(text)  # takes the NaN that some Python servers write
    except (ValueError, RecursionError):
        raise NotJson("is not valid JSON") from None
    return value

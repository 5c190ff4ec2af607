"""Argument text to an object, at the end of a call: what is accepted, what is repaired, what is refused.

Knows nothing of streams. Repairs only what cannot mean two things (B5 to B8, B12 to B14); a cut text is never
completed. Invariant: the result is an object with exactly its text, or an error with a position.
"""

import json
import re
from dataclasses import dataclass
from math import isfinite
from typing import Final, NoReturn, TypeAlias

import msgspec

from agentls.chat.surrogates import copy_of

JsonObject: TypeAlias = dict[str, object]

_REST: Final = re.compile(r"(?:[\s}\]]+|<[|｜][^<>]{0,60}>|</?\w{1,40}>)*+\Z")
_PLACEHOLDERS: Final[tuple[object, ...]] = ({}, [], None, "")
_NOTHING: Final = frozenset({"", "null", "None", '""', '"null"', "[]", '"[]"', '"{}"'})


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(text: str) -> float:
    number = float(text)
    return number if isfinite(number) else _refuse(text)


_DECODER: Final = json.JSONDecoder(strict=False, parse_constant=_refuse, parse_float=_finite)
_OBJECT: Final = msgspec.json.Decoder(dict[str, object])


@dataclass(frozen=True, slots=True)
class Settled:
    """The arguments as an object, and the text of that object: strict JSON, so that anybody can read it again."""

    arguments: JsonObject
    raw: str


@dataclass(frozen=True, slots=True)
class Unsettled:
    """No object: what is wrong, `position` characters into the text."""

    error: str
    position: int


def says_nothing(text: str) -> bool:
    """True for the spellings of "no arguments" (B5, B6)."""
    return (len(text) < 40 and text.strip() in _NOTHING) or text.isspace()


def read_object(text: str) -> JsonObject | None:
    """The object that `text` is, whole, or None. Control characters inside strings are let through (B14)."""
    try:
        return _OBJECT.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        pass
    try:
        value = json.loads(text, strict=False, parse_constant=_refuse, parse_float=_finite)
        return copy_of(value) if isinstance(value, dict) else None
    except (ValueError, RecursionError):
        return None


def settle(text: str, last_fragment: str | None) -> Settled | Unsettled:
    """Decide what the whole argument text of a call means.

    `last_fragment` is the last piece when each piece contained the one before it (B8), else None.
    """
    if says_nothing(text):
        return Settled({}, "{}")
    for candidate in (text, _inner(text), last_fragment):
        if candidate and (value := read_object(candidate)) is not None and (found := _settled(value, candidate)):
            return found
    return _first(text)


def _inner(text: str) -> str | None:
    """What a JSON string holds (B12)."""
    stripped = text.strip()
    if not stripped.startswith('"'):
        return None
    try:
        value = json.loads(stripped, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, str) else None


def _first(text: str) -> Settled | Unsettled:
    """An object with harmless rubbish behind it (B13), or with an empty placeholder before it (B7)."""
    start = len(text) - len(text.lstrip())
    try:
        value, end = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError as error:
        return Unsettled(error.msg, error.pos)
    except (ValueError, RecursionError):
        return Unsettled("The value cannot be read", start)
    rest = text[end:]
    candidates = [rest] if value in _PLACEHOLDERS else []
    if isinstance(value, dict) and _REST.match(rest):
        candidates.append(text[start:end])
    for candidate in candidates:
        if (found := read_object(candidate)) is not None and (settled := _settled(found, candidate)):
            return settled
    return Unsettled("Extra data", end) if isinstance(value, dict) else Unsettled("Expecting an object", start)


def _settled(arguments: JsonObject, text: str) -> Settled | None:
    """The text as it came where it is strict JSON, else the object written anew (B14)."""
    try:
        _OBJECT.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        try:
            text = msgspec.json.encode(arguments).decode()
        except (UnicodeError, RecursionError, ValueError):
            return None
    return Settled(arguments, text.strip())

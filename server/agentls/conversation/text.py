"""Text that can be written as UTF-8 and fits a notification.

Pure. Invariant: what these functions return never holds a lone surrogate where they say so, and never exceeds the cap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

CAP_BYTES: Final = 32 * 1024
"""The most text one payload carries; the rest is fetched by its `ref`."""

PIECE_CHARACTERS: Final = CAP_BYTES // 4
"""Characters that fit the cap whatever they are."""


def pieces(text: str) -> Iterator[str]:
    """`text` cut into pieces that fit a payload; nothing for an empty text."""
    return (text[start : start + PIECE_CHARACTERS] for start in range(0, len(text), PIECE_CHARACTERS))


def well_formed(text: str) -> str:
    """`text` with surrogate pairs joined and lone surrogates replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def well_formed_json(value: object) -> object:
    """`value` (a JSON value) with `well_formed` applied to every string and key."""
    if isinstance(value, str):
        return well_formed(value)
    if isinstance(value, list | tuple):
        return [well_formed_json(each) for each in value]
    if isinstance(value, dict):
        return well_formed_object(value)
    return value


def well_formed_object(value: Mapping[str, object]) -> dict[str, object]:
    return {well_formed(key): well_formed_json(each) for key, each in value.items()}


def is_deeper_than(value: object, levels: int) -> bool:
    """Whether a JSON value is nested more than `levels` deep; looks no deeper than that."""
    layer = [value]
    for _ in range(levels + 1):
        containers = [each for each in layer if isinstance(each, dict | list)]
        if not containers:
            return False
        layer = [inner for each in containers for inner in (each.values() if isinstance(each, dict) else each)]
    return True


def byte_length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def cap(text: str, limit_bytes: int = CAP_BYTES) -> str:
    """The longest beginning of `text` of at most `limit_bytes` bytes of UTF-8, cut between characters."""
    if len(text) * 4 <= limit_bytes or byte_length(text) <= limit_bytes:
        return text
    return text.encode("utf-8", "surrogatepass")[:limit_bytes].decode("utf-8", "ignore")

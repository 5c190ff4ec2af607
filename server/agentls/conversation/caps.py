"""Caps payloads: at most 32 KiB of text in a notification, the rest by its `ref`.

Pure. Invariant: what is cut says how much there is and where the whole can be read.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentls.conversation.text import CAP_BYTES, byte_length, cap
from agentls.protocol.values import Truncation


def capped_text(text: str, ref: str) -> tuple[str, Truncation | None]:
    """The text as sent, and what was left out of it."""
    shown = cap(text)
    if len(shown) == len(text):
        return text, None
    return shown, Truncation(shown_bytes=byte_length(shown), total_bytes=byte_length(text), ref=ref)


def capped_json(value: Mapping[str, object], ref: str) -> tuple[dict[str, object], Truncation | None]:
    """A JSON object with its long strings cut so that all of them together fit the cap."""
    total = _text_bytes(value)
    if total <= CAP_BYTES:
        return dict(value), None
    left = [CAP_BYTES]
    shown = {key: _cut(each, left) for key, each in value.items()}
    return shown, Truncation(shown_bytes=_text_bytes(shown), total_bytes=total, ref=ref)


def _text_bytes(value: object) -> int:
    if isinstance(value, str):
        return byte_length(value)
    if isinstance(value, Mapping):
        return sum(_text_bytes(each) for each in value.values())
    if isinstance(value, list):
        return sum(_text_bytes(each) for each in value)
    return 0


def _cut(value: object, left: list[int]) -> object:
    """`left[0]` bytes may still be shown; strings are taken in the order they stand."""
    if isinstance(value, str):
        shown = cap(value, max(0, left[0]))
        left[0] -= byte_length(shown)
        return shown
    if isinstance(value, Mapping):
        return {key: _cut(each, left) for key, each in value.items()}
    if isinstance(value, list):
        return [_cut(each, left) for each in value]
    return value

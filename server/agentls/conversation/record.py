"""One stored event of a task, with what its notification leaves out.

Knows nothing of how it is stored or sent. Invariant: the records of a task, in the order of `seq`, are the whole
truth about it; `reduce` over them gives its state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

import msgspec

from agentls.protocol.events import TaskEvent


class Private(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the journal keeps of an event and no notification carries: whole texts, and what the provider gets back."""

    text: str | None = None
    """The whole text where the notification carries a capped one."""
    arguments: str | None = None
    """A call's arguments as JSON text, sent back to the provider as they came where they were valid."""
    content: list[dict[str, object]] | None = None
    """A prompt's blocks where the notification carries capped ones."""
    extra: dict[str, object] | None = None
    """Keys of the provider to be replayed to it unchanged (thought signatures, reasoning details)."""
    spoken_to: str | None = None
    """Which endpoint and model `extra` came from, and so the only ones that get it back."""
    changed: list[dict[str, object]] | None = None
    """The files a call changed: `{uri, path, change}`."""
    cost: float | None = None
    """What a request cost, in USD."""


class UnknownEvent(TaskEvent):
    """An event of another version, of which only the place in the order is known."""

    METHOD: ClassVar[str] = ""
    STORED: ClassVar[bool] = True


@dataclass(frozen=True, slots=True)
class Record:
    seq: int
    time_ms: int
    turn_id: str | None
    event: TaskEvent
    private: Private | None = None


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final = msgspec.json.Decoder(Private)


def encode_private(private: Private | None) -> bytes | None:
    return None if private is None else _ENCODER.encode(private)


def decode_private(data: bytes | None) -> Private | None:
    """Raises msgspec.DecodeError on bytes that no `encode_private` wrote."""
    return None if data is None else _DECODER.decode(data)

"""What a model is sent, in provider-neutral words.

Knows neither endpoints nor the journal: `dialect.py` says how one endpoint wants these, `request.py` writes
them. Invariant: values are immutable, so the encoded bytes of a message can be kept for the life of a task.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class TextPart:
    """A run of text in a user message."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image in a user message: `data_base64` (inline) or `url`, one of the two."""

    mime_type: str
    data_base64: str | None = None
    url: str | None = None


Part: TypeAlias = TextPart | ImagePart


@dataclass(frozen=True, slots=True)
class SystemMessage:
    """The instructions; always the first message."""

    text: str


@dataclass(frozen=True, slots=True)
class UserMessage:
    """What the user (or the editor on their behalf) said."""

    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class CallMessage:
    """One tool call of an assistant message."""

    call_id: str
    name: str
    arguments: str
    """Raw JSON text of an object; "{}" when what the model wrote was broken."""
    extra: Mapping[str, object] | None = None
    """Unknown keys the provider put on the call, sent back verbatim to the same provider (E24)."""


@dataclass(frozen=True, slots=True)
class AssistantMessage:
    """What the model answered: text, calls, or both."""

    text: str
    reasoning: str | None = None
    calls: tuple[CallMessage, ...] = ()
    extra: Mapping[str, object] | None = None
    """Keys of the message to send back verbatim to the same provider, such as `reasoning_details` (E11, E24)."""


@dataclass(frozen=True, slots=True)
class ToolMessage:
    """The result of one call; follows the assistant message that made it."""

    call_id: str
    text: str
    images: tuple[ImagePart, ...] = ()
    """Sent in a user message after the last result of the group, because tool messages take text only (G8)."""
    name: str = ""
    """The tool's name, for endpoints that want it on the result (G9); `call_ids.py` fills it."""


Message: TypeAlias = SystemMessage | UserMessage | AssistantMessage | ToolMessage

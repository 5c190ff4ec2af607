"""The conversation as encoded messages, so that a turn costs what it adds and not what it has.

Knows no endpoint but through its dialect. Invariant: equal to encoding the whole view afresh. What is kept here is
the only copy of an image's bytes in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from typing import Protocol

from agentls.chat.call_ids import CallIdFixer
from agentls.chat.dialect import DEFAULT, Dialect
from agentls.chat.message import ImagePart, Message, Part, TextPart, ToolMessage, UserMessage
from agentls.chat.request import encode_message
from agentls.conversation.state import Item
from agentls.conversation.view import is_settled, messages_of, not_shown


class Images(Protocol):
    """The images of the conversation."""

    @property
    def are_taken(self) -> bool:
        """Whether the model that is asked now takes images."""
        ...

    def show(self, ref: str, mime_type: str) -> ImagePart | str:
        """An image as it is sent, or in words why it is not; the same as long as `are_taken` is."""
        ...


class NoImages:
    """For a conversation without images, and a model that takes none."""

    are_taken = False

    def show(self, ref: str, mime_type: str) -> ImagePart | str:
        return not_shown(ref, mime_type)


class EncodedView:
    def __init__(self, workspace_uri: str | None = None, images: Images | None = None) -> None:
        self._workspace_uri = workspace_uri
        self._images: Images = images or NoImages()
        self._with_images = False
        self._dialect: Dialect | None = None
        self._spoken_to: str | None = None
        self._forget(DEFAULT)

    def _forget(self, dialect: Dialect) -> None:
        self._fixer = CallIdFixer(dialect)
        self._encoded: list[bytes] = []
        """The messages of the items that can no longer change: the first `_settled` ones."""
        self._settled = 0
        self._last_settled: Item | None = None
        self.image_bytes = 0
        """How much of what was encoded is images, which no model counts by their length."""

    def messages(self, items: Sequence[Item], dialect: Dialect, spoken_to: str | None = None) -> list[bytes]:
        """One JSON object per message, for the endpoint and model that `spoken_to` names.

        Best called with the items of the last call, grown.
        """
        count = self._settled
        is_grown = count <= len(items) and (count == 0 or items[count - 1] is self._last_settled)
        with_images = self._images.are_taken
        form = (dialect, with_images, spoken_to)
        if form != (self._dialect, self._with_images, self._spoken_to) or not is_grown:
            self._dialect, self._with_images, self._spoken_to = form
            self._forget(dialect)
        for place in range(self._settled, len(items)):
            if not is_settled(items[place]):
                return [*self._encoded, *self._encode(items[place:], deepcopy(self._fixer), dialect)[0]]
            encoded, image_bytes = self._encode(items[place : place + 1], self._fixer, dialect)
            self._encoded.extend(encoded)
            self.image_bytes += image_bytes
            self._settled, self._last_settled = place + 1, items[place]
        return [*self._encoded]

    def _encode(self, items: Sequence[Item], fixer: CallIdFixer, dialect: Dialect) -> tuple[list[bytes], int]:
        """The messages of the items, and how much of them is images."""
        encoded: list[bytes] = []
        image_bytes = 0
        for item in items:
            for message in _placed(messages_of(item, self._workspace_uri, self._images.show, self._spoken_to)):
                encoded.append(encode_message(fixer.fix(message), dialect))
                if isinstance(message, UserMessage) and dialect.send_images:
                    images = (part for part in message.parts if isinstance(part, ImagePart))
                    image_bytes += sum(len(image.data_base64 or "") for image in images)
        return encoded, image_bytes


def _placed(messages: Iterable[Message]) -> Iterator[Message]:
    """The messages of an item, then the images of its results: tool messages take text only (G8)."""
    parts: list[Part] = []
    results = 0
    for message in messages:
        yield message
        if isinstance(message, ToolMessage):
            results += 1
            for image in message.images:
                parts += [TextPart(f"[The image of tool result {results} above:]"), image]
    if parts:
        yield UserMessage(tuple(parts))

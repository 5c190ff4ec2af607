"""What has streamed so far of one open message, reasoning or call: for replay, and for a turn that is interrupted.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from agentls.chat.arguments import ArgumentFields, Field
from agentls.conversation.text import PIECE_CHARACTERS, pieces

_PATH_CHARACTERS: Final = 16
"""What a step of a field's path counts for in the size of a payload."""


@dataclass(slots=True)
class OpenStream:
    method: str
    """The method of its deltas."""
    id_name: str
    thing_id: str
    pieces: list[str] = field(default_factory=list)

    @property
    def identity(self) -> dict[str, object]:
        return {self.id_name: self.thing_id}

    @property
    def text(self) -> str:
        return "".join(self.pieces)

    def whole(self) -> dict[str, object]:
        """One delta that stands for all of them, as payload."""
        payload = {**self.identity, "delta": self.text}
        if self.id_name == "callId":
            payload["fields"] = [field_update(each) for each in ArgumentFields().feed(self.text)]
        return payload


def delta_payloads(text: str, fields: Sequence[Field]) -> Iterator[dict[str, object]]:
    """A piece of a call's arguments as the payloads of one delta or, where it is large, of several in order."""
    if len(text) <= PIECE_CHARACTERS:
        yield {"delta": text, "fields": [field_update(each) for each in fields]}
        return
    for piece in pieces(text):
        yield {"delta": piece, "fields": []}
    batch: list[dict[str, object]] = []
    size = 0
    for each in fields:
        for part in [each] if not each.append else [Field(each.path, piece, None) for piece in pieces(each.append)]:
            batch.append(field_update(part))
            size += len(part.append or "") + _PATH_CHARACTERS * (1 + len(part.path))
            if size >= PIECE_CHARACTERS:
                yield {"delta": "", "fields": batch}
                batch, size = [], 0
    if batch:
        yield {"delta": "", "fields": batch}


def field_update(update: Field) -> dict[str, object]:
    """The piece as on the wire: `{path, append}` or `{path, value}`."""
    if update.append is not None:
        return {"path": list(update.path), "append": update.append}
    return {"path": list(update.path), "value": update.value}

"""What has streamed so far of one open message, reasoning or call: for replay, and for a turn that is interrupted.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agentls.chat.arguments import ArgumentFields, Field


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


def field_update(update: Field) -> dict[str, object]:
    """The piece as on the wire: `{path, append}` or `{path, value}`."""
    if update.append is not None:
        return {"path": list(update.path), "append": update.append}
    return {"path": list(update.path), "value": update.value}

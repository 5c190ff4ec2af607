"""Adjacent deltas of one thing become one frame: what may merge, how, and what a stalled client gets.

Knows no queue, no thread and no clock. Invariant: merging loses nothing (`text` is the sum of the deltas)
unless `keep_newest` is called, and then the number of bytes left out is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from agentls.engine.publisher import LiveFrame
from agentls.lsp.messages import encode_json

FULL_AT_BYTES = 8 * 1024
CAP_BYTES = 32 * 1024
"""No frame has more text than this."""
OUTPUT_METHOD = "agent/toolCall/output"
MARKER = "\n[… {count} bytes of output left out: the client was not reading …]\n"

ThingKey = tuple[str, object, object]
"""What a delta is a piece of within its task: method, message or call, stream."""


class LiveEntry:
    """One live frame in the queue, with its number; deltas may still be added until it is sent."""

    __slots__ = (
        "_fields",
        "_texts",
        "due_at_s",
        "frame",
        "index",
        "left_out_bytes",
        "part",
        "sent_at_s",
        "seq",
        "size_bytes",
    )

    def __init__(self, frame: LiveFrame, seq: int, part: int, size_bytes: int) -> None:
        self.frame = frame
        self.seq = seq
        self.part = part
        self.size_bytes = size_bytes
        """The bytes of the text; what counts for limits (parsed fields repeat it)."""
        self.sent_at_s: float | None = None
        """When it was taken to be written; nothing may be added any more."""
        self.index = 0
        """Position in the queue since the start of the connection."""
        self.due_at_s = 0.0
        self.left_out_bytes = 0
        self._texts: deque[str] | None = None
        self._fields: list[dict[str, Any]] | None = None

    def takes(self, size_bytes: int) -> bool:
        """Whether so many bytes more may join this frame."""
        if not (self.size_bytes and size_bytes) and "fields" in self.frame.payload:
            return False  # one of them is nothing but the rest of the fields of a large delta
        return self.size_bytes < FULL_AT_BYTES and self.size_bytes + size_bytes <= CAP_BYTES

    def add(self, payload: Mapping[str, Any], delta: str, size_bytes: int) -> None:
        """Take the next delta of the same thing."""
        if self._texts is None:
            self._texts = deque((_text(self.frame.payload),))
            fields: Any = self.frame.payload.get("fields")
            self._fields = None if fields is None else _copied(fields)
        self._texts.append(delta)
        self.size_bytes += size_bytes
        more = payload.get("fields")
        if more:
            self._fields = join_fields(self._fields or [], more)

    def keep_newest(self, limit_bytes: int) -> None:
        """Leave out the oldest text until at most `limit_bytes` are left."""
        if self._texts is None:
            self._texts = deque((_text(self.frame.payload),))
        excess = self.size_bytes - limit_bytes
        while excess > 0 and self._texts:
            oldest = self._texts.popleft()
            size = size_of(oldest)
            if size > excess:
                kept = oldest.encode("utf-8", "surrogatepass")[excess:].decode("utf-8", "ignore")
                self._texts.appendleft(kept)
                size -= size_of(kept)
            self.left_out_bytes += size
            self.size_bytes -= size
            excess -= size

    def encode(self) -> bytes:
        """The body of the notification."""
        frame = self.frame
        params: dict[str, Any] = {"taskId": frame.task_id}
        if frame.turn_id is not None:
            params["turnId"] = frame.turn_id
        params["seq"] = self.seq
        params["part"] = self.part
        params["time"] = frame.time_ms
        params.update(frame.payload)
        if self._texts is not None:
            text = "".join(self._texts)
            if self.left_out_bytes:
                text = MARKER.format(count=self.left_out_bytes) + text
            params["delta"] = text
            if self._fields is not None:
                params["fields"] = [_joined(field) for field in self._fields]
        return encode_json({"jsonrpc": "2.0", "method": frame.method, "params": params})


def join_fields(fields: list[dict[str, Any]], more: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Append `more` in place; consecutive pieces of the same path are gathered under `append` as a list."""
    for field in more:
        last = fields[-1] if fields else None
        piece = field.get("append")
        if piece is not None and last is not None and "append" in last and last["path"] == list(field["path"]):
            last["append"].append(piece)
            continue
        fields.extend(_copied((field,)))
    return fields


def _copied(fields: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Fields that may be changed: `append` as a list of pieces, so that joining stays linear."""
    copies: list[dict[str, Any]] = []
    for field in fields:
        copy = dict(field)
        copy["path"] = list(field["path"])
        if copy.get("append") is not None:
            copy["append"] = [copy["append"]]
        copies.append(copy)
    return copies


def _joined(field: dict[str, Any]) -> dict[str, Any]:
    pieces = field.get("append")
    return field if pieces is None else {**field, "append": "".join(pieces)}


def _text(payload: Mapping[str, object]) -> str:
    delta = payload.get("delta")
    return delta if isinstance(delta, str) else ""


def size_of(text: str) -> int:
    """The bytes of `text` in UTF-8; constant time for ASCII."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def split(payload: Mapping[str, Any], delta: str) -> Sequence[Mapping[str, Any]]:
    """The payload in pieces of at most `CAP_BYTES` of text; `fields` go with the pieces in the same way."""
    if len(delta) * 4 <= CAP_BYTES or size_of(delta) <= CAP_BYTES:
        return [payload]
    step = CAP_BYTES // 4 if not delta.isascii() else CAP_BYTES
    texts = [delta[start : start + step] for start in range(0, len(delta), step)]
    pieces: list[dict[str, Any]] = [{**payload, "delta": text} for text in texts]
    if payload.get("fields") is not None:
        updates = _split_fields(payload["fields"], CAP_BYTES // 4)
        pieces += [{**payload, "delta": ""} for _ in range(len(updates) - len(pieces))]
        for number, piece in enumerate(pieces):
            piece["fields"] = updates[number] if number < len(updates) else []
    return pieces


def _split_fields(fields: Sequence[Mapping[str, Any]], step: int) -> list[list[Mapping[str, Any]]]:
    """The updates in order, in groups that hold at most `step` characters of appended text each."""
    groups: list[list[Mapping[str, Any]]] = [[]]
    room = step
    for field in fields:
        text = field.get("append")
        if text is None:
            groups[-1].append(field)
            continue
        start = 0
        while True:
            if not room:
                groups.append([])
                room = step
            piece = text[start : start + room]
            groups[-1].append({**field, "append": piece})
            room -= len(piece)
            start += len(piece)
            if start >= len(text):
                break
    return groups

"""A task's past, read from the journal: records, replayed frames, whole texts.

Knows no running turn. Invariant: a replayed frame is the stored one, byte for byte, but for `replay: true`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence

import msgspec
from pydantic import ValidationError

from agentls.conversation.record import Record, UnknownEvent, decode_private
from agentls.protocol import events as e
from agentls.protocol.errors import RequestFailed
from agentls.protocol.registry import EVENT_TYPES
from agentls.protocol.task_requests import ContentReadResult, EventFrame
from agentls.world.journal import Row

logger = logging.getLogger(__name__)

CONTENT_LIMIT_BYTES = 256 * 1024


def record_of(row: Row) -> Record:
    """Total: a row that another version wrote and this one cannot read keeps only its place."""
    try:
        event = EVENT_TYPES[row.method].model_validate_json(row.params)
        private = decode_private(row.private)
    except (KeyError, ValidationError, msgspec.DecodeError) as odd:
        kind = type(odd).__name__
        logger.warning("event %d (%s) of %s is not understood: %s", row.seq, row.method, row.task_id, kind)
        return Record(row.seq, row.time_ms, row.turn_id, UnknownEvent())
    return Record(row.seq, row.time_ms, row.turn_id, event, private)


def records_of(rows: Iterable[Row]) -> list[Record]:
    return [record_of(row) for row in rows]


def replayed(row: Row) -> EventFrame:
    return EventFrame(method=row.method, params={**msgspec.json.decode(row.params), "replay": True})


def read_content(rows: Sequence[Row], ref: str, offset: int, limit: int | None) -> ContentReadResult:
    """A part of the whole text that `ref` names. Raises RequestFailed when nothing has this ref."""
    data = _content(rows, ref).encode("utf-8", "replace")
    start = _character_start(data, min(offset, len(data)))
    end = _character_start(data, min(start + min(limit or CONTENT_LIMIT_BYTES, CONTENT_LIMIT_BYTES), len(data)))
    if end == start < len(data):  # a limit smaller than the character: give the whole character
        end = _character_start(data, min(start + 4, len(data)))
    return ContentReadResult(text=data[start:end].decode("utf-8", "replace"), total_bytes=len(data))


def _character_start(data: bytes, at: int) -> int:
    while 0 < at < len(data) and data[at] & 0xC0 == 0x80:
        at -= 1
    return at


def _content(rows: Sequence[Row], ref: str) -> str:
    kind, _, thing_id = ref.partition(":")
    wanted = _METHODS.get(kind)
    for row in reversed(rows):
        if row.method != wanted:
            continue
        record = record_of(row)
        event, private = record.event, record.private
        match event:
            case e.ToolResult(call_id=found) if found == thing_id:
                shown = "".join(part.text for part in event.content if part.type == "text")
                return shown if private is None or private.text is None else private.text
            case e.MessageCompleted(message_id=found) if found == thing_id:
                return event.text if private is None or private.text is None else private.text
            case e.ReasoningCompleted(message_id=found) if found == thing_id:
                return event.text if private is None or private.text is None else private.text
            case e.ToolCallReady(call_id=found) if found == thing_id:
                if private is not None and private.arguments is not None:
                    return private.arguments
                return msgspec.json.encode(event.arguments).decode()
            case e.Prompt(prompt_id=found) if found == thing_id:
                blocks = private.content if private is not None and private.content is not None else []
                return "\n\n".join(str(block.get("text", "")) for block in blocks) or _prompt_text(event)
    raise RequestFailed(
        "content.unknown",
        "There is no content with this reference.",
        "Use a ref exactly as a payload of this task named it.",
    )


def _prompt_text(event: e.Prompt) -> str:
    return "\n\n".join(block.text for block in event.content if block.type == "text")


_METHODS = {
    "result": e.ToolResult.METHOD,
    "message": e.MessageCompleted.METHOD,
    "reasoning": e.ReasoningCompleted.METHOD,
    "arguments": e.ToolCallReady.METHOD,
    "prompt": e.Prompt.METHOD,
}

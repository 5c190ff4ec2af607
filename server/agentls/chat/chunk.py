"""One `chat.completion.chunk` and its known deviations.

Knows nothing of the order of chunks. The usual shape is decoded straight into structs; what does not fit is read
again as plain JSON by `odd.py`. Invariant: any bytes give a Chunk, Done, EndpointError or Ignored.
"""

from typing import Final

import msgspec

from agentls.chat.delta import Chunk, Done, EndpointError, Ignored, ReadChunk
from agentls.chat.odd import read_odd

__all__ = ["Chunk", "Done", "EndpointError", "Ignored", "read_chunk", "stands_alone"]

_decode: Final = msgspec.json.Decoder(Chunk).decode


def read_chunk(data: bytes, event: str = "") -> ReadChunk:
    """Read the data of one event; `event` is the event's name, "" for none. Never raises."""
    try:
        chunk = _decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError, ValueError):
        return read_odd(data, event)
    if not chunk.choices or (event and event.lower() == "error"):
        return read_odd(data, event)
    return chunk


def stands_alone(line: bytes) -> bool:
    """True when one line of data is a whole JSON value, for streams without blank lines between events (D6)."""
    try:
        msgspec.json.decode(line, type=msgspec.Raw)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True

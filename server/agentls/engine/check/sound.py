"""What was heard of an answer's bytes: in how many pieces it came, how it begins and ends.

Knows bytes and chunks, not what they mean. Invariant: the same counts however the bytes were cut on their way.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from agentls.chat.chunk import read_chunk, stands_alone
from agentls.chat.delta import Chunk, Done
from agentls.chat.sse import SseDecoder, SseTooLarge

if TYPE_CHECKING:
    from agentls.chat.delta import ReadChunk
    from agentls.world.clock import Clock

LONGEST_ARGUMENTS: Final = 4096
"""Characters; the sample calls need 80 each."""
SLOW_S: Final = 1.5
"""A server that needs this long for an answer of many pieces has mostly had time to send the first of them before."""


@dataclass(slots=True)
class Sound:
    """What was heard of one answer's bytes, chunk by chunk: the events of a stream are merged, these are not."""

    clock: Clock
    asked_s: float
    """When the request was sent."""
    first_s: float | None = None
    arrivals: int = 0
    """How often bytes came."""
    text_pieces: int = 0
    """Chunks with text or reasoning."""
    argument_pieces: int = 0
    """Fragments of arguments, of all calls together."""
    arguments: str = ""
    """Those fragments, joined as they came; the beginning."""
    says_done: bool = False
    """A `[DONE]` came (D16, D17)."""
    _begins_as_json: bool = False
    _chunks: int = 0
    _decoder: SseDecoder = field(default_factory=lambda: SseDecoder(stands_alone=stands_alone))

    def take(self, data: bytes) -> None:
        """Hear some bytes of the body."""
        if self.first_s is None and (start := data.lstrip(b"\xef\xbb\xbf \t\r\n")):
            self.first_s = self.clock.monotonic_s()
            self._begins_as_json = start[:1] == b"{"
        self.arrivals += 1
        self._count(data)

    def end(self) -> None:
        """The body is over."""
        self._count(None)

    def _count(self, data: bytes | None) -> None:
        try:
            events = self._decoder.close() if data is None else self._decoder.feed(data)
        except SseTooLarge as error:
            events = error.events
        for event in events:
            self._heard(read_chunk(event.data, event.event))

    def _heard(self, chunk: ReadChunk) -> None:
        if isinstance(chunk, Done):
            self.says_done = True
        if not isinstance(chunk, Chunk):
            return
        self._chunks += 1
        for delta in (choice.delta for choice in chunk.choices or () if choice.delta is not None):
            self.text_pieces += bool(delta.content or delta.reasoning_content or delta.reasoning)
            for call in delta.tool_calls or ():
                text = call.function.arguments if call.function is not None else None
                if text:
                    self.argument_pieces += 1
                    self.arguments = (self.arguments + text)[:LONGEST_ARGUMENTS]

    @property
    def is_json(self) -> bool:
        """The body is one JSON document, whatever its header says (D13), and no stream of bare lines (D6)."""
        return self._begins_as_json and self._chunks < 2

    @property
    def came_late_and_at_once(self) -> bool:
        """All of it came in one arrival, after a wait in which it was probably made piece by piece."""
        return self.arrivals == 1 and self.first_s is not None and self.first_s - self.asked_s >= SLOW_S

"""What a stream tells at its end: keys that the provider wants back, and the usage.

Knows which of several usage reports counts, through `usage.py`. Invariant: each is told at most once.
"""

from agentls.chat.delta import Chunk, JsonObject
from agentls.chat.events import ExtraReported, StreamEvent, UsageReported
from agentls.chat.kept import Kept
from agentls.chat.usage import later_usage, read_usage


class Report:
    """Collects while the stream goes on."""

    __slots__ = ("_price", "_usage", "kept")

    def __init__(self) -> None:
        self.kept = Kept()
        self._usage: JsonObject | None = None
        self._price: object = None

    def note(self, chunk: Chunk) -> None:
        """Take the usage of a chunk that has some."""
        if chunk.usage is not None:
            self._usage = later_usage(self._usage, chunk.usage)
            self._price = chunk.price or self._price

    def note_usage(self, usage: JsonObject) -> None:
        """Take a usage that came beside an error (D11)."""
        self._usage = later_usage(self._usage, usage)

    def events(self) -> list[StreamEvent]:
        """What there is to tell."""
        out: list[StreamEvent] = []
        if (extra := self.kept.report()) is not None:
            out.append(ExtraReported(extra))
        if self._usage:
            out.append(UsageReported(read_usage(self._usage, self._price)))
        return out

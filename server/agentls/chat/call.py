"""One tool call while it streams: its identity, its argument text, and what that means so far.

Knows nothing of chunks or of other calls. Invariant: the text grows only at its end, and once the call is ready it
does not change.
"""

from typing import Final

from agentls.chat.arguments import ArgumentFields
from agentls.chat.events import CallDelta, CallMalformed, CallReady, StreamEvent
from agentls.chat.kept import Kept
from agentls.chat.settle import Settled, read_object, says_nothing, settle

_BLOCK_PIECES: Final = 512
_MOST_LOOKS: Final = 8
"""How often the text of one call is read in full while it streams."""


class Call:
    """A call that is being told; the assembler decides which pieces belong to it."""

    __slots__ = (
        "_blocks",
        "_looks",
        "_pieces",
        "_refused",
        "extra",
        "fields",
        "fragment",
        "index",
        "is_open",
        "key",
        "name",
        "provider_id",
        "ready",
        "size",
        "waiting",
    )

    def __init__(self, key: int | None, provider_id: str | None) -> None:
        self.key = key
        self.provider_id = provider_id
        self.name = ""
        self.index: int | None = None
        """Ours; given when the call starts."""
        self.extra = Kept()
        self.waiting: list[str] = []
        """Argument text that came before the name (A14)."""
        self.fields = ArgumentFields()
        self.ready = False
        self.is_open = False
        """True while no finish reason has come since the last piece."""
        self._looks = 0
        self._refused = False
        """The object closed and could not be read."""
        self._blocks: list[str] = []
        self._pieces: list[str] = []
        self.size = 0
        """Characters of argument text so far."""
        self.fragment: str | None = ""
        """The last fragment while each one contains the one before (B8), else None."""

    def text(self) -> str:
        """The argument text so far."""
        if len(self._blocks) + len(self._pieces) > 1:
            self._blocks = ["".join(self._blocks) + "".join(self._pieces)]
            self._pieces = []
            return self._blocks[0]
        return "".join(self._blocks) + "".join(self._pieces)

    def note_fragment(self, fragment: str) -> None:
        """Remember a fragment as it came, while it contains the one before (B8)."""
        last = self.fragment
        if last is not None and fragment:
            self.fragment = fragment if fragment.startswith(last) else None

    @property
    def is_complete(self) -> bool:
        """True when the text so far is a whole value that nothing should follow."""
        if self.ready or self.fields.closed:
            return True
        if not self.fields.broken or self._looks >= _MOST_LOOKS:
            return False
        # Told in another way than as an object, or too deep to follow (B12).
        self._looks += 1
        return isinstance(settle(self.text(), None), Settled)

    @property
    def is_empty(self) -> bool:
        """True while no argument text that means anything has come."""
        return not self.size and not any(self.waiting)

    def goes_on(self, text: str) -> bool:
        """True when `text` can only be more of this call: it is begun and open, and the text begins no object."""
        return bool(text.strip()) and not begins_object(text) and not self.is_empty and not self.is_complete

    def begins_again(self, name: str, text: str) -> bool:
        """True when a piece with a name, for this very call, can only begin another (A4, A13): ids are not unique.

        A name that is repeated says nothing (A15), and neither does an object that was already told (A22).
        """
        if name != self.name:
            return self.is_complete or (self.index is not None and self.is_empty and begins_object(text))
        return (
            self.is_complete
            and not self._refused
            and not self.fields.empty
            and begins_object(text)
            and not self._told(text)
        )

    def _told(self, text: str) -> bool:
        """True when an object says again what this call said: the beginning of it, or all of it in other words."""
        known = self.text()
        if known.startswith(text.strip(), self.fields.opened_at):
            return True
        again = read_object(text)
        return again is not None and again == read_object(known[self.fields.opened_at : self.fields.closed_at])

    def add(self, text: str, out: list[StreamEvent]) -> None:
        """Take more argument text and tell what it means; what follows a closed object is dropped (B13)."""
        index = self.index
        if self.ready or index is None:
            return
        fields = self.fields
        found = fields.feed(text)
        closed = fields.closed and not fields.empty
        if closed:
            text = text[: fields.closed_at - self.size]
        if text:
            self.size += len(text)
            pieces = self._pieces
            pieces.append(text)
            if len(pieces) >= _BLOCK_PIECES:
                self._blocks.append("".join(pieces))
                pieces.clear()
            out.append(CallDelta(index, text, tuple(found)))
        if closed and self.name and not self._refused:
            raw = self.text()[fields.opened_at : fields.closed_at]
            arguments = read_object(raw)
            if arguments is not None:
                self.ready = True
                out.append(CallReady(index, arguments, raw, self.extra.report()))
            self._refused = arguments is None

    def end(self, *, cut: bool, was_last: bool, out: list[StreamEvent]) -> None:
        """The stream is over: say what the call is. `cut`: it stopped for length, or before this call was told."""
        if self.ready or self.index is None:
            return
        text = self.text()
        # An empty text or object may be the beginning of a real one that was cut off (B5, B7, B10).
        unsure = cut and was_last and (says_nothing(text) or (self.fields.closed and self.fields.empty))
        settled = settle(text, self.fragment)
        if isinstance(settled, Settled) and not unsure and self.name:
            self.ready = True
            out.append(CallReady(self.index, settled.arguments, settled.raw, self.extra.report()))
            return
        if isinstance(settled, Settled):
            error, position = ("The arguments were cut off", len(text)) if self.name else ("The call has no name", 0)
        else:
            error, position = settled.error, settled.position
        incomplete = unsure or cut or not (self.fields.closed or self.fields.broken)
        out.append(CallMalformed(self.index, text, error, position, incomplete))


def begins_object(text: str) -> bool:
    """True when argument text is the beginning of an object, plain or as a JSON string (B12)."""
    return text.lstrip()[:2].startswith(("{", '"{'))

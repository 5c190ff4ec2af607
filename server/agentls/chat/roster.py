"""The tool calls of one answer, and which call a piece belongs to.

Knows indexes, ids and names as servers send them: missing, repeated, empty, wrong (section A). Knows no events.
Invariant: an index is an opaque key, "" and null mean absent, and a piece never makes a call that nothing named.
"""

from collections.abc import Callable, Collection, Iterator

from agentls.chat.call import Call
from agentls.chat.delta import CallPiece


class Roster:
    """The calls in order of appearance."""

    def __init__(self, tool_names: Collection[str] = ()) -> None:
        self.calls: list[Call] = []
        self.last: Call | None = None
        self.is_legacy = False
        """True while the only call came as `function_call` (C12)."""
        self._names = frozenset(tool_names)
        self.by_key: dict[int, Call] = {}
        """The newest call under each index a server used."""
        self._by_id: dict[str, Call] = {}

    @property
    def is_empty(self) -> bool:
        """True while no call was seen."""
        return not self.calls

    @property
    def size(self) -> int:
        """How many calls were seen."""
        return len(self.calls)

    def find(self, piece: CallPiece, settle: Callable[[], None]) -> Call:
        """The call a piece belongs to, a new one where it begins one; takes the piece's id and name.

        `settle` brings the texts of the calls up to date; it is called only when a rule asks for completeness.
        """
        function = piece.function
        name = function.name if function is not None else None
        text = (function.arguments if function is not None else None) or ""
        call = self._lookup(piece, name or "", text, settle)
        if call is None:
            call = Call(piece.index, piece.id or None)
            self.calls.append(call)
        self.last = call
        if piece.index is not None:
            self.by_key[piece.index] = call
            if call.key is None:
                call.key = piece.index
        if piece.id:
            call.provider_id = call.provider_id or piece.id
            self._by_id[piece.id] = call
        if name:
            self._name(call, name)
        return call

    def is_named(self, call: Call) -> bool:
        """True when the call can start: its name is known, and not the beginning of a longer one (A14, A17)."""
        if not call.name:
            return False
        if not self._names or call.name in self._names or any(call.waiting):
            return True
        return not any(known.startswith(call.name) for known in self._names)

    def held(self) -> list[Call]:
        """The calls that have not started."""
        return [call for call in self.calls if call.index is None]

    def held_before(self, call: Call) -> Iterator[Call]:
        """The calls before this one that were held for the rest of a name: a new call ends the wait (A17)."""
        for earlier in self.calls:
            if earlier is call:
                return
            if earlier.index is None and earlier.name:
                yield earlier

    def _lookup(self, piece: CallPiece, name: str, text: str, settle: Callable[[], None]) -> Call | None:
        if piece.index is not None:
            known = self.by_key.get(piece.index)
            if known is None:
                # An id that was seen goes on with its call, unless a name says that another begins (A7, A13).
                return self._by_id.get(piece.id) if piece.id and not name else None
            return self._same_index(known, piece.id or "", name, text, settle)
        if piece.id:
            return self._by_id.get(piece.id)
        if name:
            return self._continued(name, text, settle)
        return self.last

    def _same_index(self, known: Call, identity: str, name: str, text: str, settle: Callable[[], None]) -> Call | None:
        """An index that is in use: the same call, or another one under a number that does not count up (A4, A7)."""
        if identity and known.provider_id and identity != known.provider_id:
            if not name and (other := self._by_id.get(identity)) is not None:
                return other
            settle()
            if name or known.is_complete:
                return self._by_id.get(identity)
            return known
        if not identity and name and known.name and text.strip():
            settle()
            if known.is_complete:
                return None
        return known

    def _continued(self, name: str, text: str, settle: Callable[[], None]) -> Call | None:
        """No index and no id, but a name: a new call, unless it only repeats the name of the one it goes on with."""
        last = self.last
        if last is None or last.provider_id or last.name != name or text.lstrip().startswith("{"):
            return None
        settle()
        return None if last.is_complete or not text else last

    def _name(self, call: Call, name: str) -> None:
        """Set a name once; a repeated one says nothing (A15), a second half is joined if a tool is called so (A17)."""
        if not call.name:
            call.name = name
        elif name != call.name and call.index is None:
            if call.name + name in self._names:
                call.name += name
            elif name in self._names:
                call.name = name

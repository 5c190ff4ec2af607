"""The tool calls of one answer, and which call a piece belongs to.

Knows indexes, ids and names as servers send them: missing, repeated, empty, wrong (section A). Knows no events.
Invariant: an index is an opaque key, "" and null mean absent, and a piece never makes a call that nothing named.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Final

from agentls.chat.call import Call, begins_object
from agentls.chat.delta import CallPiece

MOST_CALLS: Final = 1024
"""Calls of one answer; more is garbage."""


class Roster:
    """The calls in order of appearance."""

    def __init__(self, tool_names: Collection[str] = ()) -> None:
        self.calls: list[Call] = []
        self.last: Call | None = None
        self.is_legacy = False
        """True while the only call came as `function_call` (C12)."""
        self._names = frozenset(tool_names)
        self.by_key: dict[int, Call] = {}
        """The newest call under each index that began one."""
        self._by_id: dict[str, Call] = {}

    @property
    def size(self) -> int:
        """How many calls were seen."""
        return len(self.calls)

    @property
    def is_overfull(self) -> bool:
        """True when there are more calls than make sense."""
        return len(self.calls) > MOST_CALLS

    def find(self, piece: CallPiece, settle: Callable[[], None], *, is_new: bool = False) -> Call | None:
        """The call a piece belongs to, a new one where it begins one; takes the piece's id and name.

        None for a piece that says nothing of any call. `is_new`: it is a call of its own, whatever its id.
        `settle` brings the texts of the calls up to date; it is called only when a rule asks for completeness.
        """
        function = piece.function
        name = (function.name if function is not None else None) or ""
        text = (function.arguments if function is not None else None) or ""
        call = None if is_new else self._lookup(piece, name, text, settle)
        if call is None:
            if not (piece.id or name or text or piece.extra):
                return None
            call = Call(piece.index, piece.id or None)
            self.calls.append(call)
            if piece.index is not None:
                self.by_key[piece.index] = call
        elif call.key is None and piece.index is not None and piece.index not in self.by_key:
            call.key = piece.index
            self.by_key[piece.index] = call
        self.last = call
        if piece.id:
            call.provider_id = call.provider_id or piece.id
            if call.provider_id == piece.id:
                self._by_id[piece.id] = call
        if name:
            self._name(call, name)
        return call

    def is_named(self, call: Call) -> bool:
        """True when the call can start: its name is known, it is not the beginning of a longer one (A17), and an id
        that comes late has come, or will not before the arguments (A14).
        """
        if not call.name:
            return False
        if any(call.waiting):
            return True
        if self._names and call.name not in self._names and any(known.startswith(call.name) for known in self._names):
            return False
        return call.provider_id is not None

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
        known = self._by_id.get(piece.id) if piece.id else None
        if piece.index is not None:
            under_key = self.by_key.get(piece.index)
            if under_key is not None:
                return self._same_index(under_key, known, piece.id or "", name, text, settle)
            if known is not None and known.key is None:
                return self._same_id(known, name, text, settle)
            return self._new_index(piece.index, known, piece.id or "", name, text, settle)
        if known is not None:
            return self._same_id(known, name, text, settle)
        if piece.id:
            # An id that comes late, or one of its own on every fragment, goes on with the open call (A14).
            if name:
                return self.last if self._is_unnamed else None
            return self._without_id() or self._open(text, settle)
        if name:
            return self._continued(name, text, settle)
        return self.last

    def _same_index(
        self, under_key: Call, known: Call | None, identity: str, name: str, text: str, settle: Callable[[], None]
    ) -> Call | None:
        """An index that is in use: the same call, or another one under a number that does not count up (A4, A7)."""
        if identity and under_key.provider_id and identity != under_key.provider_id:
            if known is not None:
                return self._same_id(known, name, text, settle)
            settle()
            if name:
                return under_key if name == under_key.name and under_key.goes_on(text) else None
            is_told = under_key.is_complete and not (under_key.fields.closed and under_key.fields.empty)
            return None if is_told and (not text or begins_object(text)) else under_key
        if not name or not under_key.name:
            return under_key
        return self._same_id(under_key, name, text, settle)

    def _new_index(
        self, index: int, known: Call | None, identity: str, name: str, text: str, settle: Callable[[], None]
    ) -> Call | None:
        """An index that was not seen: a new call, unless it only can be more of one (A3, A7, A13)."""
        if known is not None:
            # An id that was seen goes on with its call, unless a name says that another begins.
            settle()
            return known if not name or (name == known.name and known.goes_on(text)) else None
        if identity and not name:
            return self._without_id() if self.last is not None and self.last.key is None else None
        if name:
            return self._open(text, settle) if self.last is not None and self.last.name == name else None
        if 0 <= index < len(self.calls) and self.calls[index].key is None:
            return self.calls[index]
        if self.last is not None and self.last.key is None:
            return self.last
        return self._open(text, settle)

    def _same_id(self, known: Call, name: str, text: str, settle: Callable[[], None]) -> Call | None:
        """The call itself, unless a name shows that its id is used again (A12, A13)."""
        if not name:
            return known
        settle()
        if known.index is None:
            return known if self._is_same_name(known.name, name) else None
        if name != known.name and known.is_empty and {name, known.name} <= self._names:
            return None
        return None if known.begins_again(name, text) else known

    @property
    def _is_unnamed(self) -> bool:
        """True when the last call waits for its name and its id (A14)."""
        return self.last is not None and not self.last.name and self.last.provider_id is None

    def _without_id(self) -> Call | None:
        """The last call, when it waits for an id that comes late (A14)."""
        last = self.last
        return last if last is not None and last.provider_id is None and last.is_empty else None

    def _open(self, text: str, settle: Callable[[], None]) -> Call | None:
        """The last call, when this text can only be more of it."""
        settle()
        return self.last if self.last is not None and self.last.goes_on(text) else None

    def _continued(self, name: str, text: str, settle: Callable[[], None]) -> Call | None:
        """No index and no id, but a name: a new call, unless it only repeats the name of the one it goes on with."""
        last = self.last
        if last is None:
            return None
        if last.index is None and last.name != name:
            return last if self._is_same_name(last.name, name) else None
        settle()
        if last.name != name or last.is_complete:
            return None
        return last if last.goes_on(text) or (last.is_empty and not last.provider_id) else None

    def _is_same_name(self, known: str, name: str) -> bool:
        """Whether a name can be the one of a call that has not started: repeated, its next piece, or its first."""
        return not known or name.startswith(known) or self._is_beginning(known + name)

    def _name(self, call: Call, name: str) -> None:
        """Set a name once; a repeated one says nothing (A15), a second half is joined if a tool is called so (A17)."""
        if not call.name:
            call.name = name
        elif name != call.name and call.index is None:
            if self._is_beginning(call.name + name):
                call.name += name
            elif name.startswith(call.name):
                call.name = name

    def _is_beginning(self, name: str) -> bool:
        return any(known.startswith(name) for known in self._names)

"""Incremental meaning of a tool call's argument text: which field grows by what.

Knows nothing of tools or providers. A state machine over the characters: total cost is linear in the text, and it
never raises. Invariant: applying the fields of any chunking of a JSON object's text, in order, rebuilds the object.
"""

import re
from typing import Final

from agentls.chat.field import Field, Path, read_scalar

__all__ = ["ArgumentFields", "Field"]

DEEPEST: Final = 64
"""Levels of nesting that are followed; below that the text is only parsed at its end."""
LONGEST_SCALAR: Final = 4096
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_RUN: Final = re.compile(r'[^"\\]*')
_SCALAR: Final = re.compile(r"[^\s,\]}]*")
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}
_HEX: Final = frozenset("0123456789abcdefABCDEF")

_START, _FIRST_KEY, _KEY, _COLON, _FIRST_ITEM, _VALUE, _STRING, _KEY_STRING, _SCALAR_TOKEN, _AFTER, _END, _DEAD = range(
    12
)


class _Frame:
    """One open object or array."""

    __slots__ = ("is_object", "key", "seen")

    def __init__(self, is_object: bool) -> None:
        self.is_object = is_object
        self.key: str | int = "" if is_object else 0
        self.seen: set[str] = set()


class ArgumentFields:
    """Feed it the text of one JSON object in pieces of any size."""

    __slots__ = (
        "_consumed",
        "_emitted",
        "_escape",
        "_high",
        "_leaf",
        "_run",
        "_scalar",
        "_stack",
        "_state",
        "closed",
        "closed_at",
        "empty",
        "opened_at",
    )

    def __init__(self) -> None:
        self._state = _START
        self._stack: list[_Frame] = []
        self._leaf: Path = ()
        self._emitted = False
        self._run: list[str] = []
        self._escape = ""
        self._high = ""
        self._scalar = ""
        self._consumed = 0
        self.opened_at = 0
        """Characters before the opening brace."""
        self.closed_at = 0
        """Characters up to and including the closing brace."""
        self.closed = False
        """True once the top-level object has closed; what comes after it is not looked at."""
        self.empty = True
        """True while the object has no key."""

    @property
    def broken(self) -> bool:
        """True once the text can no longer be a JSON object (or is nested too deep to follow)."""
        return self._state == _DEAD

    def feed(self, text: str) -> list[Field]:
        """Read more text and say what changed; never raises."""
        if self._state == _STRING and not self._escape and not self._high and '"' not in text and "\\" not in text:
            self._consumed += len(text)
            if not text:
                return []
            self._emitted = True
            return [Field(self._leaf, text)]
        out: list[Field] = []
        position, size = 0, len(text)
        while position < size:
            take = self._string if self._state == _STRING else self._step
            position = take(text, position, out)
        if self._state == _STRING:
            self._flush(out)
        self._consumed += size
        return out

    def _step(self, text: str, position: int, out: list[Field]) -> int:
        state = self._state
        if state == _KEY_STRING:
            return self._string(text, position, out)
        if state == _SCALAR_TOKEN:
            return self._scalar_token(text, position, out)
        if state == _DEAD:
            return len(text)
        match = _SPACE.match(text, position)
        position = match.end() if match else position
        if position == len(text):
            return position
        mark = text[position]
        if state in (_START, _END):
            self._top(mark, self._consumed + position)
            return len(text) if self._state in (_END, _DEAD) else position + 1
        if state in (_VALUE, _FIRST_ITEM):
            return self._value(mark, position, out)
        self._punctuation(state, mark, self._consumed + position, out)
        return position + 1

    def _top(self, mark: str, at: int) -> None:
        # A second object after an empty one replaces it: a placeholder "{}" came first (B7).
        if mark == "{" and self.empty:
            self.opened_at = at
            self._stack = [_Frame(True)]
            self._state = _FIRST_KEY
            self.closed = False
        elif self._state == _START:
            self._state = _DEAD

    def _punctuation(self, state: int, mark: str, at: int, out: list[Field]) -> None:
        frame = self._stack[-1]
        if state == _COLON and mark == ":":
            self._state = _VALUE
        elif state in (_FIRST_KEY, _KEY) and mark == '"':
            self._state = _KEY_STRING
        elif state == _AFTER and mark == ",":
            if isinstance(frame.key, int):
                frame.key += 1
            self._state = _KEY if frame.is_object else _VALUE
        elif (state == _FIRST_KEY and mark == "}") or (state == _AFTER and mark == ("}" if frame.is_object else "]")):
            self._close(state == _FIRST_KEY, at, out)
        else:
            self._state = _DEAD

    def _close(self, empty: bool, at: int, out: list[Field]) -> None:
        frame = self._stack.pop()
        if not self._stack:
            self._state = _END
            self.closed = True
            self.closed_at = at + 1
            return
        if empty:
            out.append(Field(self._path(), None, {} if frame.is_object else []))
        self._state = _AFTER

    def _path(self) -> Path:
        return tuple([frame.key for frame in self._stack])

    def _value(self, mark: str, position: int, out: list[Field]) -> int:
        if mark == "]" and self._state == _FIRST_ITEM:
            self._close(True, self._consumed + position, out)
            return position + 1
        if mark in "{[":
            self._open(mark == "{", out)
            return position + 1
        if mark == '"':
            self._leaf = self._path()
            self._emitted = self._repeats()
            if self._emitted:
                out.append(Field(self._leaf, None, ""))
            self._state = _STRING
            return position + 1
        if mark in ",]}:":
            self._state = _DEAD
            return position + 1
        self._scalar = ""
        self._state = _SCALAR_TOKEN
        return position

    def _open(self, is_object: bool, out: list[Field]) -> None:
        if len(self._stack) >= DEEPEST:
            self._state = _DEAD
            return
        if self._repeats():
            out.append(Field(self._path(), None, {} if is_object else []))
        self._stack.append(_Frame(is_object))
        self._state = _FIRST_KEY if is_object else _FIRST_ITEM

    def _repeats(self) -> bool:
        """Note the key of the value that begins; true when this object already had it (the last one wins)."""
        frame = self._stack[-1]
        if not isinstance(frame.key, str):
            return False
        repeated = frame.key in frame.seen
        frame.seen.add(frame.key)
        return repeated

    def _string(self, text: str, position: int, out: list[Field]) -> int:
        if self._escape:
            return self._escaped(text, position)
        size = len(text)
        while position < size:
            match = _RUN.match(text, position)
            end = match.end() if match else position
            if end > position:
                self._settle_surrogate()
                self._run.append(text[position:end])
            if end == size:
                return end
            if text[end] == '"':
                self._end_string(out)
                return end + 1
            position = end + 1
            plain = _ESCAPES.get(text[position]) if position < size else None
            if plain is None:
                self._escape = "\\"
                return position
            self._settle_surrogate()
            self._run.append(plain)
            position += 1
        return position

    def _end_string(self, out: list[Field]) -> None:
        self._settle_surrogate()
        if self._state == _KEY_STRING:
            self._stack[-1].key = "".join(self._run)
            self._run.clear()
            self.empty = False
            self._state = _COLON
            return
        self._flush(out)
        if not self._emitted:
            out.append(Field(self._leaf, ""))
        self._state = _AFTER

    def _escaped(self, text: str, position: int) -> int:
        """Take one more character of an escape that may be cut anywhere."""
        mark = text[position]
        if self._escape == "\\":
            if mark == "u":
                self._escape = "\\u"
            else:
                self._escape = ""
                self._settle_surrogate()
                self._run.append(_ESCAPES.get(mark, mark))
            return position + 1
        if mark not in _HEX:
            self._escape = ""
            self._state = _DEAD
            return position + 1
        self._escape += mark
        if len(self._escape) == 6:
            code = int(self._escape[2:], 16)
            self._escape = ""
            self._add_unit(code)
        return position + 1

    def _add_unit(self, code: int) -> None:
        """Add one UTF-16 unit; a pair of them may be cut between the two (D26)."""
        if self._high and 0xDC00 <= code < 0xE000:
            pair = 0x10000 + ((ord(self._high) - 0xD800) << 10) + (code - 0xDC00)
            self._high = ""
            self._run.append(chr(pair))
            return
        self._settle_surrogate()
        if 0xD800 <= code < 0xDC00:
            self._high = chr(code)
        else:
            self._run.append("\ufffd" if 0xDC00 <= code < 0xE000 else chr(code))

    def _settle_surrogate(self) -> None:
        if self._high:
            self._high = ""
            self._run.append("\ufffd")

    def _flush(self, out: list[Field]) -> None:
        if self._run:
            out.append(Field(self._leaf, "".join(self._run)))
            self._run.clear()
            self._emitted = True

    def _scalar_token(self, text: str, position: int, out: list[Field]) -> int:
        match = _SCALAR.match(text, position)
        end = match.end() if match else position
        self._scalar += text[position:end]
        if len(self._scalar) > LONGEST_SCALAR:
            self._state = _DEAD
        if end == len(text) or self._state == _DEAD:
            return end
        try:
            value = read_scalar(self._scalar)
        except ValueError:
            self._state = _DEAD
            return end
        self._repeats()
        out.append(Field(self._path(), None, value))
        self._state = _AFTER
        return end

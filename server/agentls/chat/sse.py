"""Bytes to server-sent events.

Knows nothing of JSON or of what the events mean; whether a line can stand alone is asked of `stands_alone`.
Invariant: any split of the same bytes gives the same events, in time linear in the bytes and bounded memory.
"""

from collections.abc import Callable
from typing import Final

import msgspec

LARGEST_EVENT_BYTES: Final = 32 * 1024 * 1024
"""A whole tool call in one event is legal and may be large (D29)."""
_SAMPLE_BYTES: Final = 2000
_LONGEST_NAME: Final = 100
_LINE_BYTES: Final = 48
"""What each data line is counted for besides its bytes, so that many empty ones are bounded too."""
_BOM: Final = b"\xef\xbb\xbf"
_DONE: Final = b"[DONE]"


class SseEvent(msgspec.Struct, frozen=True, gc=False):
    """One event: its name ("" when the stream gives none) and its data lines joined by LF."""

    event: str
    data: bytes


class SseTooLarge(Exception):
    """An event is larger than 32 MiB; `events` are those that were complete before it."""

    def __init__(self, events: list[SseEvent]) -> None:
        super().__init__(f"a server-sent event is larger than {LARGEST_EVENT_BYTES} bytes")
        self.events = events


def _never(_line: bytes) -> bool:
    return False


class SseDecoder:
    """Feed it bytes as they come; LF, CRLF and CR end lines (D3), and nothing else does (D21)."""

    __slots__ = (
        "_begun",
        "_data",
        "_late_name",
        "_limit",
        "_name",
        "_size",
        "_skip_lf",
        "_stands_alone",
        "_tail",
        "sample",
    )

    def __init__(
        self, *, stands_alone: Callable[[bytes], bool] = _never, limit_bytes: int = LARGEST_EVENT_BYTES
    ) -> None:
        self._stands_alone = stands_alone
        self._limit = limit_bytes
        self._tail = bytearray()
        self._data: list[bytes] = []
        self._size = 0
        self._name = ""
        self._late_name: str | None = None
        """A name that came after data: of this event if a blank line follows, else of the next one (D6)."""
        self._begun = False
        self._skip_lf = False
        self.sample = bytearray()
        """The first bytes of lines that are no part of the format, for diagnosis; at most 2,000."""

    def whole(self, data: bytes) -> bytes | None:
        """The data of `data`, when it is exactly one plain event and nothing is pending: the rhythm of a live stream.

        None leaves everything as it was: feed it then.
        """
        if (
            self._begun
            and not (self._tail or self._data or self._name or self._skip_lf)
            and data.startswith(b"data: ")
            and data.find(b"\n") == len(data) - 2 <= self._limit
            and data[-1] == 10
            and b"\r" not in data
        ):
            return data[6:-2]
        return None

    def feed(self, data: bytes) -> list[SseEvent]:
        """Give the events that `data` completes. Raises SseTooLarge, after which the decoder is of no more use."""
        if self._skip_lf and data:
            self._skip_lf = False
            if data[0] == 10:
                data = data[1:]
        if not data:
            return []
        if b"\r" in data:
            self._skip_lf = data[-1] == 13
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        tail = self._tail
        if tail or not self._begun:
            tail += data
            if not self._begun:
                if len(tail) < len(_BOM) and _BOM.startswith(tail):
                    return []
                self._begun = True
                if tail.startswith(_BOM):
                    del tail[: len(_BOM)]
            elif b"\n" not in data:
                if len(tail) + self._size > self._limit:
                    raise SseTooLarge([])
                return []
            data = bytes(tail)
            tail.clear()
        return self._read(data)

    def _read(self, data: bytes) -> list[SseEvent]:
        out: list[SseEvent] = []
        if not self._data and not self._name:
            cut = data.rfind(b"\n\n")
            if cut >= 0:
                blocks, data = data[:cut], data[cut + 2 :]
                for block in blocks.split(b"\n\n"):
                    if block.startswith(b"data: ") and b"\n" not in block and len(block) <= self._limit:
                        out.append(SseEvent("", block[6:]))
                    else:
                        self._lines(block.split(b"\n"), out)
                        self._dispatch(out)
        if b"\n" in data:
            lines = data.split(b"\n")
            self._tail += lines.pop()
            self._lines(lines, out)
        else:
            self._tail += data
        if len(self._tail) + self._size > self._limit:
            raise SseTooLarge(out)
        return out

    def close(self) -> list[SseEvent]:
        """The stream is over: give what its last lines hold, finished by a blank line or not (D6, D16)."""
        out: list[SseEvent] = []
        if self._tail:
            line = bytes(self._tail)
            self._tail.clear()
            self._lines([line], out)
        self._dispatch(out)
        return out

    def _lines(self, lines: list[bytes], out: list[SseEvent]) -> None:
        for line in lines:
            if not line:
                self._dispatch(out)
            elif line.startswith(b"data:"):
                self._data_line(line[6:] if line[5:6] == b" " else line[5:], out)
            elif line[0] == 58:
                continue
            elif line.startswith(b"event:"):
                name = line[6:].strip()[:_LONGEST_NAME].decode("utf-8", "replace")
                if self._data:
                    self._late_name = name
                else:
                    self._name = name
            elif line.startswith(b"error:"):
                self._error_line(line[6:], out)
            elif line.strip() == _DONE:
                self._data_line(_DONE, out)
            elif line == b"data" or line.startswith((b"id:", b"retry:")) or line in (b"id", b"retry", b"event"):
                continue
            elif line[0] == 123 and self._stands_alone(line):
                self._data_line(line, out)
            elif (begun := line.lstrip()).startswith(b"data:") and len(begun) < len(line):
                self._data_line(begun[5:].lstrip(), out)
            elif len(self.sample) < _SAMPLE_BYTES:
                self.sample += line[: _SAMPLE_BYTES - len(self.sample)] + b"\n"

    def _data_line(self, data: bytes, out: list[SseEvent]) -> None:
        if self._data and (data.strip() == _DONE or self._pending_is_whole(data)):
            # Events without a blank line between them (D6).
            name, self._late_name = self._late_name, None
            self._dispatch(out)
            self._name = name or ""
        self._data.append(data)
        self._size += len(data) + _LINE_BYTES
        if self._size > self._limit + _LINE_BYTES:
            raise SseTooLarge(out)

    def _error_line(self, data: bytes, out: list[SseEvent]) -> None:
        """A field called as the event should be: how llama.cpp wrote errors until 2025, and GPUStack's server (D9)."""
        self._dispatch(out)
        self._name = "error"
        self._data_line(data.strip(), out)

    def _pending_is_whole(self, following: bytes) -> bool:
        pending = self._data[-1].strip()
        if len(self._data) == 1 and (pending == _DONE or self._stands_alone(pending)):
            return True
        # No JSON value has a brace that closes next to one that opens, nor a line of text before its first brace.
        is_apart = pending[-1:] == b"}" or (len(self._data) == 1 and pending[:1] not in (b"{", b"[", b""))
        return is_apart and following.lstrip()[:1] == b"{"

    def _dispatch(self, out: list[SseEvent]) -> None:
        if self._data:
            name = self._name if self._late_name is None else self._late_name
            out.append(SseEvent(name, self._data[0] if len(self._data) == 1 else b"\n".join(self._data)))
            self._data = []
            self._size = 0
        self._name = ""
        self._late_name = None

"""The LSP base protocol, sans I/O: bytes in, whole bodies or faults out; one body in, one frame out.

Does not know JSON. Invariant: any bytes, split in any way, give the same items within bounded memory, and
after a fault that closes nothing more is read. Limits: rows B001 to B020 of the checklist.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

BODY_LIMIT_BYTES = 64 * 1024 * 1024
SKIP_FACTOR = 4
HEADER_LINE_LIMIT_BYTES = 8 * 1024
HEADER_LINES_LIMIT = 32
_LENGTH_DIGITS_LIMIT = 20
_TOKEN = frozenset(b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True, slots=True)
class Body:
    """The whole body of one frame."""

    data: bytes


@dataclass(frozen=True, slots=True)
class FrameFault:
    """A frame that cannot be used; answered with -32600 and a null id."""

    message: str
    closes: bool
    """The stream cannot be trusted after this: answer, close, exit 1."""
    charset: str | None = None
    """The charset that was asked for and is not supported."""


FrameItem: TypeAlias = Body | FrameFault


class _BadHeader(Exception):
    """A header block that ends the connection; the text says why."""


class FrameDecoder:
    """Cuts a byte stream into bodies."""

    def __init__(self, body_limit_bytes: int = BODY_LIMIT_BYTES) -> None:
        self._limit = body_limit_bytes
        self._header = bytearray()
        self._lines: list[bytes] = []
        self._body = bytearray()
        self._missing = 0
        self._skipping = False
        self._closed = False

    def feed(self, data: bytes) -> list[FrameItem]:
        """Take the next bytes; return what became whole, in order."""
        items: list[FrameItem] = []
        position = 0
        size = len(data)
        while position < size and not self._closed:
            if self._missing:
                position += self._take_body(data, position, items)
                continue
            position = self._take_header(data, position, items)
        return items

    @property
    def inside_frame(self) -> bool:
        """Whether the bytes so far end in the middle of a frame."""
        return bool(self._missing or self._header or self._lines)

    def _take_body(self, data: bytes, position: int, items: list[FrameItem]) -> int:
        taken = min(self._missing, len(data) - position)
        whole = taken == self._missing and not self._body
        self._missing -= taken
        if not self._skipping:
            piece = data[position : position + taken]
            if whole:
                items.append(Body(piece))
                return taken
            self._body += piece  # one buffer: pieces of a byte each would cost forty times their size
        if not self._missing:
            if not self._skipping:
                items.append(Body(bytes(self._body)))
            self._body = bytearray()
            self._skipping = False
        return taken

    def _take_header(self, data: bytes, position: int, items: list[FrameItem]) -> int:
        """Take one header line, or what there is of it; return the position behind it."""
        end = data.find(b"\n", position)
        stop = len(data) if end < 0 else end + 1
        if len(self._header) + stop - position > HEADER_LINE_LIMIT_BYTES:
            return self._close(f"header line over {HEADER_LINE_LIMIT_BYTES} bytes", data, items)
        self._header += data[position:stop]
        if end < 0:
            return stop
        line = bytes(self._header).rstrip(b"\r\n")
        self._header.clear()
        if line:
            self._lines.append(line)
            if len(self._lines) > HEADER_LINES_LIMIT:
                return self._close(f"more than {HEADER_LINES_LIMIT} header lines", data, items)
            if b":" not in line:
                return self._close("header line without a colon", data, items)
            return stop
        lines, self._lines = self._lines, []
        try:
            self._begin_body(lines, items)
        except _BadHeader as error:
            return self._close(str(error), data, items)
        return stop

    def _begin_body(self, lines: list[bytes], items: list[FrameItem]) -> None:
        length, charset = read_headers(lines)
        if length > self._limit:
            if length > self._limit * SKIP_FACTOR:
                raise _BadHeader(f"Content-Length over the limit of {self._limit} bytes")
            items.append(FrameFault(f"body over the limit of {self._limit} bytes", closes=False))
            self._skipping = True
        elif charset is not None:
            items.append(FrameFault("unsupported charset; use utf-8", closes=False, charset=charset))
            self._skipping = True
        self._missing = length
        if not length:
            self._skipping = False

    def _close(self, message: str, data: bytes, items: list[FrameItem]) -> int:
        self._closed = True
        self._header.clear()
        self._lines = []
        items.append(FrameFault(message, closes=True))
        return len(data)


def read_headers(lines: list[bytes]) -> tuple[int, str | None]:
    """Return the body's length in bytes and the charset when it is one we do not speak.

    Names in any case, blanks around names and values, unknown headers: accepted. Raises _BadHeader.
    """
    length: int | None = None
    charset: str | None = None
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.strip(b" \t").lower()
        if not name or not _TOKEN.issuperset(name):
            raise _BadHeader("malformed header name")
        value = value.strip(b" \t")
        if name == b"content-length":
            read = _read_length(value)
            if length is not None and read != length:
                raise _BadHeader("two different Content-Length headers")
            length = read
        elif name == b"content-type":
            charset = _foreign_charset(value)
    if length is None:
        raise _BadHeader("no Content-Length header")
    return length, charset


def _read_length(value: bytes) -> int:
    if not value.isdigit():
        raise _BadHeader("Content-Length is not a number of bytes")
    if len(value) > _LENGTH_DIGITS_LIMIT:
        raise _BadHeader("Content-Length is too large")
    return int(value)


def _foreign_charset(value: bytes) -> str | None:
    """The charset parameter when it is not UTF-8 (`utf8` is how older clients spell it)."""
    for parameter in value.split(b";")[1:]:
        key, _, charset = parameter.partition(b"=")
        if key.strip().lower() == b"charset":
            name = charset.strip(b" \t\"'").lower()
            if name not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
                return name[:40].decode("ascii", "replace")
    return None


def encode_frame(body: bytes) -> bytes:
    """One frame: the header and the body."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)

"""Reads HTTP/1.1 requests out of bytes and frames responses; no sockets.

Total: bytes that are no request raise `BadRequest`, in bounded memory. Serves only the scripted
endpoint: it reads what real clients send and not every form that the RFC allows.
"""

from collections.abc import Mapping
from dataclasses import dataclass

_HEAD_LIMIT_BYTES = 64 * 1024
_BODY_LIMIT_BYTES = 256 * 1024 * 1024

_REASONS = {
    200: "OK",
    204: "No Content",
    301: "Moved Permanently",
    302: "Found",
    303: "See Other",
    307: "Temporary Redirect",
    308: "Permanent Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class BadRequest(Exception):
    """The bytes are no request that this server reads."""


@dataclass(frozen=True, slots=True)
class Head:
    """The request line and headers."""

    method: str
    path: str
    headers: Mapping[str, str]

    @property
    def keeps_alive(self) -> bool:
        """The client does not ask for the connection to be closed."""
        return self.headers.get("connection", "").lower() != "close"


class RequestReader:
    """Bytes in, whole requests out; what follows a request stays for the next one."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._head: Head | None = None

    def feed(self, data: bytes) -> None:
        """Add bytes as they came."""
        self._buffer += data

    def wants_continue(self) -> bool:
        """Say once whether the client waits for `100 Continue` before it sends the body."""
        head = self._read_head()
        return head is not None and head.headers.get("expect", "").lower() == "100-continue"

    def next_request(self) -> tuple[Head, bytes] | None:
        """Return a complete request, or None while it is not all here."""
        head = self._read_head()
        if head is None:
            return None
        if "chunked" in head.headers.get("transfer-encoding", "").lower():
            body = self._chunked_body()
        else:
            body = self._sized_body(head)
        if body is None:
            return None
        self._head = None
        return head, body

    def _read_head(self) -> Head | None:
        if self._head is None:
            if self._buffer and not 0x41 <= self._buffer[0] <= 0x5A:
                # No method starts so: someone speaks TLS or worse, and would wait for an answer for ever.
                raise BadRequest("no request line")
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                if len(self._buffer) > _HEAD_LIMIT_BYTES:
                    raise BadRequest("head too large")
                return None
            self._head = _parse_head(bytes(self._buffer[:end]))
            del self._buffer[: end + 4]
        return self._head

    def _sized_body(self, head: Head) -> bytes | None:
        text = head.headers.get("content-length", "0")
        if not text.isascii() or not text.isdigit() or len(text) > 12:
            raise BadRequest("bad content-length")
        length = int(text)
        if length > _BODY_LIMIT_BYTES:
            raise BadRequest("body too large")
        if len(self._buffer) < length:
            return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _chunked_body(self) -> bytes | None:
        parts: list[bytes] = []
        position = 0
        while True:
            line_end = self._buffer.find(b"\r\n", position)
            if line_end < 0:
                return None
            try:
                size = int(bytes(self._buffer[position:line_end]).split(b";")[0], 16)
            except ValueError:
                raise BadRequest("bad chunk size") from None
            start = line_end + 2
            if size < 0 or start + size > _BODY_LIMIT_BYTES:
                raise BadRequest("body too large")
            if len(self._buffer) < start + size + 2:
                return None
            parts.append(bytes(self._buffer[start : start + size]))
            position = start + size + 2
            if size == 0:
                del self._buffer[:position]
                return b"".join(parts)


def _parse_head(data: bytes) -> Head:
    lines = data.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest("bad request line")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("bad header")
        headers[name.strip().lower()] = value.strip()
    return Head(words[0], words[1], headers)


def response_head(status: int, headers: Mapping[str, str]) -> bytes:
    """Return the status line and headers of a response."""
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Scripted')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")


def chunk(data: bytes) -> bytes:
    """Return one HTTP chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)


LAST_CHUNK = b"0\r\n\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

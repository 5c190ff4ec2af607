"""Bytes of a text file to text and back: encoding, byte-order mark, newline style, digest. Pure.

Knows nothing of paths. The invariant: `encode(decode(data))` gives `data` back, or `encode` refuses.
"""

from __future__ import annotations

import codecs
import hashlib
from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["utf-8", "utf-8-bom", "utf-16-le", "utf-16-be", "lossy"]
"""`lossy`: no encoding we know; readable with replacement characters, never written back."""
Newline = Literal["\n", "\r\n", "mixed"]
"""`mixed`: more than one style; the text keeps its carriage returns and is written as it is given."""

_BINARY_PROBE_BYTES: Final = 8192
_MARKS: Final[tuple[tuple[bytes, Encoding, str], ...]] = (
    (codecs.BOM_UTF8, "utf-8-bom", "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """The meaning of a file's bytes."""

    text: str
    """Newlines as LF when the whole file is CRLF, else as they are; "" when binary."""
    encoding: Encoding
    newline: Newline
    is_binary: bool


def text_digest(text: str) -> str:
    """Return the sha256 (hex) of a text, the same for CRLF and LF: editors and disks differ in that."""
    return hashlib.sha256(text.replace("\r\n", "\n").encode("utf-8", "surrogatepass")).hexdigest()


def decode(data: bytes) -> Decoded:
    """Read a file's bytes as text; total: anything undecodable is `lossy` or binary."""
    for mark, encoding, codec in _MARKS:
        if data.startswith(mark):
            try:
                return _decoded(data[len(mark) :].decode(codec), encoding)
            except UnicodeDecodeError:
                return _decoded(data[len(mark) :].decode(codec, "replace"), "lossy")
    if b"\0" in data[:_BINARY_PROBE_BYTES]:
        return Decoded(text="", encoding="lossy", newline="\n", is_binary=True)
    try:
        return _decoded(data.decode("utf-8"), "utf-8")
    except UnicodeDecodeError:
        return _decoded(data.decode("utf-8", "replace"), "lossy")


def encode(text: str, encoding: Encoding, newline: Newline) -> bytes:
    """Return the bytes of `text` in a file's own style; raises ValueError for `lossy` and lone surrogates."""
    if encoding == "lossy":
        raise ValueError("the file's encoding is unknown")
    if newline == "\r\n":
        text = text.replace("\r\n", "\n").replace("\n", "\r\n")
    for mark, name, codec in _MARKS:
        if name == encoding:
            return mark + text.encode(codec)
    return text.encode("utf-8")


def normalise(text: str) -> tuple[str, Newline]:
    """Return the text with LF newlines and its style; a text of mixed styles is returned as it is."""
    returns = text.count("\r")
    if returns == 0:
        return text, "\n"
    if returns == text.count("\r\n") == text.count("\n"):
        return text.replace("\r\n", "\n"), "\r\n"
    return text, "mixed"


def whole_lines(data: bytes) -> bytes:
    """Cut the first part of a file after its last whole line, or where a character ends when it is all one line."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data[: len(data) // 2 * 2]
    end = data.rfind(b"\n") + 1
    if end:
        return data[:end]
    for back in range(1, min(4, len(data)) + 1):
        if data[-back] >= 0xC0:
            return data[:-back]
        if data[-back] < 0x80:
            break
    return data


def _decoded(text: str, encoding: Encoding) -> Decoded:
    text, newline = normalise(text)
    return Decoded(text, encoding, newline, is_binary=False)

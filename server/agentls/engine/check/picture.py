"""A small picture of one colour, as a PNG, made here so that nothing is read from a disk.

Pure. Invariant: the same bytes every time.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Final

SIDE: Final = 64
"""Pixels; some models refuse pictures of less than 28."""
_RED: Final = b"\xff\x00\x00"


def red_picture() -> str:
    """A plain red square as base64 of a PNG."""
    header = struct.pack(">IIBBBBB", SIDE, SIDE, 8, 2, 0, 0, 0)
    rows = (b"\0" + _RED * SIDE) * SIDE
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows, 9)), _chunk(b"IEND", b""))
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"".join(chunks)).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

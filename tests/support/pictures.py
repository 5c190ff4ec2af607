"""Small whole images of every type that models take, made by hand."""

from __future__ import annotations

import struct
import zlib


def png(width: int = 2, height: int = 3, *, padding: int = 0) -> bytes:
    """A grey PNG; `padding` bytes of a text chunk make it larger."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" + b"\x80" * width) * height)
    text = _chunk(b"tEXt", b"Comment\0" + b"x" * padding) if padding else b""
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + text + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def jpeg(width: int = 2, height: int = 3) -> bytes:
    """A JPEG as far as its structure goes: header, frame, one scan."""
    application = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0\1\1\0\0\1\0\1\0\0"
    frame = b"\xff\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\1\x11\0"
    scan = b"\xff\xda" + struct.pack(">H", 8) + b"\1\1\0\0\x3f\0" + b"\x12\xff\x00\x34"
    return b"\xff\xd8" + application + frame + scan + b"\xff\xd9"


def gif(width: int = 2, height: int = 3) -> bytes:
    """A GIF with a palette, an extension and one picture."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    control = b"\x21\xf9\x04\0\0\0\0\0"
    picture = b"\x2c" + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    return screen + control + picture + b"\x3b"


def webp(width: int = 2, height: int = 3, form: bytes = b"VP8L") -> bytes:
    """A WebP of one of the forms `VP8 `, `VP8L`, `VP8X`, as far as its header goes."""
    if form == b"VP8 ":
        content = b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)
    elif form == b"VP8L":
        content = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14)
    else:
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        content = b"\0\0\0\0" + sides
    chunk = form + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk

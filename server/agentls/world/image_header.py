"""What an image is by its own bytes: type and size in pixels. Pure; decodes no pixel.

Knows nothing of files. Invariant: any bytes give the facts or a `BadImage`, in time linear in the bytes; what is cut
off or contradicts itself is bad, because an endpoint that refuses one image refuses the whole conversation with it.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

ImageType: TypeAlias = Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
"""The types that endpoints with vision take."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_GIFS: Final = (b"GIF87a", b"GIF89a")
_JPEG_SIZES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""The markers that begin a frame (SOF0 to SOF15 without the tables among them)."""
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
"""The markers without a length."""


LONGEST_SIDE: Final = 16_384
"""More pixels on a side are refused by every endpoint, and so is all that they were sent with."""


class BadImage(Exception):
    """Bytes that begin like an image and are not a whole one, or no image at all."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """What is wrong, to be read after "the image": for example `is cut off`."""


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What the header says."""

    mime_type: ImageType
    width: int
    """In pixels, at least 1."""
    height: int
    """In pixels, at least 1."""


def image_type(data: bytes) -> ImageType | None:
    """The type by the first bytes; None for anything else, SVG included: that is text."""
    if data.startswith(_PNG):
        return "image/png"
    if data.startswith(_JPEG):
        return "image/jpeg"
    if data.startswith(_GIFS):
        return "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def image_facts(data: bytes) -> ImageFacts:
    """The type and the size of a whole image. Raises BadImage."""
    mime_type = image_type(data)
    try:
        match mime_type:
            case "image/png":
                width, height = _png(data)
            case "image/jpeg":
                width, height = _jpeg(data)
            case "image/gif":
                width, height = _gif(data)
            case "image/webp":
                width, height = _webp(data)
            case None:
                raise BadImage("is neither PNG, JPEG, GIF nor WebP")
    except (struct.error, IndexError):
        raise BadImage("is cut off") from None
    if not width or not height:
        raise BadImage("has no width or no height")
    if max(width, height) > LONGEST_SIDE:
        raise BadImage(f"has more than {LONGEST_SIDE:,} pixels on a side")
    return ImageFacts(mime_type, width, height)


def _png(data: bytes) -> tuple[int, int]:
    """Chunks of length, name, content and checksum; IHDR comes first, IEND last (PNG specification, section 5)."""
    length, name, width, height = struct.unpack_from(">I4sII", data, len(_PNG))
    (checksum,) = struct.unpack_from(">I", data, 29)
    if length != 13 or name != b"IHDR" or zlib.crc32(data[12:29]) != checksum:
        raise BadImage("has a broken header")
    at, has_pixels = 33, False
    while True:
        length, name = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        if at > len(data):
            raise BadImage("is cut off")
        if name == b"IEND":
            break
        has_pixels = has_pixels or (name == b"IDAT" and length > 0)
    if not has_pixels:
        raise BadImage("holds no pixels")
    return width, height


def _jpeg(data: bytes) -> tuple[int, int]:
    """Segments up to the first scan; the frame's segment has the size (ITU-T T.81, annex B)."""
    at, size = 2, (0, 0)
    while True:
        if data[at] != 0xFF:
            raise BadImage("has a broken header")
        marker = data[at + 1]
        if marker == 0xFF:  # filling before a marker
            at += 1
            continue
        at += 2
        if marker in _JPEG_BARE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if length < 2 or marker in (0x00, 0xD8, 0xD9):
            raise BadImage("has a broken header")
        if marker in _JPEG_SIZES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = (width, height)
        at += length
        if marker == 0xDA:
            break
    if data.find(b"\xff\xd9", at) < 0:
        raise BadImage("is cut off")
    return size


def _gif(data: bytes) -> tuple[int, int]:
    """The screen's size, then blocks up to the first picture (GIF89a, sections 18 to 23)."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    at = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    while True:
        kind = data[at]
        if kind == 0x2C:
            break
        if kind != 0x21:
            raise BadImage("holds no pixels")
        at += 2
        while data[at]:
            at += 1 + data[at]
        at += 1
    (flags,) = struct.unpack_from("<B", data, at + 9)
    at += 11 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0)
    while data[at]:  # raises where the picture's blocks do not end
        at += 1 + data[at]
    return width, height


def _webp(data: bytes) -> tuple[int, int]:
    """A RIFF file whose first chunk has the size in one of three forms (RFC 9649, section 2)."""
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise BadImage("is cut off")
    (form,) = struct.unpack_from("4s", data, 12)
    match form:
        case b"VP8 ":
            start, width, height = struct.unpack_from("<3sHH", data, 23)
            if start != b"\x9d\x01\x2a":
                raise BadImage("has a broken header")
            return width & 0x3FFF, height & 0x3FFF
        case b"VP8L":
            signature, bits = struct.unpack_from("<BI", data, 20)
            if signature != 0x2F:
                raise BadImage("has a broken header")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8X":
            width, wide, height, high = struct.unpack_from("<HBHB", data, 24)
            return (width | wide << 16) + 1, (height | high << 16) + 1
        case _:
            raise BadImage("has a broken header")

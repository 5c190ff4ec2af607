"""What an image is by its bytes."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.world.image_header import BadImage, ImageFacts, ImageType, image_facts, image_type
from tests.support.pictures import gif, jpeg, png, webp

WHOLE = [png(), jpeg(), gif(), webp(), webp(form=b"VP8 "), webp(form=b"VP8X")]


@pytest.mark.parametrize(
    ("data", "mime_type"),
    [
        (png(640, 480), "image/png"),
        (png(640, 480) + b"trailing bytes", "image/png"),
        (jpeg(640, 480), "image/jpeg"),
        (gif(640, 480), "image/gif"),
        (webp(640, 480), "image/webp"),
        (webp(640, 480, b"VP8 "), "image/webp"),
        (webp(640, 480, b"VP8X"), "image/webp"),
    ],
)
def test_type_and_size_come_from_the_bytes(data: bytes, mime_type: ImageType) -> None:
    assert image_facts(data) == ImageFacts(mime_type, 640, 480)


@pytest.mark.parametrize("data", WHOLE)
def test_an_image_that_is_cut_off_is_bad_wherever_it_is_cut(data: bytes) -> None:
    last = len(data) - (1 if image_type(data) == "image/gif" else 0)  # a GIF's last byte adds nothing
    for end in range(last):
        with pytest.raises(BadImage):
            image_facts(data[:end])


def _with(data: bytes, at: int, other: bytes) -> bytes:
    return data[:at] + other + data[at + len(other) :]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is neither PNG, JPEG, GIF nor WebP"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is neither PNG, JPEG, GIF nor WebP"),
        (b"BM\x3a\0\0\0", "is neither PNG, JPEG, GIF nor WebP"),
        (_with(png(), 16, struct.pack(">I", 4000)), "has a broken header"),  # the checksum says otherwise
        (_with(png(), 33, struct.pack(">I", 0xFFFFFFFF)), "is cut off"),
        (png(0, 3), "has no width or no height"),
        (png()[:33] + png()[-12:], "holds no pixels"),
        (jpeg(16_385, 3), "has more than 16,384 pixels on a side"),
        (png(1, 16_385), "has more than 16,384 pixels on a side"),
        (webp(2, 1 << 20, b"VP8X"), "has more than 16,384 pixels on a side"),
        (jpeg(0, 0), "has no width or no height"),
        (_with(jpeg(), 4, b"\0\0"), "has a broken header"),
        (_with(jpeg(), 4, b"\0\5"), "has a broken header"),
        (gif(0, 1), "has no width or no height"),
        (_with(gif(), 19, b"\x3b"), "holds no pixels"),
        (_with(webp(), 4, struct.pack("<I", 1 << 30)), "is cut off"),
        (_with(webp(), 12, b"ALPH"), "has a broken header"),
        (_with(webp(), 20, b"\0"), "has a broken header"),
        (_with(webp(form=b"VP8 "), 23, b"\0"), "has a broken header"),
    ],
)
def test_a_broken_or_lying_header_is_named(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage) as bad:
        image_facts(data)

    assert bad.value.reason == reason


@given(st.sampled_from(WHOLE), st.data())
def test_any_bytes_give_facts_or_a_bad_image(whole: bytes, data: st.DataObject) -> None:
    broken = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    try:
        facts = image_facts(bytes(broken) + data.draw(st.binary(max_size=20)))
    except BadImage:
        return
    assert facts.width > 0
    assert facts.height > 0

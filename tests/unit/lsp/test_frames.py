"""The frame decoder without a process: splits, limits, totality."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from agentls.lsp.frames import Body, FrameDecoder, FrameFault, FrameItem, encode_frame

PIECES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [b"Content-Length: 2\r\n\r\n{}", b"Content-Length: 0\r\n\r\n", b"content-length:3\n\nabc", b"\r\n", b"X: y\r\n"]
    ),
    st.binary(max_size=60).map(encode_frame),
)


def decode(data: bytes, cuts: list[int], limit_bytes: int = 50) -> tuple[list[FrameItem], bool]:
    decoder = FrameDecoder(limit_bytes)
    items: list[FrameItem] = []
    positions = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    for start, stop in itertools.pairwise(positions):
        items += decoder.feed(data[start:stop])
    return items, decoder.inside_frame


@given(st.lists(PIECES, max_size=8).map(b"".join), st.lists(st.integers(min_value=0), max_size=20))
def test_any_split_of_the_same_bytes_gives_the_same_items(data: bytes, cuts: list[int]) -> None:
    assert decode(data, cuts) == decode(data, [])


@given(st.lists(st.binary(max_size=50), max_size=20))
def test_what_is_encoded_is_decoded(bodies: list[bytes]) -> None:
    data = b"".join(encode_frame(body) for body in bodies)
    assert decode(data, list(range(len(data)))) == ([Body(body) for body in bodies if body], False)


def test_after_a_fault_that_closes_nothing_more_is_read() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(b"nonsense\r\n" + encode_frame(b"{}")) == [
        FrameFault("header line without a colon", closes=True)
    ]
    assert decoder.feed(encode_frame(b"{}")) == []


def test_a_body_over_the_limit_is_skipped_and_one_over_four_limits_closes() -> None:
    over = encode_frame(b"x" * 11)
    assert decode(over + encode_frame(b"{}"), [], 10) == (
        [FrameFault("body over the limit of 10 bytes", closes=False), Body(b"{}")],
        False,
    )
    (fault,), _ = decode(encode_frame(b"x" * 41) + encode_frame(b"{}"), [], 10)
    assert fault == FrameFault("Content-Length over the limit of 10 bytes", closes=True)

"""Server-sent events by themselves; the streams of test_quirk_streams.py show them in use."""

import pytest

from agentls.chat.chunk import stands_alone
from agentls.chat.sse import SseDecoder, SseEvent, SseTooLarge


def decode(*pieces: bytes, **options) -> list[tuple[str, bytes]]:
    decoder = SseDecoder(**options)
    events: list[SseEvent] = []
    for piece in pieces:
        events += decoder.feed(piece)
    return [(one.event, one.data) for one in events + decoder.close()]


def test_a_carriage_return_and_its_line_feed_in_two_reads_end_one_line() -> None:
    assert decode(b"data: a\r", b"\n\r", b"\ndata: b\r\n\r\n") == [("", b"a"), ("", b"b")]
    assert decode(b"data: a\r", b"\ndata: b\r", b"\n\r\n") == [("", b"a\nb")]


def test_data_lines_are_joined_by_a_line_feed() -> None:
    assert decode(b"data: a\ndata: b\ndata:c\n\n") == [("", b"a\nb\nc")]


def test_only_one_leading_space_is_dropped() -> None:
    assert decode(b"data:  a\n\ndata:b\n\ndata: \n\n") == [("", b" a"), ("", b"b"), ("", b"")]


def test_a_name_belongs_to_one_event() -> None:
    assert decode(b"event: error\ndata: a\n\ndata: b\n\n") == [("error", b"a"), ("", b"b")]


def test_lines_that_stand_alone_need_no_blank_line_between_them() -> None:
    assert decode(b'data: {"a":1}\ndata: {"b":\ndata: 2}\n', stands_alone=stands_alone) == [
        ("", b'{"a":1}'),
        ("", b'{"b":\n2}'),
    ]


def test_a_json_line_without_a_field_name_is_data() -> None:
    assert decode(b'{"error":"gone"}\n\n', stands_alone=stands_alone) == [("", b'{"error":"gone"}')]


def test_what_is_no_event_stream_is_kept_as_a_sample() -> None:
    decoder = SseDecoder()
    assert decoder.feed(b"upstream error\n" * 1000) == []
    assert bytes(decoder.sample).startswith(b"upstream error\nupstream error\n")
    assert len(decoder.sample) <= 2100


@pytest.mark.parametrize("piece", [b"data: xxxxxxxxxx\n" * 9, b"data: " + b"x" * 90, b"data:\n" * 90, b"x" * 90])
def test_an_event_beyond_the_limit_is_refused_after_those_before_it(piece: bytes) -> None:
    decoder = SseDecoder(limit_bytes=80)
    assert decoder.feed(b"data: a\n\n") == [SseEvent("", b"a")]
    with pytest.raises(SseTooLarge) as refused:
        decoder.feed(b"data: b\n\n" + piece)
    assert refused.value.events == [SseEvent("", b"b")]


@pytest.mark.parametrize("read_bytes", [1, 4096])
def test_a_large_event_in_small_reads_is_one_event(read_bytes: int) -> None:
    """Eight million bytes: were the cost not linear, the hang guard would end this."""
    size = 8_000_000 if read_bytes > 1 else 1_000_000
    body = b"data: " + b"x" * size + b"\n\n"
    assert decode(*(body[at : at + read_bytes] for at in range(0, len(body), read_bytes))) == [("", b"x" * size)]


def test_a_name_behind_the_data_is_of_its_event_or_of_the_next() -> None:
    two = b'data: {"a":1}\nevent: x\n'
    assert decode(two + b"\n", stands_alone=stands_alone) == [("x", b'{"a":1}')]
    assert decode(two + b"data: b\n", stands_alone=stands_alone) == [("", b'{"a":1}'), ("x", b"b")]


def test_blanks_before_a_field_are_overlooked() -> None:
    assert decode(b"  data: a\n\tdata:b\n\n") == [("", b"a\nb")]


def test_empty_lines_of_data_count_too() -> None:
    decoder = SseDecoder(limit_bytes=1000)
    with pytest.raises(SseTooLarge):
        decoder.feed(b"data:\n" * 100)

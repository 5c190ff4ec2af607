"""Texts that fit a notification."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentls.conversation.caps import capped_json, capped_text
from agentls.conversation.text import CAP_BYTES, byte_length, cap, is_deeper_than, well_formed, well_formed_object
from agentls.protocol.values import Truncation


@given(st.text(), st.integers(0, 40))
def test_a_capped_text_is_a_beginning_within_the_limit(text: str, limit: int) -> None:
    shown = cap(text, limit)

    assert text.startswith(shown)
    assert byte_length(shown) <= limit or shown == ""


def test_a_short_text_is_sent_whole() -> None:
    assert capped_text("abc", "r") == ("abc", None)


def test_a_long_text_says_how_long_it_is_and_where_the_rest_is() -> None:
    text = "é" * CAP_BYTES
    shown, truncated = capped_text(text, "message:m")

    assert shown == "é" * (CAP_BYTES // 2)
    assert truncated == Truncation(shown_bytes=CAP_BYTES, total_bytes=2 * CAP_BYTES, ref="message:m")


def test_long_strings_in_arguments_are_cut_in_the_order_they_stand() -> None:
    arguments: dict[str, object] = {"path": "a.txt", "content": "x" * 2 * CAP_BYTES, "n": [1, {"k": "tail"}]}
    shown, truncated = capped_json(arguments, "arguments:c")

    assert shown == {"path": "a.txt", "content": "x" * (CAP_BYTES - 5), "n": [1, {"k": ""}]}
    assert truncated is not None
    assert (truncated.shown_bytes, truncated.total_bytes) == (CAP_BYTES, 2 * CAP_BYTES + 9)


def test_halves_of_a_surrogate_pair_are_joined_and_lone_ones_replaced() -> None:
    assert well_formed("a\ud83d\ude00b\ud83d") == "a😀b\ufffd"
    assert well_formed_object({"\ud800": ["\udc00", {"k": "ok"}]}) == {"\ufffd": ["\ufffd", {"k": "ok"}]}


def test_depth_is_counted_in_containers() -> None:
    three: object = {"a": [{}]}

    assert is_deeper_than(three, 2)
    assert not is_deeper_than(three, 3)
    assert not is_deeper_than("text", 0)

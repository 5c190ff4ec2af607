"""Positions against the plain definition, for any text and encoding."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.lsp.positions import Change, line_starts, minimal_change, offset_at, position_at

TEXT = st.text(st.sampled_from("ab\r\n\x0c\u2028é😋"), max_size=30)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


@given(TEXT, ENCODINGS, st.data())
def test_an_offset_and_its_position_are_the_same_place(text: str, encoding: str, data: st.DataObject) -> None:
    starts = line_starts(text)
    offset = data.draw(st.integers(0, len(text)))
    if text[offset - 1 : offset + 1] == "\r\n":
        return  # between CR and LF there is no position
    position = position_at(text, starts, offset, encoding)
    assert offset_at(text, starts, position["line"], position["character"], encoding) == offset


@given(TEXT, ENCODINGS, st.integers(-5, 50), st.integers(-5, 50))
def test_any_position_gives_an_offset_in_the_text(text: str, encoding: str, line: int, character: int) -> None:
    assert 0 <= offset_at(text, line_starts(text), line, character, encoding) <= len(text)


@pytest.mark.parametrize(("character", "offset"), [(0, 0), (1, 0), (2, 1), (3, 2), (9, 2)])
def test_a_column_inside_a_surrogate_pair_is_its_start(character: int, offset: int) -> None:
    assert offset_at("😋x", [0], 0, character, "utf-16") == offset


def test_lines_end_where_lsp_says() -> None:
    assert line_starts("a\x0cb\u2028c\r\nd\re\n") == [0, 7, 9, 11]


@given(TEXT, TEXT)
def test_the_minimal_change_makes_the_new_text_and_has_positions(old: str, new: str) -> None:
    change = minimal_change(old, new)
    if change is None:
        assert old == new
        return
    assert old[: change.start] + change.text + old[change.end :] == new
    for offset in (change.start, change.end):
        assert old[offset - 1 : offset + 1] != "\r\n"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("same", "same", None),
        ("a b c", "a x c", Change(2, 3, "x")),
        ("", "new", Change(0, 0, "new")),
        ("aaa", "aa", Change(2, 3, "")),
        ("one\r\n", "one\n", Change(3, 5, "\n")),
    ],
)
def test_the_minimal_change_is_minimal(old: str, new: str, expected: Change | None) -> None:
    assert minimal_change(old, new) == expected

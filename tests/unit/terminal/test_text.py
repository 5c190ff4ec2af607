"""Text for a terminal: nothing foreign can act on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.terminal.text import (
    Line,
    cells,
    cut,
    diff_lines,
    dollars,
    excerpt,
    fitted,
    lines_of,
    printable,
    rows,
    seconds,
)


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain ✓ text", "plain ✓ text"),
        ("\x1b[2J\x1b[1;1Hrm -rf", "\\x1b[2J\\x1b[1;1Hrm -rf"),
        ("safe\r\x00evil", "safe\\x0d\\x00evil"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202ecod.exe", "abc\\u202ecod.exe"),
        ("\u2066a\u2069\u200b\ufeff", "\\u2066a\\u2069\\u200b\\ufeff"),
        ("tag\U000e0041 \u3164", "tag\\ue0041 \\u3164"),
        ("half \ud800", "half \\ud800"),
        ("a\tb", "a   b"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_what_could_act_on_the_terminal_is_written_out(foreign: str, shown: str) -> None:
    assert printable(foreign) == shown


@given(st.text())
def test_any_text_becomes_lines_without_control_characters(text: str) -> None:
    for line in lines_of(text):
        assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)
        line.encode()


def test_only_a_line_feed_ends_a_line() -> None:
    assert lines_of("a\r\nb\u2028c\n\nd\n") == ["a", "b\\u2028c", "", "d"]
    assert lines_of("") == []


def test_an_excerpt_says_what_it_leaves_out() -> None:
    lines = [str(number) for number in range(2000)]
    assert excerpt(lines, 2, 1) == ["0", "1", "… 1,997 more lines", "1999"]
    assert excerpt(lines[:4], 2, 1) == ["0", "1", "2", "3"]


def test_numbers_are_for_people() -> None:
    assert [seconds(ms) for ms in (0, 999, 1000, 59_999, 60_000, 125_000)] == [
        "0 ms",
        "999 ms",
        "1.0 s",
        "60.0 s",
        "1 min 0 s",
        "2 min 5 s",
    ]
    assert [dollars(0.00123), dollars(12.3456)] == ["$0.0012", "$12.35"]
    assert [cut("abcdef", 4), cut("abcd", 4)] == ["abc…", "abcd"]


def test_a_diff_keeps_lines_that_look_like_its_header() -> None:
    unified = "--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-- a dash\n--- more\n kept\n"
    assert diff_lines(unified, " ") == [
        Line("hunk", " @@ -1,2 +1 @@", "exact"),
        Line("removed", " -- a dash", "exact"),
        Line("removed", " --- more", "exact"),
        Line("quiet", "  kept", "exact"),
    ]


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 5, ["short"]),
        ("one two three", 8, ["one two", "three"]),
        ("  ✓ one two three", 9, ["  ✓ one", "    two", "    three"]),
        ("1. one two", 7, ["1. one", "   two"]),
        ("abcdefgh ij", 4, ["abcd", "efgh", "ij"]),
        ("  abcdefgh", 6, ["  abcd", "  efgh"]),
        ("日本語 日本", 6, ["日本語", "日本"]),
        ("       ", 3, [""]),
    ],
)
def test_prose_is_broken_between_words_and_hangs_below_its_margin(text: str, width: int, expected: list[str]) -> None:
    assert [row.rstrip() for row in rows(text, width)] == expected


@given(st.text(), st.integers(2, 30))
def test_rows_fit_and_keep_every_letter(text: str, width: int) -> None:
    [line] = lines_of(text.replace("\n", " ")) or [""]
    broken = rows(line, width)
    assert all(cells(row) <= width for row in broken)
    assert "".join("".join(broken).split()) == "".join(line.split())


@given(st.text(), st.integers(3, 30))
def test_a_line_that_is_cut_fits_and_says_so(text: str, width: int) -> None:
    [line] = lines_of(text.replace("\n", " ")) or [""]
    [row] = fitted(Line("quiet", line, "cut"), width)
    assert cells(row.text) <= width
    assert row.text == line or (row.text.endswith("…") and line.startswith(row.text[:-1]))


def test_what_is_to_be_approved_is_left_whole() -> None:
    line = Line("ask", "$ " + "x" * 500, "exact")
    assert fitted(line, 20) == [line]

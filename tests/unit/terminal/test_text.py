"""Text for a terminal: nothing foreign can act on it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.terminal.text import Line, cut, diff_lines, dollars, excerpt, lines_of, printable, seconds


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("plain ✓ text", "plain ✓ text"),
        ("\x1b[2J\x1b[1;1Hrm -rf", "\\x1b[2J\\x1b[1;1Hrm -rf"),
        ("safe\r\x00evil", "safe\\x0d\\x00evil"),
        ("\x9b31m", "\\x9b31m"),
        ("abc\u202ecod.exe", "abc\\u202ecod.exe"),
        ("\u2066a\u2069\u200b\ufeff", "\\u2066a\\u2069\\u200b\\ufeff"),
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
        Line("hunk", " @@ -1,2 +1 @@"),
        Line("removed", " -- a dash"),
        Line("removed", " --- more"),
        Line("quiet", "  kept"),
    ]

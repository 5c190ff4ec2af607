"""Diffs and the nearest text: right, and bounded in time whatever the texts."""

from __future__ import annotations

import difflib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.protocol.values import Diff
from agentls.tools.diffs import MAX_DIFF_BYTES, text_diff
from agentls.tools.nearest import nearest

TEXTS = st.lists(st.sampled_from(["a", "b", "c", "", "  a"]), max_size=12).map("\n".join)


def test_equal_texts_have_no_diff() -> None:
    assert text_diff("a", "x\n", "x\n") == Diff(unified="", added=0, removed=0)


def test_a_missing_newline_at_the_end_is_shown() -> None:
    assert text_diff("a", "x\ny", "x\ny\n") == Diff(
        unified="--- a/a\n+++ b/a\n@@ -1,2 +1,2 @@\n x\n-y\n\\ No newline at end of file\n+y\n", added=1, removed=1
    )


@given(old=TEXTS.map(lambda text: text + "\n"), new=TEXTS.map(lambda text: text + "\n"))
def test_the_new_text_can_be_rebuilt_from_the_diff(old: str, new: str) -> None:
    diff = text_diff("a", old, new)

    before, rebuilt = old.split("\n")[:-1], []
    position = 0
    for line in diff.unified.split("\n")[2:-1]:
        if line.startswith("@@"):
            begin, _, length = line.split(" ")[1][1:].partition(",")
            start = int(begin) - (0 if length == "0" else 1)
            rebuilt += before[position:start]
            position = start
        elif line[0] == "+":
            rebuilt.append(line[1:])
        else:
            assert before[position] == line[1:]
            rebuilt += [] if line[0] == "-" else [line[1:]]
            position += 1
    assert "\n".join([*rebuilt, *before[position:], ""]) == new
    assert diff.added - diff.removed == new.count("\n") - old.count("\n")


@given(old=TEXTS, new=TEXTS)
def test_no_more_is_changed_than_the_reference_changes(old: str, new: str) -> None:
    reference = difflib.SequenceMatcher(None, old.split("\n"), new.split("\n")).get_opcodes()
    diff = text_diff("a", old + "\n", new + "\n")

    # Equal ends taken first can cost a few lines, never the whole.
    assert diff.added <= max(len(new.split("\n")), sum(j2 - j1 for tag, _, _, j1, j2 in reference if tag != "equal"))


@pytest.mark.timeout(30)
def test_a_huge_change_is_cut_but_counted_and_fast() -> None:
    old = "".join(f"old {n % 7}\n" for n in range(60_000))
    new = "".join(f"new {n % 5}\n" for n in range(60_000))

    diff = text_diff("a", old, new)

    assert (diff.added, diff.removed) == (60_000, 60_000)
    assert len(diff.unified.encode()) <= MAX_DIFF_BYTES
    assert "more lines of the diff are left out" in diff.unified


def test_a_very_long_line_does_not_fill_the_diff() -> None:
    diff = text_diff("a", "x" * 1_000_000, "y" * 1_000_000)

    assert len(diff.unified) < 10_000


def test_the_nearest_block_is_found_with_its_lines() -> None:
    lines = ["import os", "", "def total(items):", "    return sum(items)", "", "print(1)"]

    found = nearest(lines, "def total(things):\n    return sum(things)")

    assert found is not None
    assert (found.start_line, found.end_line, found.only_blanks_differ) == (3, 4, False)
    assert 60 < found.percent < 100


@pytest.mark.timeout(60)
def test_the_search_for_the_nearest_is_bounded() -> None:
    lines = ["a b c d e f g h " * 50] * 60_000

    found = nearest(lines, ("a b c d e f g x " * 50 + "\n") * 500)

    assert found is not None
    assert (found.start_line, found.end_line, found.percent) == (1, 500, 93)


def test_a_line_that_is_cut_says_by_how_much() -> None:
    diff = text_diff("a", "x\n", "y" * 2500 + "\n")

    assert diff.unified == f"--- a/a\n+++ b/a\n@@ -1 +1 @@\n-x\n+{'y' * 1999}… [+501 characters]\n"


def test_a_line_break_in_a_name_writes_no_line_of_the_diff() -> None:
    diff = text_diff("a\n+harmless", "x\n", "y\n")

    assert diff.unified == '--- a/"a\\n+harmless"\n+++ b/"a\\n+harmless"\n@@ -1 +1 @@\n-x\n+y\n'

"""Finds the text most like one that was not found, so that the model can correct itself.

It must not know files or tools. Pure.
Invariant: the cost is bounded by a few windows of some hundred characters, whatever the texts.
"""

from __future__ import annotations

import difflib
import heapq
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

MAX_LINES_SEARCHED: Final = 20_000
_CANDIDATES: Final = 6
_WINDOW_CHARS: Final = 800
_LINE_CHARS: Final = 200
_LEAST_RATIO: Final = 0.4
_TOKEN: Final = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Nearest:
    """A block of lines that resembles the wanted text."""

    start_line: int
    """From 1."""
    end_line: int
    percent: int
    """How alike they are, 0-100."""
    only_blanks_differ: bool


def nearest(lines: Sequence[str], wanted: str) -> Nearest | None:
    """The block of `lines` most like `wanted`; None when nothing resembles it."""
    goal = wanted.strip("\n").split("\n")
    # The line with the most tokens is the best one to look for.
    anchor = max(range(min(len(goal), 200)), key=lambda index: len(set(_tokens(goal[index]))))
    tokens = frozenset(_tokens(goal[anchor]))
    if not tokens:
        return None
    scored = ((_overlap(tokens, line), -index) for index, line in enumerate(lines[:MAX_LINES_SEARCHED]))
    best: Nearest | None = None
    for score, negative in heapq.nlargest(_CANDIDATES, scored):
        if score == 0:
            break
        start = max(0, -negative - anchor)
        end = min(len(lines), start + len(goal))
        found = _compare(lines[start:end], goal, start)
        if best is None or found.percent > best.percent:
            best = found
    return best if best is not None and best.percent >= _LEAST_RATIO * 100 else None


def _compare(block: Sequence[str], goal: Sequence[str], start: int) -> Nearest:
    here, there = "\n".join(block), "\n".join(goal)
    ratio = difflib.SequenceMatcher(None, here[:_WINDOW_CHARS], there[:_WINDOW_CHARS], autojunk=False).ratio()
    same = here.split() == there.split()
    return Nearest(start + 1, start + len(block), min(99, int(ratio * 100)), only_blanks_differ=same)


def _tokens(line: str) -> list[str]:
    return _TOKEN.findall(line[:_LINE_CHARS])


def _overlap(tokens: frozenset[str], line: str) -> float:
    other = set(_tokens(line))
    common = len(tokens & other)
    return common / (len(tokens) + len(other) - common) if common else 0.0

"""A search expression for single lines that cannot be made slow.

It must not know what is searched. Pure.
Invariant: matching a line costs time linear in it: only alternatives of fixed-width pieces with `.*` between them
are expressions, everything else is looked for as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_PIECE: Final = re.compile(r"(?:[^\\\[\](){}*+?|^$]|\\[^0-9A-Za-z]|\\[dDwWsStn]|\[\^?[^\\\[\]]+\]|\^|\$)*")
_GAP: Final = re.compile(r"\.[*+]\??")


@dataclass(frozen=True, slots=True)
class LinePattern:
    """Alternatives, each a sequence of pieces that must appear in that order. Case is ignored."""

    alternatives: tuple[tuple[re.Pattern[str], ...], ...]
    literal: bool
    """True: the text was no such expression and is looked for as it stands."""

    def matches(self, line: str) -> bool:
        """Whether the line contains it."""
        return any(_in_order(pieces, line) for pieces in self.alternatives)


def line_pattern(text: str) -> LinePattern:
    """Read `text` as an expression where it is a harmless one, else as literal text."""
    try:
        alternatives = tuple(tuple(_pieces(each)) for each in text.split("|"))
    except (ValueError, re.error):
        return LinePattern(((re.compile(re.escape(text), re.IGNORECASE),),), literal=True)
    return LinePattern(alternatives, literal=False)


def _pieces(alternative: str) -> list[re.Pattern[str]]:
    pieces = _GAP.split(alternative)
    if alternative.endswith("\\") or not any(pieces) or not all(_PIECE.fullmatch(piece) for piece in pieces):
        raise ValueError("not a harmless expression")
    return [re.compile(piece, re.IGNORECASE) for piece in pieces if piece]


def _in_order(pieces: Sequence[re.Pattern[str]], line: str) -> bool:
    position = 0
    for piece in pieces:
        found = piece.search(line, position)
        if found is None:
            return False
        position = found.end()
    return True

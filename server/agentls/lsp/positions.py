"""Lines and columns as LSP counts them, on plain strings.

Pure. Knows the three encodings; knows no document. Invariant: any position gives an offset inside the
text (clamped), never inside a surrogate pair. Lines end at CRLF, LF and CR only, as LSP 3.17 says; Python's
own `splitlines` also splits at form feeds and U+2028.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\n|\r")


def line_starts(text: str) -> list[int]:
    """Offsets at which lines begin; always at least one."""
    return [0, *(match.end() for match in _LINE_END.finditer(text))]


def offset_at(text: str, starts: list[int], line: int, character: int, encoding: str) -> int:
    """The offset of a position; past the end of a line is its end, past the last line the text's end."""
    if line < 0:
        return 0
    if line >= len(starts):
        return len(text)
    start = starts[line]
    end = starts[line + 1] if line + 1 < len(starts) else len(text)
    while end > start and text[end - 1] in "\r\n":
        end -= 1
    content = text[start:end]
    if encoding == "utf-32" or content.isascii():
        return start + min(max(character, 0), len(content))
    units = 0
    for index, letter in enumerate(content):
        units += _width(letter, encoding)
        if units > character:
            return start + index
    return end


def position_at(text: str, starts: list[int], offset: int, encoding: str) -> dict[str, int]:
    """The LSP Position of an offset."""
    line = bisect_right(starts, offset) - 1
    before = text[starts[line] : offset]
    if encoding == "utf-32" or before.isascii():
        return {"line": line, "character": len(before)}
    return {"line": line, "character": sum(_width(letter, encoding) for letter in before)}


def _width(letter: str, encoding: str) -> int:
    code = ord(letter)
    if encoding == "utf-16":
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


@dataclass(frozen=True, slots=True)
class Change:
    """One replacement: offsets into the old text."""

    start: int
    end: int
    text: str


def minimal_change(old: str, new: str) -> Change | None:
    """The smallest single replacement that makes `new` of `old`; None when they are equal.

    Never cuts between CR and LF, so that the change has a position on both sides.
    """
    if old == new:
        return None
    start = _common_prefix(old, new)
    tail = _common_prefix(old[start:][::-1], new[start:][::-1])
    end, new_end = len(old) - tail, len(new) - tail
    while start and old[start - 1] == "\r" and ("\n" in (old[start : start + 1], new[start : start + 1])):
        start -= 1
    while tail and old[end] == "\n" and "\r" in (old[max(end - 1, 0) : end], new[max(new_end - 1, 0) : new_end]):
        end, new_end, tail = end + 1, new_end + 1, tail - 1
    return Change(start, end, new[start:new_end])


def _common_prefix(left: str, right: str) -> int:
    """The length of the common prefix, by halving: comparing slices is done in C."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low

"""Text as a terminal may show it: control characters made visible, long things cut, numbers for people.

It knows no message. Invariant: what `printable` returns cannot move the cursor, change colours or reorder
letters, whoever wrote it: what the user approves is what the user sees.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Style = Literal[
    "heading",
    "prompt",
    "call",
    "quiet",
    "good",
    "bad",
    "added",
    "removed",
    "hunk",
    "answer",
    "ask",
    "warning",
]

_UNSAFE = re.compile(
    # C0 and C1 controls but tab, and what reorders or hides text (bidi controls, zero width, fillers, tags).
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufff9-\ufffb\U000e0000-\U000e007f]|[\ud800-\udfff]"
)


Fit = Literal["words", "cut", "exact"]

_MARGIN = re.compile(r"\s*(?:(?:[●○✓✗?›!→…☐◐☑*-]|\d{1,3}\.) )?")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline, safe to print."""

    style: Style
    text: str
    fit: Fit = "words"
    """What becomes of it on a narrow terminal: broken between words, cut, or left whole for the terminal to fold
    (what is to be approved, and what may be copied)."""


def printable(text: str) -> str:
    """One line of foreign text with every unsafe character written as an escape."""
    return _UNSAFE.sub(lambda found: _escaped(found.group()), text).expandtabs(4)


def lines_of(text: str) -> list[str]:
    """Foreign text as safe lines; only line feeds (with or without a carriage return) end a line."""
    return [printable(line.removesuffix("\r")) for line in text.removesuffix("\n").split("\n")] if text else []


def excerpt(lines: Sequence[str], head: int, tail: int) -> list[str]:
    """The first and last lines, with a line between them that says how many were left out."""
    if len(lines) <= head + tail + 1:
        return list(lines)
    left_out = len(lines) - head - tail
    return [*lines[:head], f"… {left_out:,} more lines", *lines[len(lines) - tail :]]


def fitted(line: Line, width: int) -> list[Line]:
    """The line as rows of a terminal of this width."""
    match line.fit:
        case "exact":
            return [line]
        case "cut":
            first = _split(line.text, width)
            return [line] if len(first) == len(line.text) else [Line(line.style, _split(line.text, width - 1) + "…")]
        case "words":
            return [Line(line.style, row) for row in rows(line.text, width)]


def rows(text: str, width: int) -> list[str]:
    """The text broken between words, its further rows hanging below where the first one's words begin."""
    if cells(text) <= width:
        return [text]
    if not text.strip():
        return [""]
    margin = _MARGIN.match(text)
    hang = " " * (min(cells(margin.group()), width // 2) if margin else 0)
    found: list[str] = []
    row, used = "", 0
    for word in re.findall(r"\s*\S+|\s+$", text):
        size = cells(word)
        if used + size <= width:
            row, used = row + word, used + size
            continue
        if row:
            found.append(row)
            word = hang + word.lstrip()
        while cells(word) > width:
            part = _split(word, width)
            found.append(part)
            word = hang + word[len(part) :]
        row, used = word, cells(word)
    return [*found, row] if row.strip() else found


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    return len(text) if text.isascii() else sum(map(_cells, text))


def _cells(character: str) -> int:
    category = unicodedata.category(character)
    if category in ("Mn", "Me", "Cf"):
        return 0
    return 2 if category != "Cn" and unicodedata.east_asian_width(character) in ("W", "F") else 1


def _split(text: str, width: int) -> str:
    """As much of the text as fits, but one character at least."""
    used = 0
    for position, character in enumerate(text):
        used += _cells(character)
        if used > width and position > 0:
            return text[:position]
    return text


def cut(text: str, width: int) -> str:
    """At most `width` characters, the end replaced by … when there are more."""
    return text if len(text) <= width else text[: max(width - 1, 0)] + "…"


def seconds(duration_ms: int) -> str:
    """A duration for people: `12 ms`, `3.4 s`, `2 min 5 s`."""
    if duration_ms < 1000:
        return f"{duration_ms} ms"
    if duration_ms < 60_000:
        return f"{duration_ms / 1000:.1f} s"
    minutes, rest = divmod(duration_ms // 1000, 60)
    return f"{minutes} min {rest} s"


def dollars(cost: float) -> str:
    """A cost in USD; small ones with the digits that make them more than nothing."""
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.4f}"


def diff_lines(unified: str, indent: str) -> list[Line]:
    """A unified diff as lines; the two file headers are left out, since the path stands above it."""
    lines: list[Line] = []
    in_header = True
    for text in lines_of(unified):
        if in_header and text.startswith(("--- ", "+++ ", "diff ", "index ")):
            continue
        style: Style = "quiet"
        if text.startswith("@@"):
            in_header, style = False, "hunk"
        elif text.startswith("+"):
            style = "added"
        elif text.startswith("-"):
            style = "removed"
        lines.append(Line(style, indent + text, "exact"))
    return lines


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

"""Text as a terminal may show it: control characters made visible, long things cut, numbers for people.

It knows no message. Invariant: what `printable` returns cannot move the cursor, change colours or reorder
letters, whoever wrote it: what the user approves is what the user sees.
"""

from __future__ import annotations

import re
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
    # C0 and C1 controls but tab, and the characters that reorder or hide text (bidi controls, zero width).
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]|[\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline, safe to print."""

    style: Style
    text: str


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
        lines.append(Line(style, indent + text))
    return lines


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

"""Markdown text without its code: fenced, indented and inline.

Knows Markdown's rules for code and nothing of what is looked for. Invariant: linear in the text, and what is left keeps
its order; an unclosed fence runs to the end, as Markdown has it.
"""

import re
from typing import Final

# Text until the first use: compiling would cost every start.
_FENCE: Final = r"(?m)^ {0,3}(`{3,}|~{3,})([^\n]*)$"
_TICKS: Final = r"`+"
_MOST_RUNS: Final = 200
"""Runs of backticks in one line that are paired; a line with more is garbage."""


def without_code(text: str, longest: int) -> str:
    """The last `longest` characters of the prose in `text`, code replaced by blanks."""
    kept: list[str] = []
    start = 0
    fence = ""
    for found in re.finditer(_FENCE, text):
        mark, info = found.group(1), found.group(2)
        if not fence:
            if mark[0] == "`" and "`" in info:
                continue  # inline code that begins a line
            kept.append(text[start : found.start()])
            fence = mark
        elif mark[0] == fence[0] and len(mark) >= len(fence) and not info.strip():
            fence = ""
            start = found.end()
    if not fence:
        kept.append(text[start:])
    return _without_indented("\n".join(kept)[-longest:])


def _without_indented(text: str) -> str:
    lines: list[str] = []
    is_code, was_blank = False, True
    for line in text.split("\n"):
        is_blank = not line.strip()
        is_code = (line.startswith(("    ", "\t")) and (was_blank or is_code)) or (is_code and is_blank)
        was_blank = is_blank
        lines.append("" if is_code else _without_inline(line) if "`" in line else line)
    return "\n".join(lines)


def _without_inline(line: str) -> str:
    """The line with a blank for every run between two equal rows of backticks."""
    runs = [(found.start(), found.end()) for found in re.finditer(_TICKS, line)]
    if len(runs) > _MOST_RUNS:
        return line
    kept: list[str] = []
    start = place = 0
    while place < len(runs):
        begin, end = runs[place]
        closing = next((at for at in range(place + 1, len(runs)) if runs[at][1] - runs[at][0] == end - begin), None)
        if closing is None:
            place += 1
            continue
        kept.append(line[start:begin])
        start = runs[closing][1]
        place = closing + 1
    return " ".join([*kept, line[start:]])

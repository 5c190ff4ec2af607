"""The difference of two texts as a unified diff, bounded in size and time.

It must not know files. Pure.
Invariant: the counts are those of the whole change, whatever is cut from the text of the diff.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from typing import Final

from agentls.protocol.values import Diff
from agentls.tools.titles import path_text

MAX_DIFF_BYTES: Final = 32 * 1024
_CONTEXT_LINES: Final = 3
_MAX_CELLS: Final = 4_000_000
"""Lines times lines that are compared one by one; a larger change counts as a whole replaced by a whole."""
_MAX_LINE_CHARS: Final = 2000


def text_diff(name: str, old: str, new: str, *, created: bool = False) -> Diff:
    """The change from `old` to `new` in the file `name`."""
    before, after = _lines(old), _lines(new)
    opcodes = list(_opcodes(before, after))
    removed = sum(a2 - a1 for tag, a1, a2, _, _ in opcodes if tag != "equal")
    added = sum(b2 - b1 for tag, _, _, b1, b2 in opcodes if tag != "equal")
    shown = path_text(name)  # a line break in a file's name must not write lines of the diff
    head = ["--- /dev/null" if created else f"--- a/{shown}", f"+++ b/{shown}"]
    text = _capped([*head, *_hunks(before, after, opcodes)]) if added or removed else ""
    return Diff(unified=text, added=added, removed=removed)


Opcode = tuple[str, int, int, int, int]


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    elif lines:
        lines[-1] += "\n\\ No newline at end of file"
    return lines


def _opcodes(before: Sequence[str], after: Sequence[str]) -> Iterator[Opcode]:
    """As difflib's, but equal ends are found first and a hopeless middle is not searched."""
    head = 0
    while head < min(len(before), len(after)) and before[head] == after[head]:
        head += 1
    tail = 0
    while tail < min(len(before), len(after)) - head and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    old, new = before[head : len(before) - tail], after[head : len(after) - tail]
    if head:
        yield "equal", 0, head, 0, head
    if len(old) * len(new) > _MAX_CELLS or not old or not new:
        if old or new:
            yield "replace", head, head + len(old), head, head + len(new)
    else:
        for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(None, old, new).get_opcodes():
            yield tag, head + a1, head + a2, head + b1, head + b2
    if tail:
        yield "equal", len(before) - tail, len(before), len(after) - tail, len(after)


def _hunks(before: Sequence[str], after: Sequence[str], opcodes: Sequence[Opcode]) -> Iterator[str]:
    matcher: difflib.SequenceMatcher[str] = difflib.SequenceMatcher(None, "", "")
    matcher.opcodes = list(opcodes)  # type: ignore[attr-defined]  # what get_grouped_opcodes groups
    for group in matcher.get_grouped_opcodes(_CONTEXT_LINES):
        _, a1, _, b1, _ = group[0]
        _, _, a2, _, b2 = group[-1]
        yield f"@@ -{_span(a1, a2)} +{_span(b1, b2)} @@"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (f" {line}" for line in before[i1:i2])
            else:
                yield from (f"-{line}" for line in before[i1:i2])
                yield from (f"+{line}" for line in after[j1:j2])


def _span(start: int, stop: int) -> str:
    length = stop - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _capped(lines: Sequence[str]) -> str:
    shown: list[str] = []
    size = 0
    for line in lines:
        left_out = len(line) - _MAX_LINE_CHARS
        piece = line if left_out <= 0 else f"{line[:_MAX_LINE_CHARS]}… [+{left_out} characters]"
        size += len(piece.encode("utf-8", "replace")) + 1
        if size > MAX_DIFF_BYTES - 80:
            shown.append(f"… {len(lines) - len(shown)} more lines of the diff are left out")
            break
        shown.append(piece)
    return "\n".join(shown) + "\n"

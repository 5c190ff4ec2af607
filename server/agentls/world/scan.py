"""The search worker: a process of its own that reads files and prints the lines that match.

Why a process: a regular expression from a model can take exponential time, and Python's engine neither stops nor
lets other threads run; a process can be killed. Standard library only (it runs without site-packages). It opens
files link by link below the root, so what it was told is a wish and not a right. The invariant: output is bounded.
"""

from __future__ import annotations

import json
import os
import re
import sys
import warnings
from collections.abc import Iterator
from functools import cache
from typing import Final, TypedDict

from agentls.world.beneath import Folder, open_folder, read_up_to
from agentls.world.content import decode

FILE_LIMIT_BYTES: Final = 8 * 1024 * 1024
_CUT_CONTEXT: Final = 60
# Only where a match inside a line is certain to be a match in the whole text as well, and no slower.
_WHOLE_TEXT_IS_SAFE: Final = re.compile(
    r"(?:\(\?i\))?"
    r"(?:[^\\\[\]()*+?{}]"
    r"|\\[^AZWDnxuUN0-9]"
    r"|\(\?:|\((?!\?)|\)"
    r"|\[(?![\^\]])(?:[^\\\[\]\n]|\\[wdsSt.\-\]\[\\()/*+?^$|{}])*\]"
    r"|[*+?}]\??(?![+?*])"
    r"|\{)*"
)


class Job(TypedDict):
    """What the worker is asked; the files follow it on stdin, separated by NUL."""

    root: str
    regex: str
    context_lines: int
    limit: int
    line_limit: int
    unsaved: dict[str, str]
    """Texts that stand for the files of these paths."""


def main() -> None:
    """Read a job from stdin, print one JSON array per line: [file number, line number, text, is match, cut]."""
    head, _, rest = sys.stdin.buffer.read().partition(b"\n")
    job: Job = json.loads(head)
    files = [os.fsdecode(name) for name in rest.split(b"\0")] if rest else []
    out = sys.stdout
    try:
        pattern = compile_pattern(job["regex"])
    except ValueError as error:
        out.write(json.dumps({"refused": str(error), "position": getattr(error, "pos", None)}) + "\n")
        return
    out.write('{"ready": true}\n')
    out.flush()
    left = job["limit"]
    too_large = 0
    for number, lines, hits in _search(job, pattern, files):
        if lines is None:
            too_large += 1
            continue
        chosen = hits[: left + 1]
        more = len(chosen) > left
        for row in _rows(lines, chosen[:left], set(hits), job):
            out.write(json.dumps([number, *row]) + "\n")
        out.flush()
        left -= len(chosen)
        if more:
            out.write('{"more": true}\n')
            break
    out.write(json.dumps({"done": True, "tooLarge": too_large}) + "\n")


def compile_pattern(regex: str) -> re.Pattern[str]:
    """Compile a search expression; raises ValueError (a re.error where Python gives one) with what is wrong."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # `[[:alpha:]]` means something else in Python: say so
        try:
            return re.compile(regex, re.MULTILINE)
        except re.error as error:
            raise _Refused(error.msg, error.pos) from None
        except (OverflowError, RecursionError, Warning) as error:
            raise _Refused(str(error), None) from None


class _Refused(ValueError):
    def __init__(self, message: str, pos: int | None) -> None:
        super().__init__(message)
        self.pos = pos


def _search(job: Job, pattern: re.Pattern[str], files: list[str]) -> Iterator[tuple[int, list[str] | None, list[int]]]:
    """Yield (file number, its lines, indexes of matching lines) for files that match; None for one too large."""
    for number, text in _contents(job, files):
        if text is None:
            yield number, None, []
            continue
        lines, hits = matching_lines(text, pattern)
        if hits:
            yield number, lines, hits


def matching_lines(text: str, pattern: re.Pattern[str]) -> tuple[list[str], list[int]]:
    """Return the lines of a text and the indexes of those that match; no lines at all when none does."""
    text = text.replace("\r\n", "\n")
    if is_safe_on_whole_text(pattern.pattern) and not pattern.search(text):
        return [], []
    lines = text.split("\n")
    if not lines[-1]:
        lines.pop()
    hits = [index for index, line in enumerate(lines) if pattern.search(line)]
    return (lines, hits) if hits else ([], [])


@cache
def is_safe_on_whole_text(regex: str) -> bool:
    """Return whether a text without a match has no line with one (so that the lines need not be looked at)."""
    return _WHOLE_TEXT_IS_SAFE.fullmatch(regex) is not None


def _contents(job: Job, files: list[str]) -> Iterator[tuple[int, str | None]]:
    folder: Folder | None = None
    folder_parts: list[str] = []
    for number, path in enumerate(files):
        if path in job["unsaved"]:
            yield number, job["unsaved"][path]
            continue
        parts = path.split("/")
        try:
            if folder is None or parts[:-1] != folder_parts:
                if folder is not None:
                    folder.close()
                    folder = None
                folder, folder_parts = open_folder(job["root"], parts[:-1]), parts[:-1]
            fd = folder.open_file(parts[-1])
        except OSError:  # gone, unreadable, or no longer what it was
            continue
        try:
            data = read_up_to(fd, FILE_LIMIT_BYTES + 1)
        except OSError:
            continue
        finally:
            os.close(fd)
        if len(data) > FILE_LIMIT_BYTES:
            yield number, None
        elif not (decoded := decode(data)).is_binary:
            yield number, decoded.text
    if folder is not None:
        folder.close()


def _rows(lines: list[str], hits: list[int], all_hits: set[int], job: Job) -> Iterator[tuple[int, str, bool, bool]]:
    """Yield (line number, text, is match, cut) for the hits and the lines around them, each line once."""
    pattern = compile_pattern(job["regex"])
    context = job["context_lines"]
    shown = -1
    for position, hit in enumerate(hits):
        following = hits[position + 1] if position + 1 < len(hits) else len(lines)
        for index in range(max(hit - context, shown + 1), min(hit + context + 1, len(lines), max(following, hit + 1))):
            if index != hit and index in all_hits:
                break  # beyond the limit: a match must not be shown as mere context
            yield index + 1, *_cut(lines[index], pattern if index == hit else None, job["line_limit"])
            shown = index


def _cut(line: str, pattern: re.Pattern[str] | None, limit: int) -> tuple[str, bool, bool]:
    """Return (text, is match, cut): a long line is cut so that its match can be seen."""
    if len(line) <= limit:
        return line, pattern is not None, False
    found = pattern.search(line) if pattern else None
    begin = 0 if found is None or found.end() <= limit else max(0, found.start() - _CUT_CONTEXT)
    piece = line[begin : begin + limit]
    tail = "…" if begin + limit < len(line) else ""
    return ("…" if begin else "") + piece + tail, pattern is not None, True

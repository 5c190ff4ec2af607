"""The lines of one ignore file as a matcher (gitignore's language). Pure.

Why not a library: its expressions backtrack without bound, and an ignore file comes with the repository, so
`*a*a*a*a*a*a*b` would hang the server. Here every `*` but the last of a name is atomic (the leftmost fit is always
good enough), so matching is at most quadratic in the path. Knows nothing of files and folders above the given path.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_POSIX_CLASSES: Final = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": " \\t",
    "cntrl": "\\x00-\\x1f\\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": "!-/:-@\\[-`{-~",
    "space": "\\t-\\r ",
    "upper": "A-Z",
    "xdigit": "0-9A-Fa-f",
}
_ANY_RUN: Final = "[^/]*"
_LINE_LIMIT: Final = 4096
"""As long as a path can be. Compiling a longer pattern takes time that grows with its square."""


@dataclass(frozen=True, slots=True)
class _Rule:
    ignores: bool
    folders_only: bool
    whole_path: bool
    compiled: re.Pattern[str]


class IgnoreRules:
    """The rules of one file; paths are posix, relative to the folder the file is in."""

    def __init__(self, lines: Sequence[str], *, fold: bool) -> None:
        """`fold`: compare without regard to case and Unicode form, as the file system does."""
        self._fold = fold
        flags = re.DOTALL | (re.IGNORECASE if fold else 0)
        self.broken_lines: tuple[int, ...] = ()
        """Numbers (from 1) of lines that are no patterns; they match nothing, as in git."""
        rules: list[_Rule] = []
        for number, line in enumerate(lines, 1):
            try:
                rule = _rule(unicodedata.normalize("NFC", line) if fold else line, flags)
            except (ValueError, re.error, RecursionError):
                self.broken_lines += (number,)
            else:
                rules += [rule] if rule else []
        self._rules = tuple(reversed(rules))
        self._name_filter = _any_of([rule.compiled.pattern for rule in rules if not rule.whole_path], flags)
        self._path_filter = _any_of([rule.compiled.pattern for rule in rules if rule.whole_path], flags)

    def verdict(self, path: str, *, is_folder: bool) -> bool | None:
        """Return True = ignored, False = re-included by a `!` line, None = not mentioned; the last fit wins."""
        if self._fold:
            path = unicodedata.normalize("NFC", path)
        name = path.rpartition("/")[2]
        # One expression over all rules answers "none fits", which is nearly every path, without a loop.
        named = self._name_filter is not None and self._name_filter.fullmatch(name) is not None
        if not named and (self._path_filter is None or self._path_filter.fullmatch(path) is None):
            return None
        for rule in self._rules:
            if rule.folders_only and not is_folder:
                continue
            if rule.compiled.fullmatch(path if rule.whole_path else name):
                return rule.ignores
        return None


def _any_of(expressions: Sequence[str], flags: int) -> re.Pattern[str] | None:
    return re.compile("|".join(f"(?:{expression})" for expression in expressions), flags) if expressions else None


def _rule(line: str, flags: int) -> _Rule | None:
    """Return the rule of a line, None for no pattern; raises ValueError or re.error for a bad one."""
    line = _without_trailing_spaces(line.removesuffix("\n").removesuffix("\r"))
    if len(line) > _LINE_LIMIT and not line.startswith("#"):
        raise ValueError("the pattern is longer than any path")
    if not line or line.startswith("#"):
        return None
    ignores = not line.startswith("!")
    if not ignores:
        line = line[1:]
    folders_only = line.endswith("/")
    body = line[:-1] if folders_only else line
    if not body:
        return None
    whole_path = "/" in body
    expression = _path(body.removeprefix("/").split("/")) if whole_path else _segment(body)
    return _Rule(ignores, folders_only, whole_path, re.compile(expression, flags))


def _without_trailing_spaces(line: str) -> str:
    stripped = line.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    if backslashes % 2 and stripped != line:
        return stripped + " "
    return stripped


def _path(segments: list[str]) -> str:
    """Return the expression of a pattern with slashes; `**` stands for any number of folders."""
    segments = ["**" if len(segment) > 1 and set(segment) == {"*"} else segment for segment in segments]
    inside = segments[-1] == "**"
    if inside:
        segments = segments[:-1]
    runs: list[tuple[bool, list[str]]] = [(False, [])]
    for segment in segments:
        if segment == "**":
            runs.append((True, []))
        elif segment:
            runs[-1][1].append(_segment(segment))
        else:
            raise ValueError("empty name in the pattern")
    runs = [run for number, run in enumerate(runs) if run[1] or run[0] or number == len(runs) - 1]
    text = ""
    for number, (floating, names) in enumerate(runs):
        last = number == len(runs) - 1
        joined = "/".join(names)
        if last and not inside:
            text += f"(?:.*/)?{joined or '[^/]+'}" if floating else joined
        elif names:
            text += f"(?>(?:[^/]+/)*?{joined}/)" if floating else f"{joined}/"
    return text + ".+" if inside else text


def _segment(segment: str) -> str:
    """Return the expression of one name; raises ValueError when git would never match it."""
    chunks = [""]
    position = 0
    while position < len(segment):
        char = segment[position]
        position += 1
        if char == "*":
            if len(chunks) == 1 or chunks[-1]:
                chunks.append("")
        elif char == "?":
            chunks[-1] += "[^/]"
        elif char == "[":
            expression, position = _class(segment, position)
            chunks[-1] += expression
        elif char == "\\":
            if position == len(segment):
                raise ValueError("the pattern ends with a backslash")
            chunks[-1] += re.escape(segment[position])
            position += 1
        else:
            chunks[-1] += re.escape(char)
    if len(chunks) == 1:
        return chunks[0]
    middle = "".join(f"(?>[^/]*?{chunk})" for chunk in chunks[1:-1])
    return chunks[0] + middle + _ANY_RUN + chunks[-1]


def _class(segment: str, position: int) -> tuple[str, int]:
    """Return the expression of a bracket class and where it ends; `position` is behind the `[`."""
    negated = segment[position : position + 1] in ("!", "^")
    position += negated
    items = ""
    first = True
    while True:
        if position >= len(segment):
            raise ValueError("a bracket is not closed")
        if segment[position] == "]" and not first:
            break
        first = False
        if segment.startswith("[:", position):
            end = segment.find(":]", position)
            name = segment[position + 2 : end] if end > 0 else ""
            if name not in _POSIX_CLASSES:
                raise ValueError("an unknown character class")
            items += _POSIX_CLASSES[name]
            position = end + 2
            continue
        low, position = _class_char(segment, position)
        if segment[position : position + 1] == "-" and segment[position + 1 : position + 2] not in ("]", ""):
            high, position = _class_char(segment, position + 1)
            if low <= high:  # a range the wrong way round is empty
                items += f"{re.escape(low)}-{re.escape(high)}"
        else:
            items += re.escape(low)
    if negated:
        return f"[^/{items}]", position + 1
    return (f"(?!/)[{items}]" if items else "(?!)"), position + 1


def _class_char(segment: str, position: int) -> tuple[str, int]:
    if segment[position] == "\\":
        position += 1
        if position >= len(segment):
            raise ValueError("a bracket is not closed")
    return segment[position], position + 1

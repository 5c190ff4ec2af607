"""Searching lines: chooses the files, has ripgrep sieve them when it is there, and runs the worker on the rest.

Knows files and processes, no tool. The invariant: a search ends within its time-out and its limits, whatever the
expression, and its result does not depend on whether ripgrep is installed.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentls.world.contents import FileMatches, Matches, PatternRefused, SearchLine
from agentls.world.environment import child_environment
from agentls.world.ignore_rules import IgnoreRules
from agentls.world.paths import PathRefused, Place
from agentls.world.ripgrep import sieve
from agentls.world.walk import Walk

PATTERN_LIMIT: Final = 5000
SIEVE_FROM_FILES: Final = 500
"""Below this many files, starting ripgrep costs more than it saves."""
_EXPANSION_LIMIT: Final = 64
_WORKER: Final = "import sys; sys.path.append(sys.argv[1]); from agentls.world.scan import main; main()"
_PACKAGE_FOLDER: Final = str(Path(__file__).parents[2])
_OUTPUT_LINE_LIMIT_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; raises PatternRefused when it is made of something unusable."""

    regex: str
    file_pattern: str | None
    context_lines: int
    limit: int
    line_limit: int
    timeout_s: float

    def __post_init__(self) -> None:
        if not self.regex:
            raise PatternRefused("The regular expression is empty.", None)
        if len(self.regex) > PATTERN_LIMIT:
            raise PatternRefused(f"The regular expression is longer than {PATTERN_LIMIT} characters.", None)
        if self.file_pattern is not None:
            _globs(self.file_pattern)

    def choose(self, place: Place, walk: Walk) -> list[str]:
        """Return the files to look into, relative to the root. Blocking; raises OSError, PathRefused."""
        if place.kind == "file":
            return [place.relative]
        if place.kind != "directory":
            raise PathRefused(f"{place.relative} is neither a file nor a folder.")
        if self.file_pattern is None:
            return ["/".join(entry.parts) for entry in walk.entries() if entry.kind == "file"]
        rules = _globs(self.file_pattern)
        excluding = self.file_pattern.startswith("!")
        depth = len(place.parts)
        return [
            "/".join(entry.parts)
            for entry in walk.entries()
            if entry.kind == "file" and _fits(rules, entry.parts, depth, excluding=excluding)
        ]

    async def run(
        self,
        place: Place,
        files: Sequence[str],
        unsaved: Mapping[Path, str],
        ripgrep: Path | None,
        notes: Sequence[str],
    ) -> Matches:
        """Look into the files; raises PatternRefused when the worker cannot compile the expression."""
        texts = {_relative(place.root, path): text for path, text in unsaved.items() if path.is_relative_to(place.root)}
        found = _Found(list(notes))
        try:
            async with asyncio.timeout(self.timeout_s):
                if ripgrep is not None and len(files) >= SIEVE_FROM_FILES:
                    kept = await sieve(ripgrep, self.regex, place.root, files)
                    if kept is not None:
                        files = [file for file in files if file in kept or file in texts]
                await self._work(place, files, texts, found)
        except TimeoutError:
            found.truncated = True
            found.notes.append(f"The search was stopped after {self.timeout_s:g} seconds; narrow it down.")
        return found.matches(files)

    async def _work(self, place: Place, files: Sequence[str], unsaved: Mapping[str, str], found: _Found) -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-X", "utf8", "-c", _WORKER, _PACKAGE_FOLDER),
            env=child_environment({}),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_OUTPUT_LINE_LIMIT_BYTES,
        )
        if process.stdin is None or process.stdout is None:
            raise AssertionError("the worker was started without pipes")
        try:
            with suppress(ConnectionError):  # it ended early; its output says why
                process.stdin.write(self._job(place, files, unsaved))
                await process.stdin.drain()
            process.stdin.close()
            async for line in process.stdout:
                found.take(line)
        except BaseException:
            with suppress(ProcessLookupError):
                process.kill()
            raise
        finally:
            await process.wait()
        if not found.done:
            found.truncated = True
            found.notes.append("The search process ended before it was done; the result is a part.")

    def _job(self, place: Place, files: Sequence[str], unsaved: Mapping[str, str]) -> bytes:
        chosen = frozenset(files)
        head = {
            "root": str(place.root),
            "regex": self.regex,
            "context_lines": max(0, min(self.context_lines, 20)),
            "limit": max(1, self.limit),
            "line_limit": max(20, min(self.line_limit, 10_000)),
            "unsaved": {path: text for path, text in unsaved.items() if path in chosen},
        }
        return json.dumps(head).encode() + b"\n" + b"\0".join(os.fsencode(file) for file in files)


class _Found:
    """What the worker has reported so far."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes
        self.truncated = False
        self.done = False
        self._lines: dict[int, list[SearchLine]] = {}
        self._count = 0

    def take(self, line: bytes) -> None:
        """Add one line of the worker's output; raises PatternRefused."""
        row = json.loads(line)
        if isinstance(row, list):
            number, line_number, text, is_match, cut = row
            self._lines.setdefault(number, []).append(SearchLine(line_number, text, is_match, cut))
            self._count += is_match
        elif "refused" in row:
            raise PatternRefused(f"The regular expression is not valid: {row['refused']}.", row["position"])
        elif "more" in row:
            self.truncated = True
        elif "done" in row:
            self.done = True
            if row["tooLarge"]:
                some = "1 file" if row["tooLarge"] == 1 else f"{row['tooLarge']} files"
                self.notes.append(f"Not searched: {some} over 8 MiB.")

    def matches(self, files: Sequence[str]) -> Matches:
        return Matches(
            files=tuple(FileMatches(_shown(files[number]), tuple(lines)) for number, lines in self._lines.items()),
            count=self._count,
            truncated=self.truncated,
            notes=tuple(self.notes),
        )


def _globs(pattern: str) -> IgnoreRules:
    """Return the rules of a file pattern (gitignore's language plus braces); raises PatternRefused."""
    body = pattern.removeprefix("!")
    body = body + "**" if body.endswith("/") else body
    rules = IgnoreRules([_escaped(glob) for glob in _expanded(body)], fold=False)
    if rules.broken_lines or not body or "\n" in body:
        raise PatternRefused(f"The file pattern {pattern!r} is not a valid glob.", None)
    return rules


def _escaped(glob: str) -> str:
    """A glob is not a line of an ignore file: `#` and `!` at its beginning mean themselves."""
    return f"\\{glob}" if glob.startswith(("#", "!")) else glob


def _expanded(pattern: str) -> list[str]:
    """Return the patterns that `{a,b}` stands for; raises PatternRefused when they are too many."""
    pending, done = [pattern], []
    while pending:
        text = pending.pop()
        close = text.find("}")
        opened = text.rfind("{", 0, close) if close >= 0 else -1
        if opened < 0:
            done.append(text)
        else:
            inner = text[opened + 1 : close].split(",")
            pending += [text[:opened] + choice + text[close + 1 :] for choice in inner]
        if len(pending) + len(done) > _EXPANSION_LIMIT:
            raise PatternRefused("The file pattern has too many alternatives.", None)
    return done


def _fits(rules: IgnoreRules, parts: tuple[str, ...], depth: int, *, excluding: bool) -> bool:
    """Return whether a file is wanted; patterns with a slash count from the folder searched or from the root."""
    named = any(rules.verdict("/".join(path), is_folder=False) for path in {parts[depth:], parts})
    return named != excluding


def _relative(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _shown(file: str) -> str:
    return file if file.isascii() else os.fsencode(file).decode("utf-8", "backslashreplace")

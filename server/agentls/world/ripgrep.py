"""ripgrep as a sieve: which of these files can hold a match at all?

Knows files and expressions, not results: what it lets through is searched by the worker, so the result is the same
with and without it. The invariant: an expression is only handed over in a form that matches at least what Python's
engine matches; for anything doubtful the answer is None = search them all.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from agentls.world.environment import child_environment

_BATCH_BYTES: Final = 24_000 if sys.platform == "win32" else 1_000_000
_REPEAT_LIMIT: Final = 100
# What Python puts in a class and Rust does not: the other numbers, and the separators U+001C to U+001F.
_WIDER: Final = {"w": r"\w\p{N}", "s": r"\s\x1c-\x1f", "d": r"\d"}
# A byte that is no UTF-8 reads as U+FFFD here, which is "any character" to Python.
_BAD_BYTES: Final = r"(?-u:[\x80-\xFF]){1,3}"
_TOKEN: Final = re.compile(
    r"(?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])"
    r"|\\(?P<escape>.)"
    r"|(?P<group>\(\?:|\((?!\?)|\)|\|)"
    r"|(?P<repeat>(?:[*+?]|\{(?P<low>\d{0,3})(?P<comma>,?)(?P<high>\d{0,3})\})\??)(?![*+?{])"
    r"|(?P<plain>[^\\\[\]()|*+?{}])",
    re.DOTALL,
)
_CLASS_ITEM: Final = re.compile(r"\\(?P<escape>.)|(?P<char>[^\\])", re.DOTALL)


def find_ripgrep(program_path: str, roots: Sequence[Path]) -> Path | None:
    """Return the ripgrep on a PATH, never one that lies in a workspace folder (B115)."""
    name = "rg.exe" if sys.platform == "win32" else "rg"
    for folder in program_path.split(os.pathsep):
        if not os.path.isabs(folder):  # noqa: PTH117
            continue
        try:
            program = (Path(folder) / name).resolve(strict=True)
        except OSError:
            continue
        outside = not any(program.is_relative_to(root) or Path(folder).is_relative_to(root) for root in roots)
        if outside and program.is_file() and os.access(program, os.X_OK):
            return program
    return None


async def sieve(program: Path, regex: str, root: Path, files: Sequence[str]) -> frozenset[str] | None:
    """Return those of `files` (relative to `root`) that may match; None when ripgrep cannot tell. Cancellable."""
    expression = widened(regex)
    if expression is None:
        return None
    kept: set[str] = set()
    for batch in _batches(files):
        found = await _list(program, expression, root, batch)
        if found is None:
            return None
        kept |= found
    return frozenset(kept)


async def _list(program: Path, expression: str, root: Path, files: Sequence[str]) -> set[str] | None:
    options = ["--no-config", "--files-with-matches", "--null", "--text", "--no-messages", "--color=never"]
    process = await asyncio.create_subprocess_exec(
        program,
        *options,
        f"--regexp={expression}",
        "--",
        *files,
        cwd=root,
        env=child_environment({}),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        listed, _ = await process.communicate()
    except BaseException:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        raise
    if process.returncode not in (0, 1):  # 2: it did not take the expression, or could not read everything
        return None
    return {os.fsdecode(name) for name in listed.split(b"\0") if name}


def _batches(files: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for file in files:
        size += len(os.fsencode(file)) + 9
        if batch and size > _BATCH_BYTES:
            yield batch
            batch, size = [], len(os.fsencode(file)) + 9
        batch.append(file)
    if batch:
        yield batch


def widened(regex: str) -> str | None:
    """Return a ripgrep expression that matches every line that Python's `regex` matches, or None when in doubt."""
    parts: list[str] = []
    if regex.startswith("(?i)"):
        parts.append("(?i)")
        regex = regex[4:]
        if not regex.isascii():  # the two fold letters beyond ASCII differently
            return None
    position = 0
    while position < len(regex):
        token = _TOKEN.match(regex, position)
        part = token and _widened_token(token)
        if token is None or part is None or _is_odd_anchor(regex, token):
            return None
        parts.append(part)
        position = token.end()
    return "".join(parts)


def _is_odd_anchor(regex: str, token: re.Match[str]) -> bool:
    """Return whether an anchor stands in the middle, where allowing for a CR before the line's end goes wrong."""
    if token["plain"] == "$":
        return token.end() < len(regex) and regex[token.end()] not in ")|"
    return token["plain"] == "^" and token.start() > 0 and regex[token.start() - 1] not in "(|:"


def _widened_token(token: re.Match[str]) -> str | None:
    if (plain := token["plain"]) is not None:
        if plain == ".":
            return f"(?:.|{_BAD_BYTES})"
        return {"$": r"(?:\r?$)", "^": "^", "\n": None}.get(plain, _literal(plain))
    if (escape := token["escape"]) is not None:
        return _widened_escape(escape)
    if (bracket := token["class"]) is not None:
        return _widened_class(bracket)
    if (repeat := token["repeat"]) is not None:
        return _widened_repeat(token, repeat)
    return token["group"]


def _widened_escape(escape: str) -> str | None:
    if escape in _WIDER:
        return f"[{_WIDER[escape]}]"
    if escape in "SD":
        return f"(?:\\{escape}|{_BAD_BYTES})"
    if escape == "b":  # dropped: the two differ in what a word is
        return "(?:)"
    if escape == "t":
        return r"\t"
    return None if escape.isalnum() or escape == "\n" else _literal(escape)


def _widened_repeat(token: re.Match[str], repeat: str) -> str | None:
    if not repeat.startswith("{"):
        return repeat
    low, high = token["low"], token["high"]
    if not low and not high:
        return None
    if max(int(low or 0), int(high or 0)) > _REPEAT_LIMIT:
        return None
    return f"{{{low or 0}{token['comma']}{high}}}" + ("?" if repeat.endswith("?") else "")


def _widened_class(bracket: str) -> str | None:
    negated = bracket.startswith("[^")
    body = bracket[2 if negated else 1 : -1]
    if not body or any(mark in body for mark in ("[", "&&", "--", "~~", "||", "\n")):
        return None
    items = ""
    for item in _CLASS_ITEM.finditer(body):
        escape, char = item["escape"], item["char"]
        if escape is None:
            items += "-" if char == "-" else _literal(char)
        elif escape in _WIDER and not negated:
            items += _WIDER[escape]
        elif escape.isalnum():
            return None
        else:
            items += _literal(escape)
    return f"(?:[^{items}]|{_BAD_BYTES})" if negated else f"[{items}]"


def _literal(char: str) -> str:
    if char == "\ufffd":  # stands for bytes that ripgrep sees as they are
        return f"(?:\ufffd|{_BAD_BYTES})"
    return char if char.isalnum() or char in " _" else f"\\x{{{ord(char):X}}}"

"""Reads a shell command line and says whether it is nothing but plain words (rows B086-B105).

It must not know which programs are allowed. Two readers must agree: a strict tokenizer, which names what it
refuses, and a real shell grammar (`grammar`), which sees only text that the tokenizer has let through.
Invariant: it fails closed. Too large, unreadable, or a fault in the grammar itself gives `NotPlain`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, TypeAlias

from agentls.policy import grammar

MAX_COMMAND_BYTES: Final = 8192
"""A longer command is never plain: the time to read it grows with its length."""
MAX_SEGMENTS: Final = 50
"""A command with more parts than this is never plain (B103)."""

Words: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlainCommands:
    """The argument vectors that will run, in order; quoting is already removed."""

    commands: tuple[Words, ...]


@dataclass(frozen=True, slots=True)
class NotPlain:
    """The command does more than run plain words."""

    reason: str
    """A sentence for the user that names the construct."""
    mentioned: tuple[Words, ...] = ()
    """Commands that may be inside, roughly read: only ever used to deny."""


Analysis: TypeAlias = PlainCommands | NotPlain

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t]+)
      | (?P<separator>&&|\|\|(?!\|)|\|(?![|&])|;(?!;))
      | (?P<bare>[\w./:@,+=%^-]+)(?=[ \t;|&]|$)
      | '(?P<single>[^']*)'(?=[ \t;|&]|$)
      | "(?P<double>[^"\\$`!]*)"(?=[ \t;|&]|$)""",
    re.VERBOSE | re.ASCII,
)
_NAME: Final = re.compile(r"[\w./+][\w./+-]*", re.ASCII)
_ASSIGNMENT: Final = re.compile(r"\w+(\[[^\]]*\])?\+?=")
_RESERVED_WORDS: Final = """
    ! [ [[ ]] { } case coproc do done elif else esac fi for function if in select then time until while
"""
_RESERVED: Final = frozenset(_RESERVED_WORDS.split())
_CONSTRUCTS: Final = (
    (re.compile(r"&$|&[^&>]"), "runs a command in the background (`&`)"),
    (re.compile(r"\|&"), "pipes the error output (`|&`)"),
    (re.compile(r";;"), "uses `;;`"),
    (re.compile(r"\$\(\(|\$\["), "evaluates arithmetic"),
    (re.compile(r"\$\(|`"), "runs a command inside another (`$(…)` or backticks)"),
    (re.compile(r"[<>=]\("), "uses a process substitution (`<(…)`, `>(…)` or `=(…)`)"),
    (re.compile(r"<<<"), "contains a here-string (`<<<`)"),
    (re.compile(r"<<"), "contains a here-document (`<<`)"),
    (re.compile(r"&?[<>]"), "redirects input or output"),
    (re.compile(r"\$['\"]"), "uses a `$'…'` or `$\"…\"` string"),
    (re.compile(r"\$"), "expands a variable (`$`)"),
    (re.compile(r"#"), "contains a comment (`#`)"),
    (re.compile(r"\\"), "contains a backslash"),
    (re.compile(r"[*?\[\]]"), "contains a file name pattern"),
    (re.compile(r"[{}]"), "contains braces"),
    (re.compile(r"~"), "contains a tilde (`~`)"),
    (re.compile(r"[()]"), "contains parentheses"),
    (re.compile(r"!"), "contains an exclamation mark (`!`)"),
    (re.compile(r"'[^']*$|\"[^\"]*$"), "has an unbalanced quote"),
    (re.compile(r"['\"]"), "joins quoted pieces into one word"),
)
_SPLITTER: Final = re.compile(r"[;&|()`{}\n\r<>]|\$\(")


class _Refused(Exception):
    """Its text completes the sentence "The command …"."""


def analyse(command: str) -> Analysis:
    """Split `command` into argument vectors if it is only plain words joined by `&& || ; |`.

    Total: any text gives an answer, in time bounded by MAX_COMMAND_BYTES.
    """
    if len(command) > MAX_COMMAND_BYTES or len(command.encode(errors="replace")) > MAX_COMMAND_BYTES:
        return NotPlain(f"The command is longer than {MAX_COMMAND_BYTES} bytes.")
    try:
        tame = _tame(command)
        commands = tuple(_segments(command, tame))
        if not commands:
            raise _Refused("is empty")
        if len(commands) > MAX_SEGMENTS:
            raise _Refused(f"has more than {MAX_SEGMENTS} parts")
        if (doubt := grammar.disagreement(tame, [[len(word) for word in argv] for argv in commands])) is not None:
            raise _Refused(doubt)
    except _Refused as refused:
        return NotPlain(f"The command {refused}.", _mentioned(command))
    except Exception:  # a rim: whatever breaks inside the grammar must end in a question (B104)
        return NotPlain("The command could not be analysed.", _mentioned(command))
    return PlainCommands(commands)


def _tame(command: str) -> str:
    """The command with `x` for every letter beyond ASCII, so that one character is one byte.

    No shell gives such a letter a meaning. The grammar's scanner does not survive all of them: version 0.25.1
    reads outside its tables, and ends the process, for characters beyond the basic plane.
    """
    if command.isascii() and command.isprintable():
        return command
    return "".join(_tame_character(character) for character in command)


def _tame_character(character: str) -> str:
    if " " <= character <= "~" or character == "\t":
        return character
    if character in "\n\r":
        raise _Refused("has more than one line")
    if character < "\x80" or unicodedata.category(character)[0] not in "LMNPS":
        # A shell, a grammar and a reader may each see this one differently (B091, B118).
        raise _Refused(f"contains the invisible or control character U+{ord(character):04X}")
    return "x"


def _segments(command: str, tame: str) -> list[Words]:
    segments: list[Words] = []
    words: list[str] = []
    separator = ""
    position = 0
    while position < len(tame):
        token = _TOKEN.match(tame, position)
        if token is None:
            raise _Refused(_construct(tame, position))
        kind = token.lastgroup or ""
        text = command[token.start(kind) : token.end(kind)]
        position = token.end()
        if kind == "separator":
            if not words:
                raise _Refused("has an empty part")
            segments.append(tuple(words))
            words, separator = [], text
        elif kind != "blank":
            words.append(_word(text, kind, is_name=not words))
    if words:
        segments.append(tuple(words))
    elif separator not in ("", ";"):
        raise _Refused(f"ends with `{separator}`")
    return segments


def _word(text: str, kind: str, *, is_name: bool) -> str:
    if not is_name:
        if kind == "bare" and text.startswith("="):  # zsh replaces `=ls` by the path of ls
            raise _Refused("contains a word that begins with `=`")
        return text
    if kind != "bare":
        raise _Refused("quotes the name of the program")
    if _ASSIGNMENT.match(text):
        raise _Refused("sets a variable")
    if text in _RESERVED:
        raise _Refused(f"uses the shell keyword `{text}`")
    if not _NAME.fullmatch(text):
        raise _Refused("has an unusual program name")
    return text


def _construct(tame: str, position: int) -> str:
    """Name what stands in the way: the tokenizer stopped at `position`, or in front of a word with it."""
    bare = re.match(r"[\w./:@,+=%^-]*", tame[position:], re.ASCII)
    at = position + (bare.end() if bare else 0)
    if at == len(tame):
        return "is not complete shell syntax"
    where = ""
    if tame[at] == '"' and (special := re.compile(r'[^"\\$`!]*([\\$`!])').match(tame, at + 1)) is not None:
        at, where = special.start(1), " inside double quotes"
    for pattern, meaning in _CONSTRUCTS:
        if pattern.match(tame, at):
            return meaning + where
    return "uses shell syntax beyond plain words"


def _mentioned(command: str) -> tuple[Words, ...]:
    """Every command that any reading could find, with its quoting removed; never used to allow."""
    found = []
    for part in _SPLITTER.split(command.replace("\\\n", "")):
        words = re.sub(r"[\\'\"]", "", part).split()
        while words and (_ASSIGNMENT.match(words[0]) or words[0] in _RESERVED):
            del words[0]
        if words:
            found.append(tuple(words))
    return tuple(found)

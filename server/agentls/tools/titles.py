"""One line that says what a call is about, from its raw arguments.

It must not look anything up. Total: any name and any JSON object give a line.
Invariant: the line is short and printable; what is cut is counted (B118).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

MAX_TITLE_CHARS: Final = 160
_TEXT_KEYS: Final = {
    "list_files": ("List", "path"),
    "read_file": ("Read", "path"),
    "write_to_file": ("Write", "path"),
    "edit_file": ("Edit", "path"),
    "execute_command": ("Run", "command"),
    "read_command_output": ("Read output", "artifact_id"),
    "ask_followup_question": ("Ask:", "question"),
}


def title(name: str, arguments: Mapping[str, object]) -> str:
    """The line for a call of the tool `name`."""
    if name in _TEXT_KEYS:
        verb, key = _TEXT_KEYS[name]
        line = f"{verb} {_text(arguments, key)}"
        if name == "read_file":
            line += _lines(arguments.get("start_line"), arguments.get("end_line"))
    elif name == "search_files":
        pattern, where = _text(arguments, "file_pattern"), _text(arguments, "path")
        line = f"Search {where} for {_text(arguments, 'regex')}" + (f" in {pattern}" if pattern else "")
    elif name == "update_todo_list":
        line = "Update the to-do list"
    else:
        line = name
    return one_line(line)


def one_line(text: str, limit: int = MAX_TITLE_CHARS) -> str:
    """`text` as one printable line: controls and invisible characters escaped, a cut counted."""
    shown = "".join(c if c.isprintable() else _escape(c) for c in text[: 2 * limit].strip())
    left_out = max(0, len(shown) - limit) + max(0, len(text) - 2 * limit)
    return shown if left_out == 0 else f"{shown[:limit]}… (+{left_out} characters)"


def path_text(path: str) -> str:
    """A path in a text of lines: as it is, or as a JSON string where its name could be taken for more than a name."""
    return path if path.isprintable() else json.dumps(path)


def folder_text(path: str) -> str:
    """A folder in a sentence; "." alone reads as a full stop."""
    return "the workspace folder" if path == "." else path_text(path)


def _escape(character: str) -> str:
    return "⏎" if character == "\n" else " " if character == "\t" else f"\\u{ord(character):04x}"


def _text(arguments: Mapping[str, object], key: str) -> str:
    value = arguments.get(key)
    return value if isinstance(value, str) else ""


def _lines(start: object, end: object) -> str:
    if isinstance(start, int) and isinstance(end, int):
        return f", lines {start}-{end}"
    if isinstance(start, int):
        return f", from line {start}"
    return f", up to line {end}" if isinstance(end, int) else ""

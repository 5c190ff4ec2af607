"""The tool `edit_file`: replace a piece of text that occurs exactly once (or every time it occurs).

It must not know how files are written.
Invariant: nothing is guessed. Text that is not there, or there more than once, is an error that shows where to look.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field

from agentls.protocol.values import ToolKind
from agentls.tools.calls import call_text
from agentls.tools.edits import changed_since, editable, replacement, with_diff
from agentls.tools.nearest import nearest
from agentls.tools.outcome import ToolFailure
from agentls.tools.read_file import text_lines
from agentls.tools.tool import Arguments, Prepared, own, resolve

if TYPE_CHECKING:
    from agentls.tools.desk import Desk

_MAX_PLACES_NAMED: Final = 10
_MAX_LINES_SHOWN: Final = 30
_MAX_CHARS_SHOWN: Final = 300
_NUMBERED: Final = re.compile(r"\s*\d+ \| ?")


class EditFileArguments(Arguments):
    """Arguments of `edit_file`."""

    path: Annotated[str, Field(description="File, relative to the workspace.")]
    old_string: Annotated[
        str,
        Field(min_length=1, description="The text to replace, exactly as in the file, with enough lines to be unique."),
    ]
    new_string: Annotated[str, Field(description="The text that takes its place; may be empty.")]
    replace_all: Annotated[
        bool | None, Field(description="true: replace every occurrence; absent: there must be exactly one.")
    ] = None


class EditFile:
    """Replaces exact text in a file."""

    name: ClassVar[str] = "edit_file"
    kind: ClassVar[ToolKind] = "edit"
    read_only: ClassVar[bool] = False
    arguments: ClassVar[type[Arguments]] = EditFileArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Find the text and make the new one; raises ToolFailure."""
        given = own(EditFileArguments, arguments)
        if given.old_string == given.new_string:
            raise ToolFailure("old_string and new_string are the same: there is nothing to change.", "invalid")
        place = resolve(desk, given.path)
        name = desk.name_of(place)
        content = await editable(place, desk)
        if content is None:
            raise ToolFailure(f"There is no {name}. Use write_to_file to create it.")
        if desk.seen.digest(place) not in (None, content.digest):
            raise changed_since(name)
        old, new = _in_style(given.old_string, given.new_string, content.text)
        count = _count(content.text, old)
        if count == 0:
            raise ToolFailure(await asyncio.to_thread(_not_found, name, content.text, old))
        if count > 1 and not given.replace_all:
            raise ToolFailure(_ambiguous(name, content.text, old, count))
        made = content.text.count(old)
        summary = f"Edited {name}: {made} {'replacement' if made == 1 else 'replacements'}"
        new_text = content.text.replace(old, new)
        edit = await asyncio.to_thread(replacement, place, desk, content, new_text, summary)
        return with_diff(edit).prepared()


def _count(text: str, old: str) -> int:
    """How often `old` occurs; places that overlap make it at least two."""
    first = text.find(old)
    if first < 0 or text.find(old, first + 1) < 0:
        return 0 if first < 0 else 1
    return max(2, text.count(old))


def _in_style(old: str, new: str, text: str) -> tuple[str, str]:
    """Newlines as in `text`: LF, or as they are where a file mixes styles."""
    if old in text:
        return old, new
    plain_old, plain_new = old.replace("\r\n", "\n"), new.replace("\r\n", "\n")
    if "\r\n" in text and plain_old not in text:
        return plain_old.replace("\n", "\r\n"), plain_new.replace("\n", "\r\n")
    return plain_old, plain_new


def _not_found(name: str, text: str, old: str) -> str:
    head = f"old_string is not in {name}. Nothing was written."
    numbered = [_NUMBERED.match(line) for line in old.strip("\n").split("\n")]
    if all(numbered):
        return f"{head} It contains line numbers (`12 | `), which are not part of the file: leave them out."
    lines = text_lines(text)
    found = nearest(lines, old.replace("\r\n", "\n"))
    if found is None:
        return f"{head} Nothing in the file resembles it. Read it: {call_text('read_file', path=name)}"
    shown = lines[found.start_line - 1 : found.end_line][:_MAX_LINES_SHOWN]
    rows = [f"{found.start_line + index} | {line[:_MAX_CHARS_SHOWN]}" for index, line in enumerate(shown)]
    what = "differs only in blanks or line breaks" if found.only_blanks_differ else f"{found.percent}% alike"
    more = [] if len(shown) == found.end_line - found.start_line + 1 else ["…"]
    where = f"The nearest text is in lines {found.start_line}-{found.end_line} ({what}):"
    return "\n".join([head, where, *rows, *more])


def _ambiguous(name: str, text: str, old: str, count: int) -> str:
    numbers: list[str] = []
    position = text.find(old)
    while position >= 0 and len(numbers) < _MAX_PLACES_NAMED:
        numbers.append(str(text.count("\n", 0, position) + 1))
        position = text.find(old, position + 1)
    more = " and more" if position >= 0 else ""
    return (
        f"old_string occurs {count} times in {name}, in lines {', '.join(numbers)}{more}. Nothing was written. "
        "Add lines around it until it is unique, or set replace_all to replace every one."
    )

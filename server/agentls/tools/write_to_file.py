"""The tool `write_to_file`: create a file, or replace the whole of one that was read.

It must not know how files are written.
Invariant: text that the model has not seen in this task is never replaced.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from agentls.policy.rules import ReadAction
from agentls.protocol.values import Location, ToolKind
from agentls.tools.calls import call_text
from agentls.tools.diffs import text_diff
from agentls.tools.edits import Edit, changed_since, editable, replacement
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.read_file import text_lines
from agentls.tools.titles import title
from agentls.tools.tool import Arguments, Prepared, own, resolve

if TYPE_CHECKING:
    from agentls.tools.desk import Desk


class WriteToFileArguments(Arguments):
    """Arguments of `write_to_file`."""

    path: Annotated[str, Field(description="File, relative to the workspace; missing folders are made.")]
    content: Annotated[str, Field(description="The whole new text of the file, without line numbers.")]


class WriteToFile:
    """Creates or replaces a file."""

    name: ClassVar[str] = "write_to_file"
    kind: ClassVar[ToolKind] = "edit"
    read_only: ClassVar[bool] = False
    arguments: ClassVar[type[Arguments]] = WriteToFileArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Compare with what is there; raises ToolFailure."""
        given = own(WriteToFileArguments, arguments)
        place = resolve(desk, given.path)
        name = desk.name_of(place)
        content = await editable(place, desk)
        if content is None:
            diff = await asyncio.to_thread(text_diff, name, "", given.content, created=True)
            count = len(text_lines(given.content))
            summary = f"Created {name} with {count} {'line' if count == 1 else 'lines'}"
            return Edit(place, name, given.content, None, diff, summary, False, desk).prepared()
        known = desk.seen.digest(place)
        if known is None:
            read = call_text("read_file", path=name)
            raise ToolFailure(
                f"{name} exists and was not read in this task. Nothing was written. First: {read}. "
                "For a small change use edit_file."
            )
        if known != content.digest:
            raise changed_since(name)
        if given.content.replace("\r\n", "\n") == content.text.replace("\r\n", "\n"):
            return Prepared(
                title=title(self.name, {"path": given.path}),
                action=ReadAction(),
                run=_Unchanged(name),
                locations=(Location(uri=place.uri),),
            )
        edit = await asyncio.to_thread(replacement, place, desk, content, given.content, f"Replaced the text of {name}")
        return edit.prepared()


class _Unchanged:
    def __init__(self, name: str) -> None:
        self._name = name

    async def __call__(self) -> Outcome:
        return Outcome(status="ok", text=f"{self._name} already has exactly this text. Nothing was written.")

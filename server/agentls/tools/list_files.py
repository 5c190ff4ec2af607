"""The tool `list_files`: the entries of a folder, ignore rules honoured, capped.

It must not know how folders are walked.
Invariant: every line is one entry, and its path can be handed back to the other tools as it stands.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field

from agentls.policy.rules import ReadAction
from agentls.protocol.values import Location, ToolKind
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.titles import folder_text, path_text, title
from agentls.tools.tool import Arguments, Prepared, own, resolve
from agentls.world.paths import PathRefused

if TYPE_CHECKING:
    from agentls.tools.desk import Desk
    from agentls.world.paths import Place

MAX_ENTRIES: Final = 500


class ListFilesArguments(Arguments):
    """Arguments of `list_files`."""

    path: Annotated[str, Field(description="Folder, relative to the workspace; `.` is the workspace itself.")]
    recursive: Annotated[
        bool | None, Field(description="true: everything below, not only the folder's own entries.")
    ] = None


class ListFiles:
    """Lists a folder."""

    name: ClassVar[str] = "list_files"
    kind: ClassVar[ToolKind] = "read"
    read_only: ClassVar[bool] = True
    arguments: ClassVar[type[Arguments]] = ListFilesArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Find the folder; raises ToolFailure."""
        given = own(ListFilesArguments, arguments)
        place = resolve(desk, given.path)
        if place.kind == "file":
            raise ToolFailure(f"{desk.name_of(place)} is a file, not a folder. Use read_file.")
        return Prepared(
            title=title(self.name, {"path": given.path}),
            action=ReadAction(),
            run=partial(_list, place, desk, recursive=given.recursive or False),
            locations=(Location(uri=place.uri),),
        )


async def _list(place: Place, desk: Desk, *, recursive: bool) -> Outcome:
    try:
        listing = await desk.workspace.walk(place, recursive, MAX_ENTRIES)
    except PathRefused as refused:
        raise ToolFailure(refused.reason) from None
    name = folder_text(desk.name_of(place))
    # Entries are relative to their own workspace folder; those of a second one need its path in front.
    prefix = "" if place.root == desk.workspace.roots[0] else f"{place.root.as_posix()}/"
    lines = [path_text(f"{prefix}{entry}") for entry in listing.entries]
    if not lines:
        head = f"In {name}: nothing, or everything in it is ignored."
    elif listing.truncated:
        head = f"In {name}: the first {len(lines)} entries, there are more. List a subfolder, or use search_files."
    else:
        head = f"In {name}: {len(lines)} {'entry' if len(lines) == 1 else 'entries'}"
    return Outcome(status="ok", text="\n".join([head, *lines, *listing.notes]))

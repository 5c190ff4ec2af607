"""The tool `search_files`: the lines that match a regular expression, with context, capped.

It must not know how files are searched.
Invariant: every match is shown with the number of its line in a file the other tools can be given.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from agentls.policy.rules import ReadAction
from agentls.protocol.values import Location, ToolKind
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.titles import path_text, title
from agentls.tools.tool import Arguments, Prepared, own, resolve
from agentls.world.contents import PatternRefused
from agentls.world.paths import PathRefused

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agentls.tools.desk import Desk
    from agentls.world.contents import FileMatches
    from agentls.world.paths import Place


class SearchFilesArguments(Arguments):
    """Arguments of `search_files`."""

    path: Annotated[str, Field(description="Folder (searched with all below it) or file, relative to the workspace.")]
    regex: Annotated[str, Field(min_length=1, description="Regular expression, matched line by line.")]
    file_pattern: Annotated[
        str | None, Field(description="Only files whose name matches this glob, for example `*.py`.")
    ] = None


class SearchFiles:
    """Finds lines by regular expression."""

    name: ClassVar[str] = "search_files"
    kind: ClassVar[ToolKind] = "search"
    read_only: ClassVar[bool] = True
    arguments: ClassVar[type[Arguments]] = SearchFilesArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Find the place to search; raises ToolFailure."""
        given = own(SearchFilesArguments, arguments)
        place = resolve(desk, given.path)
        return Prepared(
            title=title(self.name, given.model_dump()),
            action=ReadAction(),
            run=partial(_search, place, given.regex, given.file_pattern or None, desk),
            locations=(Location(uri=place.uri),),
        )


async def _search(place: Place, regex: str, file_pattern: str | None, desk: Desk) -> Outcome:
    try:
        matches = await desk.workspace.search(place, regex, file_pattern)
    except PatternRefused as refused:
        where = "" if refused.position is None else f" (at position {refused.position} of the pattern)"
        raise ToolFailure(f"{refused.reason}{where}", "invalid") from None
    except PathRefused as refused:
        raise ToolFailure(refused.reason) from None
    if matches.count == 0:
        head = "No matches."
    else:
        head = f"{'The first ' if matches.truncated else ''}{_count(matches.count, 'matching line')}"
        head += f" in {_count(len(matches.files), 'file')}"
        head += ". There are more: narrow the expression, the path or file_pattern." if matches.truncated else "."
    prefix = "" if place.root == desk.workspace.roots[0] else f"{place.root.as_posix()}/"
    body = [line for file in matches.files for line in _block(file, prefix)]
    return Outcome(status="ok", text="\n".join([head, *(f"[{note}]" for note in matches.notes), *body]))


def _block(file: FileMatches, prefix: str) -> Iterator[str]:
    yield ""
    yield f"# {path_text(prefix + file.path)}"
    last: int | None = None
    for line in file.lines:
        if last is not None and line.number > last + 1:
            yield "----"
        yield f"{'>' if line.is_match else ' '} {line.number} | {line.text}"
        last = line.number


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

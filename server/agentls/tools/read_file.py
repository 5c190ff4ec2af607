"""The tool `read_file`: numbered lines of a text file, the editor's unsaved text first; images as they are.

It must not know how files are read.
Invariant: what is left out is said, with the exact call that shows it; what was shown is noted as seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field

from agentls.policy.rules import ReadAction
from agentls.protocol.values import LineRange, Location, ToolKind
from agentls.tools.calls import call_text
from agentls.tools.image_file import image_outcome
from agentls.tools.outcome import Cut, Outcome, ToolFailure
from agentls.tools.titles import folder_text, path_text, title
from agentls.tools.tool import Arguments, Prepared, own, resolve
from agentls.world.paths import PathRefused

if TYPE_CHECKING:
    from agentls.tools.desk import Desk
    from agentls.world.contents import FileContent
    from agentls.world.paths import Place

MAX_SHOWN_BYTES: Final = 256 * 1024
"""However many lines the settings allow, one result holds no more than this."""
_LATER: Final = {
    "images other than PNG, JPEG, GIF and WebP": "bmp ico avif tif tiff heic",
    "PDF documents": "pdf",
    "Word documents": "docx doc odt",
    "spreadsheets": "xlsx xls ods",
    "presentations": "pptx ppt odp",
}
_KIND_OF_SUFFIX: Final = {f".{suffix}": kind for kind, suffixes in _LATER.items() for suffix in suffixes.split()}


class ReadFileArguments(Arguments):
    """Arguments of `read_file`."""

    path: Annotated[str, Field(description="File, relative to the workspace.")]
    start_line: Annotated[
        int | None, Field(ge=1, description="First line to show, from 1; absent: the first line.")
    ] = None
    end_line: Annotated[int | None, Field(ge=1, description="Last line to show, included; absent: the last line.")] = (
        None
    )


class ReadFile:
    """Shows the lines of a text file."""

    name: ClassVar[str] = "read_file"
    kind: ClassVar[ToolKind] = "read"
    read_only: ClassVar[bool] = True
    arguments: ClassVar[type[Arguments]] = ReadFileArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Find the file; raises ToolFailure."""
        given = own(ReadFileArguments, arguments)
        first, last = given.start_line, given.end_line
        if first is not None and last is not None and last < first:
            raise ToolFailure(f"end_line ({last}) is before start_line ({first}).", "invalid")
        place = resolve(desk, given.path)
        if place.kind == "directory":
            raise ToolFailure(f"{folder_text(desk.name_of(place))} is a folder. Use list_files.")
        return Prepared(
            title=title(self.name, given.model_dump()),
            action=ReadAction(),
            run=partial(_read, place, first, last, desk),
            locations=(Location(uri=place.uri, line=first),),
        )


async def _read(place: Place, first: int | None, last: int | None, desk: Desk) -> Outcome:
    name = desk.name_of(place)
    shown = path_text(name)
    try:
        content = await desk.workspace.read(place)
    except PathRefused as refused:
        raise ToolFailure(refused.reason) from None
    if content.is_binary or content.encoding == "lossy":
        image = await image_outcome(place, content, desk)
        if image is not None:
            return image
    kind = _KIND_OF_SUFFIX.get(PurePosixPath(name).suffix.lower(), "binary files" if content.is_binary else None)
    if kind is not None:
        raise ToolFailure(f"not supported yet: {kind} ({shown}, {content.size_bytes} bytes). Nothing of it was read.")
    lines = text_lines(content.text)
    if first is not None and first > max(len(lines), 1):
        raise ToolFailure(f"start_line {first} is past the end: {shown} has {_count(len(lines))}.")
    desk.seen.note(place, content.digest)
    if not lines:
        empty = f"{shown} is empty." if content.size_bytes == 0 else f"{shown} has no whole line that can be shown."
        return Outcome(status="ok", text=empty, source=content.source)
    return _shown(name, content, lines, first, last, desk)


def _shown(
    name: str, content: FileContent, lines: list[str], first: int | None, last: int | None, desk: Desk
) -> Outcome:
    start, wanted = first or 1, min(last or len(lines), len(lines))
    page = _page(lines, start, min(wanted, start + desk.read.max_lines - 1), desk.read.max_line_length)
    whole = LineRange(start_line=start, end_line=page.end, total_lines=len(lines))
    notes = list(_notes(content, page, desk.read.max_line_length))
    following = None
    if page.end < wanted:
        following = call_text("read_file", path=name, start_line=page.end + 1, end_line=last)
        notes.append(f"Truncated: lines {page.end + 1}-{wanted} are not shown. Next: {following}")
    part = "" if content.complete else " (of the part that fits)"
    head = f"{path_text(name)}, lines {start}-{page.end} of {len(lines)}{part}"
    if content.source == "buffer":
        head += ", unsaved text of the editor"
    incomplete = page.end < wanted or page.cut_lines > 0 or (not content.complete and page.end == len(lines))
    return Outcome(
        status="ok",
        text="\n".join([head, "", *page.rows, *([""] if notes else []), *(f"[{note}]" for note in notes)]),
        range=whole,
        truncated=Cut(page.shown_bytes, content.size_bytes, following) if incomplete else None,
        source=content.source,
    )


@dataclass(frozen=True, slots=True)
class _Page:
    rows: list[str]
    end: int
    cut_lines: int
    shown_bytes: int


def _page(lines: list[str], start: int, end: int, max_chars: int) -> _Page:
    rows: list[str] = []
    cut_lines = shown_bytes = 0
    for number in range(start, end + 1):
        line = lines[number - 1]
        piece = line[:max_chars]
        size = len(piece.encode("utf-8", "replace")) + 1
        if rows and shown_bytes + size > MAX_SHOWN_BYTES:
            break
        shown_bytes += size
        if len(line) > max_chars:
            cut_lines += 1
            piece = f"{piece}… [+{len(line) - max_chars} characters]"
        rows.append(f"{number} | {piece}")
    return _Page(rows, start + len(rows) - 1, cut_lines, shown_bytes)


def _notes(content: FileContent, page: _Page, max_chars: int) -> list[str]:
    notes = []
    if content.conflict:
        notes.append("Conflict: the editor has unsaved changes and the file changed on disk; this is the editor's text")
    if page.cut_lines:
        some = "1 line is" if page.cut_lines == 1 else f"{page.cut_lines} lines are"
        notes.append(f"{some} longer than {max_chars} characters and cut; search_files finds text in long lines")
    if content.encoding == "lossy":
        notes.append("The encoding is unknown: some characters are replaced, and the file cannot be edited")
    if not content.complete:
        notes.append(
            f"The file has {content.size_bytes} bytes; only its beginning can be read, and it cannot be edited"
        )
    return notes


def text_lines(text: str) -> list[str]:
    """The lines of a text as editors count them: a newline ends a line, the last one needs none."""
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return [line.removesuffix("\r") for line in lines]


def _count(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines} lines"

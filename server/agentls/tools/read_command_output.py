"""The tool `read_command_output`: pieces of an output that was too long to show, or its lines that match.

It must not know where outputs are kept.
Invariant: the result says which bytes of how many it covers, and names the call that goes on.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from pydantic import Field

from agentls.policy.rules import ReadAction
from agentls.protocol.values import ToolKind
from agentls.tools.calls import call_text
from agentls.tools.line_pattern import LinePattern, line_pattern
from agentls.tools.outcome import Cut, Outcome, ToolFailure
from agentls.tools.titles import title
from agentls.tools.tool import Arguments, Prepared, own
from agentls.world.artifacts import ArtifactText, ArtifactUnknown

if TYPE_CHECKING:
    from agentls.tools.desk import Desk

MAX_LIMIT_BYTES: Final = 100_000
_SEARCH_PIECE_BYTES: Final = 1024 * 1024
_MAX_LINE_CHARS: Final = 2000


class ReadCommandOutputArguments(Arguments):
    """Arguments of `read_command_output`."""

    artifact_id: Annotated[str, Field(description="The id from the result of execute_command.")]
    search: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=1000,
            description="Only lines with this text; case is ignored, `a|b` and `a.*b` work, all else is literal.",
        ),
    ] = None
    offset: Annotated[int | None, Field(ge=0, description="Byte to start at; absent: the beginning.")] = None
    limit: Annotated[int | None, Field(ge=1, description="Most bytes to show; absent: the user's limit.")] = None


class ReadCommandOutput:
    """Shows a piece of a kept output."""

    name: ClassVar[str] = "read_command_output"
    kind: ClassVar[ToolKind] = "read"
    read_only: ClassVar[bool] = True
    arguments: ClassVar[type[Arguments]] = ReadCommandOutputArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Nothing to check before it is read."""
        given = own(ReadCommandOutputArguments, arguments)
        return Prepared(
            title=title(self.name, given.model_dump()),
            action=ReadAction(),
            run=partial(_read, given, desk),
        )


async def _read(arguments: ReadCommandOutputArguments, desk: Desk) -> Outcome:
    limit = min(arguments.limit or desk.command.output_bytes, MAX_LIMIT_BYTES)
    offset = arguments.offset or 0
    pattern = None if arguments.search is None else line_pattern(arguments.search)
    try:
        if pattern is None:
            piece = await asyncio.to_thread(desk.artifacts.read, arguments.artifact_id, None, offset, limit)
        else:
            piece = await asyncio.to_thread(_search, arguments.artifact_id, pattern, offset, limit, desk)
    except ArtifactUnknown as unknown:
        raise ToolFailure(unknown.reason) from None
    if offset > 0 and offset >= piece.total_bytes:
        raise ToolFailure(f"offset {offset} is past the end: the output has {piece.total_bytes} bytes.")
    return _outcome(arguments, piece, pattern)


def _outcome(arguments: ReadCommandOutputArguments, piece: ArtifactText, pattern: LinePattern | None) -> Outcome:
    end = piece.total_bytes if piece.next_offset_bytes is None else piece.next_offset_bytes
    following = None
    if piece.next_offset_bytes is not None:
        following = call_text(
            "read_command_output",
            artifact_id=arguments.artifact_id,
            search=arguments.search,
            offset=piece.next_offset_bytes,
            limit=arguments.limit,
        )
    head = f"{arguments.artifact_id}, bytes {piece.offset_bytes}-{end} of {piece.total_bytes}"
    if pattern is not None:
        kind = "the literal text" if pattern.literal else "the expression"
        head += (
            f", lines with {kind} {arguments.search!r}" if piece.text else f": no line has {kind} {arguments.search!r}"
        )
    parts = [
        head,
        *([piece.text] if piece.text else []),
        *([f"[More follows. Next: {following}]"] if following else []),
    ]
    shown = len(piece.text.encode("utf-8", "replace"))
    cut = Cut(shown, piece.total_bytes, following) if following or piece.offset_bytes else None
    return Outcome(status="ok", text="\n".join(parts), truncated=cut)


def _search(artifact_id: str, pattern: LinePattern, offset: int, limit: int, desk: Desk) -> ArtifactText:
    """The matching lines from `offset` on, at most `limit` bytes of them (but one at least). Blocking."""
    found: list[str] = []
    size = 0
    position = offset
    while True:
        piece = desk.artifacts.read(artifact_id, None, position, _SEARCH_PIECE_BYTES)
        body = piece.text
        if piece.next_offset_bytes is not None:  # a line cut at the end is read again with what follows it
            body = body[: body.rfind("\n") + 1] or body
        for line in body.splitlines(keepends=True) if "\n" not in body else body.split("\n"):
            shown = line[:_MAX_LINE_CHARS]
            width = len(line.encode("utf-8", "replace")) + 1
            if pattern.matches(line):
                size += len(shown.encode("utf-8", "replace")) + 1
                if found and size > limit:
                    return ArtifactText("\n".join(found), offset, min(position, piece.total_bytes), piece.total_bytes)
                found.append(shown)
            position += width
        position = min(position, piece.total_bytes)
        if piece.next_offset_bytes is None:
            return ArtifactText("\n".join(found), offset, None, piece.total_bytes)

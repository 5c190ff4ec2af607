"""Shapes that are the Language Server Protocol's own: positions, ranges, diagnostics.

Knows nothing of prompts. Invariant: same names and counting as in LSP, so editors pass theirs on as they are.
"""

from typing import Annotated

from pydantic import Field

from agentls.protocol.wire import Wire


class DocumentPosition(Wire):
    """A place in a document, as in the Language Server Protocol."""

    line: Annotated[int, Field(ge=0)]
    """Line, counted from 0."""
    character: Annotated[int, Field(ge=0)]
    """Offset in the line, counted from 0, in the negotiated position encoding."""


class DocumentRange(Wire):
    """A range in a document, as in the Language Server Protocol: the end is exclusive."""

    start: DocumentPosition
    """First position."""
    end: DocumentPosition
    """Position after the last one."""


class DiagnosticItem(Wire):
    """One diagnostic, as in the Language Server Protocol; other fields of it are ignored."""

    range: DocumentRange
    """Where it is."""
    message: str
    """What it says."""
    severity: Annotated[int, Field(ge=1, le=4)] | None = None
    """1 error, 2 warning, 3 information, 4 hint."""
    code: int | str | None = None
    """The rule's code."""
    source: str | None = None
    """Who says it, for example `ruff`."""

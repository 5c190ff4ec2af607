"""What the editor holds open: the seam between the workspace and a face that has buffers.

Knows nothing of LSP. The invariant: an unsaved buffer is the truth about its file, and nothing here
ever writes over it without the editor's consent. All methods are called on the event loop's thread.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from agentls.world.content import text_digest
from agentls.world.paths import Place


@dataclass(frozen=True, slots=True)
class Buffer:
    """The text of one open document."""

    text: str
    """As the editor holds it, with its own newlines."""
    version: int
    """The document version that an edit must name."""
    saved_text_digest: str | None
    """`text_digest` of the text when it last equalled the disk (open, save); None = never saved."""

    @property
    def dirty(self) -> bool:
        """True when the editor holds changes that are not on disk."""
        return text_digest(self.text) != self.saved_text_digest


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of an edit that was handed to the editor."""

    accepted: bool
    """False: the editor refused (a newer version, read-only, the user said no)."""
    text: str | None
    """The document's text as it came back after the edit; None when the editor did not say."""
    saved: bool
    """True when the editor has also written the file."""
    reason: str | None = None
    """Why it was refused, as the editor said it."""


class Buffers(Protocol):
    """The open documents of a face."""

    def get(self, absolute: Path) -> Buffer | None:
        """Return the open document of this real path, or None when it is not open."""
        ...

    def paths(self) -> Collection[Path]:
        """Return the real paths of all open documents."""
        ...

    async def apply(self, place: Place, new_text: str, label: str) -> Applied | None:
        """Replace the document's text as one undo step; None = not open, or the face offers no edits."""
        ...


class NoBuffers:
    """The empty one: a face without documents."""

    def get(self, absolute: Path) -> Buffer | None:
        """Return None: nothing is open."""
        return None

    def paths(self) -> Collection[Path]:
        """Return nothing: nothing is open."""
        return ()

    async def apply(self, place: Place, new_text: str, label: str) -> Applied | None:
        """Return None: the disk is written."""
        return None

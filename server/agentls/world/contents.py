"""What reading, writing, listing and searching the workspace answer: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agentls.world.content import Encoding, Newline


@dataclass(frozen=True, slots=True)
class FileContent:
    """A file as it was read."""

    text: str
    """Newlines as LF when the file is CRLF throughout (writing restores them); "" when binary."""
    digest: str
    """sha256 of the text; hand it back to `write`."""
    source: Literal["buffer", "disk"]
    encoding: Encoding
    newline: Newline
    is_binary: bool
    """True: `text` is empty, the bytes are no text."""
    size_bytes: int
    conflict: bool
    """True: unsaved changes in the editor and a change on disk; the text is the editor's."""
    complete: bool
    """False: the file is longer than the limit and `text` is its first whole lines; it cannot be written back."""
    hard_linked: bool
    """True: the file has a second name somewhere, which may lie outside the workspace."""


@dataclass(frozen=True, slots=True)
class WriteReceipt:
    """What a write did."""

    digest: str
    """The digest of what is there now."""
    created: bool
    via: Literal["applyEdit", "disk"]
    saved: bool
    """True when the disk holds the new text."""
    verified: bool
    """True when what came back is what was meant."""
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Listing:
    """The entries of a folder."""

    entries: tuple[str, ...]
    """Posix paths relative to the place's root; folders end with "/"; breadth first, each folder sorted."""
    truncated: bool
    notes: tuple[str, ...]
    """Sentences on what is left out for another reason than the limit."""


@dataclass(frozen=True, slots=True)
class SearchLine:
    """One line of a search result."""

    number: int
    """From 1."""
    text: str
    is_match: bool
    """False: a line of context."""
    cut: bool
    """True: the line is longer than what is shown; "…" stands where it was cut."""


@dataclass(frozen=True, slots=True)
class FileMatches:
    """The matches in one file."""

    path: str
    """Relative to the place's root, posix."""
    lines: tuple[SearchLine, ...]
    """In order; a jump in the numbers separates blocks."""


@dataclass(frozen=True, slots=True)
class Matches:
    """The result of a search."""

    files: tuple[FileMatches, ...]
    count: int
    """Matching lines in `files`."""
    truncated: bool
    """True: there are more, or the search was stopped; `notes` says which."""
    notes: tuple[str, ...]


class PatternRefused(Exception):
    """A regular expression or file pattern that cannot be used."""

    def __init__(self, reason: str, position: int | None) -> None:
        super().__init__(reason)
        self.reason = reason
        """A sentence for the model."""
        self.position = position
        """Offset in the pattern, from 0; None when the whole is at fault."""

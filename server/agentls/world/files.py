"""The workspace: every path of every tool goes through here.

Composes the gate (paths), the ignore files, the editor's buffers and the disk; knows no tool and no policy. The
invariant: nothing outside the roots is read or written, and text that somebody else wrote is never overwritten
unseen. `resolve` and the buffers are used on the event loop's thread, the disk in other threads.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Final, TypeVar

from agentls.world.beneath import NotRegular
from agentls.world.buffers import Buffer, Buffers
from agentls.world.content import Decoded, decode, encode, normalise, text_digest
from agentls.world.contents import (
    FileContent,
    FileMatches,
    Listing,
    Matches,
    PatternRefused,
    SearchLine,
    WriteReceipt,
)
from agentls.world.ignore import Ignores
from agentls.world.overlay import content_of, disk_digest_of
from agentls.world.paths import FileChanged, FileMissing, FileTooLarge, PathRefused, Place, locate, open_roots
from agentls.world.replace import Seen, create_file, read_regular, replace_file
from agentls.world.walk import Walk

__all__ = [
    "READ_LIMIT_BYTES",
    "FileChanged",
    "FileContent",
    "FileMatches",
    "FileMissing",
    "Listing",
    "Matches",
    "PathRefused",
    "PatternRefused",
    "Place",
    "SearchLine",
    "Workspace",
    "WriteReceipt",
]

READ_LIMIT_BYTES: Final = 8 * 1024 * 1024
T = TypeVar("T")


class Workspace:
    """The workspace folders; `roots[0]` is where relative paths start."""

    def __init__(self, roots: Sequence[Path], buffers: Buffers, *, program_path: str | None = None) -> None:
        """`program_path`: where ripgrep is looked for, None = PATH.

        Raises ValueError without roots and OSError for a root that is not there.
        """
        if not roots:
            raise ValueError("a workspace has at least one folder")
        self._roots = open_roots(roots)
        self._buffers = buffers
        self._ignores = Ignores(self._roots)
        self._new_file_mode = 0o666 & ~_umask()
        self._program_path = program_path

    @property
    def roots(self) -> tuple[Path, ...]:
        """Return the real paths of the folders."""
        return tuple(Path(root.real) for root in self._roots)

    def ripgrep(self) -> Path | None:
        """Return the ripgrep that searches would use; it changes their speed, not their results."""
        from agentls.world.ripgrep import find_ripgrep  # not needed to start

        path = os.environ.get("PATH", "") if self._program_path is None else self._program_path
        return find_ripgrep(path, self.roots)

    def resolve(self, text: str) -> Place:
        """Return the place that a path from the model means; raises PathRefused.

        Relative to the first root, absolute inside a root, or a file URI. What `.agentignore` excludes is refused.
        """
        place = locate(self._roots, text)
        for name in dict.fromkeys((place.relative, place.named)):
            parts = () if name == "." else tuple(name.split("/"))
            refusal = self._ignores.agent_refusal(str(place.root), parts, is_folder=place.kind == "directory")
            if refusal:
                raise PathRefused(f"The path is off limits: {refusal}.")
        return place

    async def read(self, place: Place, limit_bytes: int = READ_LIMIT_BYTES) -> FileContent:
        """Read a regular file: the editor's unsaved text, else the disk.

        Raises FileMissing, or PathRefused for anything that is no readable regular file.
        """
        buffer = self._buffers.get(place.absolute)
        try:
            seen = await self._on_disk(place, lambda: read_regular(*_address(place), limit_bytes))
        except FileMissing:
            if buffer is None or not buffer.dirty:
                raise
            seen = None
        return content_of(buffer, seen)

    async def read_raw(self, place: Place, limit_bytes: int) -> bytes:
        """Read a regular file's bytes from disk; raises FileTooLarge over the limit, PathRefused."""
        seen = await self._on_disk(place, lambda: read_regular(*_address(place), limit_bytes))
        if not seen.complete:
            raise FileTooLarge(f"{place.relative} is larger than {limit_bytes} bytes.")
        return seen.data

    async def write(
        self, place: Place, text: str, *, expect_digest: str | None, label: str = "agentls edit"
    ) -> WriteReceipt:
        """Create a file (`expect_digest` None: nothing may be there) or replace what has that digest.

        An open document is changed through the editor (one undo step named `label`), everything else by an atomic
        replace that keeps mode, newlines and encoding. Raises FileChanged, PathRefused.
        """
        buffer = self._buffers.get(place.absolute)
        if buffer is not None:
            receipt = await self._write_buffer(place, buffer, text, expect_digest, label)
            if receipt is not None:
                return receipt
        return await self._write_disk(place, text, expect_digest)

    async def walk(self, place: Place, recursive: bool, limit: int) -> Listing:
        """List a folder, at most `limit` entries; raises PathRefused."""
        if place.kind in ("file", "special"):
            raise PathRefused(f"{place.relative} is not a folder. Use read_file for files.")
        walk = self.walk_from(place, recursive=recursive)

        def listed() -> Listing:
            entries: list[str] = []
            for entry in walk.entries():
                if len(entries) >= limit:
                    return Listing(tuple(entries), truncated=True, notes=tuple(walk.notes))
                entries.append(entry.relative)
            return Listing(tuple(entries), truncated=False, notes=tuple(walk.notes))

        try:
            return await self._on_disk(place, listed)
        finally:
            walk.stop.set()

    async def search(
        self,
        place: Place,
        regex: str,
        file_pattern: str | None = None,
        *,
        context_lines: int = 1,
        limit: int = 300,
        line_limit: int = 500,
        timeout_s: float = 30.0,
    ) -> Matches:
        """Search the lines of a folder's files (or of one file) with a Python regular expression.

        At most `limit` matching lines; `file_pattern` is a glob like `*.py` or `src/**/*.{ts,tsx}`. Unsaved buffers
        are searched as they are. Raises PatternRefused, PathRefused.
        """
        from agentls.world.search import Search  # not needed to start

        search = Search(regex, file_pattern, context_lines, limit, line_limit, timeout_s)
        if place.kind == "missing":
            raise FileMissing.at(place)
        unsaved = {
            path: buffer.text
            for path in self._buffers.paths()
            if (buffer := self._buffers.get(path)) is not None and buffer.dirty
        }
        walk = self.walk_from(place, recursive=True)
        try:
            files = await self._on_disk(place, lambda: search.choose(place, walk))
            return await search.run(place, files, unsaved, self.ripgrep(), tuple(walk.notes))
        finally:
            walk.stop.set()

    def walk_from(self, place: Place, *, recursive: bool) -> Walk:
        """Return a walk below a folder that has not begun."""
        return Walk(self._ignores, str(place.root), place.parts, recursive, Event())

    async def _write_buffer(
        self, place: Place, buffer: Buffer, text: str, expect_digest: str | None, label: str
    ) -> WriteReceipt | None:
        if expect_digest is None:
            if buffer.dirty:
                raise FileChanged("The file is open in the editor with unsaved text. Read it first.")
            return None
        now = await self.read(place)
        if now.conflict:
            raise FileChanged(
                "The file has unsaved changes in the editor and also changed on disk. Ask the user to resolve that."
            )
        _require_digest(now.digest, expect_digest)
        if self._buffers.get(place.absolute) != buffer:
            raise FileChanged("The file was edited in the editor meanwhile. Read it again.")
        meant = text
        if normalise(buffer.text)[1] == "\r\n":
            meant = text.replace("\r\n", "\n").replace("\n", "\r\n")
        applied = await self._buffers.apply(place, meant, label)
        if applied is None:
            if buffer.dirty:
                raise FileChanged(
                    "The file has unsaved changes and the editor takes no edits. Ask the user to save or close it."
                )
            return None
        if not applied.accepted:
            raise FileChanged(
                f"The editor refused the edit ({applied.reason or 'no reason given'}). Read the file again."
            )
        came_back = meant if applied.text is None else applied.text
        return WriteReceipt(
            digest=text_digest(came_back),
            created=False,
            via="applyEdit",
            saved=applied.saved,
            verified=applied.text is not None and text_digest(applied.text) == text_digest(meant),
            size_bytes=len(came_back.encode("utf-8", "surrogatepass")),
        )

    async def _write_disk(self, place: Place, text: str, expect_digest: str | None) -> WriteReceipt:
        def new_bytes(seen: Seen) -> bytes:
            if not seen.complete:
                raise PathRefused(f"{place.relative} is too large to edit (over {READ_LIMIT_BYTES} bytes).")
            old = decode(seen.data)
            if expect_digest is not None:
                _require_digest(disk_digest_of(old, seen), expect_digest)
            if old.is_binary or old.encoding == "lossy":
                raise PathRefused(f"{place.relative} is not text in UTF-8 or UTF-16; it cannot be edited.")
            return _encoded(text, old)

        def written() -> tuple[int, bool]:
            root, parts = _address(place)
            if expect_digest is not None:
                try:
                    return replace_file(root, parts, READ_LIMIT_BYTES, new_bytes)[1], False
                except FileNotFoundError:
                    raise FileChanged("The file is no longer there. Nothing was written.") from None
            data = _encoded(text, Decoded("", "utf-8", "mixed", is_binary=False))
            try:
                create_file(root, parts, data, self._new_file_mode)
            except FileExistsError:
                raise FileChanged("The file exists already. Read it before you replace it.") from None
            return len(data), True

        size_bytes, created = await self._on_disk(place, written)
        return WriteReceipt(text_digest(text), created, "disk", saved=True, verified=True, size_bytes=size_bytes)

    async def _on_disk(self, place: Place, work: Callable[[], T]) -> T:
        """Do blocking work in a thread; what the system refuses becomes a sentence for the model."""
        with _refusals(place):
            return await asyncio.to_thread(work)


@contextmanager
def _refusals(place: Place) -> Iterator[None]:
    try:
        yield
    except NotRegular as error:
        hint = " Use list_files for folders." if error.kind == "folder" else ""
        raise PathRefused(f"{place.relative} is a {error.kind}, not a file.{hint}") from None
    except FileNotFoundError:
        raise FileMissing.at(place) from None
    except OSError as error:
        raise PathRefused(f"{place.relative} cannot be used: {error.strerror or type(error).__name__}.") from None


def _require_digest(now: str, expected: str) -> None:
    if now != expected:
        raise FileChanged("The file changed since it was read; nothing was written. Read it again.")


def _address(place: Place) -> tuple[str, tuple[str, ...]]:
    if not place.parts:
        raise NotRegular("folder")
    return str(place.root), place.parts


def _encoded(text: str, old: Decoded) -> bytes:
    try:
        return encode(text, old.encoding, old.newline)
    except ValueError:
        raise PathRefused("The text holds characters that cannot be written (lone surrogates).") from None


def _umask() -> int:
    """Return the process's mask; it can only be read by setting it, so a strict one stands in for a moment."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask

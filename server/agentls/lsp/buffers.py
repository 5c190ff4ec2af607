"""The documents the editor holds open, as the world sees them: texts to read, edits to ask for.

Knows paths, texts and `workspace/applyEdit`; must not import pygls (a client without documents never
needs it). Invariant: the editor's text is changed by the editor alone, and an edit counts as done when
the changed text has come back.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from agentls.lsp.outgoing import Outgoing, Refused
from agentls.lsp.positions import line_starts, minimal_change, position_at
from agentls.lsp.session import Session, file_path
from agentls.world.buffers import Applied, Buffer
from agentls.world.content import text_digest
from agentls.world.paths import Place

EDIT_TIMEOUT_S = 120.0
"""Some editors ask their user first."""
ECHO_TIMEOUT_S = 2.0


class Document(Protocol):
    """What is needed of an open document."""

    uri: str
    version: int | None

    @property
    def source(self) -> str: ...


@dataclass(slots=True)
class _Open:
    document: Document
    saved_digest: str


class EditorBuffers:
    """The open documents of one connection, by real path."""

    def __init__(self, outgoing: Outgoing) -> None:
        self._outgoing = outgoing
        self._open: dict[Path, _Open] = {}
        self._changed = asyncio.Event()
        self._encoding = "utf-16"
        self._edits_offered = False
        self._versions_offered = False

    def begin(self, session: Session) -> None:
        """Take what the client can do."""
        workspace = session.capabilities.get("workspace")
        offers: Mapping[str, Any] = workspace if isinstance(workspace, dict) else {}
        edits = offers.get("workspaceEdit")
        self._encoding = session.position_encoding
        self._edits_offered = offers.get("applyEdit") is True
        self._versions_offered = isinstance(edits, dict) and edits.get("documentChanges") is True

    # What the editor's notifications tell.

    def opened(self, document: Document) -> None:
        """A document was opened; its text then counts as what is on disk."""
        path = _path_of(document.uri)
        if path is not None:
            self._open[path] = _Open(document, text_digest(document.source))

    def changed(self) -> None:
        """Some document changed."""
        self._changed.set()

    def saved(self, uri: str) -> None:
        """A document was written to disk."""
        path = _path_of(uri)
        if path is not None and (entry := self._open.get(path)) is not None:
            entry.saved_digest = text_digest(entry.document.source)
            self._changed.set()

    def closed(self, uri: str) -> None:
        """A document is no longer open."""
        path = _path_of(uri)
        if path is not None:
            self._open.pop(path, None)
            self._changed.set()

    # The world's Buffers.

    def get(self, absolute: Path) -> Buffer | None:
        """The open document of this real path."""
        entry = self._open.get(absolute)
        if entry is None:
            return None
        return Buffer(entry.document.source, entry.document.version or 0, entry.saved_digest)

    def paths(self) -> Collection[Path]:
        """The real paths of all open documents."""
        return tuple(self._open)

    async def apply(self, place: Place, new_text: str, label: str) -> Applied | None:
        """Ask the editor for one versioned edit of the smallest range; None when that is not on offer."""
        entry = self._open.get(place.absolute)
        if entry is None or not self._edits_offered:
            return None
        old_text = entry.document.source
        edit = self._edit(entry.document, old_text, new_text)
        if edit is None:
            return Applied(accepted=True, text=old_text, saved=text_digest(old_text) == entry.saved_digest)
        try:
            params = {"label": label, "edit": edit}
            result = await self._outgoing.ask("workspace/applyEdit", params, EDIT_TIMEOUT_S)
        except Refused as error:
            return Applied(accepted=False, text=None, saved=False, reason=str(error))
        except TimeoutError:
            return Applied(accepted=False, text=None, saved=False, reason="the editor did not answer")
        if not isinstance(result, dict) or result.get("applied") is not True:
            return Applied(accepted=False, text=entry.document.source, saved=False, reason=_reason(result))
        text = await self._echo(place.absolute, old_text, new_text)
        return Applied(accepted=True, text=text, saved=self._is_saved(place.absolute, new_text))

    def _edit(self, document: Document, old_text: str, new_text: str) -> dict[str, Any] | None:
        change = minimal_change(old_text, new_text)
        if change is None:
            return None
        starts = line_starts(old_text)
        text_edit = {
            "range": {
                "start": position_at(old_text, starts, change.start, self._encoding),
                "end": position_at(old_text, starts, change.end, self._encoding),
            },
            "newText": change.text,
        }
        if not self._versions_offered:
            return {"changes": {document.uri: [text_edit]}}
        identifier = {"uri": document.uri, "version": document.version}
        return {"documentChanges": [{"textDocument": identifier, "edits": [text_edit]}]}

    async def _echo(self, path: Path, old_text: str, new_text: str) -> str | None:
        """The document's text once it is the new one; after 2 s what it is then; None when it never moved."""
        try:
            async with asyncio.timeout(ECHO_TIMEOUT_S):
                while (entry := self._open.get(path)) is not None and entry.document.source != new_text:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            pass
        entry = self._open.get(path)
        if entry is None or entry.document.source == old_text:
            return None
        return entry.document.source

    def _is_saved(self, path: Path, text: str) -> bool:
        entry = self._open.get(path)
        return entry is not None and entry.saved_digest == text_digest(text)


def _path_of(uri: str) -> Path | None:
    path = file_path(uri)
    return None if path is None else Path(os.path.realpath(path))


def _reason(result: object) -> str:
    reason = result.get("failureReason") if isinstance(result, dict) else None
    return reason[:500] if isinstance(reason, str) and reason else "the editor refused the edit"

"""The tree below a folder of the workspace, without what the ignore files hide.

Knows folders and ignore rules, not what is done with the entries. Breadth first, each folder sorted. The invariant:
no link is followed, so nothing outside the root is ever named, and the work is bounded and can be stopped.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Final, Literal

from agentls.world.beneath import open_folder
from agentls.world.ignore import Closed, IgnoreFile, Ignores
from agentls.world.ignore_rules import IgnoreRules

EntryKind = Literal["file", "folder", "link", "special"]

VISIT_LIMIT: Final = 1_000_000
_DEPTH_LIMIT: Final = 200
_NOTE_LIMIT: Final = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the tree."""

    parts: tuple[str, ...]
    """Below the root; names as the system gives them (may hold undecodable bytes as lone surrogates)."""
    kind: EntryKind

    @property
    def relative(self) -> str:
        """The path for people: posix, bytes that are no UTF-8 escaped, folders with a slash at the end."""
        path = "/".join(self.parts) + ("/" if self.kind == "folder" else "")
        return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


@dataclass(slots=True)
class Walk:
    """One walk; iterate over `entries()` once, then read `notes`."""

    ignores: Ignores
    root: str
    start: tuple[str, ...]
    recursive: bool
    stop: Event
    """Set by another thread to end the walk early."""
    notes: list[str] = field(default_factory=list)
    """What is left out although no rule hides it."""
    _visited: int = 0

    def entries(self) -> Iterator[Entry]:
        """Yield what is below the start; raises OSError only when the start itself cannot be opened."""
        # A hidden folder that was asked for by name is shown: only the rules inside it count then.
        hidden = self.ignores.git_ignored(self.root, self.start, is_folder=True)
        queue: deque[_Folder] = deque([self._first(hidden=hidden)])
        first = True
        while queue and not self.stop.is_set():
            folder = queue.popleft()
            try:
                found = self._scan(folder)
            except OSError as error:
                if first:
                    raise
                self._note(f"{'/'.join(folder.parts)}/ cannot be read ({error.strerror}).")
                continue
            first = False
            for entry in found:
                yield entry
                if self.recursive and entry.kind == "folder":
                    self._descend(queue, folder, entry)
            if self._visited > VISIT_LIMIT:
                self._note(f"Stopped after {VISIT_LIMIT} entries.")
                return

    def _first(self, *, hidden: bool) -> _Folder:
        layers: tuple[_Layer, ...] = ()
        for depth in range(len(self.start) + 1):
            above = self.start[:depth]
            names: tuple[IgnoreFile, ...] = (".agentignore",)
            if not hidden or depth == len(self.start):
                names = (".gitignore", ".agentignore")
            layers += tuple(self._layers(above, names, self.start[depth:]))
        return _Folder(self.start, layers)

    def _layers(self, parts: tuple[str, ...], names: Sequence[IgnoreFile], below: Sequence[str]) -> Iterator[_Layer]:
        for name in names:
            rules = self.ignores.rules(self.root, parts, name)
            if rules is not None:
                yield _Layer(name, rules, "".join(f"{part}/" for part in below))

    def _descend(self, queue: deque[_Folder], folder: _Folder, entry: Entry) -> None:
        if len(entry.parts) > _DEPTH_LIMIT:
            self._note(f"Folders more than {_DEPTH_LIMIT} deep are left out.")
            return
        name = entry.parts[-1]
        inherited = tuple(_Layer(layer.file, layer.rules, f"{layer.prefix}{name}/") for layer in folder.layers)
        own = tuple(self._layers(entry.parts, (".gitignore", ".agentignore"), ()))
        queue.append(_Folder(entry.parts, inherited + own))

    def _scan(self, folder: _Folder) -> list[Entry]:
        for layer in folder.layers:
            if isinstance(layer.rules, Closed):
                self._note(f"The contents of {'/'.join(folder.parts) or '.'} are left out: {layer.rules.reason}.")
                return []
        found: list[Entry] = []
        with open_folder(self.root, folder.parts) as opened:
            for item in opened.entries():
                self._visited += 1
                if self._visited > VISIT_LIMIT or self.stop.is_set():
                    break
                kind = _kind(item)
                if item.name != ".git" and not folder.hides(item.name, is_folder=kind == "folder"):
                    found.append(Entry((*folder.parts, item.name), kind))
        found.sort(key=lambda entry: entry.parts[-1])
        return found

    def _note(self, text: str) -> None:
        if text not in self.notes and len(self.notes) < _NOTE_LIMIT:
            self.notes.append(text)


@dataclass(frozen=True, slots=True)
class _Layer:
    """The rules of one ignore file as seen from a folder at or below it."""

    file: IgnoreFile
    rules: IgnoreRules | Closed
    prefix: str
    """From the file's folder to the folder looked at, "" or with a slash at the end."""


@dataclass(frozen=True, slots=True)
class _Folder:
    parts: tuple[str, ...]
    layers: tuple[_Layer, ...]
    """Outermost first."""

    def hides(self, name: str, *, is_folder: bool) -> bool:
        """Return whether one of the two kinds of ignore file hides the entry; the innermost that speaks decides."""
        return any(self._hidden_by(file, name, is_folder) for file in (".gitignore", ".agentignore"))

    def _hidden_by(self, file: str, name: str, is_folder: bool) -> bool:
        for layer in reversed(self.layers):
            if layer.file == file and isinstance(layer.rules, IgnoreRules):
                verdict = layer.rules.verdict(layer.prefix + name, is_folder=is_folder)
                if verdict is not None:
                    return verdict
        return False


def _kind(item: os.DirEntry[str]) -> EntryKind:
    try:
        if item.is_symlink():
            return "link"
        if item.is_dir(follow_symlinks=False):
            return "folder"
        return "file" if item.is_file(follow_symlinks=False) else "special"
    except OSError:
        return "special"

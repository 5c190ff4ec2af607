"""The ignore files of the workspace: `.gitignore` for listing and searching, `.agentignore` for everything.

Knows the rules of each folder, not what is done with the answer. The invariant: an ignore file that is there but
cannot be read or understood closes its folder (fail closed); nothing outside the roots is ever consulted.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from agentls.world.beneath import open_folder, read_up_to
from agentls.world.ignore_rules import IgnoreRules
from agentls.world.paths import PathRefused, Root, locate

IgnoreFile = Literal[".gitignore", ".agentignore"]

_LIMIT_BYTES: Final[dict[IgnoreFile, int]] = {".gitignore": 512 * 1024, ".agentignore": 32 * 1024}
"""Compiling takes some seconds a MiB, and `.agentignore` is asked on the event loop's thread."""
_FOLD: Final = sys.platform in ("darwin", "win32")


@dataclass(frozen=True, slots=True)
class Closed:
    """The folder cannot be judged, so it is out of bounds."""

    reason: str


Rules: TypeAlias = IgnoreRules | Closed | None


class Ignores:
    """All ignore files below the roots, read when asked for and again when they change."""

    def __init__(self, roots: Sequence[Root]) -> None:
        self._roots = roots
        self._read: dict[str, tuple[tuple[int, int, int, int], Rules]] = {}

    def rules(self, root: str, folder: Sequence[str], name: IgnoreFile) -> Rules:
        """Return the rules of one folder's own file; None when it has none."""
        path = "/".join((root, *folder, name))
        try:
            status = os.lstat(path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            return Closed(f"{_shown(folder, name)} cannot be read ({error.strerror})")
        if stat.S_ISLNK(status.st_mode):
            return self._load_link(path, folder, name)
        key = (status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
        known = self._read.get(path)
        if known is None or known[0] != key:
            known = (key, _load(root, folder, name, _shown(folder, name), _LIMIT_BYTES[name]))
            self._read[path] = known
        return known[1]

    def agent_refusal(self, root: str, parts: Sequence[str], *, is_folder: bool) -> str | None:
        """Return why `.agentignore` forbids this path or a folder above it, or None."""
        files: list[IgnoreRules | None] = []
        for depth in range(1, len(parts) + 1):
            rules = self.rules(root, parts[: depth - 1], ".agentignore")
            if isinstance(rules, Closed):
                return rules.reason
            files.append(rules)
            for above in range(depth - 1, -1, -1):
                layer = files[above]
                verdict = layer and layer.verdict(
                    "/".join(parts[above:depth]), is_folder=is_folder or depth < len(parts)
                )
                if verdict:
                    return f"{_shown(parts[:above], '.agentignore')} excludes it"
                if verdict is False:
                    break
        return None

    def git_ignored(self, root: str, parts: Sequence[str], *, is_folder: bool) -> bool:
        """Return whether `.gitignore` files hide this path or a folder above it."""
        files: list[Rules] = []
        for depth in range(1, len(parts) + 1):
            files.append(self.rules(root, parts[: depth - 1], ".gitignore"))
            for above in range(depth - 1, -1, -1):
                layer = files[above]
                if isinstance(layer, Closed):
                    return True
                verdict = layer and layer.verdict(
                    "/".join(parts[above:depth]), is_folder=is_folder or depth < len(parts)
                )
                if verdict:
                    return True
                if verdict is False:
                    break
        return False

    def _load_link(self, path: str, folder: Sequence[str], name: IgnoreFile) -> Rules:
        shown = _shown(folder, name)
        try:
            place = locate(self._roots, path)
        except PathRefused:
            return Closed(f"{shown} is a link that leads out of the workspace")
        if place.kind != "file":
            return Closed(f"{shown} is a link to something that is not a file")
        return _load(str(place.root), place.parts[:-1], place.parts[-1], shown, _LIMIT_BYTES[name])


def _load(root: str, folder: Sequence[str], name: str, shown: str, limit: int) -> Rules:
    try:
        with open_folder(root, folder) as opened:
            fd = opened.open_file(name)
            try:
                data = read_up_to(fd, limit + 1)
            finally:
                os.close(fd)
    except OSError as error:
        return Closed(f"{shown} cannot be read ({error.strerror})")
    if len(data) > limit:
        return Closed(f"{shown} is longer than {limit} bytes")
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError:
        return Closed(f"{shown} is not UTF-8")
    rules = IgnoreRules(lines, fold=_FOLD)
    if shown.endswith(".agentignore") and rules.broken_lines:
        return Closed(f"line {rules.broken_lines[0]} of {shown} is not a valid pattern")
    return rules


def _shown(folder: Sequence[str], name: str) -> str:
    return "/".join((*folder, name))

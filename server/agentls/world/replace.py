"""Writing a file so that every moment shows either the old bytes or the new ones.

Knows bytes and folders, not texts, editors or policy. The invariant: a file that is not what the writer saw (or
that appeared meanwhile) is left alone, and a temporary file never stays behind.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from agentls.world.beneath import Folder, open_folder, read_up_to
from agentls.world.paths import FileChanged

_TEMPORARY_MODE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Seen:
    """A regular file as it is right now."""

    data: bytes
    status: os.stat_result
    complete: bool
    """False when the file is longer than what was read."""


def read_regular(root: str, parts: Sequence[str], limit_bytes: int) -> Seen:
    """Read a regular file; raises NotRegular, OSError."""
    with open_folder(root, parts[:-1]) as folder:
        return _read(folder, parts[-1], limit_bytes)


def replace_file(
    root: str, parts: Sequence[str], limit_bytes: int, new_bytes: Callable[[Seen], bytes]
) -> tuple[Seen, int]:
    """Replace a regular file by what `new_bytes` makes of it; return what was there and the new size in bytes.

    The new file has the old one's mode; a second name (hard link) of the old one keeps the old bytes.
    Raises NotRegular, OSError, FileChanged, and whatever `new_bytes` raises to refuse.
    """
    with open_folder(root, parts[:-1]) as folder:
        seen = _read(folder, parts[-1], limit_bytes)
        data = new_bytes(seen)
        if not seen.status.st_mode & 0o222:
            raise PermissionError(13, "the file is read-only")
        temporary = _write_temporary(folder, data, stat.S_IMODE(seen.status.st_mode), seen.status)
        try:
            if not _same(folder.stat(parts[-1]), seen.status):
                raise FileChanged("The file changed while it was being written; nothing was changed. Read it again.")
            folder.replace(temporary, parts[-1])
        except BaseException:
            with suppress(OSError):
                folder.remove(temporary)
            raise
    return seen, len(data)


def create_file(root: str, parts: Sequence[str], data: bytes, new_file_mode: int) -> None:
    """Create a file and the folders it needs; raises FileExistsError when the name is taken, by anything."""
    folder = open_folder(root, ())
    try:
        for part in parts[:-1]:
            try:
                below = folder.child(part)
            except FileNotFoundError:
                folder.make_folder(part)
                below = folder.child(part)
            folder.close()
            folder = below
        temporary = _write_temporary(folder, data, new_file_mode, None)
        try:
            _give_new_name(folder, temporary, parts[-1], data, new_file_mode)
        except BaseException:
            with suppress(OSError):
                folder.remove(temporary)
            raise
    finally:
        folder.close()


def _give_new_name(folder: Folder, temporary: str, name: str, data: bytes, mode: int) -> None:
    try:
        folder.rename_new(temporary, name)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links (FAT, some network shares)
        fd = folder.create_file(name, mode)
        _fill(fd, data, None)
        folder.remove(temporary)


def _write_temporary(folder: Folder, data: bytes, mode: int, owner: os.stat_result | None) -> str:
    name = f".{os.urandom(12).hex()}.tmp"
    fd = folder.create_file(name, _TEMPORARY_MODE)
    try:
        _fill(fd, data, mode, owner)
    except BaseException:
        with suppress(OSError):
            folder.remove(name)
        raise
    return name


def _fill(fd: int, data: bytes, mode: int | None, owner: os.stat_result | None = None) -> None:
    try:
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        if owner is not None and hasattr(os, "fchown") and (owner.st_uid, owner.st_gid) != _ids(fd):
            with suppress(OSError):  # keeping the owner needs rights we may not have
                os.fchown(fd, owner.st_uid, owner.st_gid)
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(fd, mode)
        os.fsync(fd)
    finally:
        os.close(fd)


def _ids(fd: int) -> tuple[int, int]:
    status = os.fstat(fd)
    return status.st_uid, status.st_gid


def _read(folder: Folder, name: str, limit_bytes: int) -> Seen:
    fd = folder.open_file(name)
    try:
        data = read_up_to(fd, limit_bytes + 1)
        return Seen(data[:limit_bytes], os.fstat(fd), complete=len(data) <= limit_bytes)
    finally:
        os.close(fd)


def _same(now: os.stat_result, then: os.stat_result) -> bool:
    return (now.st_ino, now.st_size, now.st_mtime_ns) == (then.st_ino, then.st_size, then.st_mtime_ns)

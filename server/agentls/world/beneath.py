"""An open folder inside a root, and what may be done with its entries without following any link.

Standard library only: the search worker imports it too. Knows nothing of ignore rules or editors. The invariant:
every step is one `openat` with O_NOFOLLOW from the root down, so a link that is swapped in between check and use
is an error and never a way out (B069-B074). Windows has no such call: real paths are compared around each use.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import Final, Self

_HAS_DIR_FD: Final = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_NO_FOLLOW: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | _NO_FOLLOW
_NO_WAIT: Final = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_BINARY", 0)


class NotRegular(OSError):
    """The entry is no regular file (folder, link, FIFO, socket, device)."""

    def __init__(self, kind: str) -> None:
        super().__init__(errno.EINVAL, kind)
        self.kind = kind


class Folder:
    """One open folder. Names are single components. Use as a context manager."""

    def __init__(self, fd: int | None, path: str) -> None:
        self._fd = fd
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the handle back; idempotent."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def child(self, name: str) -> Folder:
        """Open a folder in this one; raises OSError (ELOOP or ENOTDIR for a link)."""
        fd = None if self._fd is None else os.open(_component(name), _FOLDER, dir_fd=self._fd)
        return Folder(fd, self._checked(name))

    def stat(self, name: str) -> os.stat_result:
        """Return the entry's own status, of a link that of the link."""
        if self._fd is None:
            return os.lstat(self._checked(name))
        return os.stat(_component(name), dir_fd=self._fd, follow_symlinks=False)

    def open_file(self, name: str) -> int:
        """Open a regular file for reading, never waiting for a peer; raises NotRegular, OSError."""
        _require_regular(self.stat(name))  # before the open: opening a device can have effects (B076)
        fd = self._open(name, os.O_RDONLY | _NO_WAIT, 0)
        try:
            _require_regular(os.fstat(fd))
        except OSError:
            os.close(fd)
            raise
        return fd

    def create_file(self, name: str, mode: int) -> int:
        """Create a file that must not exist and open it for writing; raises FileExistsError, OSError."""
        return self._open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_WAIT, mode)

    def make_folder(self, name: str) -> None:
        """Create a folder; one that is there already is fine."""
        try:
            if self._fd is None:
                os.mkdir(self._checked(name))  # noqa: PTH102
            else:
                os.mkdir(_component(name), dir_fd=self._fd)
        except FileExistsError:
            pass

    def replace(self, source: str, target: str) -> None:
        """Give `source` the name `target`, whatever has it now."""
        if self._fd is None:
            os.replace(self._checked(source), self._checked(target))  # noqa: PTH105
        else:
            os.replace(_component(source), _component(target), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def rename_new(self, source: str, target: str) -> None:
        """Give `source` the name `target` only if nothing has it; raises FileExistsError, OSError."""
        if self._fd is None:
            # On Windows a rename refuses an existing target.
            os.rename(self._checked(source), self._checked(target))  # noqa: PTH104
            return
        os.link(
            _component(source),
            _component(target),
            src_dir_fd=self._fd,
            dst_dir_fd=self._fd,
            follow_symlinks=False,
        )
        self.remove(source)

    def remove(self, name: str) -> None:
        """Remove a file or link."""
        if self._fd is None:
            os.unlink(self._checked(name))  # noqa: PTH108
        else:
            os.unlink(_component(name), dir_fd=self._fd)

    def entries(self) -> Iterator[os.DirEntry[str]]:
        """Yield the entries as they come; ask them only for their names and kinds, never through links."""
        with os.scandir(self._path if self._fd is None else self._fd) as found:
            yield from found

    def _open(self, name: str, flags: int, mode: int) -> int:
        if self._fd is not None:
            return os.open(_component(name), flags | _NO_FOLLOW, mode, dir_fd=self._fd)
        path = self._checked(name)
        fd = os.open(path, flags, mode)
        try:
            self._checked(name)
        except OSError:
            os.close(fd)
            raise
        return fd

    def _checked(self, name: str) -> str:
        path = os.path.join(self._path, _component(name))  # noqa: PTH118
        if self._fd is None and os.path.realpath(path) != path:
            raise OSError(errno.ELOOP, "a link is in the way")
        return path


def open_folder(root: str, parts: Sequence[str]) -> Folder:
    """Open the folder `parts` below the real path `root`; raises OSError when any of them is a link or no folder."""
    folder = Folder(os.open(root, _FOLDER) if _HAS_DIR_FD else None, root)
    for part in parts:
        try:
            below = folder.child(part)
        finally:
            folder.close()
        folder = below
    return folder


def read_up_to(fd: int, limit_bytes: int) -> bytes:
    """Read from the start of an open file, at most `limit_bytes`."""
    pieces: list[bytes] = []
    left = limit_bytes
    while left > 0 and (piece := os.read(fd, min(left, 1 << 20))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def kind_of(mode: int) -> str:
    """Return the English name of what a status mode says."""
    names = (
        (stat.S_ISREG, "file"),
        (stat.S_ISDIR, "folder"),
        (stat.S_ISLNK, "link"),
        (stat.S_ISFIFO, "named pipe"),
        (stat.S_ISSOCK, "socket"),
    )
    return next((name for test, name in names if test(mode)), "device")


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular(kind_of(status.st_mode))


def _component(name: str) -> str:
    if name in ("", ".", "..") or "/" in name or "\0" in name or (os.sep != "/" and os.sep in name):
        raise OSError(errno.EINVAL, "not a single name")
    return name

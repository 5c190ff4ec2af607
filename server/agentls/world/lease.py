"""Which server process is alive: each holds an OS lock on a file of its own for as long as it runs.

Must not know tasks. The lock goes with the process, however it ends; no pid and no clock is asked.
"""

import contextlib
import os
import sys
import time
from pathlib import Path

_SUFFIX = ".lock"
_SWEEP_AFTER_S = 600.0


class OwnerLock:
    """This process's own lock file, and the test whether another one's is held."""

    def __init__(self, folder: Path, owner: str) -> None:
        """Create and lock `<folder>/<owner>.lock`; raises OSError where that cannot be done."""
        self.owner = owner
        self._folder = folder
        self._path = folder / f"{owner}{_SUFFIX}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._fd: int | None = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        if not _lock(self._fd, is_exclusive=True):
            raise OSError("the lock file of a new owner is already locked")

    def is_alive(self, owner: str | None) -> bool:
        """Say whether the owner's process (or this one) still runs."""
        if not owner:
            return False
        if owner == self.owner:
            return self._fd is not None
        path = self._folder / f"{owner}{_SUFFIX}"
        try:
            fd = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return False
        except OSError:
            # It is there and cannot be asked: to treat it as dead could give a task two owners.
            return True
        try:
            # Shared: two processes that ask at once must not see each other as the owner.
            return not _lock(fd, is_exclusive=False)
        finally:
            os.close(fd)

    def release(self) -> None:
        """Give the lock up and remove the file; idempotent."""
        fd, self._fd = self._fd, None
        if fd is None:
            return
        os.close(fd)
        self._path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Remove the files that dead processes left, but no young one: its owner may be about to lock it."""
        for path in self._folder.glob(f"*{_SUFFIX}"):
            with contextlib.suppress(OSError):
                is_old = time.time() - path.stat().st_mtime > _SWEEP_AFTER_S
                if is_old and not self.is_alive(path.name.removesuffix(_SUFFIX)):
                    path.unlink(missing_ok=True)


def _lock(fd: int, *, is_exclusive: bool) -> bool:
    """Take the lock without waiting; false where another process (or file description) holds it."""
    if sys.platform == "win32":
        # Local: neither module exists on the other system.
        import msvcrt

        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(fd, (fcntl.LOCK_EX if is_exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

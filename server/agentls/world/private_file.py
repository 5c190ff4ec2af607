"""A private file of ours, written so that its name only ever stands for a whole file that is on the disk.

Knows no content; files of the workspace are written by `replace.py`, which asks more. Invariant: only this user can
read what is written, a link in its place is not followed, and what fails leaves nothing behind.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

MODE: Final = 0o600
FLAGS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
"""A link in the place of one of our files leads to a file that is not ours: it is not opened."""


def write_private(path: Path, data: bytes) -> None:
    """Create or replace the file. Blocking; raises OSError.

    A process that is killed meanwhile may leave `.NAME.*` beside it.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | FLAGS, MODE), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise

"""Whole small text files of the project itself: the pages that are generated, the transcripts that are exported.

Knows neither workspaces nor tasks; files that the agent works on go through `files.py`. Invariant: text is UTF-8
with line feeds, on every system, so a generated page is the same bytes everywhere.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

_FLAGS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def read_text(path: Path) -> str:
    """The text of a file; empty when there is none."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        return ""


def write_private(path: Path, text: str) -> None:
    """Create or replace a file that only its owner may read, in a folder of the same kind."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _FLAGS, 0o600), "wb") as file:
        file.write(text.encode("utf-8"))


def remove(path: Path) -> None:
    """Remove a file or a folder with all below it; nothing if it is not there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(NotADirectoryError):  # a file where a folder above it should be
            path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Create or replace a file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))

"""A folder that exists for one run: a copy of a project under the system's temporary folder.

It does not know what the copy is for. Invariant: the folder is gone when the `with` block ends.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A new, empty, private folder."""
    with tempfile.TemporaryDirectory(prefix="agentls-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


@contextmanager
def scratch_copy(source: Path, name: str, *, overlay: Path | None = None, at: str = "") -> Iterator[Path]:
    """Copy `source` (without byte code) to a new private folder that is called `name` and yield its path.

    `overlay`: a folder that replaces the copy's folder `at`.
    """
    without = shutil.ignore_patterns("__pycache__", "*.pyc")
    with scratch_folder() as folder:
        target = folder / name
        shutil.copytree(source, target, ignore=without)
        if overlay is not None:
            shutil.rmtree(target / at, ignore_errors=True)
            shutil.copytree(overlay, target / at, ignore=without)
        yield target

"""Whether a place lies inside a git repository's own folder, whatever that folder is called.

Knows git's layout, not what is done with the answer. The invariant: only names below the place's root are looked at,
none of them through a link.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from agentls.world.paths import Place


def in_git_folder(place: Place) -> bool:
    """Return whether a folder above the place (the root included) is a repository: HEAD, objects and refs in it.

    A bare repository is one, and so is the folder that a `.git` file names (B085); its `config` can run programs.
    """
    folders = [os.path.join(place.root, *place.parts[:depth]) for depth in range(len(place.parts))]  # noqa: PTH118
    return any(_is_repository(folder) for folder in folders)


def _is_repository(folder: str) -> bool:
    return _exists(folder, "HEAD") and _is_folder(folder, "objects") and _is_folder(folder, "refs")


def _exists(folder: str, name: str) -> bool:
    try:
        os.lstat(os.path.join(folder, name))  # noqa: PTH118
    except OSError:
        return False
    return True


def _is_folder(folder: str, name: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(os.path.join(folder, name)).st_mode)  # noqa: PTH118
    except OSError:
        return False

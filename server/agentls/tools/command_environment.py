"""The environment of a command: what the desk gives, made safe against the workspace itself.

It must not know what is run. Pure.
Invariant: no program is found in a workspace folder before the system's (B115), and a git that only looks runs
nothing that the repository names: no file watcher, no hook of its index, no check of signatures (B113).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

_NO_HELPERS: Final = ("core.fsmonitor", "log.showSignature")
"""Settings of a repository that make `git status` and `git log` run a program."""


def command_environment(environment: Mapping[str, str], roots: Sequence[Path]) -> dict[str, str]:
    """`environment` with a clean search path and a git that never asks and runs no helper just to look."""
    made = dict(environment)
    if "PATH" in made:
        virtual = made.get("VIRTUAL_ENV")
        folders = (folder for folder in made["PATH"].split(os.pathsep) if _is_trusted(folder, roots, virtual))
        made["PATH"] = os.pathsep.join(folders)
    if "GIT_CONFIG_COUNT" not in made:
        made["GIT_CONFIG_COUNT"] = str(len(_NO_HELPERS))
        for number, name in enumerate(_NO_HELPERS):
            made |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": "false"}
    made.setdefault("GIT_TERMINAL_PROMPT", "0")
    made.setdefault("GIT_OPTIONAL_LOCKS", "0")  # `git status` writes no index, so no hook of it runs
    return made


def _is_trusted(folder: str, roots: Sequence[Path], virtual: str | None) -> bool:
    path = Path(os.path.normpath(folder))
    if not folder or not path.is_absolute():
        return False
    if virtual and path.is_relative_to(os.path.normpath(virtual)):  # the user activated it
        return True
    return not any(path.is_relative_to(root) for root in roots)

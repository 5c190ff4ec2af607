"""The environment of a command: what the desk gives, made safe against the workspace itself.

It must not know what is run. Pure.
Invariant: no program is found in a workspace folder before the system's (B115), and git runs no helper that the
repository names for watching files (B113).
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path


def command_environment(environment: Mapping[str, str], roots: Sequence[Path]) -> dict[str, str]:
    """`environment` with a clean search path and a git that never asks or watches."""
    made = dict(environment)
    if "PATH" in made:
        virtual = made.get("VIRTUAL_ENV")
        folders = (folder for folder in made["PATH"].split(os.pathsep) if _is_trusted(folder, roots, virtual))
        made["PATH"] = os.pathsep.join(folders)
    if "GIT_CONFIG_COUNT" not in made:
        made |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "false"}
    made.setdefault("GIT_TERMINAL_PROMPT", "0")
    return made


def _is_trusted(folder: str, roots: Sequence[Path], virtual: str | None) -> bool:
    path = Path(os.path.normpath(folder))
    if not folder or not path.is_absolute():
        return False
    if virtual and path.is_relative_to(os.path.normpath(virtual)):  # the user activated it
        return True
    return not any(path.is_relative_to(root) for root in roots)

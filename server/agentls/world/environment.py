"""The environment of a child process: an allow-list, so a secret has to be let in by name to get out.

Knows nothing of what is run. The invariant: no name that looks like a secret and no AGENTLS_ name passes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

_ALLOWED: Final = frozenset(
    {
        "PATH",
        "HOME",
        "LANG",
        "LANGUAGE",
        "TERM",
        "COLORTERM",
        "TMPDIR",
        "TMP",
        "TEMP",
        "USER",
        "LOGNAME",
        "SHELL",
        "TZ",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_RUNTIME_DIR",
        "JAVA_HOME",
        "GOPATH",
        "GOROOT",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "NVM_DIR",
        "PYENV_ROOT",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "USERPROFILE",
        "HOMEDRIVE",
        "HOMEPATH",
        "APPDATA",
        "LOCALAPPDATA",
        "PROGRAMDATA",
        "PROGRAMFILES",
        "PROGRAMFILES(X86)",
        "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE",
    }
)
_SECRET_WORDS: Final = ("KEY", "SECRET", "TOKEN", "PASS", "CRED", "AUTH")


def child_environment(extra: Mapping[str, str], inherited: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a command: the allowed part of `inherited` (None = this process's) plus `extra`.

    Both are held to the same ban: names with KEY, SECRET, TOKEN, PASS, CRED or AUTH in them and AGENTLS_* never
    pass. Relative and empty PATH entries are dropped: they would let the workspace supply programs (B115).
    """
    source = os.environ if inherited is None else inherited
    chosen = {name: value for name, value in source.items() if _is_allowed(name)}
    chosen.update({name: value for name, value in extra.items() if not _is_banned(name)})
    if "PATH" in chosen:
        chosen["PATH"] = os.pathsep.join(
            folder
            for folder in chosen["PATH"].split(os.pathsep)
            if os.path.isabs(folder)  # noqa: PTH117
        )
    return chosen


def _is_allowed(name: str) -> bool:
    upper = name.upper()
    return (upper in _ALLOWED or upper.startswith("LC_")) and not _is_banned(name)


def _is_banned(name: str) -> bool:
    upper = name.upper()
    return upper.startswith("AGENTLS_") or any(word in upper for word in _SECRET_WORDS)

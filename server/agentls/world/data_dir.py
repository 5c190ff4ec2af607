"""Where the journal, the caches and the artifacts live.

Must not know what is kept there. Only names the folder; whoever writes first creates it.
"""

from collections.abc import Mapping
from pathlib import Path


def data_dir(env: Mapping[str, str]) -> Path:
    """Return `AGENTLS_DATA_DIR` where it is set (made absolute), else the platform's user data folder."""
    named = env.get("AGENTLS_DATA_DIR", "").strip()
    if named:
        return Path(named).expanduser().absolute()
    # Imported here: most starts name no folder until a task is opened, and server start must stay light.
    import platformdirs

    return Path(platformdirs.user_data_dir("agentls", appauthor=False))

"""Where the recorded streams are, if they are anywhere: `$AGENTLS_STREAMS`, or beside the project."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[3]


def find_recordings() -> Path | None:
    """The folder of recordings, or None; on CI they must be there."""
    named = os.environ.get("AGENTLS_STREAMS")
    folder = Path(named) if named else ROOT.parent / "shared" / "streams"
    if (folder / "public").is_dir():
        return folder
    if os.environ.get("CI") == "true":
        raise RuntimeError(f"the recorded streams are not at {folder}; set AGENTLS_STREAMS")
    return None

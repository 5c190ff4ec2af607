"""Where the recorded streams are, if they are anywhere: `$AGENTLS_STREAMS`, or beside the project."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[3]


def find_recordings() -> Path | None:
    """The folder of recordings, or None."""
    named = os.environ.get("AGENTLS_STREAMS")
    folder = Path(named) if named else ROOT.parent / "shared" / "streams"
    return folder if (folder / "public").is_dir() else None

"""Whole small text files of the project itself: the pages that are generated.

Knows neither workspaces nor tasks; files that the agent works on go through `files.py`. Invariant: text is UTF-8
with line feeds, on every system, so a generated page is the same bytes everywhere.
"""

from pathlib import Path


def read_text(path: Path) -> str:
    """The text of a file; empty when there is none."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        return ""


def write_text(path: Path, text: str) -> None:
    """Create or replace a file, with its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8"))

"""Where a real server is installed, and whether it is there.

Knows nothing of what it installs. Invariant: a stamp is written last, so an installation that was cut short is
none; `state` reads files and starts nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / ".servers"


@dataclass(frozen=True, slots=True)
class State:
    """Whether a server can be started."""

    name: str
    """The server and its version."""
    missing: str | None = None
    """Why it cannot; None: it can."""
    is_excused: bool = False
    """Whether even a continuous integration does without it: nothing could be installed that helps."""

    @property
    def is_tolerated(self) -> bool:
        """Whether its tests may be skipped: what is missing is a failure where CI is set."""
        return self.missing is None or self.is_excused or os.environ.get("CI", "") in ("", "0", "false")


class Place:
    """The folder of one server."""

    def __init__(self, folder: str, name: str, parts: tuple[str, ...], sources: tuple[Path, ...] = ()) -> None:
        self.folder = FOLDER / folder
        self.name = name
        self.parts = parts
        """What is installed there: packages with their versions."""
        self._sources = sources
        self._stamp = self.folder / "stamp.json"

    def state(self) -> State:
        """What an earlier installation left."""
        try:
            stamp = json.loads(self._stamp.read_text())
        except (OSError, ValueError):
            stamp = {}
        if not isinstance(stamp, dict) or stamp.get("madeOf") != self._made_of():
            return State(self.name, "not installed; `python3 tests/run.py` installs it, or says what it needs for that")
        reason = stamp.get("unusable")
        return State(self.name) if reason is None else State(self.name, str(reason), is_excused=True)

    def finish(self, unusable: str | None = None) -> State:
        """The installation is complete; `unusable`: and yet it cannot run on this machine."""
        self._stamp.write_text(json.dumps({"madeOf": self._made_of(), "unusable": unusable}))
        return self.state()

    def lacks(self, reason: str) -> State:
        """It could not be installed."""
        return State(self.name, reason)

    def _made_of(self) -> str:
        digest = hashlib.sha256(json.dumps([str(self.folder), *self.parts]).encode())
        for source in self._sources:
            digest.update(source.read_bytes())
        return digest.hexdigest()

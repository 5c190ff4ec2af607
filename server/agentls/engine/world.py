"""The outside things the engine works with, each behind the adapter of its own.

Knows no more of them than their types. Invariant: one World per server process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agentls.world.clock import Clock
from agentls.world.http import HttpClient
from agentls.world.ids import Ids
from agentls.world.journal import Journal


@dataclass(frozen=True, slots=True)
class World:
    clock: Clock
    ids: Ids
    journal: Journal
    http: HttpClient
    data_dir: Path
    environment: Mapping[str, str]
    random: Callable[[], float]
    """Numbers in [0, 1), for the jitter of retries."""

    def artifacts_folder(self, task_id: str) -> Path:
        """Where long command output of a task is kept."""
        return self.data_dir / "artifacts" / task_id

    def export_path(self, task_id: str, suffix: str) -> Path:
        """Where a task is exported to."""
        return self.data_dir / "exports" / f"{task_id}.{suffix}"

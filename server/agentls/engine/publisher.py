"""What the engine asks of whoever carries its events to the outside.

Knows nothing of JSON-RPC or of a client. Invariant: `stored` is called in commit order per task, after the
commit; a live frame handed over after a stored one is delivered after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec


class StoredFrame(msgspec.Struct, frozen=True, gc=False):
    """A journalled notification, byte for byte as it is sent and replayed."""

    task_id: str
    seq: int
    method: str
    params: bytes
    """JSON object: envelope and payload."""


class LiveFrame(msgspec.Struct, frozen=True):
    """A notification that is not journalled; the publisher gives it its `seq` and `part`."""

    task_id: str
    turn_id: str | None
    time_ms: int
    method: str
    payload: Mapping[str, object]
    """The payload without the envelope, keys as on the wire."""


class Publisher(Protocol):
    def stored(self, frame: StoredFrame) -> None:
        """Queue a stored frame. Thread-safe: called on the journal's thread."""

    def live(self, frame: LiveFrame) -> None:
        """Queue a live frame. Thread-safe; never blocks."""

    def barrier(self, task_id: str) -> tuple[int, int]:
        """(seq, part) for a replayed live frame; later deltas are not merged into earlier frames."""

    def outside(self, method: str, params: bytes) -> None:
        """Queue a notification that belongs to no task."""

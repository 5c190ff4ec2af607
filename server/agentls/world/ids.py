"""New ids: opaque strings `prefix_…` that no one parses.

Must not know what is named. No id is given twice, in this process or (for `RandomIds`) in any other.
"""

import base64
import os
from typing import Protocol

_RANDOM_BYTES = 10


class Ids(Protocol):
    """A source of ids."""

    def new(self, prefix: str) -> str:
        """Return `prefix`, an underscore and at least 12 lower-case letters or digits."""
        ...


class RandomIds:
    """80 random bits each: unique between processes that share one journal."""

    def new(self, prefix: str) -> str:
        """Return a fresh random id such as `task_k3v7w2q5m6x4c2a7`."""
        return f"{prefix}_{base64.b32encode(os.urandom(_RANDOM_BYTES)).decode('ascii').lower()}"


class CountingIds:
    """Predictable ids for tests and transcripts: each prefix counts from 1."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def new(self, prefix: str) -> str:
        """Return the next id of the prefix, such as `call_000000000001`."""
        count = self._counts.get(prefix, 0) + 1
        self._counts[prefix] = count
        return f"{prefix}_{count:012d}"

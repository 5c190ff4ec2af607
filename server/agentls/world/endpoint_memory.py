"""What was learned of endpoints, kept across restarts and shared by all windows.

Knows ids of lessons and plain facts, not what they mean; holds no secret. Invariant: recalling and learning never wait
and never fail: where the file cannot be used, what is learned lasts as long as the process.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from agentls.world.clock import Clock
from agentls.world.endpoint_file import Entry, Fact, Key, NewerFile, in_date, merge, read_entries, update

__all__ = ["EndpointMemory", "Entry", "Fact", "Key"]

logger = logging.getLogger(__name__)

FILE_NAME: Final = "endpoints.json"
_NOTHING: Final = Entry()
_MOST_LESSONS: Final = 50
"""For one entry; a server that teaches more than that is playing."""


class EndpointMemory:
    """Call `load` once off the loop's thread; without it the first `recall` reads the file itself."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._path = folder / FILE_NAME
        self._clock = clock
        self._entries: dict[Key, Entry] = {}
        self._unsaved: dict[Key, Entry] = {}
        self._is_loaded = False
        self._is_usable = True
        self._saving: asyncio.Task[None] | None = None

    def load(self) -> None:
        """Read the file; blocks, any thread, at most once. What is wrong with it is a warning."""
        if self._is_loaded:
            return
        try:
            found = read_entries(self._path)
        except (OSError, NewerFile) as wrong:
            self._give_up(wrong)
            found = {}
        self._entries = merge(found, self._entries, self._clock.now_ms())
        self._is_loaded = True

    def recall(self, key: Key) -> Entry:
        """What is known now, without what has expired."""
        self.load()
        return in_date(self._entries.get(key, _NOTHING), self._clock.now_ms())

    def learn(self, key: Key, lessons: Iterable[str]) -> None:
        """Remember the lessons; those that are known keep their time. Saved soon, in the background."""
        known = self.recall(key)
        now_ms = max(self._clock.now_ms(), known.forgotten_ms)  # a lesson is never older than what voids it
        new = {name: now_ms for name in lessons if name not in known.lessons}
        if new:
            whole = dict(list({**known.lessons, **new}.items())[:_MOST_LESSONS])
            self._keep(key, Entry(whole, known.facts, known.facts_ms, known.forgotten_ms))

    def forget(self, key: Key) -> None:
        """Give up the lessons, in every window's file and memory; the facts stay. Saved soon, in the background."""
        known = self.recall(key)
        if known.lessons:
            now_ms = max(self._clock.now_ms(), max(known.lessons.values()) + 1)
            self._keep(key, Entry({}, known.facts, known.facts_ms, now_ms))

    def note(self, key: Key, facts: Mapping[str, Fact]) -> bool:
        """Remember the facts in place of earlier ones; whether they differ. Saved soon, in the background."""
        known = self.recall(key)
        self._keep(key, Entry(known.lessons, dict(facts), self._clock.now_ms(), known.forgotten_ms))
        return known.facts != facts

    async def aclose(self) -> None:
        """Return once everything learned so far is saved, as far as it can be."""
        while (saving := self._saving) is not None and not saving.done():
            await asyncio.wait([saving])

    def _keep(self, key: Key, entry: Entry) -> None:
        self._entries[key] = self._unsaved[key] = entry
        if self._is_usable and (self._saving is None or self._saving.done()):
            self._saving = asyncio.get_running_loop().create_task(self._save())

    async def _save(self) -> None:
        while self._unsaved and self._is_usable:
            ours, self._unsaved = self._unsaved, {}
            now_ms = self._clock.now_ms()
            try:
                found = await asyncio.to_thread(update, self._path, ours, now_ms)
            except (OSError, NewerFile) as wrong:
                self._give_up(wrong)
                return
            self._entries = merge(found, self._entries, now_ms)

    def _give_up(self, wrong: OSError | NewerFile) -> None:
        """Keep to memory from here on, and say so once."""
        if self._is_usable:
            self._is_usable = False
            why = "it is of a newer version" if isinstance(wrong, NewerFile) else type(wrong).__name__
            logger.warning("%s cannot be used (%s): what is learned lasts until the end", self._path.name, why)

"""The tasks of this server: created, opened from the journal, recovered, listed, deleted.

Knows no client and no turn. Invariant: a task that is open here is owned by this process, and what a dead process
left open in it was closed before anything else happened.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from agentls.conversation.recover import recover
from agentls.conversation.reduce import fold
from agentls.conversation.state import TaskState
from agentls.engine.failures import journal_faults
from agentls.engine.history import records_of
from agentls.engine.ledger import Ledger
from agentls.engine.publisher import Publisher
from agentls.engine.task import LiveTask
from agentls.engine.world import World
from agentls.protocol.errors import RequestFailed
from agentls.protocol.values import ApprovalMode
from agentls.world.journal import Row, TaskHeader
from agentls.world.text_files import remove

logger = logging.getLogger(__name__)

MOST_AT_REST: Final = 32
"""Tasks kept open though nothing happens in them; what is closed is opened again from the journal."""


@dataclass(frozen=True, slots=True)
class StoredTask:
    """A task as the journal has it."""

    header: TaskHeader
    rows: list[Row]
    state: TaskState


class Tasks:
    def __init__(self, world: World, publisher: Publisher, make: Callable[[Ledger], LiveTask]) -> None:
        self._world = world
        self._publisher = publisher
        self._make = make
        self._open: dict[str, LiveTask] = {}
        """The one used longest ago comes first."""
        self._modes: dict[str, ApprovalMode] = {}
        """The modes that tasks were started with; never stored, and never loosened by closing a task."""
        self._opening: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def open(self) -> tuple[LiveTask, ...]:
        return tuple(self._open.values())

    async def create(self, workspace_uri: str, mode: ApprovalMode | None) -> LiveTask:
        """A new task, owned by this process and in the journal. Raises RequestFailed."""
        header = TaskHeader(self._world.ids.new("task"), self._world.clock.now_ms(), workspace_uri)
        with journal_faults():
            await self._world.journal.create_task(header)
        if mode is not None:
            self._modes[header.task_id] = mode
        return self._adopt(TaskState(header.task_id, header.created_ms, header.workspace_uri))

    async def stored(self, task_id: str) -> StoredTask:
        """The task from the journal, whoever owns it. Raises RequestFailed."""
        with journal_faults():
            header = await self._world.journal.header(task_id)
            if header is None:
                raise RequestFailed("task.unknown")
            rows = await self._world.journal.rows(task_id)
        state = TaskState(header.task_id, header.created_ms, header.workspace_uri)
        return StoredTask(header, rows, fold(state, records_of(rows)))

    async def known(self, task_id: str) -> None:
        """Raises RequestFailed for a task that the journal does not have."""
        with journal_faults():
            if await self._world.journal.header(task_id) is None:
                raise RequestFailed("task.unknown")

    def live(self, task_id: str) -> LiveTask | None:
        """The task if it is open here."""
        return self._open.get(task_id)

    async def opened(self, task_id: str) -> LiveTask:
        """The task, open here: taken over and recovered if nobody runs it. Raises RequestFailed.

        A turn of it that is just ending is waited for: the task rests or runs.
        """
        while True:
            async with self._lock(task_id):
                task = await self._open_here(task_id)
            if not task.is_ending:
                return task
            await task.ended()

    async def read(self, task_id: str) -> StoredTask:
        """The task for reading; one that nobody runs is taken over first, so that what it shows is true."""
        if task_id not in self._open:
            stored = await self.stored(task_id)
            if not recover(stored.state, 0) or self._world.journal.owner_alive(task_id):
                return stored
            try:
                await self.opened(task_id)
            except RequestFailed as refused:  # a journal that can only be read
                logger.info("task %s is shown as it was left: %s", task_id, refused.code)
                return stored
        return await self.stored(task_id)

    async def delete(self, task_id: str) -> None:
        """End what runs in it and remove it with all that was kept for it. Raises RequestFailed."""
        async with self._lock(task_id):
            task = await self._open_here(task_id)
            task.close()
            await task.ended()
            self._open.pop(task_id, None)
            self._modes.pop(task_id, None)
            with journal_faults():
                await self._world.journal.delete(task_id)
            exports = [self._world.export_path(task_id, suffix) for suffix in ("md", "json")]
            for path in (self._world.artifacts_folder(task_id), *exports):
                await asyncio.to_thread(remove, path)

    async def aclose(self) -> None:
        """Interrupt every turn and wait for their ends."""
        for task in self.open:
            task.close()
        await asyncio.gather(*(task.ended() for task in self.open))
        for task in self.open:
            self._release(task.task_id)
        self._open.clear()

    def _lock(self, task_id: str) -> asyncio.Lock:
        """Held while a task is opened or removed; it lives as long as somebody holds or awaits it."""
        return self._opening.setdefault(task_id, asyncio.Lock())

    async def _open_here(self, task_id: str) -> LiveTask:
        task = self._open.pop(task_id, None)
        if task is None or (task.ledger.failure is not None and not task.is_running):
            return await self._take_over(task_id)
        self._open[task_id] = task  # used last
        return task

    async def _take_over(self, task_id: str) -> LiveTask:
        with journal_faults():
            is_known = await self._world.journal.header(task_id) is not None
        if not is_known:
            raise RequestFailed("task.unknown")
        if not await asyncio.to_thread(self._world.journal.claim, task_id):
            raise RequestFailed("task.elsewhere")
        stored = await self.stored(task_id)
        task = self._adopt(stored.state)
        open_turn = stored.state.turn
        task.ledger.turn_id = open_turn.turn_id if open_turn is not None else None
        closings = recover(stored.state, self._world.clock.now_ms())
        if closings:
            with journal_faults():
                await task.ledger.record(*closings, sync=True)
        return task

    def _adopt(self, state: TaskState) -> LiveTask:
        at_rest = [task for task in self._open.values() if task.is_at_rest]
        for task in at_rest[: max(0, len(at_rest) - MOST_AT_REST)]:
            task.close()
            del self._open[task.task_id]
            self._release(task.task_id)
        task = self._make(Ledger(state, self._world.journal, self._publisher, self._world.clock))
        task.approval_mode = self._modes.get(state.task_id)
        self._open[state.task_id] = task
        return task

    def _release(self, task_id: str) -> None:
        self._world.journal.release(task_id).add_done_callback(_note_failure)


def _note_failure(released: asyncio.Future[None]) -> None:
    if not released.cancelled() and released.exception() is not None:
        logger.info("a lease could not be given up; it ends with this process")

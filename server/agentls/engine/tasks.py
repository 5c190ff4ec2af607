"""The tasks of this server: created, opened from the journal, recovered, listed, deleted.

Knows no client and no turn. Invariant: a task that is open here is owned by this process, and what a dead process
left open in it was closed before anything else happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from agentls.conversation.recover import recover
from agentls.conversation.reduce import fold
from agentls.conversation.state import TaskState
from agentls.engine.history import records_of
from agentls.engine.ledger import Ledger
from agentls.engine.publisher import Publisher
from agentls.engine.task import LiveTask
from agentls.engine.world import World
from agentls.protocol.errors import RequestFailed
from agentls.world.journal import Row, TaskHeader


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
        self._opening: dict[str, asyncio.Lock] = {}

    @property
    def open(self) -> tuple[LiveTask, ...]:
        return tuple(self._open.values())

    async def create(self, workspace_uri: str) -> LiveTask:
        """A new task, owned by this process and in the journal."""
        header = TaskHeader(self._world.ids.new("task"), self._world.clock.now_ms(), workspace_uri)
        await self._world.journal.create_task(header)
        state = TaskState(header.task_id, header.created_ms, header.workspace_uri)
        return self._adopt(state)

    async def stored(self, task_id: str) -> StoredTask:
        """The task from the journal, whoever owns it. Raises RequestFailed."""
        header = await self._world.journal.header(task_id)
        if header is None:
            raise RequestFailed("task.unknown")
        rows = await self._world.journal.rows(task_id)
        state = TaskState(header.task_id, header.created_ms, header.workspace_uri)
        return StoredTask(header, rows, fold(state, records_of(rows)))

    def live(self, task_id: str) -> LiveTask | None:
        """The task if it is open here."""
        return self._open.get(task_id)

    async def opened(self, task_id: str) -> LiveTask:
        """The task, open here: taken over and recovered if nobody runs it. Raises RequestFailed."""
        lock = self._opening.setdefault(task_id, asyncio.Lock())
        try:
            async with lock:
                task = self._open.get(task_id)
                return task if task is not None else await self._take_over(task_id)
        finally:
            if not lock.locked():
                self._opening.pop(task_id, None)

    async def read(self, task_id: str) -> StoredTask:
        """The task for reading; one that nobody runs is taken over first, so that what it shows is true."""
        if task_id not in self._open:
            stored = await self.stored(task_id)
            if not recover(stored.state, 0) or self._world.journal.owner_alive(task_id):
                return stored
            await self.opened(task_id)
        return await self.stored(task_id)

    async def _take_over(self, task_id: str) -> LiveTask:
        if await self._world.journal.header(task_id) is None:
            raise RequestFailed("task.unknown")
        if not self._world.journal.claim(task_id):
            raise RequestFailed("task.elsewhere")
        stored = await self.stored(task_id)
        task = self._adopt(stored.state)
        open_turn = stored.state.turn
        task.ledger.turn_id = open_turn.turn_id if open_turn is not None else None
        closings = recover(stored.state, self._world.clock.now_ms())
        if closings:
            await task.ledger.record(*closings, sync=True)
        return task

    def _adopt(self, state: TaskState) -> LiveTask:
        task = self._make(Ledger(state, self._world.journal, self._publisher, self._world.clock))
        self._open[state.task_id] = task
        return task

    async def delete(self, task_id: str) -> None:
        task = await self.opened(task_id)
        task.interrupt()
        await task.ended()
        self._open.pop(task_id, None)
        await self._world.journal.delete(task_id)
        self._world.journal.release(task_id)

    async def aclose(self) -> None:
        """Interrupt every turn and wait for their ends."""
        for task in self.open:
            task.interrupt()
        await asyncio.gather(*(task.ended() for task in self.open))
        for task in self.open:
            self._world.journal.release(task.task_id)
        self._open.clear()

"""What every group of the engine's requests works with.

Knows no request. Invariant: one set per connection.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine

from agentls.engine.connection import Connection
from agentls.engine.ledger import Ledger
from agentls.engine.providers import Providers
from agentls.engine.publisher import Publisher
from agentls.engine.task import LiveTask
from agentls.engine.tasks import Tasks
from agentls.engine.world import World


class EngineParts:
    def __init__(self, world: World, publisher: Publisher) -> None:
        self.connection = Connection(world, Providers(world.environment))
        self._world = world
        self._publisher = publisher
        self._beside: set[asyncio.Task[None]] = set()
        self._tasks = Tasks(world, publisher, self._make_task)

    def _make_task(self, ledger: Ledger) -> LiveTask:
        return LiveTask(ledger, self._world, self.connection)

    def _own(self, work: Coroutine[None, None, None]) -> None:
        """Run work beside the requests; `aclose` ends it."""
        task = asyncio.get_running_loop().create_task(work)
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)

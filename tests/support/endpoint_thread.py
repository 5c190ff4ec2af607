"""The scripted endpoint on a thread of its own, for tests that wait with blocking calls."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Any, Self

from agentls.world.scripted import Gate, RecordedRequest, Script, ScriptedEndpoint

WAIT_S = 20.0


class EndpointThread:
    """`with EndpointThread(script) as endpoint:` serves until the block ends."""

    def __init__(self, script: Script, **options: Any) -> None:
        self._endpoint = ScriptedEndpoint(script, **options)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._endpoint.__aenter__())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._run(self._endpoint.__aexit__(kind, error, trace))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)
        self._loop.close()

    @property
    def base_url(self) -> str:
        return self._endpoint.base_url

    @property
    def requests(self) -> list[RecordedRequest]:
        return self._endpoint.requests

    @property
    def provider(self) -> dict[str, Any]:
        """A provider as `agent/provider/set` takes it."""
        return {"id": "p", "name": "P", "baseUrl": self.base_url, "modelId": "scripted"}

    def open(self, gate: Gate) -> None:
        """Let a held stream go on."""
        self._loop.call_soon_threadsafe(gate.open)

    def wait_reached(self, gate: Gate) -> None:
        """Return once everything before the gate was sent."""
        self._run(gate.wait_reached())

    def wait_ended(self, number: int) -> bool:
        """Whether the client closed request `number` (from 0) early, once it is over."""

        async def wait() -> bool:
            await self._endpoint.wait_for_requests(number + 1)
            return await self.requests[number].wait_ended()

        return bool(self._run(wait()))

    def _run(self, work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(WAIT_S)

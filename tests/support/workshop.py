"""A whole engine in this process, against the scripted endpoint, in a temporary workspace.

Everything is real but the client: files, processes, journal, HTTP.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agentls.conversation.reduce import fold
from agentls.conversation.state import TaskState
from agentls.engine.answer import Answer
from agentls.engine.engine import Engine
from agentls.engine.history import records_of
from agentls.engine.world import World
from agentls.protocol.registry import EVENT_TYPES, REQUESTS
from agentls.world.buffers import Buffers, NoBuffers
from agentls.world.clock import Clock, SystemClock
from agentls.world.http import HttpClient
from agentls.world.ids import CountingIds
from agentls.world.journal import Journal
from agentls.world.scripted import Script, ScriptedEndpoint
from tests.support.frame_check import check_notification
from tests.support.recorder import Frame, Recorder

KEY = "sk-canary-0123456789abcdef"


class Workshop:
    def __init__(self, engine: Engine, world: World, recorder: Recorder, endpoint: ScriptedEndpoint, root: Path):
        self.engine = engine
        self.world = world
        self.recorder = recorder
        self.endpoint = endpoint
        self.root = root

    async def ask(self, method: str, params: Mapping[str, object] | None = None) -> Any:
        """Send a request as a face does: validate, answer, then let its events begin. The result as JSON."""
        request = REQUESTS[method]
        handler = getattr(self.engine, _snake(method.removeprefix("agent/")))
        answer: Answer[Any] = await handler(request.params.model_validate(params or {}))
        if answer.then is not None:
            answer.then()
        return answer.result.model_dump(mode="json", by_alias=True, exclude_none=True)

    async def provider(self, **fields: object) -> None:
        provider = {"id": "p", "name": "P", "baseUrl": self.endpoint.base_url, "modelId": "scripted", **fields}
        await self.ask("agent/provider/set", {"provider": provider})
        await self.ask("agent/provider/setKey", {"id": "p", "apiKey": KEY})

    async def start(self, prompt: str = "Go", **fields: object) -> str:
        """Start a task; its id."""
        result = await self.ask("agent/task/start", {"prompt": prompt, **fields})
        return str(result["taskId"])

    async def run(self, prompt: str = "Go", **fields: object) -> Frame:
        """Start a task and wait for the end of its turn."""
        return await self.ended(await self.start(prompt, **fields))

    async def ended(self, task_id: str, turns: int = 1) -> Frame:
        completed = await self.recorder.wait_method("agent/turn/completed", turns, task_id)
        await self.recorder.wait(
            lambda frame: (
                frame.method == "agent/task/status" and frame["taskId"] == task_id and frame["seq"] > completed["seq"]
            )
        )
        return completed

    async def approve(self, decision: str = "allow", count: int = 1, comment: str | None = None) -> Frame:
        """Answer the `count`-th approval that is asked for."""
        asked = await self.recorder.wait_method("agent/approval/requested", count)
        params = {"approvalId": asked["approvalId"], "decision": decision}
        await self.ask("agent/approval/respond", params if comment is None else {**params, "comment": comment})
        return asked

    async def folded(self, task_id: str) -> TaskState:
        """The state as the journal has it."""
        header = await self.world.journal.header(task_id)
        assert header is not None
        rows = await self.world.journal.rows(task_id)
        return fold(TaskState(task_id, header.created_ms, header.workspace_uri), records_of(rows))

    def methods(self, task_id: str | None = None) -> list[str]:
        """The stored methods so far, without `agent/`."""
        return [
            frame.method.removeprefix("agent/")
            for frame in self.recorder.frames
            if frame.stored and task_id in (None, frame.params.get("taskId"))
        ]

    def results(self) -> list[tuple[object, object]]:
        """(name, status) of every tool result so far."""
        return [(frame["name"], frame["status"]) for frame in self.recorder.of("agent/toolResult")]

    def result_text(self, place: int = -1) -> str:
        content = self.recorder.of("agent/toolResult")[place]["content"]
        assert isinstance(content, list)
        return "".join(part["text"] for part in content)


@asynccontextmanager
async def workshop(
    folder: Path,
    script: Script,
    *,
    clock: Clock | None = None,
    settings: Mapping[str, object] | None = None,
    provider: Mapping[str, object] | None = None,
    buffers: Buffers | None = None,
    trusted: bool = True,
    **endpoint: Any,
) -> AsyncIterator[Workshop]:
    root = (folder / "work").resolve()
    root.mkdir(exist_ok=True)
    async with ScriptedEndpoint(script, **endpoint) as server:
        recorder = Recorder()
        world = World(
            clock=clock or SystemClock(),
            ids=CountingIds(),
            journal=Journal.open(folder / "data"),
            http=HttpClient(),
            data_dir=folder / "data",
            environment={"PATH": "/usr/local/bin:/usr/bin:/bin"},
            random=lambda: 0.0,
        )
        engine = Engine(world, recorder)
        engine.open(roots=[root], trusted=trusted, buffers=buffers or NoBuffers(), configuration={})
        shop = Workshop(engine, world, recorder, server, root)
        try:
            await shop.provider(**(provider or {}))
            if settings is not None:
                await shop.ask("agent/settings/set", {"settings": settings})
            yield shop
        finally:
            await engine.aclose()
        for frame in recorder.frames:
            if frame.stored or not _is_unsaved(frame):
                check_notification(frame.method, frame.params)


def _is_unsaved(frame: Frame) -> bool:
    """The end of a turn that the journal could not save: told all the same, without a number of its own."""
    return frame.method in EVENT_TYPES and EVENT_TYPES[frame.method].STORED


def _snake(path: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else "_" if c == "/" else c for c in path)

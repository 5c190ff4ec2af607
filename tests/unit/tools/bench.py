"""Calls tools as the engine does, over a real workspace in a temporary folder."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from agentls.protocol.settings import CommandSettings, ReadSettings
from agentls.tools.desk import Desk, SeenFiles
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.tool import Prepared
from agentls.tools.toolbox import Toolbox
from agentls.world.artifacts import Artifacts
from agentls.world.buffers import NoBuffers
from agentls.world.environment import child_environment
from agentls.world.files import Workspace
from agentls.world.images import TASK_LIMIT_BYTES, KeptImages


@dataclass
class Bench:
    """The desk of one task, and what its tools printed and asked."""

    root: Path
    desk: Desk
    toolbox: Toolbox = field(default_factory=Toolbox)
    printed: list[tuple[str, str]] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the first output."""
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def prepare(self, name: str, arguments: Mapping[str, object]) -> Prepared | Outcome:
        parsed = self.toolbox.parse(name, arguments)
        tool = self.toolbox.get(name)
        if isinstance(parsed, Outcome) or tool is None:
            assert isinstance(parsed, Outcome)
            return parsed
        try:
            return await tool.prepare(parsed, self.desk)
        except ToolFailure as failure:
            return failure.outcome

    async def call(self, name: str, **arguments: object) -> Outcome:
        prepared = await self.prepare(name, arguments)
        return prepared if isinstance(prepared, Outcome) else await run(prepared)

    def write(self, path: str, data: str | bytes) -> Path:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        return file

    def with_images(self, room_bytes: int = TASK_LIMIT_BYTES) -> None:
        """The model takes images."""
        self.desk = replace(self.desk, take_image_room=lambda size_bytes: size_bytes <= room_bytes)

    def settings(self, read: ReadSettings | None = None, command: CommandSettings | None = None) -> None:
        self.desk = replace(self.desk, read=read or self.desk.read, command=command or self.desk.command)


async def run(prepared: Prepared) -> Outcome:
    try:
        return await prepared.run()
    except ToolFailure as failure:
        return failure.outcome


def bench_in(tmp_path: Path) -> Bench:
    """A bench whose workspace is `tmp_path/work`."""
    root = tmp_path / "work"
    root.mkdir()
    root = root.resolve()
    made: list[Bench] = []

    def output(stream: Literal["stdout", "stderr"], text: str) -> None:
        made[0].printed.append((stream, text))
        made[0].begun.set()

    async def ask(question: str, options: Sequence[str]) -> str:
        made[0].asked.append((question, tuple(options)))
        return "blue"

    desk = Desk(
        workspace=Workspace([root], NoBuffers()),
        read=ReadSettings(),
        command=CommandSettings(),
        seen=SeenFiles(),
        artifacts=Artifacts(tmp_path / "artifacts"),
        images=KeptImages(tmp_path / "artifacts"),
        output=output,
        ask=ask,
        environment=child_environment({}),
        call_id="call_1",
    )
    made.append(Bench(root, desk))
    return made[0]

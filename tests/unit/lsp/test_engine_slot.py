"""The engine of a connection: built once, late, and its failure told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from agentls.lsp import engine_slot as module
from agentls.lsp.engine_slot import EngineSlot
from agentls.lsp.session import read_session
from agentls.protocol.errors import RequestFailed
from agentls.world.buffers import Buffers, NoBuffers


class Engine:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[object] = []

    def open(self, *, roots: Sequence[Path], trusted: bool, buffers: Buffers, configuration: Mapping[str, Any]) -> None:
        self.told.append((list(roots), trusted, configuration))

    def change_roots(self, roots: Sequence[Path]) -> None:
        self.told.append(list(roots))

    def stored_params(self, task_id: str, seq: int) -> bytes | None:
        return b"{}"

    async def warm_up(self) -> None:
        self.told.append("warm")

    async def aclose(self) -> None:
        self.told.append("closed")
        await asyncio.Event().wait()


async def test_the_engine_is_built_once_with_the_folders_as_they_are_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLOSE_TIMEOUT_S", 0.01)
    built: list[Engine] = []

    def build() -> Engine:
        built.append(Engine())
        return built[-1]

    slot = EngineSlot(build, NoBuffers(), lambda body: None)
    slot.open(read_session({"rootUri": "file:///a", "initializationOptions": {"agent": {"x": 1}}}))
    slot.change_roots([Path("/b")])
    assert (built, slot.stored_params("t", 1)) == ([], None)
    await slot.warm_up()
    assert slot.get() is built[0]
    slot.change_roots([Path("/c")])
    assert slot.stored_params("t", 1) == b"{}"
    await slot.aclose()
    assert len(built) == 1
    assert built[0].told == [([Path("/b")], True, {"x": 1}), "warm", [Path("/c")], "closed"]
    assert slot.stored_params("t", 1) == b"{}"
    with pytest.raises(RequestFailed) as caught:
        slot.get()
    assert caught.value.code == "server.stopping"


async def test_a_failure_to_build_is_shown_once_and_answers_every_request() -> None:
    posted: list[bytes] = []

    def build() -> Engine:
        raise ValueError("agentls.toml: provider.baseUrl: must be a string")

    slot = EngineSlot(build, NoBuffers(), posted.append)
    slot.open(read_session({}))
    await slot.warm_up()
    for _ in range(2):
        with pytest.raises(RequestFailed) as caught:
            slot.get()
        assert caught.value.advice == "agentls.toml: provider.baseUrl: must be a string"
    (message,) = [json.loads(body) for body in posted]
    assert (message["method"], message["params"]["type"]) == ("window/showMessage", 1)
    assert message["params"]["message"].endswith("provider.baseUrl: must be a string")
    await slot.aclose()


async def test_who_closes_again_waits_for_the_end_also_when_the_first_gave_up() -> None:
    opened = asyncio.Event()

    class Slow(Engine):
        async def aclose(self) -> None:
            await opened.wait()
            await super().aclose()

    engine = Slow()
    slot = EngineSlot(lambda: engine, NoBuffers(), lambda body: None)
    slot.open(read_session({}))
    slot.get()
    first = asyncio.ensure_future(slot.aclose())
    await asyncio.sleep(0)
    first.cancel()
    again = asyncio.ensure_future(slot.aclose())
    await asyncio.sleep(0)
    assert (again.done(), "closed" in engine.told) == (False, False)
    opened.set()
    await again
    assert engine.told[-1] == "closed"

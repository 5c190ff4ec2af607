"""A whole engine against the honest endpoint of check_endpoint.py, for tests of single steps of the check."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from agentls.world.clock import Clock
from agentls.world.scripted import Gate
from tests.support.check_endpoint import MODEL, Faults, served
from tests.support.workshop import Workshop, workshop

Json = dict[str, Any]


@asynccontextmanager
async def checking(
    folder: Path, faults: Faults, *, clock: Clock | None = None, **provider: object
) -> AsyncIterator[Workshop]:
    """An engine with the endpoint as its provider `p`; `provider` are more fields of it."""
    folder.mkdir(exist_ok=True)
    fields: Mapping[str, object] = {"modelId": MODEL, **provider}
    async with workshop(folder, clock=clock, provider=fields, **served(faults)) as shop:
        yield shop


async def check(shop: Workshop, level: str = "full") -> Json:
    """The result of a check."""
    result: Json = await shop.ask("agent/provider/check", {"id": "p", "level": level})
    return result


async def reached(gate: Gate, running: asyncio.Task[Json]) -> None:
    """Return once the endpoint is at the gate; raises what ended the check before."""
    waiting = asyncio.ensure_future(gate.wait_reached())
    await asyncio.wait((waiting, running), return_when=asyncio.FIRST_COMPLETED)
    if not waiting.done():
        waiting.cancel()
        raise AssertionError(f"the check ended before the gate: {running.result()}")


async def checked(
    folder: Path, faults: Faults, *, level: str = "full", clock: Clock | None = None, **provider: object
) -> Json:
    """The result of a check of an endpoint that is broken as `faults` say."""
    async with checking(folder, faults, clock=clock, **provider) as shop:
        return await check(shop, level)


def statuses(result: Json) -> dict[str, str]:
    """The steps that are not `ok`, by id."""
    return {step["id"]: step["status"] for step in result["checks"] if step["status"] != "ok"}


def said(result: Json, step_id: str) -> str:
    """Detail and advice of a step."""
    (step,) = [step for step in result["checks"] if step["id"] == step_id]
    return " → ".join(filter(None, (step["detail"], step.get("advice"))))

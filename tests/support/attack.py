"""Attacks through the real server process: a scripted endpoint plays a hostile model, the test plays the user."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agentls.world.scripted import Calls, Script, ScriptedEndpoint, Text
from tests.support.editor import Editor, editor

Json = dict[str, Any]

KEY = "sk-canary/+0123456789&abcdef"
LINUX = sys.platform == "linux"

posix = pytest.mark.skipif(sys.platform == "win32", reason="the attacks are POSIX ones")
"""Links, FIFOs, /proc and a POSIX shell are what most attacks are made of."""


@asynccontextmanager
async def attack(
    folder: Path,
    replies: Sequence[Calls | Text],
    *,
    approval: Mapping[str, object] | None = None,
    agent: Mapping[str, Any] | None = None,
    limits: Mapping[str, object] | None = None,
) -> AsyncIterator[Editor]:
    """An editor with a configured server whose model answers what the attacker wants."""
    async with (
        ScriptedEndpoint(Script([*replies, Text(text="done")]), is_strict=False) as endpoint,
        editor(folder, agent=agent) as user,
    ):
        provider = {"id": "p", "name": "P", "baseUrl": endpoint.base_url, "modelId": "scripted"}
        await user.request("agent/provider/set", {"provider": provider})
        settings = {"approval": approval or {}, "limits": {"requestsPerTurn": 500, **(limits or {})}}
        await user.request("agent/settings/set", {"settings": settings})
        async with asyncio.timeout(60):
            yield user


async def run(user: Editor) -> list[Json]:
    """One turn in which the user denies everything: the results."""
    await user.request("agent/task/start", {"prompt": "Go"})
    denying = asyncio.create_task(deny(user))
    completed = await user.wait("agent/turn/completed")
    denying.cancel()
    assert completed["status"] == "completed", completed
    return user.of("agent/toolResult")


async def deny(user: Editor) -> None:
    count = 1
    while True:
        await user.approve("deny", count)
        count += 1


def text_of(result: Json) -> str:
    return "".join(part["text"] for part in result["content"])


def workspace(folder: Path) -> Path:
    work = folder / "work"
    work.mkdir(exist_ok=True)
    return work


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file below the folder with its bytes; links are not followed."""
    found = {}
    for path in sorted(folder.rglob("*")):
        found[str(path.relative_to(folder))] = path.read_bytes() if path.is_file() and not path.is_symlink() else None
    return found

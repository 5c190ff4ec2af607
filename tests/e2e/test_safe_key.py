"""The key reaches its endpoint and nothing else (promise P7, rows B136, B137)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from agentls.world.scripted import Call, Calls, HttpError, Script, ScriptedEndpoint, Text
from agentls.world.scripted.script import ScriptStep
from tests.support.attack import KEY, Json, posix, workspace
from tests.support.peer import SERVER, Peer
from tests.support.secrets import files_in, leaks

pytestmark = posix


@pytest.mark.parametrize("how", ["setKey", "AGENTLS_API_KEY", "apiKeyEnv"])
async def test_the_key_reaches_the_endpoint_and_nothing_else(tmp_path: Path, how: str) -> None:
    work, data = workspace(tmp_path), tmp_path / "data"
    replies: list[ScriptStep] = [
        Text(text=f"Your key is {KEY}.", reasoning=f"They sent {KEY} to me.", piece=3),
        Calls(
            [
                Call("execute_command", {"command": "env; printenv; set; ps e 2>/dev/null || true"}),
                Call("execute_command", {"command": "cat /proc/self/environ; export -p"}),
                Call("write_to_file", {"path": "notes.txt", "content": "nothing\n"}),
            ]
        ),
        Text(text="done"),
        HttpError(401, {"error": {"message": f"Incorrect API key provided: {KEY}", "code": "invalid_api_key"}}),
    ]
    environment = {"AGENTLS_DATA_DIR": str(data)}
    if how != "setKey":
        environment["AGENTLS_API_KEY" if how == "AGENTLS_API_KEY" else "SOME_VARIABLE"] = KEY

    async with ScriptedEndpoint(Script(replies), expect_key=KEY, is_strict=False) as endpoint:
        if how == "AGENTLS_API_KEY":
            environment |= {"AGENTLS_BASE_URL": endpoint.base_url, "AGENTLS_MODEL": "scripted"}
        frames, log = await asyncio.to_thread(_session_with_key, work, endpoint.base_url, environment, how)
        keys = {request.headers["authorization"] for request in endpoint.requests}
        bodies = [request.raw for request in endpoint.requests]

    assert keys == {f"Bearer {KEY}"}
    places = {"frames": json.dumps(frames, ensure_ascii=False).encode(), "stderr": log.encode()}
    places |= {f"request {number}": body for number, body in enumerate(bodies)}
    places |= files_in(tmp_path)
    assert len([place for place in places if place.startswith("disk")]) > 1
    assert leaks(KEY, places) == []


def _session_with_key(work: Path, base_url: str, environment: Mapping[str, str], how: str) -> tuple[list[Json], str]:
    """Three turns in a server of its own: every frame it sent and its log."""
    with Peer(SERVER, env=environment) as peer:
        peer.initialize(workspaceFolders=[{"uri": work.as_uri(), "name": "work"}], trace="verbose")
        if how != "AGENTLS_API_KEY":
            provider = {"id": "p", "name": "P", "baseUrl": base_url, "modelId": "scripted"}
            named = {"apiKeyEnv": "SOME_VARIABLE"} if how == "apiKeyEnv" else {}
            peer.request("agent/provider/set", {"provider": provider | named})
        if how == "setKey":
            assert peer.request("agent/provider/setKey", {"id": "p", "apiKey": KEY})["result"] == {"apiKeySet": True}
        peer.request("agent/settings/set", {"settings": {"approval": {"mode": "full"}}})
        task = peer.request("agent/task/start", {"prompt": "Go"})["result"]["taskId"]
        ends = [peer.event("agent/turn/completed")["status"]]
        for _ in range(2):
            while "error" in peer.request("agent/turn/start", {"taskId": task, "prompt": "On"}):
                pass  # the last turn is letting go of the task
            ends.append(peer.event("agent/turn/completed")["status"])
        for method, params in (
            ("agent/provider/list", {}),
            ("agent/settings/get", {}),
            ("agent/task/get", {"taskId": task}),
            ("agent/task/events", {"taskId": task, "sinceSeq": 0}),
            ("agent/task/export", {"taskId": task, "format": "markdown"}),
            ("agent/task/export", {"taskId": task, "format": "json"}),
            ("agent/provider/set", {"provider": {"id": "p", "apiKey": 1}}),
        ):
            peer.request(method, params)
        assert ends == ["completed", "completed", "failed"]
        peer.request("shutdown")
        peer.notify("exit")
        peer.rest()
        assert peer.wait() == 0
        return peer.frames, peer.stderr

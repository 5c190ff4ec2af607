"""The key goes to the endpoint and nowhere else; stdout carries frames and nothing else, whatever is printed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from agentls.world.scripted import Call, Calls, HttpError, Script, Text
from tests.support.endpoint_thread import EndpointThread
from tests.support.peer import SERVER, Peer

KEY = "sk-canary-7d1f0c9a4e"
LOUD = (sys.executable, "-m", "tests.support.loud_server")
NOISE = ["a library prints", "a C library prints", "a child prints"]


@pytest.mark.parametrize("command", [SERVER, LOUD], ids=["as it is", "every log open, asyncio's debug mode"])
def test_the_key_is_in_no_frame_log_or_file(command: tuple[str, ...], env: dict[str, str], work: Path) -> None:
    """Rule 3; B136 B137 B138: also when the endpoint and a command print it, and in every way to send it wrongly."""
    steps = [
        Calls([Call("execute_command", {"command": f"env; echo {KEY[:9]}''{KEY[9:]}; cat key.txt"})]),
        Calls([Call("read_file", {"path": "key.txt"})]),
        HttpError(401, {"error": {"message": f"Incorrect API key provided: {KEY}."}}),
    ]
    (work / "key.txt").write_text(f"key = {KEY}\n")
    debug = {"PYTHONASYNCIODEBUG": "1"} if command is LOUD else {}
    with EndpointThread(Script(steps)) as endpoint, Peer(command, env={**env, **debug}) as peer:
        peer.open(work, endpoint.provider, settings={"approval": {"mode": "full"}})
        set_key = "agent/provider/setKey"
        sent = {"id": "p", "apiKey": KEY}
        result = peer.request(set_key, sent)["result"]
        assert result == {"apiKeySet": True}
        assert peer.request(set_key, {"id": "none", "apiKey": KEY})["error"]["data"]["code"] == "provider.unknown"
        assert peer.request(set_key, {"id": 5, "apiKey": KEY})["error"]["data"] == {"path": "id"}
        assert peer.request(set_key, {"id": "p", "apiKey": f"{KEY}\n"})["error"]["data"] == {"path": "apiKey"}
        assert peer.request(set_key, {"id": "p", "apiKey": {KEY: KEY}})["error"]["data"] == {"path": "apiKey"}
        assert peer.request(set_key, {"id": "p", "api_key": KEY})["error"]["data"] == {"path": "apiKey"}
        assert peer.request(set_key, [KEY])["error"]["data"] == {"path": "params"}
        command_of_it = {"command": set_key, "arguments": [sent]}
        assert peer.request("workspace/executeCommand", command_of_it)["error"]["code"] == -32601
        peer.notify(set_key, sent)
        peer.send({"jsonrpc": "1.0", "id": 1, "method": set_key, "params": sent})
        peer.send(b'{"jsonrpc":"2.0","id":1,"method":"%b","params":{"apiKey":"%b"' % (set_key.encode(), KEY.encode()))
        peer.notify("textDocument/didOpen", {"textDocument": {"uri": KEY, "text": 5}})
        task_id = peer.start()
        assert peer.rested()["error"]["code"] == "auth"
        assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert "result" in peer.request("agent/task/export", {"taskId": task_id, "format": "json"})
        assert peer.request("agent/provider/list")["result"]["providers"][0]["apiKeyHint"] == f"…{KEY[-4:]}"
        peer.request("shutdown")
        peer.notify("exit")
        assert peer.wait() == 0
        assert KEY not in str(peer.frames)
        assert KEY not in peer.stderr
        kept = [path for path in Path(env["AGENTLS_DATA_DIR"]).rglob("*") if path.is_file()]
        assert [path.name for path in kept if KEY.encode() in path.read_bytes()] == []


def test_only_frames_reach_stdout_whatever_prints(env: dict[str, str], work: Path) -> None:
    """Contract: by `print`, by the descriptor, by a child that inherits it."""
    with EndpointThread(Script(then=Text(text="Done."))) as endpoint, Peer(LOUD, env=env) as peer:
        peer.open(work, endpoint.provider)
        peer.start()
        assert peer.rested()["status"] == "completed"
        peer.request("shutdown")
        peer.notify("exit")
        assert peer.wait() == 0
        peer.rest()
        assert peer.bad_output is None
        assert [noise for noise in NOISE if noise not in peer.stderr] == []

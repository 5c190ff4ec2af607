"""Images through the real server process: from the prompt and from a file to the request, and again after a restart."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from agentls.world.scripted import Call, Calls, Script, Text
from tests.support.endpoint_thread import EndpointThread
from tests.support.peer import Json, Peer
from tests.support.pictures import png

PROMPTED, READ = png(64, 48, padding=60_000), png(32, 16)


def _url(data: bytes) -> Json:
    return {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{base64.b64encode(data).decode()}"}}


def _text(text: str) -> Json:
    return {"type": "text", "text": text}


def _contents(messages: Any) -> list[tuple[str, object]]:
    """Role and content of every message after the instructions."""
    return [(message["role"], message.get("content")) for message in messages[1:]]


@pytest.mark.parametrize("kill", [False, True])
def test_images_reach_the_model_and_still_do_after_a_restart(tmp_path: Path, kill: bool) -> None:
    work = (tmp_path / "work").resolve()
    work.mkdir()
    (work / "icon.png").write_bytes(READ)
    env = {"AGENTLS_DATA_DIR": str(tmp_path / "data")}
    script = Script([Calls([Call("read_file", {"path": "icon.png"})]), Text(text="Alike."), Text(text="Still alike.")])
    image = {"type": "image", "data": base64.b64encode(PROMPTED).decode(), "mimeType": "image/png"}
    with EndpointThread(script) as endpoint:
        provider = {**endpoint.provider, "model": {"imageSupport": True}}
        with Peer(env=env) as peer:
            peer.open(work, provider)
            prompt = {"prompt": [_text("Compare with icon.png"), image]}
            task_id = peer.request("agent/task/start", prompt)["result"]["taskId"]
            assert peer.rested()["status"] == "completed"
            frames = [each["params"] for each in peer.frames if each.get("method") == "agent/prompt"]
            if not kill:
                peer.request("shutdown")
                peer.notify("exit")
                assert peer.wait() == 0
        with Peer(env=env) as peer:
            peer.open(work, provider)
            assert "result" in peer.request("agent/turn/start", {"taskId": task_id, "prompt": "And now?"})
            assert peer.rested()["status"] == "completed"
            [_, shown] = frames[0]["content"]
            page = peer.request("agent/content/read", {"taskId": task_id, "ref": shown["ref"], "offset": 100})
            assert "result" in peer.request("agent/task/delete", {"taskId": task_id})

    first = [
        ("user", [_text("Compare with icon.png"), _url(PROMPTED)]),
        ("assistant", None),
        ("tool", f"icon.png: image/png, 32×16, {len(READ)} bytes"),
        ("user", [_text("[The image of tool result 1 above:]"), _url(READ)]),
    ]
    assert _contents(endpoint.requests[0].messages) == first[:1]
    assert _contents(endpoint.requests[1].messages) == first
    assert _contents(endpoint.requests[2].messages) == [*first, ("assistant", "Alike."), ("user", "And now?")]
    whole = base64.b64encode(PROMPTED).decode()
    assert page["result"] == {"text": whole[100:], "totalBytes": len(whole)}
    assert [path for path in (tmp_path / "data").rglob("*") if path.name.startswith("img-")] == []


def test_a_prompt_with_a_broken_image_is_refused_by_the_path_of_its_block(tmp_path: Path) -> None:
    work = (tmp_path / "work").resolve()
    work.mkdir()
    with EndpointThread(Script()) as endpoint, Peer(env={"AGENTLS_DATA_DIR": str(tmp_path / "data")}) as peer:
        peer.open(work, endpoint.provider)
        image = {"type": "image", "data": base64.b64encode(READ[:50]).decode(), "mimeType": "image/png"}
        error = peer.request("agent/task/start", {"prompt": [_text("Look"), image]})["error"]

    assert (error["code"], error["data"]["path"]) == (-32602, "prompt[1].data")
    assert error["message"] == "prompt[1].data is no image that can be sent: it is cut off"

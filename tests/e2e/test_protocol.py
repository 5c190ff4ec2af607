"""The real server process, spoken to by a real LSP client over stdio."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from agentls.world.scripted import Call, Calls, Gate, Script, ScriptedEndpoint, Text, Tokens
from tests.support.editor import Editor, editor

Json = dict[str, Any]

SOURCE = "def add(a, b):\n    return a - b\n"
CHECK = "from app import add\nassert add(2, 3) == 5, add(2, 3)\nprint('checks pass')\n"
COMMAND = f"{sys.executable} check.py"


async def _configure(user: Editor, endpoint: ScriptedEndpoint) -> None:
    provider = {"id": "p", "name": "Scripted", "baseUrl": endpoint.base_url, "modelId": "scripted"}
    prices = {"model": {"inputPrice": 1.0, "outputPrice": 2.0}}
    await user.request("agent/provider/set", {"provider": provider | prices})
    await user.request("agent/provider/setKey", {"id": "p", "apiKey": "sk-canary-0123456789abcdef"})


async def test_a_task_from_prompt_to_passing_check(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "app.py").write_text(SOURCE)
    (work / "check.py").write_text(CHECK)
    edit = {"path": "app.py", "old_string": "return a - b", "new_string": "return a + b"}
    script = Script(
        [
            Calls(
                [
                    Call("list_files", {"path": "."}),
                    Call("read_file", {"path": "app.py", "start_line": 1, "end_line": 2}),
                ]
            ),
            Calls([Call("edit_file", edit)], text="A minus where a plus belongs."),
            Calls([Call("execute_command", {"command": COMMAND})]),
            Text(text="Fixed: the check passes.", usage=Tokens(input=1000, output=100)),
        ]
    )
    async with ScriptedEndpoint(script, expect_key="sk-canary-0123456789abcdef") as endpoint:
        async with editor(tmp_path) as user:
            await _configure(user, endpoint)
            started = await user.request("agent/task/start", {"prompt": "add() is wrong. Fix it."})
            asked = await user.approve(count=1)
            await user.approve(count=2)
            completed = await user.wait("agent/turn/completed")
            await user.wait("agent/task/status", 6)
            replay = await user.request("agent/task/events", {"taskId": started["taskId"]})
            view = await user.request("agent/task/get", {"taskId": started["taskId"]})

        assert (work / "app.py").read_text() == SOURCE.replace("-", "+")
        assert "+    return a + b" in asked["subject"]["diff"]["unified"]
        assert (completed["status"], completed["turnId"]) == ("completed", started["turnId"])
        assert [file["path"] for file in completed["changedFiles"]] == ["app.py"]
        assert completed["cost"] == pytest.approx((3 * 120 + 1000) / 1e6 + 2 * (3 * 30 + 100) / 1e6)
        results = user.of("agent/toolResult")
        assert [(each["name"], each["status"]) for each in results] == [
            ("list_files", "ok"),
            ("read_file", "ok"),
            ("edit_file", "ok"),
            ("execute_command", "ok"),
        ]
        assert results[1]["range"] == {"startLine": 1, "endLine": 2, "totalLines": 2}
        assert results[3]["exitCode"] == 0
        assert "checks pass" in results[3]["content"][0]["text"]
        stored = [(m, p) for m, p in user.seen if "seq" in p and "part" not in p]
        assert [p["seq"] for _, p in stored] == list(range(1, len(stored) + 1))
        assert [(each["method"], each["params"]) for each in replay["events"]] == [
            (method, {**params, "replay": True}) for method, params in stored
        ]
        assert view["lastSeq"] == len(stored)


async def test_frames_are_ordered_and_no_number_is_given_twice(tmp_path: Path) -> None:
    script = Script([Calls([Call("list_files", {"path": "."})], text="Let me look. " * 50, pace=400), Text(text="ok")])
    async with ScriptedEndpoint(script) as endpoint, editor(tmp_path) as user:
        await _configure(user, endpoint)
        await user.request("agent/task/start", {"prompt": "Go"})
        await user.wait("agent/turn/completed")

        numbers = [(p["seq"], p.get("part", 0)) for _, p in user.seen if "seq" in p]
        assert numbers == sorted(set(numbers))
        deltas = user.of("agent/message/delta")
        assert "".join(d["delta"] for d in deltas).startswith("Let me look. " * 50)


async def test_a_client_that_did_not_opt_in_is_sent_nothing_of_ours(tmp_path: Path) -> None:
    async with ScriptedEndpoint(Script([Text(text="ok")])) as endpoint:
        environment = {"AGENTLS_BASE_URL": endpoint.base_url, "AGENTLS_MODEL": "scripted"}
        async with editor(tmp_path, agent={}, environment=environment) as user:
            command = types.ExecuteCommandParams(command="agent.ask", arguments=["Say ok"])
            await user.client.workspace_execute_command_async(command)
            (request,) = await endpoint.wait_for_requests(1)
            await request.wait_ended()

    assert user.seen == []


async def test_every_request_method_is_a_command_too_but_for_the_key(tmp_path: Path) -> None:
    async with editor(tmp_path) as user:
        command = types.ExecuteCommandParams(command="agent/provider/list", arguments=[{}])
        assert await user.client.workspace_execute_command_async(command) == {"providers": []}
        secret = types.ExecuteCommandParams(command="agent/provider/setKey", arguments=[{"id": "p", "apiKey": "k"}])
        with pytest.raises(JsonRpcException):
            await user.client.workspace_execute_command_async(secret)


async def test_not_configured_is_an_error_with_advice(tmp_path: Path) -> None:
    async with editor(tmp_path) as user:
        with pytest.raises(JsonRpcException) as refused:
            await user.request("agent/task/start", {"prompt": "Go"})

    error = refused.value.to_response_error()
    assert error.code == -32803
    data = error.data if isinstance(error.data, dict) else vars(error.data)
    assert data["code"] == "provider.notConfigured"
    assert data["advice"]


async def test_what_is_not_served_yet_is_neither_listed_nor_answered(tmp_path: Path) -> None:
    async with editor(tmp_path) as user:
        for method in ("agent/checkpoint/list",):
            with pytest.raises(JsonRpcException) as refused:
                await user.client.protocol.send_request_async(method, {})
            assert refused.value.to_response_error().code == -32601


async def test_unsaved_text_is_what_the_agent_reads(tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    (work / "a.txt").write_text("on disk\n")
    script = Script([Calls([Call("read_file", {"path": "a.txt"})]), Text(text="ok")])
    async with ScriptedEndpoint(script) as endpoint, editor(tmp_path) as user:
        await _configure(user, endpoint)
        uri = (work / "a.txt").as_uri()
        document = types.TextDocumentItem(uri=uri, language_id="plaintext", version=1, text="on disk\n")
        user.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))
        user.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                text_document=types.VersionedTextDocumentIdentifier(uri=uri, version=2),
                content_changes=[types.TextDocumentContentChangeWholeDocument(text="in the editor\n")],
            )
        )
        await user.request("agent/task/start", {"prompt": "Go"})
        result = await user.wait("agent/toolResult")

    assert result["source"] == "buffer"
    assert "in the editor" in result["content"][0]["text"]


async def test_an_interrupted_turn_ends_at_once_and_the_server_lives(tmp_path: Path) -> None:
    gate = Gate()
    async with ScriptedEndpoint(Script([Text(text="abcdef", gates={3: gate})])) as endpoint, editor(tmp_path) as user:
        await _configure(user, endpoint)
        task = await user.request("agent/task/start", {"prompt": "Go"})
        await gate.wait_reached()
        assert await user.request("agent/turn/interrupt", {"taskId": task["taskId"]}) == {}
        completed = await user.wait("agent/turn/completed")
        assert completed["status"] == "interrupted"
        assert await endpoint.requests[0].wait_ended() is True
        listed = await user.request("agent/task/list", {})

    assert [each["status"] for each in listed["data"]] == ["idle"]

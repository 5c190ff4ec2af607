"""A hostile folder, and editors at work beside the agent (row B125, faults F48 and F58)."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from agentls.world.scripted import Call, Calls, Script, ScriptedEndpoint, Text
from tests.support.attack import Json, attack, posix, run, text_of, workspace

pytestmark = posix


# The workspace as a folder of programs: row B125


async def test_nothing_in_a_hostile_folder_is_imported_or_run(tmp_path: Path) -> None:
    work = workspace(tmp_path)
    marker = tmp_path / "PWNED"
    evil = f"open({str(marker)!r}, 'w').close()\n"
    for name in ("sitecustomize", "usercustomize", "json", "asyncio", "pydantic", "httpx", "rich", "pygls", "re"):
        (work / f"{name}.py").write_text(evil)
    (work / "agentls").mkdir()
    (work / "agentls" / "__init__.py").write_text(evil)
    (work / "agentls" / "__main__.py").write_text(evil)
    (work / ".env").write_text("AGENTLS_BASE_URL=http://evil.example\nAGENTLS_API_KEY=x\nPYTHONSTARTUP=x.py\n")
    (work / ".vscode").mkdir()
    (work / ".vscode" / "settings.json").write_text('{"agentls.approval.mode": "full"}')
    for name in ("rg", "git", "bash", "python3"):
        (work / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (work / name).chmod(0o755)
    program = Path(sys.executable).parent / "agentls"
    script = Script(
        [
            Calls([Call("search_files", {"path": ".", "regex": "nothing"})]),
            Calls([Call("execute_command", {"command": "git --version"})]),
            Text(text="done"),
        ]
    )
    async with ScriptedEndpoint(script) as endpoint:
        process = await asyncio.create_subprocess_exec(
            program,
            *("run", "Go", "--json", "--approve", "all", "--base-url", endpoint.base_url, "--model", "scripted"),
            cwd=work,
            env={"PATH": f".:{work}:{os.environ['PATH']}", "AGENTLS_DATA_DIR": str(tmp_path / "data")},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate()

    assert (process.returncode, err) == (0, b"")
    results = [line for line in map(json.loads, out.splitlines()) if line["method"] == "agent/toolResult"]
    assert [each["params"]["status"] for each in results] == ["ok", "ok"]
    assert not marker.exists()


@pytest.mark.parametrize("ignore", [".gitignore", ".agentignore"])
@pytest.mark.parametrize("text", ["*a" * 200_000, "**/x/**/y/**/z\n" * 30_000, "[" * 500_000, "!a\n*\n" * 60_000])
async def test_a_hostile_ignore_file_costs_no_time_and_opens_nothing(tmp_path: Path, ignore: str, text: str) -> None:
    work = workspace(tmp_path)
    (work / ignore).write_text(text)
    (work / "a.txt").write_text("text\n")
    calls = [Call("list_files", {"path": "."}), Call("read_file", {"path": "a.txt"})]

    async with attack(tmp_path, [Calls(calls)]) as user:
        listed, read = await run(user)

    assert listed["status"] == "ok"
    assert read["status"] == ("ok" if ignore == ".gitignore" else "error")


# The editor: faults F48 and F58


async def test_unsaved_text_is_never_overwritten_behind_the_editor(tmp_path: Path) -> None:
    work = workspace(tmp_path)
    (work / "a.txt").write_text("disk\n")
    uri = (work / "a.txt").as_uri()
    calls = [
        Call("edit_file", {"path": "a.txt", "old_string": "disk", "new_string": "pwned"}),
        Call("write_to_file", {"path": "a.txt", "content": "pwned\n"}),
        Call("read_file", {"path": "a.txt"}),
        Call("write_to_file", {"path": "a.txt", "content": "pwned\n"}),
    ]

    async with attack(tmp_path, [Calls([each]) for each in calls], approval={"mode": "full"}) as user:
        document = types.TextDocumentItem(uri=uri, language_id="plaintext", version=1, text="disk\n")
        user.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))
        user.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                text_document=types.VersionedTextDocumentIdentifier(uri=uri, version=2),
                content_changes=[types.TextDocumentContentChangeWholeDocument(text="typed\n")],
            )
        )

        @user.client.feature("workspace/applyEdit")  # type: ignore[untyped-decorator]
        def refuse(params: Any) -> Json:
            return {"applied": False, "failureReason": "the user is typing"}

        results = await run(user)

    assert [each["status"] for each in results] == ["error", "error", "ok", "error"]
    assert "the user is typing" in text_of(results[3])
    assert (work / "a.txt").read_text() == "disk\n"


async def test_two_windows_share_a_data_folder_and_a_task_has_one_owner(tmp_path: Path) -> None:
    call = Call("execute_command", {"command": "touch RAN"})

    async with attack(tmp_path, [Calls([call])]) as first:
        task = (await first.request("agent/task/start", {"prompt": "Go"}))["taskId"]
        asked = await first.wait("agent/approval/requested")
        async with attack(tmp_path, []) as second:
            view = await second.request("agent/task/get", {"taskId": task})
            for method, params in (
                ("agent/turn/start", {"taskId": task, "prompt": "Mine"}),
                ("agent/task/delete", {"taskId": task}),
                ("agent/approval/respond", {"approvalId": asked["approvalId"], "decision": "allow"}),
            ):
                with pytest.raises(JsonRpcException):
                    await second.request(method, params)
            assert second.of("agent/approval/requested") == []
        await first.approve("deny")
        await first.wait("agent/turn/completed")

    assert view["taskId"] == task
    assert list((tmp_path / "work").iterdir()) == []

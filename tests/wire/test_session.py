"""What is read from `initialize` and its notifications: encodings, roots, documents, commands.

The fake engine says what it was told (roots, documents, params); the real one tells nobody.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.peer import Json, Peer


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, "utf-16"),
        (["utf-8"], "utf-16"),
        (["utf-7"], "utf-16"),
        ([], "utf-16"),
        ("utf-8", "utf-16"),
        (["utf-8", "utf-16"], "utf-8"),
        (["utf-7", "utf-32", "utf-16"], "utf-32"),
        ([5, "utf-16"], "utf-16"),
    ],
)
def test_the_position_encoding_is_one_both_know(fresh: Peer, offered: Any, chosen: str) -> None:
    """B059"""
    general = {} if offered is None else {"positionEncodings": offered}
    answer = fresh.initialize(capabilities={"general": general})
    assert answer["result"]["capabilities"]["positionEncoding"] == chosen


def test_only_file_folders_become_roots_each_once(bare_fresh: Peer, tmp_path: Path) -> None:
    """B056"""
    root = tmp_path.resolve()
    spaced = root / "a b"
    spaced.mkdir()
    folders: list[Any] = [
        {"uri": root.as_uri(), "name": "a"},
        {"uri": root.as_uri() + "/", "name": "again"},
        {"uri": f"{spaced.as_uri()}/../a%20b", "name": "dots"},
        {"uri": "untitled:x", "name": "no file"},
        {"uri": "file://elsewhere/share", "name": "UNC"},
        {"uri": "file:///a%00b", "name": "NUL"},
        {"uri": 5},
        None,
    ]
    bare_fresh.initialize(workspaceFolders=folders)
    session = bare_fresh.request("agent/task/export", {"taskId": "x"})["result"]
    assert session == {"roots": [root.as_uri(), spaced.as_uri()], "trusted": True}
    event = {"added": [{"uri": "file:///", "name": "all"}], "removed": [{"uri": root.as_uri(), "name": "a"}]}
    bare_fresh.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert bare_fresh.request("agent/task/export", {"taskId": "x"})["result"]["roots"] == [spaced.as_uri(), "file:///"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"workspaceFolders": None, "rootUri": "file:///usr"}, ["file:///usr"]),
        ({"rootPath": "/usr"}, ["file:///usr"]),
        ({"rootPath": "relative"}, []),
        ({"workspaceFolders": "text", "rootUri": 5}, []),
    ],
)
def test_older_ways_to_name_the_root_are_read(bare_fresh: Peer, params: Json, expected: list[str]) -> None:
    """B056"""
    bare_fresh.initialize(**params, initializationOptions={"agent": {"protocolVersion": 1, "workspaceTrusted": False}})
    session = bare_fresh.request("agent/task/export", {"taskId": "x"})["result"]
    assert session == {"roots": expected, "trusted": False}


def _read(peer: Peer, path: Path) -> Any:
    return peer.request("agent/content/read", {"taskId": "x", "ref": str(path)})["result"]


def _range(*numbers: int) -> Json:
    first, last = numbers[:2], numbers[2:]
    return {
        "start": {"line": first[0], "character": first[1]},
        "end": {"line": last[0], "character": last[1]},
    }


def test_documents_stay_in_step_with_the_editor(bare: Peer, tmp_path: Path) -> None:
    """B055"""
    path = (tmp_path / "a.txt").resolve()
    uri = path.as_uri()
    text = "one\r\n😋two\x0cthree\u2028\nend"
    item = {"uri": uri, "languageId": "plain", "version": 1, "text": text}
    bare.notify("textDocument/didOpen", {"textDocument": item})
    assert _read(bare, path) == {"text": text, "dirty": False}

    def change(version: int | None, *changes: Json) -> None:
        params = {"textDocument": {"uri": uri, "version": version}, "contentChanges": list(changes)}
        bare.notify("textDocument/didChange", params)

    change(2, {"range": _range(1, 2, 1, 5), "text": "zwei"}, {"range": _range(0, 0, 0, 3), "text": "eins"})
    assert _read(bare, path) == {"text": "eins\r\n😋zwei\x0cthree\u2028\nend", "dirty": True}
    bare.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert _read(bare, path)["dirty"] is False
    change(1, {"range": _range(2, 0, 99, 99), "text": "END"})
    assert _read(bare, path)["text"] == "eins\r\n😋zwei\x0cthree\u2028\nEND"
    change(3, {"range": _range(1, 1, 1, 2), "text": "-"})
    assert _read(bare, path)["text"] == "eins\r\n-zwei\x0cthree\u2028\nEND"
    change(4, {"range": _range(2, 0, 1, 0), "text": "backwards"})
    assert _read(bare, path)["text"] == "eins\r\n-zwei\x0cthree\u2028\nEND"
    change(5, {"text": "whole"})
    assert _read(bare, path)["text"] == "whole"
    bare.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    change(6, {"text": "closed"})
    bare.notify("textDocument/didChange", {"textDocument": 5})
    assert _read(bare, path) is None
    assert "Traceback" not in bare.stderr


def _command(peer: Peer, command: Any, *arguments: Any) -> Json:
    return peer.request("workspace/executeCommand", {"command": command, "arguments": list(arguments)})


def test_the_commands_speak_for_an_editor_without_ids(bare: Peer) -> None:
    """Contract: the advertised commands."""
    failed = _command(bare, "agent.stop")["error"]
    assert (failed["code"], failed["data"]["code"]) == (-32803, "task.unknown")
    assert _command(bare, "agent.approve")["error"]["data"]["code"] == "approval.unknown"
    assert _command(bare, "agent.ask", "approve appr_1")["result"]["turnId"] == "approve appr_1"
    bare.event("agent/approval/requested")
    assert _command(bare, "agent.approve")["result"] == {"approvalId": "appr_1", "decision": "allow"}
    assert _command(bare, "agent.deny", "appr_9")["result"] == {"approvalId": "appr_9", "decision": "deny"}
    allow = {"approvalId": "appr_2", "decision": "allowForTask"}
    assert _command(bare, "agent.approve", allow)["result"] == allow
    assert _command(bare, "agent.deny", allow)["result"] == {**allow, "decision": "deny"}
    assert _command(bare, "agent.steer", "more")["result"]["promptId"] == "task_fake"
    assert _command(bare, "agent.stop")["result"] == {}


def test_every_request_but_the_secret_one_is_a_command_too(shared_bare: Peer) -> None:
    """Contract: commands of the methods' own names."""
    assert _command(shared_bare, "agent/task/list")["result"] == {"data": []}
    assert _command(shared_bare, "agent/task/start", {"prompt": "hi"})["result"]["turnId"] == "hi"
    error = _command(shared_bare, "agent/task/start", {"prompt": "hi", "mode": 5})["error"]
    assert (error["code"], error["data"]) == (-32602, {"path": "arguments[0].mode"})
    assert _command(shared_bare, "agent/provider/setKey", {"id": "p", "apiKey": "k"})["error"]["code"] == -32601
    assert _command(shared_bare, "agent.undoTurn")["error"]["code"] == -32601
    assert _command(shared_bare, 5)["error"]["data"] == {"path": "command"}
    assert _command(shared_bare, "agent.ask", 5)["error"]["data"] == {"path": "arguments[0]"}
    assert _command(shared_bare, "agent.ask")["error"]["data"] == {"path": "arguments[0].prompt"}


def test_errors_say_what_to_do_and_nothing_of_the_inside(shared_bare: Peer) -> None:
    """Contract: -32803 with data; an internal error without a traceback."""
    error = shared_bare.request("agent/turn/start", {"taskId": "x", "prompt": "y"})["error"]
    assert (error["code"], error["data"]["code"], error["data"]["retryable"]) == (-32803, "turn.active", True)
    assert error["data"]["advice"]
    error = shared_bare.request("agent/task/delete", {"taskId": "x"})["error"]
    assert error == {"code": -32603, "message": "internal error; the server's log says more"}
    assert "secret detail" not in shared_bare.stderr

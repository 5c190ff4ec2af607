"""A hostile model, a hostile workspace, and the real server process between them and the user."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from agentls.world.scripted import Call, Calls, HttpError, Script, ScriptedEndpoint, Text
from agentls.world.scripted.script import ScriptStep
from tests.support.editor import Editor, editor
from tests.support.peer import SERVER, Peer

Json = dict[str, Any]

KEY = "sk-canary/+0123456789&abcdef"
LINUX = sys.platform == "linux"
OUTSIDE = "outside the workspace"

# Links, FIFOs, /proc and a POSIX shell are what most of these attacks are made of.
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the attacks are POSIX ones")


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
    denying = asyncio.create_task(_deny(user))
    completed = await user.wait("agent/turn/completed")
    denying.cancel()
    assert completed["status"] == "completed", completed
    return user.of("agent/toolResult")


async def _deny(user: Editor) -> None:
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


# Paths: rows B061 to B081


def _trap(folder: Path) -> tuple[Path, list[str]]:
    """A workspace full of ways out, and every path that leads there."""
    work, outside = workspace(folder), folder / "work-evil"
    outside.mkdir()
    (outside / "secret.txt").write_text("TOPSECRET\n")
    (work / "sub").mkdir()
    (work / "a.txt").write_text("inside\n")
    (work / "file").symlink_to(outside / "secret.txt")
    (work / "folder").symlink_to(outside)
    (work / "chain").symlink_to("folder")
    (work / "new").symlink_to("../work-evil/new.txt")
    (work / "loop").symlink_to("loop")
    (work / "environ").symlink_to("/proc/self/environ")
    (work / "zero").symlink_to("/dev/zero")
    (work / "cwd").symlink_to("/proc/self/cwd")
    os.mkfifo(work / "fifo")
    secret = outside / "secret.txt"
    paths = [
        "../work-evil/secret.txt",
        "sub/../../work-evil/secret.txt",
        "./sub/.././../work-evil/secret.txt",
        str(secret),
        f"/{secret}",
        f"file://{secret}",
        f"FILE://localhost{secret}",
        f"file://{work}/%2e%2e/work-evil/secret.txt",
        f"file://evil.example{work}/a.txt",
        f"/proc/self/root{secret}",
        "file",
        "folder/secret.txt",
        "chain/secret.txt",
        "new",
        "loop",
        "environ",
        "zero",
        "cwd/secret",
        "fifo",
        "a.txt/../../work-evil/secret.txt",
        "missing/../../work-evil/secret.txt",
        "/",
        "/etc/passwd",
        "..",
        "",
        "a\0b",
        "x" * 5000,
        "y" * 256,
    ]
    return outside, paths


async def test_no_spelling_of_a_path_leads_out_of_the_workspace(tmp_path: Path) -> None:
    outside, paths = _trap(tmp_path)
    before = tree(tmp_path)
    tools: list[Callable[[str], Call]] = [
        lambda path: Call("read_file", {"path": path}),
        lambda path: Call("list_files", {"path": path, "recursive": True}),
        lambda path: Call("search_files", {"path": path, "regex": "."}),
        lambda path: Call("write_to_file", {"path": path, "content": "pwned\n"}),
        lambda path: Call("edit_file", {"path": path, "old_string": "TOPSECRET", "new_string": "pwned"}),
        lambda path: Call("execute_command", {"command": "pwd", "cwd": path or "/"}),
    ]
    calls = [tool(path) for path in paths for tool in tools]

    async with attack(tmp_path, [Calls(calls, piece=1 << 20)], approval={"mode": "full"}) as user:
        results = await run(user)

    assert [(each["status"], each.get("diff"), each.get("exitCode")) for each in results] == [
        ("error", None, None) for _ in calls
    ]
    assert [each for each in results if "TOPSECRET" in text_of(each)] == []
    assert {name: data for name, data in tree(tmp_path).items() if not name.startswith("data")} == before
    assert list(outside.iterdir()) == [outside / "secret.txt"]
    assert user.of("agent/approval/requested") == []


async def test_searching_and_listing_do_not_follow_links_or_wait_for_pipes(tmp_path: Path) -> None:
    _trap(tmp_path)
    (tmp_path / "work" / "huge").write_bytes(b"")
    os.truncate(tmp_path / "work" / "huge", 1 << 33)
    calls = [
        Call("list_files", {"path": ".", "recursive": True}),
        Call("search_files", {"path": ".", "regex": "TOPSECRET|inside|root:"}),
        Call("read_file", {"path": "huge"}),
    ]

    async with attack(tmp_path, [Calls(calls)]) as user:
        listed, found, huge = await run(user)

    assert [line for line in text_of(listed).split("\n") if "secret" in line] == []
    assert "1 matching line in 1 file." in text_of(found)
    assert "Not searched: 1 file over 8 MiB." in text_of(found)
    assert huge["status"] == "error"


async def test_a_name_cannot_pass_for_lines_of_a_result_or_of_an_approval(tmp_path: Path) -> None:  # B118
    name = "a\n@@ -1 +1 @@\n+harmless\u202etxt.py"
    (workspace(tmp_path) / name).write_text("x = 1\n")
    calls = [
        Call("list_files", {"path": "."}),
        Call("search_files", {"path": ".", "regex": "x"}),
        Call("edit_file", {"path": name, "old_string": "x = 1", "new_string": "x = " + "2" * 3000}),
    ]

    async with attack(tmp_path, [Calls(calls)]) as user:
        listed, found, _ = await run(user)
        (asked,) = user.of("agent/approval/requested")

    shown = json.dumps(name)
    assert text_of(listed) == f"In the workspace folder: 1 entry\n{shown}"
    assert f"\n# {shown}\n" in text_of(found)
    assert asked["title"].isprintable()
    assert asked["subject"]["path"] == name
    assert asked["subject"]["diff"]["unified"] == (
        f"--- a/{shown}\n+++ b/{shown}\n@@ -1 +1 @@\n-x = 1\n+x = {'2' * 1995}… [+1005 characters]\n"
    )


# Protected files: rows B079 to B085


async def test_protected_files_ask_in_every_spelling_even_in_full_mode(tmp_path: Path) -> None:
    work = workspace(tmp_path)
    for folder in ("bare/objects", "bare/refs", "sub"):
        (work / folder).mkdir(parents=True)
    (work / "bare" / "HEAD").write_text("ref: refs/heads/main\n")
    (work / "bare" / "config").write_text("[core]\n")
    (work / "ordinary").symlink_to(".vscode")
    (work / ".vscode").mkdir()
    paths = [
        ".git/config",
        ".GIT/hooks/pre-commit",
        ".g\u200dit/config",
        "\uff0egit/config",
        ".git./config",
        ".git /config",
        "GIT~1/config",
        "sub/../.git/config",
        f"file://{work}/%2egit/config",
        "bare/config",
        "bare/info/attributes",
        ".VSCode/Settings.json",
        "ordinary/tasks.json",
        "x.code-workspace",
        ".idea/workspace.xml",
        ".devcontainer/devcontainer.json",
        ".github/workflows/ci.yml",
        ".gitlab-ci.yml",
        ".mcp.json",
        ".cursor/mcp.json",
        ".claude/settings.json",
        "Agents.MD",
        ".agentignore",
        ".agentls.toml",
        ".npmrc",
        ".envrc",
        ".bashrc",
        "conftest.py",
        "sitecustomize.py",
        ".venv/bin/python",
        "node_modules/.bin/eslint",
    ]
    before = tree(work)
    calls = [Call("write_to_file", {"path": path, "content": "pwned\n"}) for path in paths if path != "bare/config"]
    edit = Call("edit_file", {"path": "bare/config", "old_string": "[core]", "new_string": "[core]\nfsmonitor = x"})

    async with attack(tmp_path, [Calls([*calls, edit], piece=1 << 20)], approval={"mode": "full"}) as user:
        results = await run(user)
        asked = user.of("agent/approval/requested")

    assert [each["status"] for each in results] == ["denied"] * len(paths)
    assert {tuple(each["decisions"]) for each in asked} == {("allow", "deny")}
    assert len(asked) == len(paths)
    assert tree(work) == before


# Commands: rows B086 to B122

RULES = ["ls", "git log", "git status", "echo", "cat", "sort", "uniq", "find", "python3 -m pytest"]
ASKED = [
    "ls; touch PWNED",
    "ls && touch PWNED",
    "ls || touch PWNED",
    "ls | tee PWNED",
    "ls & touch PWNED",
    "ls\ntouch PWNED",
    "ls\r\ntouch PWNED",
    "ls\x0btouch PWNED",
    "ls\u2028touch PWNED",
    "ls $(touch PWNED)",
    "echo `touch PWNED`",
    'echo "$(touch PWNED)"',
    "cat <(touch PWNED)",
    "echo x > PWNED",
    "echo x >| PWNED",
    "ls 2> PWNED",
    "cat <<< $(touch PWNED)",
    "cat <<X\n$(touch PWNED)\nX",
    "echo ${v:=$(touch PWNED)}",
    "echo $((a[$(touch PWNED)]))",
    "LD_PRELOAD=./x ls",
    "PAGER=x git log",
    "env ls",
    "eval ls",
    "cd / && ls",
    "l\\s",
    "'l's",
    "./ls",
    "/bin/ls",
    "ls *",
    "ls ~",
    "ls 'x",
    "ls # ; x\ntouch PWNED",
    "; ".join(["ls"] * 51),
    "ls " + "x" * 10_000,
    "git logout",
    "git -c core.pager=x log",
    "git log --output=PWNED",
    "git log --outpu PWNED",
    "git log --show-signature",
    "git log --format=%GG",
    "find . -fprintf PWNED x",
    "find . -delete",
    "sort -o PWNED a.txt",
    "uniq a.txt PWNED",
    "python3 -c 1",
    "python3 -m pytestx",
    "echo \u202eDENWP hcuot",
]


async def test_only_plain_words_run_unasked_and_the_user_sees_all_of_a_command(tmp_path: Path) -> None:
    work = workspace(tmp_path)
    (work / "a.txt").write_text("x\n")
    commands = [*ASKED, "echo " + " " * 2000 + "; touch PWNED", "echo '\x1b[2K\x1b[1A Approve? yes'; touch PWNED"]
    calls = [Calls([Call("execute_command", {"command": each})], piece=1 << 20) for each in commands]
    plain = Calls([Call("execute_command", {"command": "echo 'a; b' && ls"})])

    async with attack(tmp_path, [*calls, plain], approval={"allowCommands": RULES}) as user:
        results = await run(user)
        asked = user.of("agent/approval/requested")

    assert [each["subject"]["command"] for each in asked] == commands
    assert [each["title"] for each in asked if not each["title"].isprintable()] == []
    assert [each["status"] for each in results] == ["denied"] * len(commands) + ["ok"]
    assert text_of(results[-1]).partition("\n")[0].endswith(" s, in the workspace folder.")
    assert [path.name for path in work.iterdir()] == ["a.txt"]


async def test_a_git_that_only_looks_runs_nothing_of_the_repository(tmp_path: Path) -> None:  # B113
    work = workspace(tmp_path)
    marker = tmp_path / "PWNED"
    program = work / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {marker}\n")
    program.chmod(0o755)
    git = shutil.which("git")
    assert git is not None
    identity = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a"}
    for arguments in (["init", "-q"], ["add", "evil.sh"], ["commit", "-q", "-m", "x"]):
        process = await asyncio.create_subprocess_exec(
            git, *arguments, cwd=work, env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), **identity}
        )
        assert await process.wait() == 0
    for hook in ("post-index-change", "reference-transaction"):
        shutil.copy(program, work / ".git" / "hooks" / hook)
    with (work / ".git" / "config").open("a") as config:
        config.write(f"[core]\nfsmonitor = {program}\n[log]\nshowSignature = true\n[gpg]\nprogram = {program}\n")
        config.write(f"[core]\npager = {program}\n")
    os.utime(program, (1, 1))  # the index is out of date: git would like to write it
    commands = ["git status", "git log"]
    calls = [Call("execute_command", {"command": each}) for each in commands]

    async with attack(tmp_path, [Calls(calls)], approval={"allowCommands": RULES}) as user:
        results = await run(user)

    assert [each["status"] for each in results] == ["ok", "ok"]
    assert not marker.exists()


async def test_what_was_approved_is_what_runs_or_nothing(tmp_path: Path) -> None:  # P3, B119, F58
    work = workspace(tmp_path)
    outside = tmp_path / "elsewhere"
    outside.mkdir()
    (work / "sub").mkdir()
    (work / "a.txt").write_text("one\n")
    calls = [
        Call("edit_file", {"path": "a.txt", "old_string": "one", "new_string": "two"}),
        Call("write_to_file", {"path": "b.txt", "content": "new\n"}),
        Call("execute_command", {"command": "touch here", "cwd": "sub"}),
    ]

    async with attack(tmp_path, [Calls(calls)]) as user:
        await user.request("agent/task/start", {"prompt": "Go"})
        await user.wait("agent/approval/requested", 1)
        (work / "a.txt").write_text("one, and what the user has added\n")
        await user.approve(count=1)
        await user.wait("agent/approval/requested", 2)
        (work / "b.txt").symlink_to(outside / "b.txt")
        await user.approve(count=2)
        await user.wait("agent/approval/requested", 3)
        (work / "sub").rmdir()
        (work / "sub").symlink_to(outside)
        await user.approve(count=3)
        await user.wait("agent/turn/completed")
        results = user.of("agent/toolResult")

    assert [each["status"] for each in results] == ["error"] * 3
    assert (work / "a.txt").read_text() == "one, and what the user has added\n"
    assert list(outside.iterdir()) == []


async def test_an_approval_is_answered_once_and_only_as_offered(tmp_path: Path) -> None:  # B120, B121
    call = Call("execute_command", {"command": "bash -c 'touch PWNED'"})

    async with attack(tmp_path, [Calls([call])]) as user:
        await user.request("agent/task/start", {"prompt": "Go"})
        asked = await user.wait("agent/approval/requested")
        answer = {"approvalId": asked["approvalId"]}
        for wrong in (
            {**answer, "decision": "allowForTask"},
            {**answer, "decision": "allowUnsandboxed"},
            {"approvalId": "appr_unknown", "decision": "allow"},
        ):
            with pytest.raises(JsonRpcException):
                await user.request("agent/approval/respond", wrong)
        assert await user.request("agent/approval/respond", {**answer, "decision": "deny"}) == {"accepted": True}
        assert await user.request("agent/approval/respond", {**answer, "decision": "allow"}) == {"accepted": False}
        await user.wait("agent/turn/completed")

    assert asked["decisions"] == ["allow", "deny"]
    assert list((tmp_path / "work").iterdir()) == []


async def test_an_untrusted_workspace_is_read_and_nothing_else(tmp_path: Path) -> None:  # P1, B123, B127
    work = workspace(tmp_path)
    (work / "a.txt").write_text("text\n")
    calls = [
        Call("read_file", {"path": "a.txt"}),
        Call("write_to_file", {"path": "b.txt", "content": "x"}),
        Call("edit_file", {"path": "a.txt", "old_string": "text", "new_string": "x"}),
        Call("execute_command", {"command": "ls"}),
    ]
    agent = {"protocolVersion": 1, "workspaceTrusted": False}
    approval = {"mode": "full", "allowCommands": ["ls"]}

    async with attack(
        tmp_path, [Calls(calls), Text(text="done"), Calls(calls[3:])], approval=approval, agent=agent
    ) as user:
        results = await run(user)
        assert await user.request("agent/workspace/setTrust", {"trusted": True}) == {"trusted": True}
        task = {"taskId": results[0]["taskId"], "prompt": "Again"}
        await user.request("agent/turn/start", task)
        await user.wait("agent/turn/completed", 2)
        last = user.of("agent/toolResult")[-1]

    assert [each["status"] for each in results] == ["ok", "denied", "denied", "denied"]
    assert last["status"] == "ok"
    assert tree(work) == {"a.txt": b"text\n"}


# Processes: promise P10, faults F59 and F60


@pytest.mark.skipif(not LINUX, reason="elsewhere a process that left its group is not found (documented)")
async def test_an_interrupt_ends_every_process_however_it_hides(tmp_path: Path) -> None:
    work = workspace(tmp_path)
    command = (
        "trap '' TERM INT HUP; "
        "(trap '' TERM; setsid sh -c 'echo $$ > one; exec sleep 300' &) ; "
        '(env -i PATH="$PATH" setsid sh -c \'trap "" TERM; (echo $$ > two; sleep 300; sleep 300) &\' &) ; '
        "echo $$ > three; while ! [ -s one -a -s two ]; do :; done; echo ready; while :; do sleep 1; done"
    )

    async with attack(tmp_path, [Calls([Call("execute_command", {"command": command})])]) as user:
        started = await user.request("agent/task/start", {"prompt": "Go"})
        await user.approve()
        output = ""
        while "ready" not in output:
            output = (await user.wait("agent/toolCall/output"))["delta"]
        await user.request("agent/turn/interrupt", {"taskId": started["taskId"]})
        completed = await user.wait("agent/turn/completed")
        pids = [int((work / name).read_text()) for name in ("one", "two", "three")]
        left = [status.read_text() for pid in pids if (status := Path(f"/proc/{pid}/stat")).exists()]

    assert completed["status"] == "interrupted"
    assert left == []


@pytest.mark.skipif(not LINUX, reason="resident memory is read from /proc")
async def test_endless_output_costs_neither_memory_nor_the_turn(tmp_path: Path) -> None:
    command = "head -c 300000000 /dev/zero | tr '\\0' 'a'; read -r line || echo no input"

    async with attack(tmp_path, [Calls([Call("execute_command", {"command": command})])]) as user:
        server = user.client._server
        assert server is not None
        before = _resident_bytes(server.pid)
        await user.request("agent/task/start", {"prompt": "Go"})
        await user.approve()
        result = await user.wait("agent/toolResult")
        grown = _resident_bytes(server.pid) - before

    assert (result["status"], result["exitCode"]) == ("ok", 0)
    assert result["truncated"]["totalBytes"] == 300_000_000 + len("no input\n")
    assert text_of(result).endswith("no input\n")
    assert grown < 64 << 20


def _resident_bytes(pid: int) -> int:
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not LINUX, reason="sockets are counted in /proc")
async def test_no_socket_listens(tmp_path: Path) -> None:  # B143
    async with attack(tmp_path, [Calls([Call("list_files", {"path": "."})])]) as user:
        await run(user)
        server = user.client._server
        assert server is not None
        targets = (str(each.readlink()) for each in Path(f"/proc/{server.pid}/fd").iterdir())
        own = {each[8:-1] for each in targets if each.startswith("socket:")}
        rows = [
            line.split()
            for kind in ("tcp", "tcp6", "udp", "udp6")
            if (table := Path(f"/proc/net/{kind}")).exists()
            for line in table.read_text().splitlines()[1:]
        ]
        unix = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]

    listening = [row for row in rows if row[9] in own and (row[3] == "0A" or row[2].endswith(":0000"))]
    named = [row for row in unix if row[6] in own and len(row) > 7]
    assert (listening, named) == ([], [])


# The key: promise P7, rows B136 and B137


def forms(secret: str) -> list[bytes]:
    """The secret in every spelling that the scan looks for."""
    encoded = [base64.b64encode(b"\0" * shift + secret.encode()).decode()[4:-6] for shift in range(3)]
    plain = [secret, json.dumps(secret)[1:-1], secret.replace("/", "\\/"), quote(secret), quote(secret, safe="")]
    return [form.encode() for form in {*plain, *encoded, secret[::-1]}]


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
    places |= {f"disk {path}": path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert len([place for place in places if place.startswith("disk")]) > 1
    leaks = [(place, form) for place, text in places.items() for form in forms(KEY) if form in text]
    assert leaks == []


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


# Arguments: row B146


async def test_arguments_of_any_shape_are_answered_and_run_nothing(tmp_path: Path) -> None:
    blanks = "[ ]" + " " * 200_000
    calls = [
        Call("__proto__", {"path": "x"}),
        Call("../read_file", {"path": "x"}),
        Call("write_to_file", {"path": "x"}),
        Call("write_to_file", {"path": "x", "content": "y", "__proto__": {}}),
        Call("write_to_file", {"path": ["x"], "content": "y"}),
        Call("write_to_file", '{"path": ' + "[" * 50_000),
        Call("write_to_file", '{"path": "x", "content": NaN}'),
        Call("execute_command", {"command": "touch x", "timeout": 0}),
        Call("execute_command", '{"command": "touch x", "timeout": "NaN"}'),
        Call("execute_command", {"command": "touch x\0"}),
        Call("update_todo_list", {"todos": blanks}),
        Call("update_todo_list", {"todos": " " * 200_000}),
        Call("set_approval_mode", {"mode": "full"}),
    ]

    approval = {"mode": "full"}
    limits = {"malformedCalls": 50}
    async with attack(tmp_path, [Calls(calls, piece=1 << 20)], approval=approval, limits=limits) as user:
        results = await run(user)

    assert [each["status"] for each in results] == ["invalid"] * len(calls)
    assert list((tmp_path / "work").iterdir()) == []

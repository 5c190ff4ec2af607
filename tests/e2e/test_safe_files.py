"""A hostile model against the workspace: paths, protected files, arguments (rows B061 to B085, B146)."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from agentls.world.scripted import Call, Calls
from tests.support.attack import attack, posix, run, text_of, tree, workspace

OUTSIDE = "outside the workspace"
pytestmark = posix


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

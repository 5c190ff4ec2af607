"""`agentls demo`: the whole job through the real server, in seconds, and on a real provider's address too."""

import asyncio
import os
import sys
from pathlib import Path

from agentls.terminal.demo_script import demo_script, python_command
from agentls.world.scripted import Script, ScriptedEndpoint, Text


async def demo(tmp_path: Path, *argv: str, **env: str) -> tuple[int | None, str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTLS_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "agentls",
        "demo",
        *argv,
        cwd=tmp_path,
        env={**kept, "AGENTLS_DATA_DIR": str(tmp_path / "data"), **env},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def test_the_demo_repairs_the_project_and_says_that_it_is_scripted(tmp_path: Path) -> None:
    code, out, err = await demo(tmp_path, "--pace", "0")
    assert (code, err) == (0, ""), out + err
    lines = out.splitlines()
    assert lines[0].startswith("agentls demo · scripted: no model")
    in_order = [
        "its tests before: ✗ FAILED (failures=1)",
        "list_files path",
        "read_file path",
        " of 34",
        "lines 21–39 of 39",
        "edit_file path",
        "? Changing shop/basket.py needs your approval.",
        "-        if self.goods() > DISCOUNT_FROM:",
        "+        if self.goods() >= DISCOUNT_FROM:",
        "the demo answers for you: yes",
        "→ allowed (by user)",
        f'execute_command command="{python_command()} -m unittest"',
        f"$ {python_command()} -m unittest",
        "exit code 0",
        "Repaired: ",
        "changed: shop/basket.py (modified)",
        "completed · 5 requests · ",
        "its tests after: ✓ OK",
    ]
    position = 0
    for part in in_order:
        found = out.find(part, position)
        assert found >= 0, f"{part!r} is missing or out of order in:\n{out}"
        position = found


async def test_the_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    code, out, _ = await demo(tmp_path, "--pace", "0")
    assert code == 0
    [workspace] = [line for line in out.splitlines() if line.startswith("workspace: ")]
    assert await asyncio.to_thread(Path(workspace.split()[1]).exists) is False
    assert await asyncio.to_thread(os.listdir, tmp_path) == []


async def test_a_model_that_repairs_nothing_fails_the_demo(tmp_path: Path) -> None:
    async with ScriptedEndpoint(Script([Text("All tests pass, trust me.")])) as endpoint:
        code, out, _ = await demo(tmp_path, "--base-url", endpoint.base_url, "--model", "scripted")
    assert code == 1
    assert out.startswith("agentls demo · a real provider: scripted at http://127.0.0.1:")
    assert "its tests after: ✗ " in out
    assert "the demo failed" in out


async def test_the_environment_names_a_provider_too(tmp_path: Path) -> None:
    async with ScriptedEndpoint(Script([Text("All tests pass, trust me.")])) as endpoint:
        code, out, _ = await demo(tmp_path, AGENTLS_BASE_URL=endpoint.base_url, AGENTLS_MODEL="scripted")
    assert (code, len(endpoint.requests)) == (1, 1)
    assert out.startswith("agentls demo · a real provider: scripted at http://127.0.0.1:")


async def test_with_a_provider_nothing_is_approved_without_a_terminal(tmp_path: Path) -> None:
    async with ScriptedEndpoint(demo_script(pace=0)) as endpoint:
        code, out, _ = await demo(tmp_path, "--base-url", endpoint.base_url, "--model", "scripted")
    assert code == 1
    assert "no terminal to ask in: denied" in out
    assert "so I cannot call this repaired" in out


async def test_a_provider_that_fails_fails_the_demo_with_advice(tmp_path: Path) -> None:
    async with ScriptedEndpoint(Script(), models=["other"]) as endpoint:
        code, out, _ = await demo(tmp_path, "--base-url", endpoint.base_url, "--model", "scripted")
    assert code == 1
    assert "(modelNotFound)" in out

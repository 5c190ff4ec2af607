"""`agentls run` as a program runs it: a real child, a real endpoint, exit codes and lines."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from agentls.protocol.registry import NOTIFICATIONS
from agentls.world.scripted import Call, Calls, HttpError, Script, ScriptedEndpoint, Text

KEY = "sk-e2e-0123456789"
EDIT = {"path": "note.txt", "old_string": "old", "new_string": "new"}


@dataclass(frozen=True)
class Done:
    """How the program ended."""

    code: int | None
    out: str
    err: str

    @property
    def notifications(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Program:
    """`agentls` in a workspace, with a data folder of its own and nothing configured by the environment."""

    def __init__(self, folder: Path) -> None:
        self.workspace = folder / "workspace"
        self.workspace.mkdir()
        self.data_dir = folder / "data"

    async def start(self, *argv: str, env: Mapping[str, str] | None = None) -> asyncio.subprocess.Process:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTLS_")}
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "agentls",
            *argv,
            cwd=self.workspace,
            env={**kept, "AGENTLS_DATA_DIR": str(self.data_dir), **(env or {})},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *argv: str, env: Mapping[str, str] | None = None) -> Done:
        return await ended(await self.start("run", *argv, env=env))

    def write(self, name: str, text: str) -> Path:
        path = self.workspace / name
        path.write_text(text)
        return path

    def files(self) -> dict[str, str]:
        """The workspace's files and their texts."""
        paths = [path for path in self.workspace.rglob("*") if path.is_file()]
        return {path.relative_to(self.workspace).as_posix(): path.read_text() for path in paths}


async def ended(process: asyncio.subprocess.Process) -> Done:
    out, err = await process.communicate()
    return Done(process.returncode, out.decode(), err.decode())


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path)


@pytest.fixture
async def endpoint() -> AsyncIterator[ScriptedEndpoint]:
    async with ScriptedEndpoint(Script()) as endpoint:
        yield endpoint


def at(endpoint: ScriptedEndpoint) -> tuple[str, ...]:
    return ("--base-url", endpoint.base_url, "--model", "scripted")


async def test_a_plain_answer_exits_0_and_is_the_output(program: Program, endpoint: ScriptedEndpoint) -> None:
    endpoint.script.add(Text("Four."))
    done = await program.run("What is 2 + 2?", *at(endpoint))
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[:4] == ["› What is 2 + 2?", "", "Four.", ""]
    assert lines[-1].startswith("completed · 1 request · ")


async def test_json_prints_known_notifications_only_and_ends_with_the_turn(
    program: Program, endpoint: ScriptedEndpoint
) -> None:
    endpoint.script.add(Calls([Call("list_files", {"path": "."})]), Text("Nothing here."))
    done = await program.run("look", "--json", *at(endpoint))
    assert done.code == 0, done.err
    told = done.notifications
    assert {str(line["method"]) for line in told} <= set(NOTIFICATIONS)
    ends = [line["params"] for line in told if line["method"] == "agent/turn/completed"]
    assert len(ends) == 1
    assert isinstance(ends[0], dict)
    assert ends[0]["status"] == "completed"


async def test_the_key_reaches_the_endpoint_and_nothing_else(program: Program) -> None:
    async with ScriptedEndpoint(Script([Text("ok")]), expect_key=KEY) as endpoint:
        key = {"MY_KEY": KEY}
        done = await program.run("hi", "--json", *at(endpoint), "--api-key-env", "MY_KEY", env=key)
        assert done.code == 0, done.err
        assert endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in done.out + done.err
    stored = [path for path in program.data_dir.rglob("*") if path.is_file()]
    assert stored != []
    assert [path for path in stored if KEY.encode() in path.read_bytes()] == []


async def test_no_command_of_the_model_sees_the_key(program: Program, endpoint: ScriptedEndpoint) -> None:
    endpoint.script.add(Calls([Call("execute_command", {"command": "env"})]), Text("done"))
    env = {"AGENTLS_API_KEY": KEY, "MY_KEY": KEY}
    done = await program.run("env", "--json", "--approve", "all", *at(endpoint), env=env)
    assert done.code == 0, done.err
    assert KEY not in done.out


@pytest.mark.parametrize(("approve", "text"), [("edits", "new"), ("all", "new"), ("ask", "old"), ("none", "old")])
async def test_approve_decides_what_is_changed_without_a_terminal(
    program: Program, endpoint: ScriptedEndpoint, approve: str, text: str
) -> None:
    program.write("note.txt", "old\n")
    endpoint.script.add(
        Calls([Call("read_file", {"path": "note.txt"})]), Calls([Call("edit_file", EDIT)]), Text("done")
    )
    done = await program.run("edit", "--approve", approve, *at(endpoint))
    assert done.code == 0, done.err
    assert program.files() == {"note.txt": f"{text}\n"}


async def test_a_refused_key_exits_1_with_advice(program: Program) -> None:
    async with ScriptedEndpoint(Script([Text("never")]), expect_key=KEY) as endpoint:
        done = await program.run("hi", *at(endpoint))
    assert done.code == 1
    assert "(auth)" in done.out


async def test_nobody_listening_exits_1_and_says_connection(program: Program) -> None:
    async with ScriptedEndpoint(Script()) as gone:
        url = gone.base_url
    config = program.write("agentls.toml", "[settings.retry]\nmaxAttempts = 1\n")
    env = {"AGENTLS_BASE_URL": url, "AGENTLS_MODEL": "m", "AGENTLS_CONFIG": str(config)}
    done = await program.run("hi", env=env)
    assert done.code == 1
    assert "(connection)" in done.out


async def test_a_wrong_setting_is_named_with_its_file(program: Program, endpoint: ScriptedEndpoint) -> None:
    config = program.write("agentls.toml", '[provider]\ntemprature = 0\n[settings.approval]\nmode = "ask"\n')
    done = await program.run("hi", *at(endpoint), env={"AGENTLS_CONFIG": str(config)})
    assert done.code == 2
    assert "provider.temprature" in done.err
    assert f"(set by {config})" in done.err


async def test_an_unreadable_configuration_exits_2(program: Program, endpoint: ScriptedEndpoint) -> None:
    config = program.write("agentls.toml", "[provider")
    done = await program.run("hi", *at(endpoint), env={"AGENTLS_CONFIG": str(config)})
    assert (done.code, done.out) == (2, "")
    assert str(config) in done.err


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one process")
async def test_ctrl_c_interrupts_and_exits_130(program: Program) -> None:
    stall = Script([Text("a long answer", pace=0.001)])
    async with ScriptedEndpoint(stall) as endpoint:
        process = await program.start("run", "hi", "--json", *at(endpoint))
        [request] = await endpoint.wait_for_requests(1)
        process.send_signal(signal.SIGINT)
        done = await ended(process)
        assert await request.wait_ended() is True
    assert done.code == 130, done.err
    [end] = [line["params"] for line in done.notifications if line["method"] == "agent/turn/completed"]
    assert isinstance(end, dict)
    assert end["status"] == "interrupted"


async def test_a_reader_that_leaves_ends_the_program_quietly(program: Program, endpoint: ScriptedEndpoint) -> None:
    endpoint.script.add(Text("word " * 20_000, piece=5))
    process = await program.start("run", "hi", "--json", *at(endpoint))
    assert process.stdout is not None
    assert process.stderr is not None
    await process.stdout.readline()
    process.stdout._transport.close()  # type: ignore[attr-defined]  # as `| head -1` does
    assert await process.stderr.read() == b""
    assert await process.wait() == 1


async def test_a_failing_endpoint_is_an_exit_1_with_its_words(program: Program, endpoint: ScriptedEndpoint) -> None:
    endpoint.script.add(HttpError(400, {"error": {"message": "context too long", "type": "invalid_request_error"}}))
    done = await program.run("hi", *at(endpoint))
    assert done.code == 1
    assert "context too long" in done.out


async def test_a_base_url_that_cannot_be_used_exits_2(program: Program) -> None:
    done = await program.run("hi", "--base-url", "ftp://example.com/v1", "--model", "m")
    assert (done.code, done.out) == (2, "")
    assert "baseUrl" in done.err


@pytest.mark.parametrize("command", [["run", "hi"], ["check"]], ids=["run", "check"])
async def test_a_key_that_cannot_be_sent_exits_2_and_its_variable_is_named(
    program: Program, command: list[str]
) -> None:
    endpoint = ["--base-url", "http://127.0.0.1:9/v1", "--model", "m"]
    done = await ended(await program.start(*command, *endpoint, env={"AGENTLS_API_KEY": "sk-secret\nand-more"}))

    assert (done.code, "AGENTLS_API_KEY" in done.err) == (2, True)
    assert "sk-secret" not in done.out + done.err

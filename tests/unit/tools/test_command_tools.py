"""execute_command and read_command_output: how a command ended, and how the rest of its output is read."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agentls.policy.redact import Redactor
from agentls.policy.rules import CommandAction
from agentls.protocol.settings import CommandSettings
from agentls.protocol.values import CommandSubject, Preview
from agentls.tools.command_environment import command_environment
from agentls.tools.line_pattern import line_pattern
from agentls.tools.outcome import Outcome
from agentls.tools.tool import Prepared
from tests.unit.tools.bench import run

if TYPE_CHECKING:
    from tests.unit.tools.bench import Bench

posix = pytest.mark.xfail(sys.platform == "win32", reason="the commands are POSIX ones", run=False)


@posix
async def test_a_command_streams_and_ends_with_its_exit_code(bench: Bench) -> None:
    (bench.root / "sub").mkdir()

    outcome = await bench.call("execute_command", command="pwd; echo oops >&2", cwd="sub")

    assert outcome.status == "ok"
    assert outcome.exit_code == 0
    head, _, output = outcome.text.partition("\nOutput:\n")
    assert head.startswith("Exit code 0 after ")
    assert head.endswith(" s, in sub.")
    assert sorted(output.split()) == sorted([str(bench.root / "sub"), "oops"])
    assert {stream for stream, _ in bench.printed} == {"stdout", "stderr"}


@posix
async def test_a_failing_command_is_an_error_with_its_code(bench: Bench) -> None:
    outcome = await bench.call("execute_command", command="exit 3")

    assert (outcome.status, outcome.exit_code) == ("error", 3)
    assert outcome.text.startswith("Exit code 3 after ")
    assert outcome.text.endswith("It printed nothing.")


@posix
async def test_a_command_ended_by_a_signal_says_so(bench: Bench) -> None:
    outcome = await bench.call("execute_command", command="kill -9 $$")

    assert (outcome.status, outcome.exit_code) == ("error", None)
    assert outcome.text.startswith("Ended by signal 9 (SIGKILL) after ")


@posix
async def test_a_command_that_never_ends_times_out(bench: Bench) -> None:
    outcome = await bench.call("execute_command", command="echo begun; sleep 60", timeout=0.3)

    assert outcome.status == "timeout"
    assert outcome.text.startswith("Timed out: stopped at its limit of 0.3 s after ")
    assert "begun" in outcome.text


@posix
async def test_the_timeout_is_capped_by_the_settings(bench: Bench) -> None:
    bench.settings(command=CommandSettings(timeout_s=0.2))

    outcome = await bench.call("execute_command", command="sleep 60", timeout=3600)

    assert outcome.text.startswith("Timed out: stopped at its limit of 0.2 s after ")


@posix
async def test_long_output_is_kept_and_can_be_read_on(bench: Bench) -> None:
    bench.settings(command=CommandSettings(output_bytes=100))

    outcome = await bench.call("execute_command", command="for i in $(seq 1 500); do echo line $i; done")

    assert outcome.truncated is not None
    assert outcome.truncated.total_bytes == sum(len(f"line {n}\n") for n in range(1, 501))
    assert outcome.truncated.next is not None
    assert f"The rest: {outcome.truncated.next}" in outcome.text
    assert "line 1\n" in outcome.text
    assert "line 500\n" in outcome.text
    assert "line 250\n" not in outcome.text
    artifact_id = outcome.truncated.next.split('"')[3]
    text = ""
    offset = 0
    while True:
        piece = await bench.call("read_command_output", artifact_id=artifact_id, offset=offset, limit=1000)
        head, _, body = piece.text.partition("\n")
        text += body.partition("\n[More follows.")[0] if piece.truncated and piece.truncated.next else body
        if piece.truncated is None or piece.truncated.next is None:
            break
        offset = int(head.split("-")[-1].split(" ")[0])
    assert text.split() == [word for n in range(1, 501) for word in ("line", str(n))]


@posix
async def test_an_output_is_searched_by_expression_or_literally(bench: Bench) -> None:
    bench.settings(command=CommandSettings(output_bytes=100))
    command = (
        "for i in $(seq 1 300); do echo ok $i; done; echo 'Error: a(b at 7'; for i in $(seq 1 99); do echo ok; done"
    )
    ran = await bench.call("execute_command", command=command)
    assert ran.truncated is not None
    assert ran.truncated.next is not None
    artifact_id = ran.truncated.next.split('"')[3]

    async def lines(search: str, **more: object) -> list[str]:
        outcome = await bench.call("read_command_output", artifact_id=artifact_id, search=search, **more)
        assert outcome.status == "ok"
        return [line for line in outcome.text.split("\n")[1:] if not line.startswith("[More")]

    assert await lines("error|failed") == ["Error: a(b at 7"]
    assert await lines("ERROR.*at \\d$") == ["Error: a(b at 7"]
    assert await lines("a(b") == ["Error: a(b at 7"]
    assert await lines("nothing") == []
    assert await lines("ok 29") == ["ok 29", *(f"ok {n}" for n in range(290, 300))]
    assert await lines("ok 29", limit=13) == ["ok 29", "ok 290"]


@posix
async def test_a_search_that_is_cut_names_the_call_that_goes_on(bench: Bench) -> None:
    bench.settings(command=CommandSettings(output_bytes=100))
    ran = await bench.call("execute_command", command="seq 1000 2000")
    assert ran.truncated is not None
    assert ran.truncated.next is not None
    artifact_id = ran.truncated.next.split('"')[3]

    first = await bench.call("read_command_output", artifact_id=artifact_id, search="5$", limit=12)
    assert first.truncated is not None
    assert first.truncated.next is not None
    offset = int(first.truncated.next.split('"offset": ')[1].split(",")[0])
    second = await bench.call("read_command_output", artifact_id=artifact_id, search="5$", limit=12, offset=offset)

    assert first.text.split("\n")[1:3] == ["1005", "1015"]
    assert second.text.split("\n")[1:3] == ["1025", "1035"]


@pytest.mark.parametrize("artifact_id", ["cmd-1", "../x", "cmd-1-000000000000", "a\0b", ""])
async def test_an_unknown_artifact_is_an_error(bench: Bench, artifact_id: str) -> None:
    assert (await bench.call("read_command_output", artifact_id=artifact_id)).status == "error"


async def test_what_is_asked_about_is_what_runs(bench: Bench) -> None:
    command = "echo one   two"

    prepared = await bench.prepare("execute_command", {"command": command})

    assert isinstance(prepared, Prepared)
    assert prepared.action == CommandAction(command=command, cwd=str(bench.root))
    assert prepared.subject == CommandSubject(command=command, cwd=".")
    assert prepared.preview == Preview(command=command)


@pytest.mark.parametrize("cwd", ["..", "/", "/tmp", "link", "file.txt", "missing"])
async def test_a_folder_outside_or_missing_is_refused(bench: Bench, cwd: str) -> None:  # B116
    (bench.root / "link").symlink_to("/")
    bench.write("file.txt", "")

    outcome = await bench.call("execute_command", command="touch made", cwd=cwd)

    assert outcome.status == "error"
    assert not (bench.root / "made").exists()


@pytest.mark.parametrize("arguments", [{"command": "  "}, {"command": "ls\0"}, {"command": "ls", "timeout": -1}])
async def test_a_command_that_cannot_be_one_is_invalid(bench: Bench, arguments: dict[str, object]) -> None:
    assert (await bench.call("execute_command", **arguments)).status == "invalid"


@posix
async def test_cancelling_ends_the_command(bench: Bench) -> None:
    prepared = await bench.prepare("execute_command", {"command": "echo begun; sleep 60; touch made"})
    assert isinstance(prepared, Prepared)
    task = asyncio.ensure_future(prepared.run())
    await bench.begun.wait()

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert not (bench.root / "made").exists()


def test_no_program_is_found_in_the_workspace_first() -> None:  # B115
    root = Path("/srv/project")
    path = os.pathsep.join([".", "", "bin", "/srv/project/bin", "/srv/project/.venv/bin", "/usr/bin"])

    plain = command_environment({"PATH": path}, [root])
    active = command_environment({"PATH": path, "VIRTUAL_ENV": "/srv/project/.venv"}, [root])

    assert plain["PATH"] == "/usr/bin"
    assert active["PATH"] == os.pathsep.join(["/srv/project/.venv/bin", "/usr/bin"])


def test_git_runs_no_watcher_that_the_repository_names() -> None:  # B113
    assert command_environment({}, []) == {
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": "false",
        "GIT_CONFIG_KEY_1": "log.showSignature",
        "GIT_CONFIG_VALUE_1": "false",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
    }


@pytest.mark.parametrize(
    ("text", "line", "matches"),
    [
        ("error", "An ERROR here", True),
        ("a|b", "xbx", True),
        ("a.*c", "abc", True),
        ("a.+c.*d", "c a b d", False),
        ("^ok", "not ok", False),
        ("[0-9] failed", "3 failed", True),
        (r"\d failed", "x failed", False),
        (r"a\.b", "axb", False),
        ("(a+)+$", "aaa", False),
        ("(a+)+$", "x(a+)+$x", True),
        ("a{2}", "aa", False),
        ("[", "a[b", True),
        ("a\\", "xa\\x", True),
        ("|", "a|b", True),
        ("*", "a*b", True),
    ],
)
def test_a_search_is_an_expression_only_where_it_cannot_be_slow(text: str, line: str, matches: bool) -> None:
    assert line_pattern(text).matches(line) == matches


async def test_the_answer_of_the_user_is_handed_on(bench: Bench) -> None:
    outcome = await bench.call(
        "ask_followup_question", question="Which colour?", follow_up=["red", {"text": "blue", "mode": None}]
    )

    assert outcome == Outcome(status="ok", text="The user answers: blue")
    assert bench.asked == [("Which colour?", ("red", "blue"))]


@posix
async def test_a_folder_that_became_a_link_since_the_approval_runs_nothing(bench: Bench, tmp_path: Path) -> None:
    (bench.root / "sub").mkdir()
    prepared = await bench.prepare("execute_command", {"command": "touch x", "cwd": "sub"})
    assert isinstance(prepared, Prepared)
    (bench.root / "sub").rmdir()
    (bench.root / "sub").symlink_to(bench.root)

    outcome = await run(prepared)

    assert outcome == Outcome(status="error", text="sub was replaced meanwhile. Nothing was run. Look again.")
    assert [path.name for path in bench.root.iterdir()] == ["sub"]


@posix
async def test_a_folder_that_is_named_through_a_link_is_where_it_runs(bench: Bench) -> None:
    (bench.root / "sub").mkdir()
    (bench.root / "link").symlink_to("sub")

    outcome = await bench.call("execute_command", command="pwd", cwd="link")

    assert outcome.text.endswith(f" s, in sub.\nOutput:\n{bench.root / 'sub'}\n")


@pytest.mark.parametrize(("cwd", "what"), [("nope", "there is no nope"), ("file", "no folder is file")])
async def test_a_cwd_that_is_no_folder_says_what_is_wrong(bench: Bench, cwd: str, what: str) -> None:
    bench.write("file", "")

    outcome = await bench.call("execute_command", command="pwd", cwd=cwd)

    text = f"cwd must be a folder of the workspace: {what}. Nothing was run."
    assert outcome == Outcome(status="error", text=text)


@posix
async def test_a_kept_output_holds_no_secret(bench: Bench) -> None:  # B136
    bench.desk = replace(bench.desk, redactor=Redactor(["sk-secret-12345"]))
    bench.settings(command=CommandSettings(output_bytes=100))

    outcome = await bench.call(
        "execute_command", command="for i in $(seq 1 99); do printf sk-; echo secret-12345; done"
    )

    assert "secret-12345" not in outcome.text
    (kept,) = bench.desk.artifacts._folder.iterdir()
    assert kept.read_text() == "[redacted]\n" * 99

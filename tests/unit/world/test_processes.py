"""Commands: streams, exits, and nothing left behind by time-out, cancellation or the command's own tricks."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from agentls.world.artifacts import Artifacts, OutputKeeper
from agentls.world.environment import child_environment
from agentls.world.processes import CommandNotStarted, Exit, Stream, run_command

CLEAN = Exit(code=0, signal=None, timed_out=False, duration_s=0.0, stopped_leftovers=0)


class Run:
    """One command and what it said; `said(text)` waits for its output."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keep: OutputKeeper = Artifacts(folder / "artifacts").keeper(4000)
        self.pieces: list[tuple[Stream, str]] = []
        self._more = asyncio.Event()

    def text(self, stream: Stream = "stdout") -> str:
        return "".join(text for name, text in self.pieces if name == stream)

    async def said(self, condition: Callable[[str], bool]) -> str:
        async with asyncio.timeout(20):
            while not condition(self.text()):
                self._more.clear()
                await self._more.wait()
        return self.text()

    def start(self, command: str, timeout_s: float = 30, env: Mapping[str, str] | None = None) -> asyncio.Task[Exit]:
        return asyncio.create_task(
            run_command(
                command,
                cwd=self.folder,
                env=child_environment({}) if env is None else env,
                timeout_s=timeout_s,
                output=self._output,
                keep=self.keep,
            )
        )

    async def end(self, command: str, timeout_s: float = 30, env: Mapping[str, str] | None = None) -> Exit:
        """Run to the end; the duration is checked and taken out."""
        ended = await self.start(command, timeout_s, env)
        assert ended.duration_s > 0
        return replace(ended, duration_s=0.0)

    def _output(self, stream: Stream, text: str) -> None:
        self.pieces.append((stream, text))
        self._more.set()


@pytest.fixture
async def run(tmp_path: Path) -> Run:
    return Run(tmp_path)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def pids(run: Run, count: int) -> list[int]:
    """The process ids that the command prints, one a line, as soon as there are `count`."""
    text = await run.said(lambda text: text.count("\n") >= count)
    return [int(line) for line in text.splitlines()]


async def test_both_streams_and_the_exit_code_arrive(run: Run) -> None:
    assert await run.end("echo out; echo err >&2; exit 3") == replace(CLEAN, code=3)
    assert (run.text("stdout"), run.text("stderr")) == ("out\n", "err\n")
    assert sorted(run.keep.text().splitlines()) == ["err", "out"]


async def test_output_arrives_while_the_command_runs(run: Run) -> None:
    os.mkfifo(run.folder / "gate")
    task = run.start("echo before; read -r line < gate; echo $line")
    assert await run.said(lambda text: bool(text)) == "before\n"
    await asyncio.to_thread((run.folder / "gate").write_text, "after\n")
    assert replace(await task, duration_s=0.0) == CLEAN
    assert run.text() == "before\nafter\n"


async def test_a_character_split_between_two_writes_stays_whole(run: Run) -> None:
    os.mkfifo(run.folder / "gate")
    task = run.start(r"printf 'a\xc3'; read -r line < gate; printf '\xa9\xffb\xe2'")
    await run.said(lambda text: text == "a")
    await asyncio.to_thread((run.folder / "gate").write_text, "\n")
    await task
    assert run.text() == "aé\ufffdb\ufffd" == run.keep.text()


async def test_stdin_is_empty(run: Run) -> None:
    assert await run.end("cat; read -r x || echo end") == CLEAN
    assert run.text() == "end\n"


async def test_the_folder_and_the_environment_are_those_given(run: Run) -> None:
    await run.end("pwd; echo $GIVEN; env | grep -c AGENTLS_", env={"PATH": "/usr/bin:/bin", "GIVEN": "x"})
    assert run.text() == f"{os.path.realpath(run.folder)}\nx\n0\n"


async def test_a_command_killed_by_a_signal_has_no_code(run: Run) -> None:
    assert await run.end("kill -9 $$") == replace(CLEAN, code=None, signal=9)


async def test_a_command_that_cannot_start_says_why(run: Run, tmp_path: Path) -> None:
    reasons = []
    for command, folder in (
        ("true", tmp_path / "gone"),
        ("a\0b", tmp_path),
        ("\ud800", tmp_path),
        ("x" * 200_000, tmp_path),
    ):
        run.folder = folder
        with pytest.raises(CommandNotStarted) as caught:
            await run.start(command)
        reasons.append(caught.value.reason)
    unusable = "The command was not started: it contains characters that no shell takes (NUL or lone surrogates)."
    assert reasons == [
        "The command was not started: its folder cannot be entered (No such file or directory).",
        unusable,
        unusable,
        "The command was not started: Argument list too long.",
    ]


async def test_a_command_that_runs_too_long_is_stopped_with_its_children(run: Run) -> None:
    task = run.start("echo $$; sleep 1000 & echo $!; sleep 1001 | sleep 1002", timeout_s=0.5)
    ids = await pids(run, 2)
    assert replace(await task, duration_s=0.0) == replace(CLEAN, code=None, signal=15, timed_out=True)
    assert [alive(pid) for pid in ids] == [False, False]


ESCAPES = [
    pytest.param("sleep 1000 & echo $!; wait", id="a child"),
    pytest.param("(trap '' TERM HUP; echo $BASHPID; while :; do sleep 1; done) & wait", id="ignores SIGTERM"),
    pytest.param("trap '' TERM; setsid sh -c 'echo $$; exec sleep 1000' & wait", id="setsid"),
    pytest.param("setsid -f sh -c 'echo $$; exec sleep 1000'; sleep 1000", id="setsid, orphaned"),
    pytest.param("(setsid sh -c 'sh -c \"echo \\$\\$; exec sleep 1000\" & ' &); sleep 1000", id="double fork"),
    pytest.param("env -i /usr/bin/setsid -f sh -c 'echo $$; exec sleep 1000'; sleep 1000", id="environment wiped"),
    pytest.param("sh -c 'echo $$; kill -STOP $$'; sleep 1000", id="stopped"),
]


@pytest.mark.parametrize("command", ESCAPES)
async def test_a_cancelled_command_leaves_nothing_behind(run: Run, command: str) -> None:
    task = run.start(command)
    (pid,) = await pids(run, 1)
    assert alive(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(pid)


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("sleep 1000 & echo $!", id="in the group"),
        pytest.param("setsid -f sh -c 'echo $$; exec sleep 1000'", id="in a session of its own"),
        pytest.param("env -i /usr/bin/setsid -f /bin/sh -c 'echo $$; exec sleep 1000'", id="environment wiped"),
    ],
)
async def test_a_grandchild_that_holds_the_pipe_neither_delays_the_result_nor_survives(run: Run, start: str) -> None:
    os.mkfifo(run.folder / "gate")
    task = run.start(f"{start}; read -r line < gate; echo done")
    (pid,) = await pids(run, 1)
    await asyncio.to_thread((run.folder / "gate").write_text, "\n")
    ended = await asyncio.wait_for(task, 5)
    assert replace(ended, duration_s=0.0) == replace(CLEAN, stopped_leftovers=1)
    assert (alive(pid), run.text().endswith("done\n")) == (False, True)


async def test_cancelling_twice_still_kills(run: Run) -> None:
    task = run.start("trap '' TERM; echo $$; while :; do sleep 1; done")
    (pid,) = await pids(run, 1)
    task.cancel()
    asyncio.get_running_loop().call_later(0.1, task.cancel)
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        while alive(pid):  # noqa: ASYNC110 - a thread reaps it, nothing tells of it
            await asyncio.sleep(0)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere /proc is not looked at")
async def test_a_child_born_while_the_tree_is_looked_at_does_not_survive(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A listing of /proc is old when it is read: the leader forks after it, and has ended before its row is read."""
    gate, child = run.folder / "gate", run.folder / "child"
    os.mkfifo(gate)
    task = run.start("echo $$; read -r line < gate; sleep 300 & echo $! > child")
    [leader] = await pids(run, 1)
    listing = os.listdir

    def late(path: str) -> list[str]:
        monkeypatch.setattr(os, "listdir", listing)
        names = listing(path)
        gate.write_text("go\n")
        while Path(f"/proc/{leader}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
            pass
        return names

    monkeypatch.setattr(os, "listdir", late)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(int(child.read_text()))


async def test_two_commands_do_not_stop_each_other(run: Run, tmp_path: Path) -> None:
    other = Run(tmp_path)
    task = other.start("setsid -f sh -c 'echo $$; exec sleep 1000'; sleep 1000")
    (pid,) = await pids(other, 1)
    assert (await run.end("sleep 1000 &")).stopped_leftovers == 1
    assert alive(pid)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(pid)


async def test_a_flood_of_output_stays_bounded(run: Run) -> None:
    size = 64 << 20
    run.pieces = _CountingList()  # type: ignore[assignment]
    assert await run.end(f"head -c {size} /dev/zero | tr '\\0' x") == CLEAN
    assert (run.keep.total_bytes, run.keep.shown_bytes, run.keep.kept_bytes) == (size, 4000, 32 << 20)
    assert len(run.keep.text()) < 4100


class _CountingList(list[object]):
    """Keeps nothing: the test must not be what fills the memory."""

    def append(self, item: object) -> None:
        pass


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_descriptor_is_left_open(run: Run) -> None:
    await run.end("true")
    before = open_descriptors()
    for command, timeout_s in (("true", 30.0), ("sleep 1000 &", 30.0), ("sleep 1000", 0.05)):
        await run.end(command, timeout_s)
    assert open_descriptors() == before


# The environment


def test_only_allowed_names_are_inherited() -> None:
    inherited = {
        "PATH": "/usr/bin",
        "HOME": "/h",
        "LC_ALL": "C",
        "Path_Unknown": "x",
        "OPENAI_API_KEY": "s",
        "LC_SECRET": "s",
        "AGENTLS_API_KEY": "s",
        "AGENTLS_DATA_DIR": "d",
        "SSH_AUTH_SOCK": "s",
        "LD_PRELOAD": "x",
        "BASH_ENV": "x",
    }
    assert child_environment({}, inherited) == {"PATH": "/usr/bin", "HOME": "/h", "LC_ALL": "C"}


def test_what_is_added_is_held_to_the_same_ban() -> None:
    extra = {"CI": "1", "MY_TOKEN": "s", "db_password": "s", "AGENTLS_X": "x", "X_CREDENTIALS": "s"}
    assert child_environment(extra, {}) == {"CI": "1"}


def test_relative_folders_are_taken_from_the_path() -> None:
    path = os.pathsep.join(["", ".", "bin", "/usr/bin", "./x", "/bin", ""])
    assert child_environment({}, {"PATH": path}) == {"PATH": os.pathsep.join(["/usr/bin", "/bin"])}


def test_the_default_is_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTLS_API_KEY", "canary")
    monkeypatch.setenv("LANG", "C.UTF-8")
    environment = child_environment({})
    assert environment["LANG"] == "C.UTF-8"
    assert "canary" not in environment.values()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
async def test_an_orphan_that_has_ended_is_collected(run: Run) -> None:
    ended = "until grep -q '^State:.Z' /proc/$pid/status; do :; done"
    await run.end(
        f"(setsid sh -c 'echo $$ > pid' &); until read -r pid < pid; do :; done 2>/dev/null; {ended}; echo $pid"
    )
    (pid,) = await pids(run, 1)

    assert not alive(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
async def test_a_command_cannot_look_into_the_process_that_started_it(run: Run) -> None:
    await run.end("true")

    assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0  # PR_GET_DUMPABLE

"""One shell command from start to end: its output as it comes, its exit, and nothing of it left behind.

Knows no tool and no policy. The invariant: however it ends (by itself, time-out, cancellation) the whole process
tree is gone within two seconds, and neither a pipe held open nor endless output delays the result or fills memory.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Final, Literal

from agentls.world.artifacts import OutputKeeper
from agentls.world.pipes import PipeReader, read_pipe
from agentls.world.process_tree import MARK, ProcessTree, adopt_orphans

Stream = Literal["stdout", "stderr"]

_LEFTOVER_PATIENCE_S: Final = 0.1
_GRACE_S: Final = 0.5
_REAP_LIMIT_S: Final = 0.3


class CommandNotStarted(Exception):
    """The command could not be started at all."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A sentence for the model."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a command ended."""

    code: int | None
    """None when it was ended by a signal."""
    signal: int | None
    timed_out: bool
    duration_s: float
    stopped_leftovers: int
    """Processes the command had left running in the background and that were stopped after it."""


async def run_command(
    command: str,
    *,
    cwd: Path,
    env: Mapping[str, str],
    timeout_s: float,
    output: Callable[[Stream, str], None],
    keep: OutputKeeper,
) -> Exit:
    """Run one shell command to its end, its time-out or its cancellation.

    `output` gets the text as it comes and must not raise; `keep` gets the same text and is closed at the end. stdin
    is empty. Raises CommandNotStarted.
    """
    loop = asyncio.get_running_loop()
    adopt_orphans()
    mark = os.urandom(8).hex()
    started_s = loop.time()
    running = _start(command, cwd, {**env, MARK: mark}, output, keep)
    tree = ProcessTree(running.process.pid, mark)
    timed_out = settled = False
    try:
        try:
            async with asyncio.timeout(timeout_s):
                await _ended(running.process)
        except TimeoutError:
            timed_out = True
        running.drain()
        patience_s = 0.0 if timed_out else _LEFTOVER_PATIENCE_S
        stopped = await tree.stop(patience_s=patience_s, grace_s=_GRACE_S)
        settled = True
        running.drain()
        await _reaped(running.process)
    except asyncio.CancelledError:
        if not settled:
            await tree.stop(patience_s=0.0, grace_s=_GRACE_S)
            settled = True
        raise
    finally:
        if not settled:  # cancelled twice
            tree.kill()
        running.close()
        tree.close()
    code = running.process.returncode
    return Exit(
        code=code if code is not None and code >= 0 else None,
        signal=-code if code is not None and code < 0 else None,
        timed_out=timed_out,
        duration_s=loop.time() - started_s,
        stopped_leftovers=0 if timed_out else stopped,
    )


class _Running:
    """A started command with its two pipes."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        pipes: Mapping[Stream, int],
        output: Callable[[Stream, str], None],
        keep: OutputKeeper,
    ) -> None:
        self.process = process
        self._output = output
        self._keep = keep
        self._decoders = {stream: codecs.getincrementaldecoder("utf-8")("replace") for stream in pipes}
        self._readers: list[PipeReader] = [
            read_pipe(fd, lambda data, stream=stream: self._decode(stream, data))  # type: ignore[misc]
            for stream, fd in pipes.items()
        ]

    def _decode(self, stream: Stream, data: bytes, *, final: bool = False) -> None:
        text = self._decoders[stream].decode(data, final)
        if text:
            self._keep.append(text)
            self._output(stream, text)

    def drain(self) -> None:
        """Hand on what is in the pipes now."""
        for reader in self._readers:
            reader.drain()

    def close(self) -> None:
        """Give up the pipes and the process; never waits."""
        for reader in self._readers:
            reader.close()
        for stream in self._decoders:
            self._decode(stream, b"", final=True)
        self._keep.close()
        if self.process.poll() is None:  # killed, but the kernel has not let go of it yet
            Thread(target=self.process.wait, name="reaper", daemon=True).start()


def _start(
    command: str, cwd: Path, env: Mapping[str, str], output: Callable[[Stream, str], None], keep: OutputKeeper
) -> _Running:
    stdout, stdout_child = os.pipe()
    stderr, stderr_child = os.pipe()
    try:
        process = subprocess.Popen(
            _shell(command),
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout_child,
            stderr=stderr_child,
            start_new_session=sys.platform != "win32",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
    except (OSError, ValueError) as error:
        for fd in (stdout, stderr):
            os.close(fd)
        keep.close()
        raise CommandNotStarted(_why(error, cwd)) from None
    finally:
        for fd in (stdout_child, stderr_child):
            os.close(fd)
    return _Running(process, {"stdout": stdout, "stderr": stderr}, output, keep)


def _shell(command: str) -> list[str] | str:
    if sys.platform == "win32":
        return f'{os.environ.get("COMSPEC", "cmd.exe")} /d /s /c "{command}"'
    if os.path.exists("/bin/bash"):  # noqa: PTH110
        return ["/bin/bash", "--noprofile", "--norc", "-c", command]
    return ["/bin/sh", "-c", command]


def _why(error: OSError | ValueError, cwd: Path) -> str:
    if isinstance(error, OSError) and error.filename is not None and str(error.filename) == str(cwd):
        return f"The command was not started: its folder cannot be entered ({error.strerror})."
    if isinstance(error, OSError) and error.strerror:
        return f"The command was not started: {error.strerror}."
    return "The command was not started: it contains characters that no shell takes (NUL or lone surrogates)."


async def _ended(process: subprocess.Popen[bytes]) -> None:
    """Return when the process has ended, without reaping it where that is possible (its id stays taken)."""
    loop = asyncio.get_running_loop()
    fd = -1
    if hasattr(os, "pidfd_open"):
        with suppress(OSError):  # an old kernel, or a container that forbids it
            fd = os.pidfd_open(process.pid)
    if fd < 0:
        await loop.run_in_executor(None, process.wait)
        return
    ended: asyncio.Future[None] = loop.create_future()
    loop.add_reader(fd, _resolve, ended)
    try:
        await ended
    finally:
        loop.remove_reader(fd)
        os.close(fd)


def _resolve(ended: asyncio.Future[None]) -> None:
    if not ended.done():
        ended.set_result(None)


async def _reaped(process: subprocess.Popen[bytes]) -> None:
    """Collect the exit of a process that has ended or was killed, waiting a little for the kernel."""
    loop = asyncio.get_running_loop()
    end = loop.time() + _REAP_LIMIT_S
    while process.poll() is None and loop.time() < end:  # noqa: ASYNC110 - killed: at most some milliseconds
        await asyncio.sleep(0.01)

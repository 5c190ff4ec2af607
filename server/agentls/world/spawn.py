"""Child processes of the terminal face: the agent server on three pipes, and one command run to its end.

It knows no message and no frame. (What the agent itself runs is world/processes.py, with other rules.)
Invariant: whoever opened a Child closes it; after `close` neither the process nor one of our tasks is left.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

READ_BYTES = 1 << 16
LOG_TAIL_BYTES = 16 << 10
OUTPUT_LIMIT_BYTES = 1 << 20
KILLED_WAIT_S = 2.0
CREATE_NEW_PROCESS_GROUP = 0x00000200
"""Of the Windows API; subprocess has the name on Windows only."""


class Child:
    """A running child: bytes in, bytes out, and the tail of what it wrote to stderr."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("a Child needs all three pipes")
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._log: deque[bytes] = deque()
        self._log_bytes = 0
        self._log_task = asyncio.create_task(self._keep_log(process.stderr), name="log of the child")

    async def read(self) -> bytes:
        """The next bytes of its stdout; b"" at the end."""
        return await self._stdout.read(READ_BYTES)

    def write(self, data: bytes) -> None:
        """Queue bytes for its stdin. A child that is gone loses them: `read` is what reports the end."""
        if not self._stdin.is_closing():
            self._stdin.write(data)

    async def close(self, grace_s: float) -> int:
        """End its stdin, give it `grace_s` to leave by itself, then kill it. Its exit code (−n: signal n)."""
        if not self._stdin.is_closing():
            self._stdin.close()
        try:
            async with asyncio.timeout(grace_s):
                await self._process.wait()
        except TimeoutError:
            self.kill()
            with suppress(TimeoutError):
                # wait() also waits for the pipes, which a grandchild may hold: the exit code is there before.
                async with asyncio.timeout(KILLED_WAIT_S):
                    await self._process.wait()
        with suppress(OSError):
            await self._stdin.wait_closed()
        if not self._log_task.done():
            # A grandchild may still hold the pipe: what the child itself wrote has been read by now.
            self._log_task.cancel()
        with suppress(asyncio.CancelledError):
            await self._log_task
        code = self._process.returncode
        return -9 if code is None else code

    def kill(self) -> None:
        """End it at once; harmless when it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def ended_log(self) -> str:
        """The last lines of its stderr, once it has closed that (it waits half a second at most)."""
        with suppress(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.shield(self._log_task)
        return b"".join(self._log).decode(errors="replace")

    async def _keep_log(self, stderr: asyncio.StreamReader) -> None:
        while data := await stderr.read(READ_BYTES):
            self._log.append(data)
            self._log_bytes += len(data)
            while len(self._log) > 1 and self._log_bytes - len(self._log[0]) >= LOG_TAIL_BYTES:
                self._log_bytes -= len(self._log.popleft())


async def start_server(argv: Sequence[str], *, environment: Mapping[str, str]) -> Child:
    """Start a server child, in a session (group) of its own: the terminal's Ctrl-C must not reach it."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=dict(environment),
        limit=1 << 20,
        start_new_session=os.name == "posix",
        creationflags=CREATE_NEW_PROCESS_GROUP if os.name == "nt" else 0,
    )
    return Child(process)


def server_argv() -> tuple[str, ...]:
    """This very installation as a server; -I: nothing of the workspace or of PYTHON* is imported by it."""
    return (sys.executable, "-I", "-m", "agentls", "--stdio")


def server_environment(environment: Mapping[str, str], without: Sequence[str]) -> dict[str, str]:
    """A server's environment: ours, less what it is told by message instead (names as the OS compares)."""
    fold = str.upper if os.name == "nt" else str
    dropped = {fold(name) for name in without}
    return {name: value for name, value in environment.items() if fold(name) not in dropped}


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (None: it took too long) and what both its streams said."""

    code: int | None
    output: str


async def run_to_end(argv: Sequence[str], *, cwd: Path, timeout_s: float) -> Ended:
    """Run one command without stdin to its end; killed when `timeout_s` is over."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        cwd=cwd,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    code: int | None = None
    output = b""
    try:
        async with asyncio.timeout(timeout_s):
            output, _ = await process.communicate()
        code = process.returncode
    except TimeoutError:
        pass
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Ended(code, output[:OUTPUT_LIMIT_BYTES].decode(errors="replace"))

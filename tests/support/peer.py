"""A client made of raw frames over a child process: bytes in, bytes out, every wait with a time-out.

Knows nothing of the product: its frame reader is its own and strict, so that it is an oracle too.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROJECT = Path(__file__).resolve().parents[2]
SERVER = (str(Path(sys.executable).with_name("agentls")), "--stdio")
BARE_SERVER = (sys.executable, "-m", "tests.support.bare_server")
WAIT_S = 20.0
_HEADER = re.compile(rb"Content-Length: (\d+)\r\n\r\n")

Json = dict[str, Any]


class Eof(AssertionError):
    """The server closed its stdout while a frame was awaited."""


def frame(body: bytes | Json | list[Any], length: int | None = None) -> bytes:
    """One frame; `length` lies about the size."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(data) if length is None else length, data)


class Peer:
    """The client's end of one server process."""

    def __init__(
        self, command: Sequence[str] = SERVER, *, env: Mapping[str, str] | None = None, reading: bool = True
    ) -> None:
        self.process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=PROJECT,
            env=_environment(env or {}),
            bufsize=0,
        )
        self.frames: list[Json] = []
        """Everything received so far, in order."""
        self._arrived: queue.SimpleQueue[Json | None] = queue.SimpleQueue()
        self._unread: list[Json] = []
        self._stderr: list[bytes] = []
        self._next_id = 0
        self._threads = [threading.Thread(target=self._collect_stderr, daemon=True)]
        self._threads[0].start()
        self.bad_output: bytes | None = None
        """What stood on stdout that is no frame."""
        if reading:
            self.read()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(WAIT_S)
        for thread in self._threads:
            thread.join(WAIT_S)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()

    # Out.

    def send_raw(self, data: bytes) -> None:
        """Write bytes as they are."""
        view = memoryview(data)
        while view:
            view = view[os.write(self.stdin, view) :]

    def send(self, message: Json | list[Any] | bytes) -> None:
        """Write one frame."""
        self.send_raw(frame(message))

    def notify(self, method: str, params: Any = None) -> None:
        """Send a notification."""
        message: Json = {"jsonrpc": "2.0", "method": method}
        self.send(message if params is None else {**message, "params": params})

    def begin(self, method: str, params: Any = None, message_id: int | str | None = None) -> int | str:
        """Send a request and return its id."""
        if message_id is None:
            self._next_id += 1
            message_id = self._next_id
        message: Json = {"jsonrpc": "2.0", "id": message_id, "method": method}
        self.send(message if params is None else {**message, "params": params})
        return message_id

    def close_stdin(self) -> None:
        """End of input."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    # In.

    def read(self) -> None:
        """Begin to read stdout (for a peer that was made with reading=False)."""
        thread = threading.Thread(target=self._collect_stdout, daemon=True)
        self._threads.append(thread)
        thread.start()

    def receive(self, timeout_s: float = WAIT_S) -> Json:
        """The next frame in order. Raises Eof at the end of the stream, AssertionError after the time-out."""
        if self._unread:
            return self._unread.pop(0)
        return self._next(timeout_s)

    def wait_for(self, wanted: Callable[[Json], bool], timeout_s: float = WAIT_S) -> Json:
        """The first frame not yet taken that is wanted; the others stay for later."""
        for position, message in enumerate(self._unread):
            if wanted(message):
                return self._unread.pop(position)
        deadline_s = time.monotonic() + timeout_s
        while True:
            message = self._next(deadline_s - time.monotonic())
            if wanted(message):
                return message
            self._unread.append(message)

    def answer(self, message_id: int | str | None, timeout_s: float = WAIT_S) -> Json:
        """The answer with this id."""
        return self.wait_for(lambda m: "method" not in m and m.get("id") == message_id, timeout_s)

    def request(self, method: str, params: Any = None, timeout_s: float = WAIT_S) -> Json:
        """Send a request and return its answer."""
        return self.answer(self.begin(method, params), timeout_s)

    def event(self, method: str, timeout_s: float = WAIT_S) -> Json:
        """The params of the next notification of this method."""
        params: Json = self.wait_for(lambda m: m.get("method") == method, timeout_s)["params"]
        return params

    def initialize(self, *, events: bool = True, **params: Any) -> Json:
        """Open the session; returns the answer to `initialize`."""
        options = {"agent": {"protocolVersion": 1}} if events else {}
        given = {"processId": None, "rootUri": None, "capabilities": {}, "initializationOptions": options, **params}
        answer = self.request("initialize", given)
        self.notify("initialized", {})
        return answer

    def open(self, work: Path, provider: Json, *, settings: Json | None = None, **agent: Any) -> None:
        """Open the session in a workspace folder, with a provider: what a task needs."""
        options = {"agent": {"protocolVersion": 1, **agent}}
        self.initialize(workspaceFolders=[{"uri": work.as_uri(), "name": "work"}], initializationOptions=options)
        assert "result" in self.request("agent/provider/set", {"provider": provider})
        if settings is not None:
            assert "result" in self.request("agent/settings/set", {"settings": settings})

    def start(self, prompt: str = "Go") -> str:
        """Start a task; its id."""
        return str(self.request("agent/task/start", {"prompt": prompt})["result"]["taskId"])

    def rested(self, timeout_s: float = WAIT_S) -> Json:
        """The params of the next `agent/turn/completed`, once the task is idle."""
        completed = self.event("agent/turn/completed", timeout_s)
        self.wait_for(lambda m: m.get("method") == "agent/task/status" and m["params"]["status"] == "idle", timeout_s)
        return completed

    def is_alive(self) -> bool:
        """Whether the server answers a request now."""
        return self.request("$/ping")["error"]["code"] in (-32601, -32002)

    def wait(self, timeout_s: float = WAIT_S) -> int:
        """The exit code, once the process has ended; `stderr` is whole then."""
        code = self.process.wait(timeout_s)
        self._threads[0].join(timeout_s)
        return code

    def rest(self, timeout_s: float = WAIT_S) -> list[Json]:
        """All frames up to the end of the stream."""
        messages: list[Json] = []
        try:
            while True:
                messages.append(self.receive(timeout_s))
        except Eof:
            return messages

    @property
    def stderr(self) -> str:
        """What the server wrote to stderr so far."""
        return b"".join(self._stderr).decode("utf-8", "replace")

    def settle(self) -> None:
        """Give the server a moment when nothing it does can be seen."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.02)

    def resident_bytes(self) -> int:
        """The server's resident memory (Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(match.group(1)) * 1024 if match else 0

    @property
    def stdin(self) -> int:
        """The descriptor that the server's input is written to."""
        assert self.process.stdin is not None
        return self.process.stdin.fileno()

    def _next(self, timeout_s: float) -> Json:
        try:
            message = self._arrived.get(timeout=max(0.0, timeout_s))
        except queue.Empty:
            raise AssertionError(f"no frame within {timeout_s:.1f} s; stderr: {self.stderr[-2000:]}") from None
        if message is None:
            self._arrived.put(None)
            assert self.bad_output is None, f"not a frame on stdout: {self.bad_output!r}"
            raise Eof(f"stdout ended; stderr: {self.stderr[-2000:]}")
        return message

    def _collect_stdout(self) -> None:
        assert self.process.stdout is not None
        fd = self.process.stdout.fileno()
        data = b""
        while True:
            match = _HEADER.match(data)
            if match is not None and len(data) >= match.end() + int(match.group(1)):
                end = match.end() + int(match.group(1))
                message = json.loads(data[match.end() : end], parse_constant=_refuse)
                data = data[end:]
                self.frames.append(message)
                self._arrived.put(message)
                continue
            if match is None and len(data) > 64:
                self.bad_output = data[:200]
                break
            more = os.read(fd, 1 << 20)
            if not more:
                if data:
                    self.bad_output = data[:200]
                break
            data += more
        self._arrived.put(None)

    def _collect_stderr(self) -> None:
        assert self.process.stderr is not None
        while data := os.read(self.process.stderr.fileno(), 65536):
            self._stderr.append(data)


def _refuse(name: str) -> float:
    raise AssertionError(f"{name} is not JSON")


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
    path = os.pathsep.join((str(PROJECT / "server"), str(PROJECT)))
    return {**kept, "PYTHONPATH": path, **extra}

"""A client of the wire: requests with answers, notifications to one listener, over a child's pipes.

It knows JSON-RPC and how a connection begins and ends; it does not know what a notification means.
Invariant: every request ends in its answer, a RequestRefused or a ServerGone: none waits for a dead server.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import msgspec

from agentls import __version__
from agentls.lsp.frames import Body, FrameDecoder, FrameFault, encode_frame
from agentls.terminal.text import printable

PROTOCOL_VERSION = 1
METHOD_NOT_FOUND = -32601
INTERNAL_ERROR = -32603
CLOSE_GRACE_S = 3.0
ANSWER_TIMEOUT_S = 60.0
"""Every request we send is answered at once by a server that lives; a cold start on a slow disk takes longest."""
LOG_LINES_SHOWN = 12

Listener = Callable[[str, msgspec.Raw], None]
"""Called in the order of arrival with the method and the params' JSON; it must not block for long."""


class Pipes(Protocol):
    """What the client needs of a child process (`world.spawn.Child`)."""

    async def read(self) -> bytes: ...
    def write(self, data: bytes) -> None: ...
    async def close(self, grace_s: float) -> int: ...
    def kill(self) -> None: ...
    async def ended_log(self) -> str: ...


class ServerGone(Exception):
    """The server ended, or broke the protocol so that nothing more can be expected of it."""


class RequestRefused(Exception):
    """The server answered a request with an error."""

    def __init__(self, error: ResponseError) -> None:
        super().__init__(error.message)
        self.is_internal = error.code == INTERNAL_ERROR
        """Whether it is a fault of the server's own: its log says which."""
        self.code = error.data.code
        self.advice = error.data.advice
        self.path = error.data.path
        """The field that is wrong, like `provider.baseUrl`; None when it is not about one."""


class ErrorData(msgspec.Struct, frozen=True):
    """`data` of an error answer; all of it may be absent."""

    code: str | None = None
    advice: str | None = None
    path: str | None = None


class ResponseError(msgspec.Struct, frozen=True):
    """`error` of an answer."""

    code: int = 0
    message: str = "the request failed"
    data: ErrorData = ErrorData()


class Incoming(msgspec.Struct, frozen=True):
    """Any message of the server; its payloads stay JSON until someone wants them."""

    id: int | str | None = None
    method: str | None = None
    params: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: ResponseError | None = None


class Client:
    """One connection to one server child."""

    def __init__(self, pipes: Pipes, listener: Listener, answer_timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        self._answer_timeout_s = answer_timeout_s
        self._pipes = pipes
        self._listener = listener
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._gone: ServerGone | None = None
        self._closing = False
        self._reader = asyncio.create_task(self._read(), name="reader of the server")
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done when nothing more will come: with an exception when that was not our doing."""

    async def initialize(self, workspace: Path | None, opt_out: Sequence[str] = ()) -> None:
        """Open the connection for one workspace folder (trusted: the user ran us there), or for none."""
        folders = [] if workspace is None else [{"uri": workspace.as_uri(), "name": workspace.name}]
        agent: dict[str, object] = {"protocolVersion": PROTOCOL_VERSION, "workspaceTrusted": True}
        if opt_out:
            agent["events"] = {"optOut": list(opt_out)}
        answer = await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "clientInfo": {"name": "agentls", "version": __version__},
                "rootUri": folders[0]["uri"] if folders else None,
                "workspaceFolders": folders,
                "capabilities": {"workspace": {"workspaceFolders": True}},
                "initializationOptions": {"agent": agent},
            },
        )
        if _offered_version(answer) != PROTOCOL_VERSION:
            raise ServerGone(f"the server does not speak version {PROTOCOL_VERSION} of the protocol")
        self.notify("initialized", {})

    async def request(self, method: str, params: Mapping[str, object] | None = None) -> msgspec.Raw:
        """Send a request and wait for its result, as JSON. Raises RequestRefused or ServerGone."""
        if self._gone is not None:
            raise self._gone
        number = next(self._ids)
        answer: asyncio.Future[msgspec.Raw] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        message: dict[str, object] = {"jsonrpc": "2.0", "id": number, "method": method}
        if params is not None:
            message["params"] = params
        self._send(message)
        try:
            # Not wait_for: in 3.11 it swallows a cancel that comes with the answer.
            async with asyncio.timeout(self._answer_timeout_s):
                return await answer
        except TimeoutError:
            raise ServerGone(f"the server did not answer {method} in {self._answer_timeout_s:g} s") from None
        finally:
            self._waiting.pop(number, None)

    def notify(self, method: str, params: Mapping[str, object] | None = None) -> None:
        """Send a notification."""
        message: dict[str, object] = {"jsonrpc": "2.0", "method": method}
        if params is not None:
            message["params"] = params
        self._send(message)

    def kill(self) -> None:
        """End the server at once."""
        self._closing = True
        self._pipes.kill()

    async def close(self) -> None:
        """Leave as the protocol says (shutdown, exit), at most a few seconds; then by force."""
        self._closing = True
        with suppress(ServerGone, RequestRefused, TimeoutError):
            async with asyncio.timeout(CLOSE_GRACE_S):
                await self.request("shutdown")
            self.notify("exit")
        await self._pipes.close(CLOSE_GRACE_S)
        self._reader.cancel()
        with suppress(asyncio.CancelledError):
            await self._reader
        if self.ended.done() and not self.ended.cancelled():
            self.ended.exception()

    async def last_words(self) -> str | None:
        """The end of the log of a server that has ended, indented; None when it has none."""
        log = [printable(line) for line in (await self._pipes.ended_log()).splitlines() if line.strip()]
        return "\n".join(f"  {line}" for line in log[-LOG_LINES_SHOWN:]) or None

    def _send(self, message: Mapping[str, object]) -> None:
        self._pipes.write(encode_frame(msgspec.json.encode(message)))

    async def _read(self) -> None:
        try:
            end = await self._read_all()
        except Exception as error:  # rim: whatever breaks the reader must wake everyone who waits
            end = error
        gone = end if isinstance(end, ServerGone) else ServerGone("the connection was given up")
        self._gone = gone
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(gone)
                answer.exception()  # a waiter that was cancelled meanwhile shall not make it a warning
        if not self.ended.done():
            if self._closing:
                self.ended.set_result(None)
            else:
                self.ended.set_exception(end)

    async def _read_all(self) -> Exception:
        decoder = FrameDecoder()
        while data := await self._pipes.read():
            for item in decoder.feed(data):
                match item:
                    case FrameFault(message):
                        return ServerGone(f"the server wrote something that is not a frame: {message}")
                    case Body(body):
                        self._dispatch(body)
        said = await self.last_words()
        if said is None:
            return ServerGone("the server ended unexpectedly and said nothing")
        return ServerGone(f"the server ended unexpectedly; its last words:\n{said}")

    def _dispatch(self, body: bytes) -> None:
        try:
            message = msgspec.json.decode(body, type=Incoming)
        except (msgspec.DecodeError, RecursionError) as error:
            raise ServerGone(f"the server wrote a message that cannot be read: {error}") from None
        if message.method is None:
            self._answered(message)
        elif message.id is None:
            self._listener(message.method, message.params)
        else:
            # We offer the server nothing to ask for; an answer all the same, so that it never waits.
            refusal = {"code": METHOD_NOT_FOUND, "message": "this client answers no requests"}
            self._send({"jsonrpc": "2.0", "id": message.id, "error": refusal})

    def _answered(self, message: Incoming) -> None:
        answer = self._waiting.get(message.id) if isinstance(message.id, int) else None
        if answer is None or answer.done():
            return
        if message.error is not None:
            answer.set_exception(RequestRefused(message.error))
        else:
            answer.set_result(message.result)


class _Agent(msgspec.Struct, rename="camel"):
    protocol_version: int | None = None


class _Experimental(msgspec.Struct):
    agent: _Agent = msgspec.field(default_factory=_Agent)


class _Capabilities(msgspec.Struct):
    experimental: _Experimental = msgspec.field(default_factory=_Experimental)


class _Initialized(msgspec.Struct):
    capabilities: _Capabilities = msgspec.field(default_factory=_Capabilities)


def _offered_version(answer: msgspec.Raw) -> int | None:
    try:
        return msgspec.json.decode(answer, type=_Initialized).capabilities.experimental.agent.protocol_version
    except msgspec.DecodeError:
        return None

"""One turn from a terminal: start a server, configure it, give it the prompt, watch and answer till it rests.

It knows the order of the requests and what Ctrl-C means; it does not know how things are shown or decided.
Invariant: when `run_turn` returns, the server has ended and so has everything it started.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from agentls.terminal.client import Client, RequestRefused, ServerGone
from agentls.terminal.face import Face
from agentls.terminal.messages import UnreadableMessage
from agentls.world.spawn import start_server

COMPLETED, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
"""Exit codes of `agentls run` (a contract)."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be done, where, and by which model."""

    prompt: str
    workspace: Path
    """An absolute, existing folder."""
    provider: Mapping[str, object]
    """A whole Provider, `id` included."""
    settings: Mapping[str, object]
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ServerCommand:
    """How the server is started."""

    argv: Sequence[str]
    environment: Mapping[str, str] = field(repr=False)


class TurnFailed(Exception):
    """The turn could not be had: a sentence or two for stderr."""

    def __init__(self, text: str, advice: str | None = None, path: str | None = None) -> None:
        super().__init__(text)
        self.advice = advice
        self.path = path
        """The configured field it is about, like `provider.baseUrl`."""

    @property
    def exit_code(self) -> int:
        """A value the user gave and the server refused is wrong use; all else is a failure."""
        is_configured = self.path is not None and self.path.startswith(("provider.", "settings.", "apiKey"))
        return USAGE if is_configured else FAILED


async def run_turn(order: Order, server: ServerCommand, face: Face) -> int:
    """Do the order; the exit code. Raises TurnFailed when the server refuses it, breaks or dies."""
    with _signals(face.interrupt):
        try:
            pipes = await start_server(server.argv, environment=server.environment)
        except OSError as error:
            raise TurnFailed(f"the server could not be started: {error.strerror}") from None
        client = Client(pipes, face.hear)
        face.attach(client)
        try:
            return await _converse(order, client, face)
        except RequestRefused as refusal:
            advice = refusal.advice
            if refusal.is_internal:
                await client.close()  # its log is whole when it has ended
                advice = await client.last_words()
            raise TurnFailed(str(refusal), advice, refusal.path) from None
        except (ServerGone, UnreadableMessage) as error:
            if face.interrupted:
                return INTERRUPTED
            raise TurnFailed(str(error)) from None
        finally:
            await face.close()
            await client.close()


async def _converse(order: Order, client: Client, face: Face) -> int:
    await client.initialize(order.workspace, face.unwanted)
    await client.request("agent/provider/set", {"provider": order.provider})
    if order.api_key is not None:
        key = {"id": order.provider["id"], "apiKey": order.api_key}
        await client.request("agent/provider/setKey", key)
    if order.settings:
        await client.request("agent/settings/set", {"settings": order.settings})
    if face.interrupted:
        return INTERRUPTED
    start = {"prompt": order.prompt, "workspace": order.workspace.as_uri()}
    face.is_starting = True
    answer = await client.request("agent/task/start", start)
    face.task_id = msgspec.json.decode(answer, type=_Started).task_id
    if face.interrupted:
        face.request_interrupt()
    turn = await face.ended
    match turn.status:
        case "completed":
            return COMPLETED
        case "interrupted":
            return INTERRUPTED
        case _:
            return INTERRUPTED if face.interrupted else FAILED


class _Started(msgspec.Struct, rename="camel"):
    task_id: str


@contextmanager
def _signals(interrupt: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and a request to end both interrupt, while the block runs."""
    loop = asyncio.get_running_loop()
    names = [signal.SIGINT, signal.SIGTERM]
    try:
        for name in names:
            loop.add_signal_handler(name, interrupt)
    except NotImplementedError:  # the loops of Windows
        before = signal.signal(signal.SIGINT, lambda *_: loop.call_soon_threadsafe(interrupt))
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
        return
    try:
        yield
    finally:
        for name in names:
            loop.remove_signal_handler(name)

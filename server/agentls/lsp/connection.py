"""One client from its first byte to the exit code: the lifecycle of LSP and where each message goes.

Knows states and method names; knows no transport and nothing of what methods do. Invariant: every request
with an id that can be read gets exactly one answer, and `ended` gets exactly one exit code.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from enum import Enum
from functools import partial
from typing import Any, assert_never

from agentls.lsp.answers import error_body, failure_body, result_body
from agentls.lsp.buffers import EditorBuffers
from agentls.lsp.calls import Calls, Reply
from agentls.lsp.capabilities import initialize_result
from agentls.lsp.check_command import CheckCommand
from agentls.lsp.commands import Latest, execute_command
from agentls.lsp.editor import NOTIFICATIONS as EDITOR_NOTIFICATIONS
from agentls.lsp.editor import REQUESTS as EDITOR_REQUESTS
from agentls.lsp.editor import Editor
from agentls.lsp.engine_slot import EngineSlot, ServedEngine
from agentls.lsp.frames import FrameFault
from agentls.lsp.inbox import Arrival, Ended
from agentls.lsp.messages import (
    Ignored,
    MessageFault,
    MessageId,
    Notification,
    Request,
    encode_json,
    is_message_id,
)
from agentls.lsp.messages import Reply as ClientReply
from agentls.lsp.methods import call_engine, unknown_method
from agentls.lsp.outbox import Outbox
from agentls.lsp.outgoing import Outgoing
from agentls.lsp.session import Session, canonical_roots, read_session
from agentls.protocol.commands import ADVERTISED
from agentls.protocol.errors import INVALID_PARAMS, INVALID_REQUEST, NOT_INITIALIZED
from agentls.protocol.registry import REQUESTS

logger = logging.getLogger(__name__)

UNREAD_LIMIT_BYTES = 16 * 1024 * 1024
"""What waits for the client to read it: beyond this none of its requests begins, and no more are read."""


READY_AT_LATEST_S = 3.0
"""After `initialize`, for a client that never says `initialized`."""


class State(Enum):
    """Where the session is."""

    NEW = "new"
    READY = "ready"
    SHUT_DOWN = "shut down"


class Connection:
    """The session with one client."""

    def __init__(
        self,
        outbox: Outbox,
        latest: Latest,
        build: Callable[[], ServedEngine],
        *,
        on_session: Callable[[Session], None] = lambda session: None,
        on_ready: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_session` hears the session before it is answered, `on_ready` when nothing is urgent."""
        self._outbox = outbox
        self._latest = latest
        self._on_session = on_session
        self._on_ready = on_ready
        self._ready_timer: asyncio.TimerHandle | None = None
        self._state = State.NEW
        self._outgoing = Outgoing(outbox.post)
        self._buffers = EditorBuffers(self._outgoing)
        self._checks = CheckCommand(outbox.post, self._outgoing)
        self._editor = Editor(outbox.post, self._outgoing, self._buffers)
        self._calls = Calls(outbox.post, has_room=lambda: outbox.queued_bytes <= UNREAD_LIMIT_BYTES)
        self.engine = EngineSlot(build, self._buffers, outbox.post)
        self._folders: dict[str, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    @property
    def crowded(self) -> bool:
        """Whether the client sends faster than it can be answered."""
        return self._calls.crowded or self._outbox.queued_bytes > UNREAD_LIMIT_BYTES

    def receive(self, arrivals: Sequence[Arrival]) -> None:
        """Take what arrived, in order."""
        for arrival in arrivals:
            if self.ended.done():
                break
            self._take(arrival)

    def end(self, code: int) -> None:
        """End the session; the first code counts."""
        if not self.ended.done():
            self.ended.set_result(code)

    async def aclose(self) -> None:
        """Stop what runs, answer what is open, close the engine."""
        self._outgoing.refuse_all()
        await self._calls.cancel_all()
        await self._checks.aclose()
        await self.engine.aclose()
        for task in self._tasks:
            task.cancel()

    def _take(self, arrival: Arrival) -> None:
        match arrival:
            case Request():
                self._requested(arrival)
            case Notification():
                self._notified(arrival)
            case ClientReply():
                if not self._outgoing.settle(arrival):
                    logger.debug("an answer to no open request was ignored")
            case MessageFault():
                self._faulty(arrival)
            case Ignored():
                logger.info("ignored: %s", arrival.reason)
            case FrameFault():
                data = {"status": 415, "charset": arrival.charset} if arrival.charset else None
                self._outbox.post(error_body(None, INVALID_REQUEST, arrival.message, data))
                if arrival.closes:
                    logger.error("the connection is closed: %s", arrival.message)
                    self.end(1)
            case Ended():
                self.end(0 if self._state is State.SHUT_DOWN else 1)
            case _:
                assert_never(arrival)

    def _faulty(self, fault: MessageFault) -> None:
        if self._outgoing.is_open(fault.id):
            logger.info("ignored: an answer with neither a result nor an error")
            return
        logger.info("a message was refused: %s", fault.message)
        self._outbox.post(error_body(fault.id, fault.code, fault.message))

    # Requests.

    def _requested(self, request: Request) -> None:
        match self._state:
            case State.NEW if request.method == "initialize":
                self._initialize(request)
            case State.NEW:
                self._refuse(request.id, NOT_INITIALIZED, "the server is not initialized yet")
            case State.SHUT_DOWN:
                self._refuse(request.id, INVALID_REQUEST, "the server is shutting down")
            case State.READY if request.method == "initialize":
                self._refuse(request.id, INVALID_REQUEST, "the server is initialized already")
            case State.READY if request.id in self._calls:
                self._refuse(request.id, INVALID_REQUEST, "a request with this id is still open")
            case State.READY:
                self._serve(request)

    def _refuse(self, message_id: MessageId, code: int, message: str) -> None:
        self._outbox.post(error_body(message_id, code, message))

    def _serve(self, request: Request) -> None:
        method, params = request.method, request.params
        if method in REQUESTS:
            run = partial(call_engine, self.engine.get, method, params)
        elif method == "workspace/executeCommand":
            run = partial(execute_command, self.engine.get, self._latest, self._checks, params)
        elif method == "shutdown":
            self._state = State.SHUT_DOWN
            run = partial(self._shut_down, request.id)
        elif method in EDITOR_REQUESTS:
            run = partial(self._ask_editor, method, params)
        else:
            self._outbox.post(failure_body(request.id, unknown_method(method)))
            return
        self._calls.start(request.id, method, run)

    async def _ask_editor(self, method: str, params: Any) -> Reply:
        return Reply(await self._editor.requested(method, params))

    async def _shut_down(self, message_id: MessageId) -> Reply:
        self._outgoing.refuse_all()
        await self._calls.cancel_all(but=message_id)
        await self._checks.aclose()
        await self.engine.aclose()
        return Reply(b"null")

    def _initialize(self, request: Request) -> None:
        if type(request.params) is not dict:
            data = {"path": "params" if request.params is not None else "capabilities"}
            body = error_body(request.id, INVALID_PARAMS, "initialize needs an object of params", data)
            self._outbox.post(body)
            return
        session = read_session(request.params)
        self._state = State.READY
        self._editor.begin(session)
        self._checks.begin(session)
        self.engine.open(session)
        self._folders = {root.as_uri(): None for root in session.roots}
        self._on_session(session)
        result = encode_json(initialize_result(session.position_encoding, ADVERTISED))
        self._outbox.post(result_body(request.id, result))
        if session.events_wanted:
            self._outbox.opt_in(session.opted_out)
        self._ready_timer = asyncio.get_running_loop().call_later(READY_AT_LATEST_S, self._ready)

    # Notifications.

    def _notified(self, notification: Notification) -> None:
        method, params = notification.method, notification.params
        if method == "exit":
            self.end(0 if self._state is State.SHUT_DOWN else 1)
        elif self._state is not State.READY:
            logger.debug("a notification outside the session was dropped")
        elif method == "$/cancelRequest":
            message_id = params.get("id") if isinstance(params, dict) else None
            if isinstance(message_id, int | str) and is_message_id(message_id):
                self._calls.cancel(message_id)
        elif method == "window/workDoneProgress/cancel":
            self._checks.cancel(params.get("token") if isinstance(params, dict) else None)
        elif method == "initialized":
            self._own(self._warm_up())
        elif method == "workspace/didChangeWorkspaceFolders":
            self._change_folders(params)
        elif method in EDITOR_NOTIFICATIONS:
            self._editor.notified(method, params)

    async def _warm_up(self) -> None:
        """Load what the first turn needs while the user is still typing."""
        self._editor.warm_up()
        await self.engine.warm_up()
        self._ready()

    def _ready(self) -> None:
        if self._ready_timer is not None:
            self._ready_timer.cancel()
            self._ready_timer = None
            self._on_ready()

    def _change_folders(self, params: Any) -> None:
        event = params.get("event") if isinstance(params, dict) else None
        if not isinstance(event, dict):
            return
        for root in canonical_roots(_uris(event.get("removed"))):
            self._folders.pop(root.as_uri(), None)
        for root in canonical_roots(_uris(event.get("added"))):
            self._folders[root.as_uri()] = None
        self.engine.change_roots(canonical_roots(self._folders))

    def _own(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("warming up failed: %s", type(error).__name__)


def _uris(folders: object) -> list[object]:
    if not isinstance(folders, list):
        return []
    return [folder.get("uri") for folder in folders if isinstance(folder, dict)]

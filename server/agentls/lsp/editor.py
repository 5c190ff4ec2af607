"""The typed half of LSP, loaded when the first message needs it.

Importing pygls costs more than the rest of the server together, and a program that only speaks `agent/*`
never needs it. Invariant: messages are handled in order, whatever was loaded when.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from agentls.lsp.answers import UnknownMethod
from agentls.lsp.buffers import EditorBuffers
from agentls.lsp.messages import encode_json
from agentls.lsp.outgoing import Outgoing
from agentls.lsp.session import Session
from agentls.protocol.errors import InvalidParams

if TYPE_CHECKING:
    from agentls.lsp.server import AgentLanguageServer

logger = logging.getLogger(__name__)

NOTIFICATIONS = frozenset(
    {
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didSave",
        "textDocument/didClose",
        "$/setTrace",
    }
)
REQUESTS: frozenset[str] = frozenset()
"""Requests of LSP with a registered feature; a test compares both with what server.py registers."""


class Editor:
    """The editor's side of a session."""

    def __init__(self, post: Callable[[bytes], None], outgoing: Outgoing, buffers: EditorBuffers) -> None:
        self._post = post
        self._outgoing = outgoing
        self._buffers = buffers
        self._session: Session | None = None
        self._server: AgentLanguageServer | None = None
        self._tasks: set[asyncio.Future[Any]] = set()

    def begin(self, session: Session) -> None:
        """Remember the session for the server to be built with."""
        self._session = session
        self._buffers.begin(session)

    def warm_up(self) -> None:
        """Import pygls beside the loop if this client has documents."""
        if self._session is not None and "textDocument" in self._session.capabilities:
            # Not a daemon: a process that ends meanwhile must know of it (main._leave_if_threads_linger).
            threading.Thread(target=_import_server, name="agentls-warm-up").start()

    def notified(self, method: str, params: Any) -> None:
        """Handle a notification of LSP; one that is malformed or fails is logged."""
        from agentls.lsp import server as typed  # imported here: see the module's docstring

        try:
            server = self._get()
            handler = typed.handler_of(server, method)
            if handler is None:
                return
            result = typed.run(handler, typed.structure(server, method, params))
        except InvalidParams as error:
            logger.warning("%s ignored: wrong shape at %s", method, error.path)
        except Exception as error:  # rim: whatever a feature raises
            logger.error("%s failed: %s", method, type(error).__name__)
        else:
            if inspect.isawaitable(result):
                self._own(asyncio.ensure_future(result), method)

    async def requested(self, method: str, params: Any) -> bytes:
        """Serve a request of LSP; the result as JSON. Raises InvalidParams and what the feature raises."""
        from agentls.lsp import server as typed  # imported here: see the module's docstring

        server = self._get()
        handler = typed.handler_of(server, method)
        if handler is None:
            raise UnknownMethod([])
        result = typed.run(handler, typed.structure(server, method, params))
        if inspect.isawaitable(result):
            result = await result
        return encode_json(server.protocol._converter.unstructure(result))

    def _get(self) -> AgentLanguageServer:
        if self._server is None:
            from agentls.lsp.server import build_server  # imported here: see the module's docstring

            if self._session is None:
                raise RuntimeError("the editor is asked for after initialize only")
            self._server = build_server(self._session, self._post, self._outgoing, self._buffers)
        return self._server

    def _own(self, task: asyncio.Future[Any], method: str) -> None:
        def done(finished: asyncio.Future[Any]) -> None:
            self._tasks.discard(finished)
            if not finished.cancelled() and (error := finished.exception()) is not None:
                logger.error("%s failed: %s", method, type(error).__name__)

        self._tasks.add(task)
        task.add_done_callback(done)


def _import_server() -> None:
    import agentls.lsp.server  # noqa: F401 (imported here: see the module's docstring)

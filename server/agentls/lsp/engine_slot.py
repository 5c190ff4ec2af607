"""The engine of this connection, built when it is first needed and never twice.

Knows how to build, open and close it; knows nothing of its methods. Invariant: a failure to build is told
to the user once and answers every request with advice; the server lives on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from agentls.lsp.messages import encode_json
from agentls.lsp.session import Session
from agentls.protocol.errors import RequestFailed
from agentls.world.buffers import Buffers

logger = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 2.0
_ERROR_MESSAGE_TYPE = 1


class ServedEngine(Protocol):
    """What a face asks of the engine besides one coroutine per request, named after its method."""

    def open(self, *, roots: Sequence[Path], trusted: bool, buffers: Buffers, configuration: Mapping[str, Any]) -> None:
        """Take the workspace of this connection. Quick: no I/O that can wait."""

    def change_roots(self, roots: Sequence[Path]) -> None:
        """Take the workspace folders as they now are."""

    def stored_params(self, task_id: str, seq: int) -> bytes | None:
        """The params of a stored frame, from the journal. Called on the writer's thread, also after `aclose`."""

    async def warm_up(self) -> None:
        """Load what the first turn will need. Called once, when nothing else is asked for."""

    async def aclose(self) -> None:
        """Interrupt turns, kill processes, flush the journal; at most 2 s."""


class EngineSlot:
    """Where the connection finds its engine."""

    def __init__(self, build: Callable[[], ServedEngine], buffers: Buffers, post: Callable[[bytes], None]) -> None:
        self._build = build
        self._buffers = buffers
        self._post = post
        self._session: Session | None = None
        self._roots: tuple[Path, ...] = ()
        self._engine: ServedEngine | None = None
        self._stored: ServedEngine | None = None
        """The engine to read stored frames from, also once it is closed: a slow client still gets them."""
        self._failure: str | None = None
        self._closing: asyncio.Task[None] | None = None

    def open(self, session: Session) -> None:
        """Remember what the engine is to be opened with."""
        self._session = session
        self._roots = session.roots

    def get(self) -> ServedEngine:
        """The engine, built and opened now if it was not. Raises RequestFailed when it cannot be."""
        if self._closing is not None:
            raise RequestFailed("server.stopping")
        if self._engine is None and self._failure is None:
            self._make()
        if self._engine is None:
            raise RequestFailed("internal", "The server could not start its engine.", self._failure)
        return self._engine

    def change_roots(self, roots: Sequence[Path]) -> None:
        """Tell the engine, or the one to be built, of other workspace folders."""
        self._roots = tuple(roots)
        if self._engine is not None:
            self._engine.change_roots(self._roots)

    def stored_params(self, task_id: str, seq: int) -> bytes | None:
        """What the outbox reads back for a client that did not read. Any thread."""
        engine = self._stored
        return None if engine is None else engine.stored_params(task_id, seq)

    async def warm_up(self) -> None:
        """Build the engine and let it load what it needs first; failures are told, not raised."""
        try:
            engine = self.get()
        except RequestFailed:
            return
        await engine.warm_up()

    async def aclose(self) -> None:
        """Close the engine, within its time; who asks again waits for the same end, whatever became of the first."""
        if self._closing is None:
            self._closing = asyncio.ensure_future(self._close())
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is None:
            return
        try:
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await engine.aclose()
        except TimeoutError:
            logger.warning("the engine did not close within %.0f s", CLOSE_TIMEOUT_S)

    def _make(self) -> None:
        session = self._session
        if session is None:
            raise RuntimeError("the engine is asked for after initialize only")
        try:
            engine = self._build()
            engine.open(
                roots=self._roots,
                trusted=session.trusted,
                buffers=self._buffers,
                configuration=session.configuration,
            )
        except Exception as error:  # rim: whatever is wrong with the surroundings, the user is told
            self._failure = str(error) or type(error).__name__
            logger.error("the engine could not be built: %s", type(error).__name__)
            params = {"type": _ERROR_MESSAGE_TYPE, "message": f"agentls cannot start: {self._failure}"}
            self._post(encode_json({"jsonrpc": "2.0", "method": "window/showMessage", "params": params}))
        else:
            self._engine = self._stored = engine

"""The typed half of LSP on pygls: documents in sync, features registered, params structured.

The only module here that imports pygls, and therefore loaded late (see editor.py). It has no transport:
bodies go to the outbox, messages come from the connection. Invariant: no message makes it raise.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable, Generator
from concurrent.futures import Future
from typing import Any
from urllib.parse import unquote

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol
from pygls.workspace import TextDocument, Workspace

from agentls import __version__
from agentls.lsp.buffers import EditorBuffers
from agentls.lsp.capabilities import SERVER_NAME
from agentls.lsp.messages import encode_json
from agentls.lsp.outgoing import Outgoing
from agentls.lsp.positions import line_starts, offset_at
from agentls.lsp.session import Session
from agentls.protocol.errors import InvalidParams

logger = logging.getLogger(__name__)


class AgentDocument(TextDocument):
    """A text document whose lines are those of LSP and whose changes cannot fail."""

    def apply_change(self, change: types.TextDocumentContentChangeEvent) -> None:
        """Take one change; a range that ends before it starts is ignored, others are clamped."""
        if not isinstance(change, types.TextDocumentContentChangePartial):
            self._source = change.text
            return
        text = self.source
        starts = line_starts(text)
        encoding = str(getattr(self.position_codec.encoding, "value", self.position_codec.encoding))
        first, last = change.range.start, change.range.end
        start = offset_at(text, starts, first.line, first.character, encoding)
        end = offset_at(text, starts, last.line, last.character, encoding)
        if start <= end:
            self._source = text[:start] + change.text + text[end:]
        else:
            logger.warning("a change whose range ends before it starts was ignored")


class AgentWorkspace(Workspace):
    """pygls's workspace with our documents; a change of a document that is not open is ignored."""

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> AgentDocument:
        codec = self.position_codec
        return AgentDocument(doc_uri, source, version, language_id, position_codec=codec)

    def update_text_document(
        self,
        text_doc: types.VersionedTextDocumentIdentifier,
        change: types.TextDocumentContentChangeEvent,
    ) -> None:
        if unquote(text_doc.uri) in self.text_documents:
            super().update_text_document(text_doc, change)
        else:
            logger.warning("a change of a document that is not open was ignored")


class AgentProtocol(LanguageServerProtocol):
    """pygls's protocol without its transport and its table of ids."""

    post: Callable[[bytes], None]
    outgoing: Outgoing

    def begin(self, session: Session) -> None:
        """Set up what pygls does when it is initialized."""
        self._workspace = AgentWorkspace(None, position_encoding=session.position_encoding)

    def _send_data(self, data: Any) -> None:
        self.post(encode_json(self._converter.unstructure(data)))

    def send_request(
        self,
        method: str,
        params: Any | None = None,
        callback: Callable[[Any], None] | None = None,
        msg_id: str | int | None = None,
    ) -> Future[Any]:
        """Send a request by our own table; the future gives the typed result."""
        sent = self.outgoing.begin(method, self._converter.unstructure(params))
        future: Future[Any] = Future()
        response_type = self.get_result_type(method)

        def settle(done: Any) -> None:
            if done.cancelled() or future.cancelled():
                future.cancel()
                return
            if (error := done.exception()) is not None:
                future.set_exception(error)
                return
            result = done.result()
            if response_type is not None:
                envelope = {"id": 0, "jsonrpc": "2.0", "result": result}
                try:
                    result = self._converter.structure(envelope, response_type).result
                except Exception as fault:  # rim: an answer of the wrong shape is the client's fault
                    future.set_exception(fault)
                    return
            future.set_result(result)
            if callback is not None:
                callback(result)

        sent.add_done_callback(settle)
        return future


class AgentLanguageServer(LanguageServer):
    """Where features of LSP are registered."""

    protocol: AgentProtocol

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log the kind of a fault; never a popup, never a payload."""
        logger.error("a feature of LSP failed: %s", type(error).__name__)


def build_server(
    session: Session, post: Callable[[bytes], None], outgoing: Outgoing, buffers: EditorBuffers
) -> AgentLanguageServer:
    """A server that has been initialized with `session`, with every feature registered."""
    server = AgentLanguageServer(SERVER_NAME, __version__, protocol_cls=AgentProtocol)
    server.protocol.post = post
    server.protocol.outgoing = outgoing
    server.protocol.begin(session)
    register(server, buffers)
    return server


def register(server: AgentLanguageServer, buffers: EditorBuffers) -> None:
    """The one place that registers features."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        buffers.opened(server.workspace.get_text_document(params.text_document.uri))

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        buffers.changed()

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        buffers.saved(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        buffers.closed(params.text_document.uri)


def handler_of(server: AgentLanguageServer, method: str) -> Callable[..., Any] | None:
    """pygls's own handler of a method (it calls the registered one), else the registered one."""
    features = server.protocol.fm
    handler: Callable[..., Any] | None = features.builtin_features.get(method) or features.features.get(method)
    return handler


def structure(server: AgentLanguageServer, method: str, params: Any) -> Any:
    """The typed params of a method of LSP. Raises InvalidParams with the path."""
    row = types.METHOD_TO_TYPES.get(method)
    params_type: Any = row[2] if row is not None else None
    if params_type is None:
        return params
    try:
        return server.protocol._converter.structure({} if params is None else params, params_type)
    except Exception as error:  # rim: cattrs raises whatever its hooks raise
        raise InvalidParams(f"params of {method} have the wrong shape", _path_of(error)) from None


def _path_of(error: Exception) -> str:
    from cattrs import transform_error  # imported here: only a wrong message needs it

    try:
        message = str(transform_error(error)[0])
    except Exception:  # rim: it too raises what the hooks raise
        return "params"
    _, _, path = message.rpartition("@ $")
    return path.removeprefix(".") or "params"


def run(handler: Callable[..., Any], *arguments: Any) -> Any:
    """Call a handler; pygls's own are generators that yield the registered one to be called in between.

    Returns the value, or an awaitable of it when some handler is a coroutine.
    """
    result = handler(*arguments)
    return _advance(result, None) if inspect.isgenerator(result) else result


def _advance(steps: Generator[Any, Any, Any], value: Any) -> Any:
    while True:
        try:
            handler, arguments, _ = steps.send(value)
        except StopIteration as stop:
            return stop.value
        value = run(handler, *arguments)
        if inspect.isawaitable(value):
            return _advance_later(steps, value)


async def _advance_later(steps: Generator[Any, Any, Any], awaited: Awaitable[Any]) -> Any:
    value = _advance(steps, await awaited)
    return await value if inspect.isawaitable(value) else value

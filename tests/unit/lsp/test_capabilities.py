"""What is written by hand for the sake of a quick start equals what pygls and the registry say."""

from __future__ import annotations

from typing import Any

import pytest
from lsprotocol import types
from pygls.capabilities import ServerCapabilitiesBuilder

from agentls.lsp.buffers import EditorBuffers
from agentls.lsp.capabilities import initialize_result
from agentls.lsp.editor import NOTIFICATIONS, REQUESTS, Editor
from agentls.lsp.messages import Reply
from agentls.lsp.outgoing import Outgoing, Refused
from agentls.lsp.server import AgentLanguageServer, build_server
from agentls.lsp.session import read_session
from agentls.protocol.commands import ADVERTISED
from agentls.protocol.errors import InvalidParams
from agentls.protocol.registry import NOTIFICATIONS as OURS
from agentls.protocol.registry import REQUESTS as METHODS


async def make() -> tuple[AgentLanguageServer, Editor, list[bytes], Outgoing]:
    posted: list[bytes] = []
    outgoing = Outgoing(posted.append)
    buffers = EditorBuffers(outgoing)
    session = read_session({"capabilities": {}})
    editor = Editor(posted.append, outgoing, buffers)
    editor.begin(session)
    return build_server(session, posted.append, outgoing, buffers), editor, posted, outgoing


async def test_the_capabilities_are_what_pygls_computes() -> None:
    server, _, _, _ = await make()
    features = server.protocol.fm
    built = ServerCapabilitiesBuilder(
        types.ClientCapabilities(),
        {*features.features, *features.builtin_features},
        features.feature_options,
        list(ADVERTISED),
        server._text_document_sync_kind,
        None,
        "utf-16",
    ).build()
    computed: dict[str, Any] = server.protocol._converter.unstructure(built)
    ours = dict(initialize_result("utf-16", ADVERTISED)["capabilities"])
    agent = ours.pop("experimental")["agent"]
    assert computed["textDocumentSync"].pop("willSave", None) in (None, False)
    computed["workspace"].pop("fileOperations", None)
    computed["textDocumentSync"] = {**ours["textDocumentSync"], **_present(computed["textDocumentSync"])}
    assert computed == ours
    assert agent == {"protocolVersion": 1, "methods": list(METHODS), "notifications": list(OURS)}


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


async def test_the_editor_takes_what_has_a_feature() -> None:
    server, _, _, _ = await make()
    assert set(server.protocol.fm.features) <= NOTIFICATIONS | REQUESTS
    known = set(server.protocol.fm.features) | set(server.protocol.fm.builtin_features)
    assert known >= NOTIFICATIONS | REQUESTS


async def test_a_feature_may_be_a_coroutine_and_its_params_are_typed() -> None:
    _, editor, _, _ = await make()
    server = editor._get()

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover:
        return types.Hover(contents=params.text_document.uri)

    params = {"textDocument": {"uri": "file:///a"}, "position": {"line": 0, "character": 0}}
    assert await editor.requested("textDocument/hover", params) == b'{"contents":"file:///a"}'
    with pytest.raises(InvalidParams) as caught:
        await editor.requested("textDocument/hover", {**params, "position": {"line": "x"}})
    assert caught.value.path.startswith("position")


async def test_requests_of_pygls_go_through_our_table() -> None:
    server, _, posted, outgoing = await make()
    future = server.protocol.send_request_async("window/showDocument", types.ShowDocumentParams(uri="file:///a"))
    assert posted == [
        b'{"jsonrpc":"2.0","id":1,"method":"window/showDocument","params":{"uri":"file:///a"}}',
    ]
    assert outgoing.settle(Reply(1, {"success": True}, None))
    assert not outgoing.settle(Reply(1, {"success": False}, None))
    assert await future == types.ShowDocumentResult(success=True)
    server.window_show_message(types.ShowMessageParams(types.MessageType.Info, "hi"))
    assert posted[1].startswith(b'{"')
    assert b'"method":"window/showMessage"' in posted[1]


async def test_an_answer_of_the_wrong_shape_is_an_error_of_that_request_alone() -> None:
    server, _, _, outgoing = await make()
    future = server.protocol.send_request_async("window/showDocument", types.ShowDocumentParams(uri="file:///a"))
    refused = outgoing.begin("x", {})
    assert outgoing.settle(Reply(1, "no object", None))
    with pytest.raises(Exception, match="ShowDocument"):
        await future
    outgoing.refuse_all()
    with pytest.raises(Refused):
        await refused

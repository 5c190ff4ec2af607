"""An LSP client (pytest-lsp) of the real server process that holds every frame of ours to the registry."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from cattrs import Converter
from lsprotocol import types
from pygls.protocol import default_converter
from pygls.protocol.json_rpc import JsonRPCNotification, JsonRPCRequestMessage, JsonRPCResponseMessage
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

from agentls.protocol.registry import NOTIFICATIONS
from tests.support.frame_check import check_notification, check_result

Json = dict[str, Any]


class Editor:
    """The client's end: requests are checked against their result models, notifications are kept."""

    def __init__(self, client: LanguageClient) -> None:
        self.client = client
        self.seen: list[tuple[str, Json]] = []
        self._changed = asyncio.Event()
        for method in NOTIFICATIONS:
            client.feature(method)(self._keeper(method))

    def _keeper(self, method: str) -> Callable[[Any], None]:
        def keep(params: Any) -> None:
            self.seen.append((method, params))
            self._changed.set()

        return keep

    async def request(self, method: str, params: Json | None = None) -> Json:
        result: Json = await self.client.protocol.send_request_async(method, params or {})
        check_result(method, result)
        return result

    def of(self, method: str) -> list[Json]:
        return [params for name, params in self.seen if name == method]

    async def wait(self, method: str, count: int = 1) -> Json:
        """The params of the `count`-th notification of a method, once it is there."""
        while len(self.of(method)) < count:
            self._changed.clear()
            await self._changed.wait()
        return self.of(method)[count - 1]

    async def approve(self, decision: str = "allow", count: int = 1) -> Json:
        asked = await self.wait("agent/approval/requested", count)
        params = {"approvalId": asked["approvalId"], "decision": decision}
        assert await self.request("agent/approval/respond", params) == {"accepted": True}
        return asked


def _client() -> LanguageClient:
    client: LanguageClient = make_test_lsp_client()
    client.protocol._converter = _plain_converter()
    return client


def _plain_converter() -> Converter:
    """pygls makes params of custom methods into tuples with changed names; a test wants the JSON as it came."""
    converter: Converter = default_converter()
    for kind, names in (
        (JsonRPCNotification, ("jsonrpc", "method", "params")),
        (JsonRPCRequestMessage, ("jsonrpc", "id", "method", "params")),
        (JsonRPCResponseMessage, ("jsonrpc", "id", "result")),
    ):
        converter.register_structure_hook(kind, _keeping(kind, names))
    return converter


def _keeping(kind: type, names: tuple[str, ...]) -> Callable[[Json, type], Any]:
    return lambda data, _: kind(**{name: data.get(name) for name in names})


@asynccontextmanager
async def editor(
    folder: Path, *, agent: Mapping[str, Any] | None = None, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Editor]:
    """The real server, initialized for a workspace `folder/work`; at the end its exit code must be 0."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    config = ClientServerConfig(
        server_command=[sys.executable, "-m", "agentls", "--stdio"],
        client_factory=_client,
        server_env={
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "AGENTLS_DATA_DIR": str(folder / "data"),
            **(environment or {}),
        },
    )
    client = await config.start()
    assert isinstance(client, LanguageClient)
    user = Editor(client)
    await client.initialize_session(
        types.InitializeParams(
            capabilities=client_capabilities("visual-studio-code"),
            workspace_folders=[types.WorkspaceFolder(uri=work.as_uri(), name="work")],
            initialization_options={"agent": {"protocolVersion": 1} if agent is None else agent},
        )
    )
    yield user
    await client.shutdown_session()
    assert client._server is not None
    assert await client._server.wait() == 0
    await client.stop()
    for method, params in user.seen:
        check_notification(method, params)

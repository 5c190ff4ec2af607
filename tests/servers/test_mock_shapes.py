"""aimock in other providers' clothes: OpenRouter's path and extras, Azure's path and key header."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.turns import turn_of
from tests.support.peer import Peer
from tests.support.servers.mock_server import MockServer, says

StartMock = Callable[..., MockServer]
KEY = "0123456789abcdef0123456789abcdef"
USAGE = {
    "prompt_tokens": 1000,
    "completion_tokens": 10,
    "total_tokens": 1010,
    "cost": 0.0021,
    "prompt_tokens_details": {"cached_tokens": 800},
}


@pytest.mark.parametrize("streaming", [True, False])
def test_openrouter_s_comments_and_extras_are_understood(
    start_mock: StartMock, peer: Peer, work: Path, streaming: bool
) -> None:
    server = start_mock([{**says("hello", "Hi there.", usage=USAGE), "openRouterProcessing": True}])
    base_url = f"{server.url}/api/v1"
    peer.open(work, {**server.provider, "baseUrl": base_url, "modelId": "openai/gpt-4o", "streaming": streaming})

    turn = turn_of(peer, "hello")

    assert (turn.outcome, turn.texts) == (("completed", None), ["Hi there."])
    assert turn.end["usage"] == {"inputTokens": 1000, "outputTokens": 10, "cachedTokens": 800}


def test_azure_s_path_and_key_header_are_used(start_mock: StartMock, peer: Peer, work: Path) -> None:
    server = start_mock([says("hello", "Hi from Azure.")], api_key=KEY)
    azure = {"baseUrl": server.url, "modelId": "my-deployment", "azureApiVersion": "2024-10-21"}
    peer.open(work, {**server.provider, **azure})
    peer.request("agent/provider/setKey", {"id": "mock", "apiKey": KEY})

    turn = turn_of(peer, "hello")

    assert (turn.outcome, turn.texts) == (("completed", None), ["Hi from Azure."])
    [request] = server.journal()
    assert request["path"].startswith("/openai/deployments/my-deployment/chat/completions")
    assert "authorization" not in request["headers"]

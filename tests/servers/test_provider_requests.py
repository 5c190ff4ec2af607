"""The model list and the check, asked of both real servers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from agentls.protocol.check import CheckStepId
from tests.servers.turns import program
from tests.support.peer import Json, Peer
from tests.support.servers.llama_server import LlamaServer
from tests.support.servers.mock_server import MockServer

StartMock = Callable[..., MockServer]
CHECK_S = 60.0
TOOL = "record_reading"
"""The tool that the check offers."""
CALLS = [
    {"name": TOOL, "arguments": {"station": "north", "note": "The river is low and clear this morning."}},
    {"name": TOOL, "arguments": {"station": "south", "note": "The river is high and brown after the rain."}},
]
ABLE = [
    {"match": {"toolName": TOOL, "hasToolResult": True}, "response": {"content": "N417 and S982"}},
    {"match": {"toolName": TOOL, "hasToolResult": False}, "response": {"toolCalls": CALLS}},
    {"match": {"userMessage": "picture"}, "response": {"content": "Red."}},
    {"match": {}, "response": {"content": "one two three four five six seven eight nine ten"}},
]
"""A model that does all that the check asks for."""


ALL_OK = dict.fromkeys(get_args(CheckStepId), "ok")
FORCED = {"tool_choice": {"type": "function", "function": {"name": TOOL}}}


def checked(peer: Peer, level: str = "full") -> Json:
    """The result of a check of the active provider."""
    answer = peer.request("agent/provider/check", {"level": level}, CHECK_S)
    assert "result" in answer, answer
    result: Json = answer["result"]
    return result


def statuses(result: Json) -> list[tuple[str, str]]:
    """Each step and how it ended."""
    return [(step["id"], step["status"]) for step in result["checks"]]


def test_llama_cpp_lists_the_model_it_runs(llama: LlamaServer, peer: Peer, work: Path) -> None:
    peer.open(work, llama.provider)
    listed = peer.request("agent/provider/models", {"id": "llama"})["result"]
    assert listed["models"] == [{"id": "tiny"}]


def test_aimock_lists_its_models_and_openrouter_s_numbers_are_read(
    start_mock: StartMock, peer: Peer, work: Path
) -> None:
    server = start_mock(ABLE)
    peer.open(work, server.provider)
    plain = peer.request("agent/provider/models", {"id": "mock"})["result"]
    peer.request("agent/provider/set", {"provider": {**server.provider, "baseUrl": f"{server.url}/api/v1"}})
    full = peer.request("agent/provider/models", {"id": "mock"})["result"]

    assert {"id": "gpt-4o"} in plain["models"]
    [listed] = [model for model in full["models"] if model["id"] == "openai/gpt-4o"]
    assert listed == {
        "id": "openai/gpt-4o",
        "contextWindow": 128000,
        "maxOutputTokens": 16384,
        "inputPrice": 0.0,
        "outputPrice": 0.0,
        "cacheReadPrice": 0.0,
        "cacheWritePrice": 0.0,
        "imageSupport": False,
        "toolSupport": True,
    }


@pytest.mark.parametrize(
    ("settings", "statuses_wanted"),
    [
        ({}, ALL_OK | {"images": "skipped", "contextWindow": "warn"}),
        ({"model": {"imageSupport": True, "contextWindow": 128000}}, ALL_OK | {"contextWindow": "skipped"}),
        (
            {"streaming": False},
            ALL_OK
            | {"streaming": "skipped", "streamedArguments": "skipped", "images": "skipped", "contextWindow": "warn"},
        ),
    ],
    ids=["as it is", "images and context set", "streaming off"],
)
def test_a_server_that_can_do_everything_passes_every_step(
    start_mock: StartMock, peer: Peer, work: Path, settings: Json, statuses_wanted: dict[str, str]
) -> None:
    server = start_mock(ABLE)
    peer.open(work, {**server.provider, **settings})

    result = checked(peer)

    assert statuses(result) == list(statuses_wanted.items())
    assert result["ok"] is True
    assert result["requests"] == len(server.requests())
    told = [frame["params"] for frame in peer.frames if frame.get("method") == "agent/provider/checkStep"]
    assert told == [{**step, "providerId": "mock"} for step in result["checks"]]


def test_a_refused_key_ends_the_check_at_the_key(start_mock: StartMock, peer: Peer, work: Path) -> None:
    server = start_mock(ABLE, api_key="sk-mock-0123456789abcdef")
    peer.open(work, server.provider)
    peer.request("agent/provider/setKey", {"id": "mock", "apiKey": "sk-mock-wrong-0123456789"})

    result = checked(peer)

    assert result["ok"] is False
    assert statuses(result)[:3] == [("reach", "ok"), ("key", "fail"), ("model", "skipped")]
    assert all(status == "skipped" for _, status in statuses(result)[2:])


LLAMA = ALL_OK | {"toolResult": "warn", "images": "skipped", "contextWindow": "warn"}


@pytest.mark.parametrize(
    ("settings", "differing"),
    [
        (
            {},
            {"toolCall": "warn", "parallelCalls": "skipped", "usage": "warn"},
        ),
        ({"extraBody": FORCED}, {"parallelCalls": "warn", "usage": "warn"}),
        (
            {"extraBody": {"tool_choice": "auto"}, "streaming": False},
            {"streaming": "skipped", "streamedArguments": "skipped", "parallelCalls": "warn"},
        ),
    ],
    ids=["as it is", "forced", "of its own choice"],
)
def test_the_check_of_llama_cpp_says_what_is_true_of_it(
    llama: LlamaServer, peer: Peer, work: Path, settings: Json, differing: dict[str, str]
) -> None:
    """Without `tool_choice` this server hides the tools from its model; it counts tokens only where it does not
    stream; nothing that it answers tells its context. The tiny model makes nothing of the results it is given."""
    peer.open(work, {**llama.provider, **settings})

    result = checked(peer)

    assert dict(statuses(result)) == LLAMA | differing


def test_the_check_command_exits_1_and_names_the_path_that_is_wrong(llama: LlamaServer, work: Path) -> None:
    done = program(work, "check", "--base-url", llama.base_url + "/v1", "--model", "tiny")
    printed = done.stdout.decode()
    assert done.returncode == 1, printed
    titles = ["Connection", "API key", "Model", "Streaming", "Tool call", "Token counts", "Images", "Context window"]
    assert [title for title in titles if title in printed] == titles
    assert "/v1/v1" in printed


def test_the_check_command_exits_0_where_all_works(start_mock: StartMock, work: Path) -> None:
    server = start_mock(ABLE, api_key="sk-mock-0123456789abcdef")
    address = ("--base-url", f"{server.url}/v1", "--model", "gpt-4o")
    done = program(work, "check", *address, "--json", key="sk-mock-0123456789abcdef")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode, len(lines)) == (0, len(ALL_OK) + 1)
    assert b"sk-mock-0123456789abcdef" not in done.stdout + done.stderr

"""Turns with llama.cpp's server for Python and a tiny model, spoken to by the whole agent.

The model says "Hi!" to everything, and where a grammar asks it for arguments, the shortest that fit.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.turns import run_command, task_of, turn_of
from tests.support.peer import Json, Peer
from tests.support.servers.llama_server import CONTEXT_TOKENS, LlamaServer

ONCE = {"retry": {"maxAttempts": 1}}
KEY = "sk-llama-0123456789abcdef"


def forced(name: str) -> Json:
    """For a provider: the model must call this tool."""
    return {"extraBody": {"tool_choice": {"type": "function", "function": {"name": name}}}}


def test_an_answer_is_streamed_and_its_usage_estimated(llama: LlamaServer, peer: Peer, work: Path) -> None:
    peer.open(work, llama.provider)

    turn = turn_of(peer, "Hello")

    assert turn.outcome == ("completed", None)
    assert turn.texts == ["Hi!"]
    assert "".join(each["delta"] for each in turn.of("message/delta")) == "Hi!"
    assert turn.requests == [(200, "stop")]
    assert turn.end["usage"]["estimated"] is True
    assert turn.end["usage"]["inputTokens"] > 1000


def test_without_streaming_the_server_counts(llama: LlamaServer, peer: Peer, work: Path) -> None:
    peer.open(work, {**llama.provider, "streaming": False})

    turn = turn_of(peer, "Hello")

    assert (turn.outcome, turn.texts) == (("completed", None), ["Hi!"])
    assert set(turn.end["usage"]) == {"inputTokens", "outputTokens"}
    assert turn.end["usage"]["outputTokens"] == 3


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("list_files", {"path": "."}),
        ("read_file", {"path": "."}),
        ("search_files", {"path": ".", "regex": "."}),
        ("update_todo_list", {"todos": "."}),
    ],
)
@pytest.mark.parametrize("streaming", [True, False])
def test_a_forced_call_is_read_whole_and_run(
    llama: LlamaServer, peer: Peer, work: Path, streaming: bool, tool: str, arguments: Json
) -> None:
    provider = {**llama.provider, **forced(tool), "streaming": streaming}
    peer.open(work, provider, settings={"limits": {"requestsPerTurn": 1}})

    turn = turn_of(peer, "Go")

    assert turn.requests == [(200, "tool_calls")]
    assert turn.calls == [(tool, arguments)]
    assert [name for name, _, _ in turn.results] == [tool]
    assert turn.of("notice")[-1]["code"] == "turn.limit"


def test_a_result_goes_back_and_the_model_answers(llama: LlamaServer, peer: Peer, work: Path) -> None:
    peer.open(work, {**llama.provider, **forced("list_files")}, settings={"limits": {"requestsPerTurn": 1}})
    called = turn_of(peer, "Look")
    assert "result" in peer.request("agent/provider/set", {"provider": llama.provider})

    answered = turn_of(peer, "And?", task_of(called))

    assert called.results == [("list_files", "ok", "In the workspace folder: 2 entries\na.txt\nb.txt")]
    assert (answered.outcome, answered.texts) == (("completed", None), ["Hi!"])
    assert answered.requests[-1] == (200, "stop")


def test_the_same_call_again_and_again_ends_the_turn(llama: LlamaServer, peer: Peer, work: Path) -> None:
    peer.open(work, {**llama.provider, **forced("list_files")})

    turn = turn_of(peer, "Look")

    assert turn.outcome == ("limit", None)
    assert turn.calls[:3] == [("list_files", {"path": "."})] * 3
    assert turn.results[0][1] == "ok"


def test_a_model_of_its_own_choice_calls_a_tool(llama: LlamaServer, peer: Peer, work: Path) -> None:
    """This server chooses only where `tool_choice` is sent, and only without streaming."""
    provider = {**llama.provider, "extraBody": {"tool_choice": "auto"}, "streaming": False}
    peer.open(work, provider, settings={"limits": {"requestsPerTurn": 1}})

    turn = turn_of(peer, "Look")

    assert turn.calls == [("list_files", {"path": "."})]
    assert [(name, status) for name, status, _ in turn.results] == [("list_files", "ok")]


@pytest.mark.parametrize("name", ["tiny", "no-such-model"])
def test_any_model_name_is_taken(llama: LlamaServer, peer: Peer, work: Path, name: str) -> None:
    peer.open(work, {**llama.provider, "modelId": name})
    assert turn_of(peer, "Hello").texts == ["Hi!"]


def test_a_prompt_beyond_the_context_is_an_empty_answer_and_the_advice_names_the_context(
    llama: LlamaServer, peer: Peer, work: Path
) -> None:
    peer.open(work, llama.provider, settings=ONCE)

    turn = turn_of(peer, "x" * (CONTEXT_TOKENS + 1))

    assert turn.outcome == ("failed", "emptyResponse")
    assert "context" in turn.advice


def test_without_streaming_the_server_says_that_the_context_is_too_small(
    llama: LlamaServer, peer: Peer, work: Path
) -> None:
    peer.open(work, {**llama.provider, "streaming": False}, settings=ONCE)

    turn = turn_of(peer, "x" * (CONTEXT_TOKENS + 1))

    assert turn.outcome == ("failed", "contextLength")
    assert str(CONTEXT_TOKENS) in turn.end["error"]["detail"]


@pytest.mark.parametrize(("path", "hint"), [("/v2", "/v2"), ("/v1/v1", "/v1"), ("", "/v1")])
def test_a_wrong_path_is_the_path_s_fault(llama: LlamaServer, peer: Peer, work: Path, path: str, hint: str) -> None:
    wrong = llama.base_url.removesuffix("/v1") + path
    peer.open(work, {**llama.provider, "baseUrl": wrong})

    turn = turn_of(peer, "Hello")

    assert turn.outcome == ("failed", "endpointNotFound")
    assert turn.requests == [(404, "endpointNotFound")]
    assert hint in turn.advice


def test_a_key_is_asked_for(start_llama: Callable[..., LlamaServer], peer: Peer, work: Path) -> None:
    server = start_llama(api_key=KEY)
    peer.open(work, server.provider)
    without = turn_of(peer, "Hello")
    peer.request("agent/provider/setKey", {"id": "llama", "apiKey": KEY})
    with_it = turn_of(peer, "Hello")

    assert without.outcome == ("failed", "auth")
    assert (with_it.outcome, with_it.texts) == (("completed", None), ["Hi!"])
    assert KEY not in peer.stderr


def test_the_run_command_prints_the_same_turn(llama: LlamaServer, work: Path) -> None:
    code, turn = run_command(work, "Hello", "--base-url", llama.base_url, "--model", "tiny")
    assert (code, turn.outcome, turn.texts) == (0, ("completed", None), ["Hi!"])

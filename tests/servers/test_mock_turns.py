"""Turns with aimock: a third party's idea of OpenAI's API, spoken to by the whole agent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.servers.turns import run_command, turn_of
from tests.support.peer import Peer
from tests.support.servers.mock_server import MockServer, calls, fails, says

StartMock = Callable[..., MockServer]
KEY = "sk-mock-0123456789abcdef"
ANSWER = "The answer is longer than one event of the stream, and so it comes in several: 42 — naïve, 漢字, 🙂."
ONCE = {"retry": {"maxAttempts": 1}}
LOOK = calls(
    "look",
    ("list_files", {"path": "."}),
    ("read_file", {"path": "a.txt"}),
    text="I look twice.",
    then="There is alpha.",
)


def test_an_answer_arrives_in_pieces_with_the_usage_the_server_counted(
    start_mock: StartMock, peer: Peer, work: Path
) -> None:
    usage = {"prompt_tokens": 1200, "completion_tokens": 30, "total_tokens": 1230}
    server = start_mock([says("question", ANSWER, usage=usage)])
    prices = {"inputPrice": 1.0, "outputPrice": 10.0}
    peer.open(work, {**server.provider, "model": prices})

    turn = turn_of(peer, "A question")

    assert turn.outcome == ("completed", None)
    assert turn.texts == [ANSWER]
    assert "".join(each["delta"] for each in turn.of("message/delta")) == ANSWER
    assert turn.end["usage"] == {"inputTokens": 1200, "outputTokens": 30}
    assert turn.end["cost"] == pytest.approx(1200e-6 + 300e-6)


def test_two_calls_of_one_answer_run_and_their_results_are_sent_back(
    start_mock: StartMock, peer: Peer, work: Path
) -> None:
    server = start_mock(LOOK)
    peer.open(work, server.provider)

    turn = turn_of(peer, "look around")

    assert turn.outcome == ("completed", None)
    assert turn.texts == ["I look twice.", "There is alpha."]
    assert turn.calls == [("list_files", {"path": "."}), ("read_file", {"path": "a.txt"})]
    assert [(name, status) for name, status, _ in turn.results] == [("list_files", "ok"), ("read_file", "ok")]
    assert turn.requests == [(200, "tool_calls"), (200, "stop")]
    first, second = server.requests()
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "tool", "tool"]
    assert second["messages"][:2] == first["messages"]
    answer, *results = second["messages"][2:]
    assert [call["function"]["name"] for call in answer["tool_calls"]] == ["list_files", "read_file"]
    assert [result["tool_call_id"] for result in results] == [call["id"] for call in answer["tool_calls"]]
    assert [result["content"] for result in results] == [text for _, _, text in turn.results]


def test_reasoning_is_kept_apart_from_the_answer(start_mock: StartMock, peer: Peer, work: Path) -> None:
    server = start_mock([says("sum", "Four.", reasoning="Two and two make four.")])
    peer.open(work, server.provider)

    turn = turn_of(peer, "What is the sum?")

    assert turn.texts == ["Four."]
    assert [each["text"] for each in turn.of("reasoning/completed")] == ["Two and two make four."]


@pytest.mark.parametrize("streaming", [True, False])
def test_with_and_without_streaming_the_same_comes_out(
    start_mock: StartMock, peer: Peer, work: Path, streaming: bool
) -> None:
    server = start_mock(LOOK)
    peer.open(work, {**server.provider, "streaming": streaming})

    turn = turn_of(peer, "look around")

    assert turn.outcome == ("completed", None)
    assert turn.texts == ["I look twice.", "There is alpha."]
    assert turn.calls == [("list_files", {"path": "."}), ("read_file", {"path": "a.txt"})]
    assert [request["stream"] for request in server.requests()] == [streaming, streaming]


def test_a_call_of_an_unknown_tool_and_wrong_arguments_are_told_to_the_model(
    start_mock: StartMock, peer: Peer, work: Path
) -> None:
    rules = calls("try", ("launch", {}), ("read_file", {"file": "a.txt"}), then="Sorry.")
    server = start_mock(rules)
    peer.open(work, server.provider)

    turn = turn_of(peer, "try")

    assert turn.outcome == ("completed", None)
    assert turn.texts[-1] == "Sorry."
    assert [(name, status) for name, status, _ in turn.results] == [("launch", "invalid"), ("read_file", "invalid")]
    assert [message["role"] for message in server.requests()[1]["messages"]][-2:] == ["tool", "tool"]


@pytest.mark.parametrize(
    ("status", "error", "code"),
    [
        (401, {"message": "Incorrect API key provided", "type": "invalid_request_error"}, "auth"),
        (402, {"message": "Insufficient credits", "type": "insufficient_quota"}, "quota"),
        (404, {"message": "The model `x` does not exist", "code": "model_not_found"}, "modelNotFound"),
        (429, {"message": "Rate limit reached", "type": "rate_limit_error"}, "rateLimit"),
        (503, {"message": "The engine is overloaded", "type": "overloaded_error"}, "overloaded"),
    ],
)
def test_an_injected_error_ends_the_turn_with_its_code_and_advice(
    start_mock: StartMock, peer: Peer, work: Path, status: int, error: dict[str, str], code: str
) -> None:
    server = start_mock([fails("go", status, error)])
    peer.open(work, server.provider, settings=ONCE)

    turn = turn_of(peer, "go")

    assert turn.outcome == ("failed", code)
    assert turn.requests == [(status, code)]
    assert error["message"] in turn.end["error"]["detail"]
    assert turn.advice


def test_a_failure_that_passes_is_repeated_until_it_passed(start_mock: StartMock, peer: Peer, work: Path) -> None:
    error = {"message": "The engine is overloaded", "type": "overloaded_error"}
    first, later = fails("go", 503, error), says("go", "Here I am.")
    first["match"]["sequenceIndex"] = 0
    server = start_mock([first, later])
    peer.open(work, server.provider)

    turn = turn_of(peer, "go")

    assert turn.outcome == ("completed", None)
    assert turn.texts == ["Here I am."]
    assert [each["error"]["code"] for each in turn.of("request/retrying")] == ["overloaded"]
    assert turn.requests == [(503, "overloaded"), (200, "stop")]


def test_a_stream_that_breaks_off_is_no_answer(start_mock: StartMock, peer: Peer, work: Path) -> None:
    rule = {**says("go", ANSWER), "truncateAfterChunks": 3}
    server = start_mock([rule], latency_ms=5)
    peer.open(work, server.provider, settings=ONCE)

    turn = turn_of(peer, "go")

    assert turn.outcome in [("failed", "streamBroken"), ("failed", "connection")]


def test_a_wrong_key_is_refused_and_the_right_one_reaches_the_server(
    start_mock: StartMock, peer: Peer, work: Path
) -> None:
    server = start_mock([says("go", "Welcome.")], api_key=KEY)
    peer.open(work, server.provider)
    peer.request("agent/provider/setKey", {"id": "mock", "apiKey": "sk-mock-wrong-0123456789"})
    refused = turn_of(peer, "go")
    peer.request("agent/provider/setKey", {"id": "mock", "apiKey": KEY})
    taken = turn_of(peer, "go")

    assert refused.outcome == ("failed", "auth")
    assert (taken.outcome, taken.texts) == (("completed", None), ["Welcome."])
    assert KEY not in peer.stderr
    assert all(KEY not in str(frame) for frame in peer.frames)


def test_the_run_command_prints_the_same_turn(start_mock: StartMock, work: Path) -> None:
    server = start_mock(LOOK, api_key=KEY)
    code, turn = run_command(work, "look around", "--base-url", f"{server.url}/v1", "--model", "gpt-4o", key=KEY)

    assert (code, turn.outcome) == (0, ("completed", None))
    assert turn.texts == ["I look twice.", "There is alpha."]
    assert [name for name, _ in turn.calls] == ["list_files", "read_file"]

"""Requests that fail: which error the turn ends with, what is tried again, what the user is told."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Literal

import pytest

from agentls.world.scripted import Call, Calls, Cut, HttpError, NoHeaders, Raw, Reply, Script, Text, Unframed
from tests.support.clock import FakeClock
from tests.support.workshop import KEY, workshop

NO_RETRY = {"retry": {"maxAttempts": 1}}


async def _error(tmp_path: Path, reply: Reply, provider: dict[str, object] | None = None) -> dict[str, object]:
    script = Script(then=reply)
    async with workshop(tmp_path, script, settings=NO_RETRY, provider=provider) as shop:
        completed = await shop.run()
        assert completed["status"] == "failed"
        error = completed["error"]
        assert isinstance(error, dict)
        assert error["advice"]
        # the server lives, and the next turn is well-formed
        script.add(Text(text="ok"))
        await shop.ask("agent/turn/start", {"taskId": completed["taskId"], "prompt": "again"})
        assert (await shop.ended(str(completed["taskId"]), turns=2))["status"] == "completed"
        return error


def _openai(status: int, message: str, code: str | None = None) -> HttpError:
    return HttpError(status, {"error": {"message": message, "type": "x", "param": None, "code": code}})


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (_openai(401, "Incorrect API key provided: sk-c***cdef.", "invalid_api_key"), "auth"),
        (_openai(404, "The model `nope` does not exist", "model_not_found"), "modelNotFound"),
        (HttpError(404, {"detail": "Not Found"}), "endpointNotFound"),
        (HttpError(404, "404 page not found"), "endpointNotFound"),
        (_openai(400, "registry/x does not support tools"), "toolsUnsupported"),
        (_openai(400, "This model's maximum context length is 10 tokens", "context_length_exceeded"), "contextLength"),
        (_openai(429, "You exceeded your current quota", "insufficient_quota"), "quota"),
        (_openai(429, "Rate limit reached"), "rateLimit"),
        (_openai(500, "boom"), "server"),
        (_openai(503, "overloaded"), "overloaded"),
        (HttpError(200, "<html><title>Welcome</title></html>", {"content-type": "text/html"}), "endpointNotFound"),
        (HttpError(302, "", {"location": "https://elsewhere.example/"}), "endpointNotFound"),
        (Text(text="half of it", cut=Cut(300)), "streamBroken"),
        (Text(text="half of it", cut=Cut(300, "reset")), "streamBroken"),
        (Raw([b"\x00\xff garbage \xfe\n\n" * 10]), "badStream"),
        (Raw([b"data: {not json}\n\n"]), "badStream"),
        (Raw([b'data: {"error":{"message":"Upstream died","code":502}}\n\n']), "overloaded"),
        (Raw([b"data: [DONE]\n\n"]), "emptyResponse"),
        (Unframed(b"SSH-2.0-OpenSSH\r\n"), "badStream"),
    ],
)
async def test_each_failure_has_its_code_and_advice(tmp_path: Path, reply: Reply, code: str) -> None:
    error = await _error(tmp_path, reply)

    assert error["code"] == code


async def test_a_refused_connection_names_the_address(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    async with workshop(tmp_path, Script(), settings=NO_RETRY) as shop:
        await shop.provider(baseUrl=f"http://127.0.0.1:{port}/v1")
        completed = await shop.run()
        error = completed["error"]

        assert isinstance(error, dict)
        assert error["code"] == "connection"
        assert str(port) in str(error["advice"]) + str(error["detail"])


async def test_a_server_that_never_answers_ends_by_the_providers_time_out(tmp_path: Path) -> None:
    timeouts = {"connectS": 5, "firstByteS": 0.05, "idleS": 0.05}
    async with workshop(tmp_path, Script(then=NoHeaders()), settings=NO_RETRY, provider={"timeouts": timeouts}) as shop:
        error = (await shop.run())["error"]

        assert isinstance(error, dict)
        assert error["code"] == "timeout"


async def test_a_stream_that_stalls_ends_by_the_idle_time_out(tmp_path: Path) -> None:
    timeouts = {"connectS": 5, "firstByteS": 5, "idleS": 0.05}
    stalled = Text(text="half of it", cut=Cut(300, "stall"))
    async with workshop(tmp_path, Script(then=stalled), settings=NO_RETRY, provider={"timeouts": timeouts}) as shop:
        error = (await shop.run())["error"]

        assert isinstance(error, dict)
        assert error["code"] == "timeout"


async def test_the_key_is_masked_wherever_the_provider_echoes_it(tmp_path: Path) -> None:
    reply = _openai(401, f"Incorrect API key provided: {KEY}")
    async with workshop(tmp_path, Script(then=reply)) as shop:
        await shop.run()

        assert shop.endpoint.requests[0].headers["authorization"] == f"Bearer {KEY}"
        assert KEY not in repr(shop.recorder.frames)
        await shop.world.journal.flush()
        written = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
        assert KEY.encode() not in written


@pytest.mark.parametrize(
    ("key", "shown"), [("hunter2", False), ("sk-secret-key", False), ("topsecret", False), ("ollama", True)]
)
async def test_a_simple_key_is_masked_and_a_stand_in_for_none_is_not(tmp_path: Path, key: str, shown: bool) -> None:
    reply = _openai(401, f"This is not the key: {key}")
    async with workshop(tmp_path, Script(then=reply)) as shop:
        await shop.ask("agent/provider/setKey", {"id": "p", "apiKey": key})
        completed = await shop.run()

        assert (key in completed["error"]["detail"]) is shown
        assert (key in repr(shop.recorder.frames)) is shown


async def test_a_key_in_a_file_is_masked_in_what_the_model_reads(tmp_path: Path) -> None:
    script = Script([Calls([Call("read_file", {"path": ".env"})]), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        (shop.root / ".env").write_text(f"KEY={KEY}\n")
        await shop.run()

        assert "KEY=[redacted]" in shop.result_text()
        assert KEY.encode() not in shop.endpoint.requests[1].raw


async def test_an_overloaded_server_is_tried_again_after_the_wait_it_asks_for(tmp_path: Path) -> None:
    clock = FakeClock()
    busy = HttpError(503, {"error": {"message": "overloaded"}}, {"retry-after": "7"})
    async with workshop(tmp_path, Script([busy, busy, Text(text="ok")]), clock=clock) as shop:
        task_id = await shop.start()
        for number in (1, 2):
            retrying = await shop.recorder.wait_method("agent/request/retrying", number)
            assert (retrying["attempt"], retrying["delayMs"]) == (number + 1, 7000)
            await clock.wait_for_sleepers()
            await clock.advance(7)
        completed = await shop.ended(task_id)

        assert completed["status"] == "completed"
        attempts = [frame["attempt"] for frame in shop.recorder.of("agent/request/started")]
        assert attempts == [1, 2, 3]
        assert len({str(frame["requestId"]) for frame in shop.recorder.of("agent/request/started")}) == 1


async def test_a_wrong_key_is_not_tried_again(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=_openai(401, "bad key"))) as shop:
        await shop.run()

        assert len(shop.endpoint.requests) == 1


async def test_an_attempt_that_breaks_is_discarded_and_tried_again(tmp_path: Path) -> None:
    call = Call("execute_command", {"command": "touch ran"})
    broken = Calls([call], text="Running.", cut=Cut(900))
    settings = {"approval": {"mode": "full"}}
    async with workshop(tmp_path, Script([broken, Text(text="ok")]), settings=settings) as shop:
        completed = await shop.run()

        assert completed["status"] == "completed"
        messages = shop.recorder.of("agent/message/completed")
        assert [(m["text"], m.params.get("discarded")) for m in messages] == [("Running.", True), ("ok", None)]
        assert {status for _, status in shop.results()} == {"cancelled"}
        assert not (shop.root / "ran").exists()
        assert [m["role"] for m in shop.endpoint.requests[1].messages] == ["system", "user"]


async def test_a_parameter_the_provider_rejects_is_dropped_once_and_remembered(tmp_path: Path) -> None:
    def pick(request: object) -> Reply:
        body = request.body
        if "stream_options" in body:
            return HttpError(
                400, {"error": {"message": "Unknown parameter: stream_options", "param": "stream_options"}}
            )
        return Text(text="ok", usage_unasked=True)

    async with workshop(tmp_path, Script(then=pick)) as shop:
        completed = await shop.run()
        await shop.ask("agent/turn/start", {"taskId": completed["taskId"], "prompt": "again"})
        await shop.ended(str(completed["taskId"]), turns=2)

        assert completed["status"] == "completed"
        assert len(shop.endpoint.requests) == 3
        assert [frame["code"] for frame in shop.recorder.of("agent/notice")] == ["dialect.adapted"]


async def test_the_same_connection_serves_request_after_request(tmp_path: Path) -> None:
    script = Script([Calls([Call("list_files", {"path": "."})]), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        await shop.run()

        assert [request.connection for request in shop.endpoint.requests] == [1, 1]


async def test_a_server_that_finished_but_does_not_hang_up_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentls.engine.exchange.GRACE_S", 0.01)
    chunk = b'data: {"choices":[{"index":0,"delta":{"content":"ok"},"finish_reason":"stop"}]}\n\n'
    async with workshop(tmp_path, Script([Raw([chunk], then="stall")])) as shop:
        completed = await shop.run()

        assert completed["status"] == "completed"


async def test_keep_alive_comments_are_no_progress(tmp_path: Path) -> None:
    timeouts = {"connectS": 5, "firstByteS": 0.05, "idleS": 5}
    comments = Raw([b": keep-alive\n\n"] * 500, then="stall", pace=200)
    async with workshop(tmp_path, Script(then=comments), settings=NO_RETRY, provider={"timeouts": timeouts}) as shop:
        error = (await shop.run())["error"]

        assert isinstance(error, dict)
        assert error["code"] == "timeout"


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_an_answer_that_breaks_in_the_middle_is_tried_once_more_and_no_more(tmp_path: Path, ending: str) -> None:
    broken = Raw([_chunk({"content": "half of it"})], then=ending)
    async with workshop(tmp_path, Script(then=broken)) as shop:
        completed = await shop.run()

        assert completed["error"]["code"] == "streamBroken"
        assert len(shop.endpoint.requests) == 2
        said = [(frame["text"], frame["discarded"]) for frame in shop.recorder.of("agent/message/completed")]
        assert said == [("half of it", True)] * 2


async def test_a_connection_that_breaks_before_the_first_word_is_tried_to_the_limit(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=NoHeaders("reset"))) as shop:
        completed = await shop.run()

        assert completed["status"] == "failed"
        assert len(shop.endpoint.requests) == 4


async def test_a_wait_that_is_too_long_is_told_and_not_waited(tmp_path: Path) -> None:
    busy = HttpError(429, {"error": {"message": "slow down"}}, {"retry-after": "900"})
    async with workshop(tmp_path, Script(then=busy)) as shop:
        error = (await shop.run())["error"]

        assert len(shop.endpoint.requests) == 1
        assert "the server asks to wait 15 min" in error["detail"]


@pytest.mark.parametrize("delta", [{}, {"reasoning_content": "Hm, hm"}, {"content": "  \n"}])
async def test_an_output_limit_before_the_first_word_ends_the_turn_at_once(
    tmp_path: Path, delta: dict[str, object]
) -> None:
    async with workshop(tmp_path, Script(then=Raw([_chunk(delta), _chunk({}, "length")]))) as shop:
        error = (await shop.run())["error"]

        assert error["code"] == "emptyResponse"
        assert "Max Output Tokens" in error["advice"]
        assert len(shop.endpoint.requests) == 1


async def test_an_answer_cut_at_its_output_limit_is_kept_and_told(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Text(text="half of it", finish_reason="length")])) as shop:
        completed = await shop.run()

        assert completed["status"] == "completed"
        assert [frame["code"] for frame in shop.recorder.of("agent/notice")] == ["answer.cut"]


@pytest.mark.parametrize("with_call", [True, False])
async def test_what_the_content_filter_ends_is_not_run(tmp_path: Path, with_call: bool) -> None:
    call = {"index": 0, "id": "c", "function": {"name": "execute_command", "arguments": '{"command":"touch ran"}'}}
    parts = [_chunk({"content": "I will"}), *([_chunk({"tool_calls": [call]})] if with_call else [])]
    filtered = Raw([*parts, _chunk({}, "content_filter")])
    async with workshop(tmp_path, Script(then=filtered), settings={"approval": {"mode": "full"}}) as shop:
        completed = await shop.run()

        assert completed["error"]["code"] == "contentFilter"
        assert len(shop.endpoint.requests) == 1
        assert not (shop.root / "ran").exists()
        assert {status for _, status in shop.results()} <= {"cancelled"}


async def test_a_refusal_ends_the_turn_with_its_words(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Raw([_chunk({"refusal": "I cannot."}), _chunk({}, "stop")]))) as shop:
        error = (await shop.run())["error"]

        assert (error["code"], "I cannot." in error["detail"]) == ("refusal", True)
        assert len(shop.endpoint.requests) == 1


async def test_an_empty_answer_is_tried_once_more(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=Raw([_chunk({}, "stop")]))) as shop:
        error = (await shop.run())["error"]

        assert error["code"] == "emptyResponse"
        assert len(shop.endpoint.requests) == 2


async def test_without_tools_markup_is_text(tmp_path: Path) -> None:
    text = '<tool_call>\n{"name": "read_file", "arguments": {"path": "a"}}\n</tool_call>'
    async with workshop(tmp_path, Script([Text(text=text)])) as shop:
        names = [tool["name"] for tool in (await shop.ask("agent/tools/list"))["tools"]]
        await shop.ask("agent/settings/set", {"settings": {"tools": {"disabled": names}}})

        assert (await shop.run())["status"] == "completed"
        assert shop.endpoint.requests[0].tool_names == []


async def test_a_key_that_the_model_repeats_is_masked_also_when_cut_in_two(tmp_path: Path) -> None:
    said = f"Your key is {KEY}, right?"
    script = Script([Text(text=said, reasoning=said, piece=5, dribble=150), Text(text="ok")])
    async with workshop(tmp_path, script) as shop:
        task_id = str((await shop.run())["taskId"])
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "again"})
        await shop.ended(task_id, turns=2)

        masked = "Your key is [redacted], right?"
        assert shop.recorder.of("agent/message/completed")[0]["text"] == masked
        assert shop.recorder.of("agent/reasoning/completed")[0]["text"] == masked
        deltas = "".join(frame["delta"] for frame in shop.recorder.of("agent/message/delta"))
        assert deltas.startswith(masked)
        assert KEY not in repr(shop.recorder.frames)
        assert KEY.encode() not in shop.endpoint.requests[1].raw


@pytest.mark.parametrize("ending", ["stall", "close"])
async def test_a_refusal_whose_words_do_not_end_is_still_that_refusal(
    tmp_path: Path, ending: Literal["stall", "close"]
) -> None:
    refusal = Raw([b'{"error":{"message":"bad key"'], then=ending, status=401)
    timeouts = {"connectS": 5, "firstByteS": 5, "idleS": 0.05}
    async with workshop(tmp_path, Script(then=refusal), provider={"timeouts": timeouts}) as shop:
        error = (await shop.run())["error"]

        assert (error["code"], error["httpStatus"]) == ("auth", 401)


async def test_a_web_page_without_end_is_told_at_once(tmp_path: Path) -> None:
    page = Raw([b"<html><title>Welcome</title>" + b" " * 20_000], then="stall")
    async with workshop(tmp_path, Script(then=page)) as shop:
        error = (await shop.run())["error"]

        assert error["code"] == "endpointNotFound"
        assert error["detail"] == "A web page came instead of an answer: Welcome"

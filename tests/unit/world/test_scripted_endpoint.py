import asyncio
import json
from collections.abc import Mapping

import pytest

from agentls.world.scripted import (
    Call,
    Calls,
    Cut,
    Gate,
    HttpError,
    NoHeaders,
    Raw,
    RecordedRequest,
    Reply,
    Script,
    ScriptedEndpoint,
    Text,
    Tokens,
    Unframed,
)
from tests.support.clock import FakeClock

USER = {"role": "user", "content": "hi"}


def completion_request(*messages: object, stream: bool = True, **more: object) -> dict[str, object]:
    return {"model": "scripted", "stream": stream, "messages": list(messages) or [USER], **more}


class Peer:
    """A client of bytes: what the endpoint says is seen exactly as it was sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(cls, endpoint: ScriptedEndpoint) -> "Peer":
        port = int(endpoint.origin.rpartition(":")[2])
        return cls(*await asyncio.open_connection("127.0.0.1", port))

    def send(
        self,
        body: object,
        *,
        method: str = "POST",
        path: str = "/v1/chat/completions",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(data)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + data)

    async def head(self) -> tuple[int, dict[str, str]]:
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines[1:] if line)
        return int(lines[0].split(" ")[1]), headers

    async def chunk(self) -> bytes:
        size = int(await self.reader.readuntil(b"\r\n"), 16)
        return (await self.reader.readexactly(size + 2))[:-2]

    async def chunks(self) -> list[bytes]:
        found = []
        while part := await self.chunk():
            found.append(part)
        return found

    async def answer(self) -> tuple[int, object]:
        status, headers = await self.head()
        return status, json.loads(await self.reader.readexactly(int(headers["content-length"])))

    async def close(self) -> None:
        self.writer.close()
        await asyncio.wait([asyncio.ensure_future(self.writer.wait_closed())])


def parsed(parts: list[bytes]) -> list[dict[str, object]]:
    return [json.loads(part[6:]) for part in parts if part != b"data: [DONE]\n\n"]


def deltas(parts: list[bytes]) -> list[object]:
    events = parsed(parts)
    return [choice["delta"] for event in events for choice in event["choices"]]  # type: ignore[attr-defined]


async def ask(endpoint: ScriptedEndpoint, body: object, **more: object) -> tuple[int, object]:
    peer = await Peer.connect(endpoint)
    peer.send(body, **more)  # type: ignore[arg-type]
    answer = await peer.answer()
    await peer.close()
    return answer


async def test_text_streams_in_pieces_and_ends_with_usage_and_done() -> None:
    script = Script([Text("abcdef", piece=4, reasoning="why", usage=Tokens(7, 3, cached=5, reasoning=1))])
    async with ScriptedEndpoint(script) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.send(completion_request(stream_options={"include_usage": True}))
        status, headers = await peer.head()
        parts = await peer.chunks()
        await peer.close()

    assert (status, headers["content-type"], headers["x-agentls-scripted"]) == (
        200,
        "text/event-stream; charset=utf-8",
        "1",
    )
    assert parts[-1] == b"data: [DONE]\n\n"
    assert deltas(parts) == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "why"},
        {"content": "abcd"},
        {"content": "ef"},
        {},
    ]
    assert parsed(parts)[-1]["usage"] == {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "total_tokens": 10,
        "prompt_tokens_details": {"cached_tokens": 5},
        "completion_tokens_details": {"reasoning_tokens": 1},
    }
    assert parsed(parts)[-2]["choices"][0]["finish_reason"] == "stop"  # type: ignore[index]


async def test_calls_stream_their_arguments_and_can_be_interleaved() -> None:
    calls = [Call("a", "12345678", id="one"), Call("b", {"x": 1})]
    script = Script([Calls(calls, piece=5, interleave=True)])
    async with ScriptedEndpoint(script) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.send(completion_request())
        await peer.head()
        found = deltas(await peer.chunks())
        await peer.close()

    pieces = [delta["tool_calls"][0] for delta in found[1:-1]]  # type: ignore[index]
    assert [(piece["index"], piece.get("id"), piece["function"]) for piece in pieces] == [
        (0, "one", {"name": "a", "arguments": ""}),
        (1, "call_1_1", {"name": "b", "arguments": ""}),
        (0, None, {"arguments": "12345"}),
        (1, None, {"arguments": '{"x":'}),
        (0, None, {"arguments": "678"}),
        (1, None, {"arguments": " 1}"}),
    ]


async def test_a_request_that_does_not_stream_gets_one_completion() -> None:
    script = Script([Calls([Call("read_file", {"path": "a"})], text="Let me see.")])
    async with ScriptedEndpoint(script) as endpoint:
        status, body = await ask(endpoint, completion_request(stream=False))

    assert status == 200
    assert body["choices"] == [  # type: ignore[index]
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Let me see.",
                "tool_calls": [
                    {
                        "id": "call_1_0",
                        "type": "function",
                        "function": {"name": "read_file", "arguments": '{"path": "a"}'},
                    }
                ],
            },
            "finish_reason": "tool_calls",
        }
    ]


async def test_a_gate_holds_the_stream_until_it_is_opened() -> None:
    gate = Gate()
    script = Script([Text("abcd", piece=2, gates={2: gate})])
    async with ScriptedEndpoint(script) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.send(completion_request())
        await peer.head()
        before = [await peer.chunk(), await peer.chunk()]
        await gate.wait_reached()
        held = asyncio.ensure_future(peer.chunk())
        await asyncio.wait([held], timeout=0.02)
        assert (deltas(before)[-1], held.done()) == ({"content": "ab"}, False)
        gate.open()
        assert deltas([await held]) == [{"content": "cd"}]
        await peer.close()


async def test_pace_follows_the_clock() -> None:
    clock = FakeClock()
    script = Script([Text("ab", piece=1, usage=None)], pace=10.0)
    async with ScriptedEndpoint(script, clock=clock) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.send(completion_request())
        await peer.head()
        for _ in range(5):
            await peer.chunk()
            await clock.wait_for_sleepers()
            await clock.advance(0.1)
        assert await peer.chunk() == b""
        await peer.close()
    assert clock.slept == pytest.approx([0.1] * 5)


async def test_a_client_that_goes_away_is_recorded() -> None:
    gate = Gate()
    async with ScriptedEndpoint(Script([Text("abc", gates={1: gate}), Text("done")])) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.send(completion_request())
        await gate.wait_reached()
        await peer.close()
        first = (await endpoint.wait_for_requests(1))[0]
        assert await first.wait_ended() is True
        await ask(endpoint, completion_request(stream=False))
        second = (await endpoint.wait_for_requests(2))[1]
        assert (await second.wait_ended(), second.number, second.connection) == (False, 2, 2)
        await endpoint.wait_for_open_connections(0)


async def test_requests_on_one_connection_share_its_number() -> None:
    async with ScriptedEndpoint(Script(then=Text("x"))) as endpoint:
        peer = await Peer.connect(endpoint)
        for _ in range(2):
            peer.send(completion_request(stream=False), headers={"Authorization": "Bearer k"})
            await peer.answer()
        await peer.close()
    assert [(request.connection, request.headers["authorization"]) for request in endpoint.requests] == [
        (1, "Bearer k"),
        (1, "Bearer k"),
    ]


async def test_a_step_can_be_a_function_of_the_request() -> None:
    def echo(request: RecordedRequest) -> Reply:
        return Text(f"{request.messages[-1]['content']} {request.tool_names}")

    tools = [{"type": "function", "function": {"name": "read_file", "parameters": {}}}]
    async with ScriptedEndpoint(Script([echo])) as endpoint:
        _, body = await ask(endpoint, completion_request(stream=False, tools=tools))
    assert body["choices"][0]["message"]["content"] == "hi ['read_file']"  # type: ignore[index]


async def test_a_failing_step_comes_out_where_the_endpoint_ends() -> None:
    def fail(request: RecordedRequest) -> Reply:
        raise LookupError(f"nothing for {request.number}")

    async def scene() -> None:
        async with ScriptedEndpoint(Script([fail])) as endpoint:
            peer = await Peer.connect(endpoint)
            peer.send(completion_request())
            assert await peer.reader.read() == b""
            await peer.close()

    with pytest.raises(LookupError, match="nothing for 1"):
        await scene()


async def test_a_script_that_is_used_up_answers_500() -> None:
    async with ScriptedEndpoint(Script()) as endpoint:
        status, body = await ask(endpoint, completion_request())
    assert (status, body["error"]["code"]) == (500, "script_exhausted")  # type: ignore[index]


async def test_the_model_list_names_the_models() -> None:
    async with ScriptedEndpoint(Script(), models=("scripted", "other")) as endpoint:
        status, body = await ask(endpoint, b"", method="GET", path="/v1/models")
    assert status == 200
    assert [model["id"] for model in body["data"]] == ["scripted", "other"]  # type: ignore[index]
    assert (endpoint.requests, len(endpoint.all_requests)) == ([], 1)


@pytest.mark.parametrize(
    ("body", "more", "status", "code", "words"),
    [
        (completion_request(), {"path": "/v1/v1/chat/completions"}, 404, None, "Invalid URL (POST /v1/v1/"),
        (completion_request(), {"method": "GET"}, 405, "method_not_supported", "Not allowed to GET"),
        (completion_request(), {}, 401, None, "didn't provide an API key"),
        (completion_request(), {"headers": {"Authorization": "Bearer no"}}, 401, "invalid_api_key", "***"),
        ({**completion_request(), "model": "gpt"}, "ok", 404, "model_not_found", "The model `gpt` does not"),
        ({"model": "scripted"}, "ok", 400, "missing_required_parameter", "'messages'"),
        (b"{", "ok", 400, None, "could not parse the JSON"),
        (completion_request(tools=[]), "ok", 400, "empty_array", "'tools'"),
    ],
)
async def test_a_wrong_request_is_refused_in_the_shape_of_openai(
    body: object, more: object, status: int, code: str | None, words: str
) -> None:
    options = {"headers": {"Authorization": "Bearer right-key"}} if more == "ok" else more
    async with ScriptedEndpoint(Script([Text("never")]), expect_key="right-key") as endpoint:
        found, answer = await ask(endpoint, body, **options)  # type: ignore[arg-type]
    error = answer["error"]  # type: ignore[index]
    assert (found, error["type"], error["code"]) == (status, "invalid_request_error", code)
    assert words in error["message"]
    assert endpoint.script.remaining == 1


def assistant(*ids: str) -> dict[str, object]:
    calls = [{"id": name, "type": "function", "function": {"name": "f", "arguments": "{}"}} for name in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


def tool(name: str) -> dict[str, object]:
    return {"role": "tool", "tool_call_id": name, "content": "done"}


@pytest.mark.parametrize(
    ("messages", "words"),
    [
        ([USER, assistant("a"), USER], "did not have response messages: a"),
        ([USER, assistant("a", "b"), tool("b"), assistant("c")], "did not have response messages: a"),
        ([USER, assistant("a")], "did not have response messages: a"),
        ([USER, tool("a")], "must be a response to a preceeding message"),
        ([USER, assistant("a"), tool("a"), USER, tool("a")], "must be a response to a preceeding message"),
        ([USER, assistant("a"), tool("a"), tool("a")], "Duplicate tool message"),
        ([USER, assistant("a", "a"), tool("a")], "tool_calls[1]"),
        ([USER, {"role": "assistant", "content": None}], "expected a string, got None"),
        ([USER, {"role": "assistant", "content": "", "tool_calls": []}], "empty array"),
        ([{"role": "robot", "content": "x"}], "'robot'"),
        ([7], "expected an object"),
    ],
)
async def test_a_conversation_that_is_not_well_formed_is_refused(messages: list[object], words: str) -> None:
    async with ScriptedEndpoint(Script([Text("never")])) as endpoint:
        status, answer = await ask(endpoint, completion_request(*messages))
    assert status == 400
    assert words in answer["error"]["message"]  # type: ignore[index]


async def test_a_well_formed_conversation_passes() -> None:
    messages = [
        {"role": "system", "content": "s"},
        USER,
        assistant("a", "b"),
        tool("b"),
        tool("a"),
        assistant("a"),
        tool("a"),
        {"role": "assistant", "content": "done"},
        USER,
    ]
    async with ScriptedEndpoint(Script([Text("ok")])) as endpoint:
        status, _ = await ask(endpoint, completion_request(*messages, stream=False))
    assert status == 200


async def read_all(reply: Reply, body: object | None = None) -> bytes | str:
    """Return every byte of the reply up to the end of the connection, or the name of the socket error."""
    async with ScriptedEndpoint(Script([reply])) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.send(body or completion_request(), headers={"Connection": "close"})
        try:
            return await peer.reader.read()
        except ConnectionError as failure:
            return type(failure).__name__
        finally:
            await peer.close()


def body_of(data: bytes | str) -> bytes:
    assert isinstance(data, bytes)
    return data.partition(b"\r\n\r\n")[2]


async def test_a_cut_stream_ends_after_exactly_so_many_bytes() -> None:
    whole = body_of(await read_all(Raw([b"data: 12345\n\n"])))
    assert whole == b"d\r\ndata: 12345\n\n\r\n0\r\n\r\n"
    cut = body_of(await read_all(Text("abc", cut=Cut(10))))
    assert cut == b'a\r\ndata: {"id\r\n'


async def test_a_dribbled_stream_has_the_same_bytes_in_slices() -> None:
    parts = body_of(await read_all(Text("abc", dribble=3))).split(b"\r\n")
    assert {len(part) for part in parts[1:-5:2]} == {3}
    plain = body_of(await read_all(Text("abc"))).split(b"\r\n")
    assert b"".join(parts[1:-3:2]) == b"".join(plain[1:-3:2])


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Unframed(b"SSH-2.0-OpenSSH\r\n"), b"SSH-2.0-OpenSSH\r\n"),
        (NoHeaders("close"), b""),
        (NoHeaders("reset"), "ConnectionResetError"),
        (Text("abc", cut=Cut(40, "reset")), "ConnectionResetError"),
    ],
)
async def test_faults_reach_the_socket(reply: Reply, expected: bytes | str) -> None:
    assert await read_all(reply) == expected


async def test_an_error_reply_keeps_its_status_headers_and_body() -> None:
    async with ScriptedEndpoint(Script([HttpError(429, "slow", {"Retry-After": "2"})])) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.send(completion_request())
        status, headers = await peer.head()
        body = await peer.reader.readexactly(4)
        await peer.close()
    assert (status, headers["retry-after"], body) == (429, "2", b"slow")


async def test_a_chunked_request_and_an_expectation_are_read() -> None:
    async with ScriptedEndpoint(Script([Text("ok")])) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nTransfer-Encoding: chunked\r\n")
        peer.writer.write(b"Expect: 100-continue\r\n\r\n")
        assert (await peer.head())[0] == 100
        body = json.dumps(completion_request(stream=False)).encode()
        peer.writer.write(b"5\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (body[:5], len(body) - 5, body[5:]))
        assert (await peer.answer())[0] == 200
        await peer.close()


@pytest.mark.parametrize(
    "garbage",
    [b"\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"A b HTTP/1.1\r\nContent-Length: -1\r\n\r\n"],
)
async def test_bytes_that_are_no_request_end_the_connection(garbage: bytes) -> None:
    async with ScriptedEndpoint(Script()) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.writer.write(garbage)
        assert (await peer.reader.read()).startswith(b"HTTP/1.1 400 ")
        await peer.close()


async def test_a_stalled_reply_does_not_keep_the_endpoint_open() -> None:
    async with ScriptedEndpoint(Script([NoHeaders("stall")])) as endpoint:
        peer = await Peer.connect(endpoint)
        peer.send(completion_request())
        request = (await endpoint.wait_for_requests(1))[0]
    assert await request.wait_ended() is True
    await peer.close()

"""The composed stream: order, limits and its one end."""

import json

import pytest

from agentls.chat import sse
from agentls.chat.events import (
    CallDelta,
    CallReady,
    CallStarted,
    Finished,
    ReasoningDelta,
    StreamFailed,
    TextDelta,
    UsageReported,
)
from agentls.chat.field import Field
from agentls.chat.roster import MOST_CALLS
from agentls.chat.server import ServerHint
from agentls.chat.stream import ChatStream
from agentls.chat.usage import read_usage
from tests.unit.chat.told import tell


def chunk(delta: dict, finish: str | None = None, **more: object) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice], **more}).encode() + b"\n\n"


def piece(index: int, arguments: str, name: str | None = None, call_id: str | None = None) -> dict:
    return {"tool_calls": [{"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}]}


def test_a_call_is_ready_as_soon_as_its_own_object_closes() -> None:
    stream = ChatStream()
    assert stream.feed(chunk(piece(0, "", "f", "a"))) == [CallStarted(0, "a", "f")]
    assert stream.feed(chunk(piece(0, '{"p":"x'))) == [CallDelta(0, '{"p":"x', (Field(("p",), "x"),))]
    assert stream.feed(chunk(piece(0, 'y"}'))) == [
        CallDelta(0, 'y"}', (Field(("p",), "y"),)),
        CallReady(0, {"p": "xy"}, '{"p":"xy"}', None),
    ]
    assert stream.feed(chunk(piece(1, "{}", "g", "b"))) == [CallStarted(1, "b", "g"), CallDelta(1, "{}", ())]
    assert stream.feed(chunk({}, "tool_calls")) == []
    assert stream.finish_seen
    assert stream.feed(b"data: [DONE]\n\n") == [CallReady(1, {}, "{}", None), Finished("tool_calls", False)]
    assert stream.is_over


def test_adjacent_deltas_of_one_read_come_as_one_event() -> None:
    stream = ChatStream()
    body = b"".join(chunk({"content": word}) for word in ("a", "b", "c")) + chunk({}, "stop")
    assert stream.feed(body) == [TextDelta("abc")]
    assert [type(event) for event in stream.close()] == [Finished]


def test_usage_comes_once_just_before_the_end() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": "4", "prompt_tokens_details": {"cached_tokens": 3}}
    stream = ChatStream()
    events = stream.feed(chunk({"content": "a"}, usage={"prompt_tokens": 1, "completion_tokens": 1}))
    events += stream.feed(chunk({}, "stop", usage=usage)) + stream.close()
    reported = events[-2]
    assert isinstance(reported, UsageReported)
    counts = reported.usage
    assert (counts.input_tokens, counts.cached_tokens, counts.output_tokens, counts.reasoning_tokens) == (9, 3, 4, None)
    assert counts.raw == usage


def test_unreadable_data_in_the_middle_breaks_the_stream() -> None:
    told = tell(chunk({"content": "a"}) + b'data: {"choices":[{"del\n\n' + chunk({"content": "b"}, "stop"))
    assert told.failed is not None
    assert (told.text, told.failed.failure.code) == ("a", "badStream")


def test_broken_utf_8_becomes_the_replacement_character() -> None:
    told = tell(chunk({"content": "a#b"}).replace(b"#", b"\xff") + chunk({}, "stop"))
    assert (told.text, told.finished) == ("a\ufffdb", Finished("stop", False))


def test_a_chunk_cut_at_the_end_of_the_stream_is_a_cut_stream() -> None:
    told = tell(chunk({"content": "a"}) + b'data: {"choices":[{"del')
    assert told.failed is not None
    assert (told.text, told.failed.failure.code, told.failed.failure.retryable) == ("a", "streamBroken", True)


def test_an_event_that_is_too_large_ends_the_stream(monkeypatch) -> None:
    monkeypatch.setattr(sse, "LARGEST_EVENT_BYTES", 1000)
    stream = ChatStream()
    stream._decoder = sse.SseDecoder(limit_bytes=1000)
    events = stream.feed(chunk({"content": "a"})) + stream.feed(b"data: " + b"x" * 2000)
    failed = events[-1]
    assert events[0] == TextDelta("a")
    assert isinstance(failed, StreamFailed)
    assert failed.failure.code == "badStream"
    assert stream.close() == []


def test_more_calls_than_make_sense_end_the_stream() -> None:
    told = tell(b"".join(chunk(piece(number, "{}", "f", f"i{number}")) for number in range(MOST_CALLS + 2)))
    assert told.failed is not None
    assert told.failed.failure.code == "badStream"


def test_a_name_in_two_pieces_is_joined_when_a_tool_is_called_so() -> None:
    stream = ChatStream(tool_names=["read_file"])
    assert stream.feed(chunk(piece(0, "", "read_", "a"))) == []
    assert stream.feed(chunk(piece(0, "", "file"))) == [CallStarted(0, "a", "read_file")]


def test_a_name_that_is_no_beginning_starts_at_once() -> None:
    stream = ChatStream(tool_names=["read_file"])
    assert stream.feed(chunk(piece(0, "", "other", "a"))) == [CallStarted(0, "a", "other")]


def test_a_call_that_never_gets_a_name_is_malformed_not_lost() -> None:
    told = tell(chunk(piece(0, '{"a":1}')) + chunk({}, "tool_calls"))
    (call,) = told.calls
    assert (call.name, call.arguments) == ("", None)
    assert call.malformed is not None
    assert call.malformed.error == "The call has no name"


def test_a_malformed_call_says_where() -> None:
    told = tell(chunk(piece(0, '{"a":tru}', "f", "x")) + chunk({}, "tool_calls"))
    malformed = told.calls[0].malformed
    assert malformed is not None
    assert (malformed.raw, malformed.position, malformed.incomplete) == ('{"a":tru}', 5, False)


def test_advice_is_worded_for_the_server() -> None:
    stream = ChatStream(server=ServerHint("http://localhost:1234/v1"))
    failed = (stream.feed(b"data: [DONE]\n\n"))[-1]
    assert isinstance(failed, StreamFailed)
    assert "LM Studio" in failed.failure.advice


def test_one_json_value_a_line_is_understood() -> None:
    lines = b"".join(chunk({"content": word})[6:-1] for word in "ab") + chunk({}, "stop")[6:-1]
    told = tell(lines)
    assert (told.text, told.finished) == ("ab", Finished("stop", False))


WHOLE = {
    "object": "chat.completion",
    "choices": [
        {
            "index": 0,
            "message": {
                "role": "assistant",
                "content": "Looking.",
                "reasoning_content": "hm",
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}},
                    {"id": "b", "type": "function", "function": {"name": "g", "arguments": {}}},
                ],
            },
            "finish_reason": "tool_calls",
        }
    ],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}


@pytest.mark.parametrize("indent", [None, 1])
def test_one_json_document_gives_the_events_of_a_stream(indent: int | None) -> None:
    """Streaming off, and a JSON answer to a streamed request (D13)."""
    body = json.dumps(WHOLE, indent=indent).encode()
    stream = ChatStream()
    events = [event for at in range(len(body)) for event in stream.feed(body[at : at + 1])] + stream.close()
    assert events == [
        ReasoningDelta("hm"),
        TextDelta("Looking."),
        CallStarted(0, "a", "f"),
        CallDelta(0, '{"x": 1}', (Field(("x",), None, 1),)),
        CallReady(0, {"x": 1}, '{"x": 1}', None),
        CallStarted(1, "b", "g"),
        CallDelta(1, "{}", ()),
        CallReady(1, {}, "{}", None),
        UsageReported(read_usage({"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5})),
        Finished("tool_calls", False),
    ]


def test_events_that_answer_a_request_without_streaming_are_read_as_events() -> None:
    """D14: nothing says beforehand which of the two comes."""
    told = tell(chunk({"content": "a"}) + b"data: " + json.dumps({"choices": [{"delta": {}}]}).encode() + b"\n\n")
    assert told.failed is not None
    assert tell(b"data: " + json.dumps(WHOLE).encode() + b"\n\n").text == "Looking."


def test_json_values_are_read_as_their_lines_end() -> None:
    stream = ChatStream()
    first, second = chunk({"content": "a"})[6:-1], chunk({"content": "b"}, "stop")[6:-1]
    assert stream.feed(first) == []
    assert stream.feed(second) == [TextDelta("ab")]
    assert stream.close() == [Finished("stop", False)]


def test_a_broken_value_between_lines_breaks_the_stream() -> None:
    line = chunk({"content": "a"})[6:-1]
    told = tell(line + b'{"choices": [\n' + line)
    assert told.failed is not None
    assert (told.text, told.failed.failure.code) == ("a", "badStream")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"error": {"message": "The model is overloaded", "code": 503}}, "overloaded"),
        ([{"error": {"code": 429, "message": "Rate limit", "status": "RESOURCE_EXHAUSTED"}}], "rateLimit"),
        ({"error": "invalid api key"}, "auth"),
        ({"base_resp": {"status_code": 1008, "status_msg": "insufficient balance"}}, "quota"),
        ({"success": False, "errors": [{"code": 7009, "message": "at capacity"}]}, "overloaded"),
        ({"choices": [], "error": {"message": "context_length_exceeded"}}, "contextLength"),
        ({"hello": "world"}, "badStream"),
        ({}, "emptyResponse"),
        ([], "badStream"),
        ({"choices": []}, "emptyResponse"),
    ],
)
def test_an_error_body_with_status_200_is_that_error(body: object, code: str) -> None:
    told = tell(json.dumps(body, indent=1).encode())
    assert told.failed is not None
    assert told.failed.failure.code == code

"""No line, event, body or count is unbounded, and the work grows with the bytes and no faster."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Callable

import pytest

from agentls.chat import assemble, call, stream
from agentls.chat.chunk import read_chunk
from agentls.chat.events import Finished, StreamEvent, StreamFailed
from agentls.chat.kept import DEEPEST, Kept
from agentls.chat.roster import MOST_CALLS
from agentls.chat.server import ServerHint
from agentls.chat.stream import ChatStream
from tests.unit.chat.told import fold, tell

READ_BYTES = 64 * 1024


def data(payload: object) -> bytes:
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def delta(**said: object) -> bytes:
    return data({"choices": [{"index": 0, "delta": said}]})


def piece(arguments: str | None, name: str | None = None, call_id: str | None = None, index: int = 0) -> bytes:
    return delta(tool_calls=[{"index": index, "id": call_id, "function": {"name": name, "arguments": arguments}}])


BEGUN = piece('{"a":"', "f", "a")
TOLD = piece('{"a":"x"}', "f", "a")
HOSTILE: dict[str, Callable[[int], bytes]] = {
    "empty chunks": lambda n: data({"choices": []}) * n,
    "comments": lambda n: b": x\n" * n,
    "numbers": lambda n: b"data:1\n\n" * n,
    "one event of empty lines": lambda n: b"data:\n" * n,
    "one event that never parses": lambda n: b'data: {"a":\n' * n,
    "lines without a field": lambda n: b"data: 1\n\n" + b'{"a\n' * n,
    "a call told in pieces with id and name": lambda n: BEGUN + piece("x", "f", "a") * n,
    "a whole call told again and again": lambda n: TOLD + piece('{"a', "f", "a") * n,
    "a new id on every piece": lambda n: BEGUN + b"".join(piece("x", None, f"i{k}") for k in range(n)),
    "a new index on every piece": lambda n: BEGUN + b"".join(piece("x", None, "a", k + 5) for k in range(n)),
    "arguments too deep": lambda n: piece("[" * 100, "f") + piece("[1", "f") * n,
    "arguments encoded twice": lambda n: piece('"{', "f") + piece("x", "f") * n,
    "arguments that close and cannot be read": lambda n: piece('{"a":"\\q"}', "f", "a") + piece("x") * n,
    "arguments without a name": lambda n: piece("x") * n,
    "a name that never ends": lambda n: piece("", "read_") * n,
    "calls": lambda n: b"".join(piece('{"a":1}', "f", f"i{k}", k) for k in range(n)),
    "finish reasons": lambda n: TOLD + data({"choices": [{"delta": {}, "finish_reason": "stop"}]}) * n,
    "reasoning details": lambda n: b"".join(
        delta(reasoning_details=[{"type": "t", "index": k % 3, "text": "x"}]) for k in range(n)
    ),
    "keys of a call": lambda n: b"".join(delta(tool_calls=[{"index": 0, "id": "a", f"k{k}": 1}]) for k in range(n)),
    "keys of the message": lambda n: b"".join(delta(extra_content={f"k{k}": 1}) for k in range(n)),
    "messages": lambda n: (
        data({"choices": [{"message": {"content": "b"}}]}) + data({"choices": [{"message": {"content": "a"}}]}) * n
    ),
    "halves of characters": lambda n: b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n' * n,
    "values a line": lambda n: b'{"choices":[{"delta":{"content":"x"}}]}\n' * n,
    "text": lambda n: delta(content="x") * n,
    "usage": lambda n: data({"choices": [], "usage": {"prompt_tokens": 1}}) * n,
    "a page": lambda n: b"<html>" + b"<p>x</p>" * n,
    "blanks": lambda n: b" \r\n" * n,
}


def run(body: bytes) -> list[StreamEvent]:
    """The last events of a body."""
    one = ChatStream(tool_names=["read_file", "f"])
    last: list[StreamEvent] = []
    for at in range(0, len(body), READ_BYTES):
        last = one.feed(body[at : at + READ_BYTES]) or last
    return one.close() or last


def steps(body: bytes) -> int:
    """Calls of functions, Python's and C's, that a body takes."""
    count = 0

    def step(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(step)
    try:
        run(body)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_the_work_grows_with_the_bytes(name: str) -> None:
    once, four_times = steps(HOSTILE[name](500)), steps(HOSTILE[name](2000))
    assert four_times <= 4.2 * once + 500


@pytest.mark.parametrize("name", HOSTILE)
def test_the_memory_stays_within_a_multiple_of_the_bytes(name: str) -> None:
    body = HOSTILE[name](20_000)
    run(body[:READ_BYTES])
    tracemalloc.start()
    try:
        events = run(body)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert isinstance(events[-1], Finished | StreamFailed)
    assert peak < 12 * len(body) + 40 * READ_BYTES


@pytest.mark.parametrize("size", [1_000, 100_000, 3_000_000])
@pytest.mark.parametrize("opening", ["[", '{"a":', '[{"a":['])
def test_any_depth_has_a_typed_end(size: int, opening: str) -> None:
    deep = opening * (size // len(opening))
    assert tell(b"data: " + deep.encode() + b"\n\n").failed is not None
    assert tell(deep.encode()).failed is not None
    told = tell(piece('{"a":' + deep, "f", "a") + data({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}))
    assert told.calls[0].malformed is not None


@pytest.mark.parametrize("levels", [*range(300, 1000, 50), 5000])
def test_nested_parts_of_content_never_raise(levels: int) -> None:
    nested = b'[{"type":"thinking","thinking":' * levels + b'"x"' + b"}]" * levels
    for payload in (b'{"content":' + nested, b'{"reasoning":' + nested, b'{"extra_content":{"a":' + nested + b"}"):
        read_chunk(b'{"choices":[{"delta":' + payload + b"}}]}")
        tell(b'data: {"choices":[{"delta":' + payload + b"}}]}\n\n")


@pytest.mark.parametrize(
    "body",
    [
        delta(content="x" * 60) * 30,
        delta(reasoning="x" * 60) * 30,
        BEGUN + piece("x" * 60) * 30,
        piece("x" * 60) * 30,
        delta(reasoning_details=[{"type": "t", "text": "x" * 60}]) * 30,
        delta(extra_content={"a": "x" * 60}) * 30,
        b"".join(delta(tool_calls=[{"index": 0, "id": "a", f"k{k}": "x" * 60}]) for k in range(30)),
        data({"choices": [{"message": {"content": "x" * 2000}}]}),
    ],
)
def test_an_answer_larger_than_can_be_kept_ends(monkeypatch: pytest.MonkeyPatch, body: bytes) -> None:
    monkeypatch.setattr(assemble, "LARGEST_ANSWER", 1500)
    told = tell(body)
    assert told.failed is not None
    assert told.failed.failure.code == "badStream"


def test_a_call_larger_than_can_be_kept_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assemble, "LARGEST_ANSWER", 1000)
    one = ChatStream()
    events = [event for part in (BEGUN, piece("x" * 2000), piece('"}')) for event in one.feed(part)]
    told = fold(events + one.close())
    assert told.failed is not None
    assert (told.failed.failure.code, told.calls[0].arguments) == ("badStream", None)


def test_as_many_calls_as_make_sense_are_kept() -> None:
    body = b"".join(piece('{"a":1}', "f", f"i{k}", k) for k in range(MOST_CALLS))
    told = tell(body + data({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]}))
    assert [one.arguments for one in told.calls] == [{"a": 1}] * MOST_CALLS


@pytest.mark.parametrize("opening", [b"{", b'{"a":1}\n{', b"[1,"])
def test_a_document_beyond_the_limit_ends(monkeypatch: pytest.MonkeyPatch, opening: bytes) -> None:
    monkeypatch.setattr(stream, "LARGEST_EVENT_BYTES", 1000)
    one = ChatStream()
    events = [event for _ in range(30) for event in one.feed(opening + b"x" * 100)]
    assert isinstance(events[-1], StreamFailed)
    assert events[-1].failure.code == "badStream"
    assert one.close() == []


def test_what_is_kept_for_the_provider_is_shallow_and_whole() -> None:
    deep: object = "x"
    for _ in range(DEEPEST + 1):
        deep = [deep]
    kept = Kept()
    kept.add({"deep": deep, "half": "\ud83d", "a": {"b": 1}})
    kept.add({"a": {"c": [1]}, "half": None})
    assert kept.report() == {"half": "\ufffd", "a": {"b": 1, "c": [1]}}


def test_the_text_of_one_call_is_read_a_few_times_at_most() -> None:
    one = call.Call(0, None)
    one.name, one.index = "f", 0
    one.add('"never closed', [])
    assert [one.is_complete for _ in range(30)] == [False] * 30
    assert one._looks == call._MOST_LOOKS


@pytest.mark.parametrize(
    "begun", [delta(content="{"), BEGUN, delta(reasoning_content="Hm")], ids=["text", "call", "reasoning"]
)
@pytest.mark.parametrize("blank", [" ", "\n", "\t \n"])
def test_blanks_without_end_are_no_answer(begun: bytes, blank: str) -> None:
    kind = json.loads(begun[6:])["choices"][0]["delta"]
    more = piece(blank * 100) if "tool_calls" in kind else delta(**{next(iter(kind)): blank * 100})
    stream_ = ChatStream()
    events = stream_.feed(begun + more * (assemble.LONGEST_BLANK // 100 + 2))
    assert stream_.is_over
    last = events[-1]
    assert isinstance(last, StreamFailed)
    assert (last.failure.code, last.failure.retryable) == ("badStream", False)
    assert last.failure.advice.startswith("The model does not come to an end")


def test_an_answer_with_many_blanks_between_its_words_is_one() -> None:
    said = ("x" + " " * (assemble.LONGEST_BLANK - 1)) * 3
    body = b"".join(delta(content=said[at : at + 999]) for at in range(0, len(said), 999)) + b"data: [DONE]\n\n"
    assert tell(body).text == said


def test_of_a_web_page_only_the_beginning_is_read_and_the_advice_says_what_it_is() -> None:
    page = b"<!doctype html><html><head><title>Sign in</title></head><body>" + b"<p>x</p>" * 131_072
    one = ChatStream(server=ServerHint("https://h.example/v1", "m"))
    pieces = [page[at : at + 5000] for at in range(0, len(page), 5000)]
    events: list[StreamEvent] = []
    kept = []
    for part in pieces:
        events += one.feed(part)
        kept.append(len(one._body))
    assert kept == [5000, 10000, 15000] + [0] * (len(pieces) - 3)
    assert one.close() == []
    (last,) = events
    assert isinstance(last, StreamFailed)
    assert (last.failure.code, last.failure.retryable, last.failure.detail) == (
        "endpointNotFound",
        False,
        "A web page came instead of an answer: Sign in",
    )
    assert last.failure.advice.startswith("A web page answers there, not an API. ")

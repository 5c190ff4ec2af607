"""What holds for every stream, whatever its bytes and however they are cut."""

import itertools
import json
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agentls.chat.arguments import ArgumentFields
from agentls.chat.failure import Failure, classify_response, classify_stream_error
from agentls.chat.retry import Retry, RetryLimits, decide_retry
from agentls.chat.server import ServerHint
from tests.unit.chat.told import apply, tell

texts = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
objects = st.dictionaries(texts, values, max_size=5)
cuts = st.lists(st.integers(0, 5000), max_size=40)


def pieces(text: str, places: list[int]) -> list[str]:
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return [text[start:end] for start, end in itertools.pairwise(edges)]


def frame(delta: dict, finish: str | None = None, ascii_only: bool = True) -> bytes:
    payload = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(payload, ensure_ascii=ascii_only).encode() + b"\n\n"


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, str, list[dict]]:
    """A stream of text and calls told in any interleaving, with what it means."""
    arguments = draw(st.lists(objects, max_size=4))
    text = draw(texts)
    queues = [pieces(json.dumps(one, ensure_ascii=draw(st.booleans())), draw(cuts)) for one in arguments]
    words = pieces(text, draw(cuts)) if text else []
    begun: list[int] = []
    body = b""
    while words or any(queues) or len(begun) < len(queues):
        choices = [number for number, queue in enumerate(queues) if queue or number not in begun]
        turn = draw(st.sampled_from([*choices, -1] if words else choices))
        if turn == -1:
            body += frame({"content": words.pop(0)}, ascii_only=draw(st.booleans()))
            continue
        call: dict = {"index": turn, "function": {"arguments": queues[turn].pop(0) if queues[turn] else ""}}
        if turn not in begun:
            begun.append(turn)
            call["id"] = f"id{turn}"
            call["function"]["name"] = f"tool{turn}"
        body += frame({"tool_calls": [call]})
    body += frame({}, "tool_calls" if arguments else "stop") + b"data: [DONE]\n\n"
    return body, text, [{"id": f"id{turn}", "name": f"tool{turn}", "arguments": arguments[turn]} for turn in begun]


@settings(deadline=None)
@given(streams(), cuts, st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_interleaving_and_any_split_tell_the_same(
    stream: tuple[bytes, str, list[dict]], places: list[int], newline: bytes
) -> None:
    body, text, calls = stream
    whole = tell(body)
    assert whole.text == text
    assert [{"id": one.id, "name": one.name, "arguments": one.arguments} for one in whole.calls] == calls
    assert [apply(one.fields) for one in whole.calls] == [one["arguments"] for one in calls]
    framed = body.replace(b"\n", newline)
    assert tell(framed, [place % (len(framed) + 1) for place in places]) == whole


@settings(deadline=None)
@given(objects, cuts, st.booleans(), st.sampled_from([None, 2]))
def test_the_fields_of_any_chunking_rebuild_the_object(
    value: dict, places: list[int], ascii_only: bool, indent: int | None
) -> None:
    machine = ArgumentFields()
    fields = []
    for piece in pieces(json.dumps(value, ensure_ascii=ascii_only, indent=indent), places):
        fields += machine.feed(piece)
    assert machine.closed
    assert machine.empty == (value == {})
    assert apply(fields) == value


@settings(deadline=None)
@given(st.text(alphabet='{}[]",:\\u0d8e1 tn\n', max_size=60), cuts)
def test_any_text_is_taken_as_arguments(text: str, places: list[int]) -> None:
    machine = ArgumentFields()
    for piece in pieces(text, places):
        machine.feed(piece)
    whole = ArgumentFields()
    whole.feed(text)
    assert (machine.closed, machine.broken, machine.closed_at) == (whole.closed, whole.broken, whole.closed_at)


framing = st.sampled_from(
    [
        b"data: ",
        b"data:",
        b"\n",
        b"\n\n",
        b"\r\n",
        b"\r",
        b": x",
        b"event: error\n",
        b"[DONE]",
        b"{",
        b"}",
        b"[",
        b"<",
        b"null",
        b'{"choices":[{"delta":{"content":"a"}}]}',
        b'{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"{}"}}]}}]}',
        b'{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":"{\\"a"}}]},"finish_reason":"stop"}]}',
        b'{"error":{"message":"no","code":"500"}}',
        b'{"usage":{"prompt_tokens":NaN}}',
        b"\xef\xbb\xbf",
        b"\xff",
        b'"\\ud800"',
    ]
)
bodies = st.binary(max_size=60) | st.lists(framing | st.binary(max_size=4), max_size=25).map(b"".join)


@settings(deadline=None, max_examples=300)
@given(bodies, cuts)
def test_any_bytes_end_in_exactly_one_end_however_they_are_cut(body: bytes, places: list[int]) -> None:
    whole = tell(body)
    told = tell(body, [place % (len(body) + 1) for place in places])
    assert told == whole


FIXTURES = sorted((Path(__file__).parents[1] / "fixtures" / "streams").glob("*.sse"))
flips = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255) | st.sampled_from(b'\n\r"\\{}')), max_size=8)


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(FIXTURES), flips, cuts)
def test_damaged_streams_have_one_end_however_they_are_cut(
    path: Path, damage: list[tuple[int, int]], places: list[int]
) -> None:
    body = bytearray(path.read_bytes())
    for place, value in damage:
        if body:
            body[place % len(body)] = value
    assert tell(bytes(body), [place % (len(body) + 1) for place in places]) == tell(bytes(body))


json_payloads = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "choices",
                    "delta",
                    "message",
                    "tool_calls",
                    "function",
                    "arguments",
                    "name",
                    "id",
                    "index",
                    "content",
                    "error",
                    "usage",
                    "finish_reason",
                    "detail",
                    "code",
                    "type",
                    "reasoning",
                    "function_call",
                    "x_groq",
                    "reasoning_details",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@settings(deadline=None, max_examples=300)
@given(st.lists(json_payloads, max_size=4))
def test_any_payloads_are_taken(payloads: list[object]) -> None:
    tell(b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in payloads))
    for one in payloads:
        tell(json.dumps(one).encode())
        assert isinstance(classify_stream_error(one), Failure)


@given(st.integers(100, 999), st.binary(max_size=200), st.dictionaries(st.just("retry-after"), texts))
def test_any_answer_is_some_failure(status: int, body: bytes, headers: dict[str, str]) -> None:
    failure = classify_response(status, headers, body, ServerHint("http://localhost:1/v1"))
    assert failure.title
    assert failure.advice
    assert len(failure.detail) <= 500
    assert not (failure.code == "modelNotFound" and status == 404 and not body)


@given(
    st.lists(
        st.tuples(st.sampled_from(["overloaded", "emptyResponse", "auth", "rateLimit"]), st.none() | st.floats(0, 500)),
        min_size=50,
        max_size=50,
    ),
    st.integers(1, 8),
    st.floats(0, 300),
    st.floats(0, 1, exclude_max=True),
)
def test_retries_are_bounded(
    faults: list[tuple[str, float | None]], attempts: int, wait_s: float, chance: float
) -> None:
    limits = RetryLimits(max_attempts=attempts, max_wait_s=wait_s)
    waited_s = 0.0
    for made, (code, asked_s) in enumerate(faults, start=1):
        failure = Failure(code, "t", "d", "a", retryable=code != "auth", retry_after_s=asked_s)
        decision = decide_retry(made, failure, waited_s, limits, lambda: chance)
        if not isinstance(decision, Retry):
            break
        assert failure.retryable
        waited_s += decision.delay_s
    assert made <= attempts
    assert waited_s <= wait_s + 1e-9

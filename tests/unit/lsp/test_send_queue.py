"""Order, numbers, merging, holding and the limit, with a clock in the hand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.engine.publisher import LiveFrame, StoredFrame
from agentls.lsp.merge import CAP_BYTES, LiveEntry
from agentls.lsp.send_queue import PERIOD_S, Item, Plain, SendQueue, Spilled

TASK = "task_1"


def stored(seq: int, size: int = 2, method: str = "agent/notice") -> StoredFrame:
    return StoredFrame(TASK, seq, method, b"{" + b" " * (size - 2) + b"}")


def text(delta: str, message_id: str = "m1", method: str = "agent/message/delta") -> LiveFrame:
    return LiveFrame(TASK, "turn_1", 5, method, {"messageId": message_id, "delta": delta})


def output(delta: str, stream: str = "stdout") -> LiveFrame:
    return LiveFrame(TASK, None, 5, "agent/toolCall/output", {"callId": "c1", "stream": stream, "delta": delta})


def arguments(delta: str, *fields: dict[str, Any]) -> LiveFrame:
    return LiveFrame(TASK, None, 5, "agent/toolCall/delta", {"callId": "c1", "delta": delta, "fields": list(fields)})


def params(item: Item) -> dict[str, Any]:
    assert isinstance(item, LiveEntry)
    value: dict[str, Any] = json.loads(item.encode())["params"]
    return value


def taken(queue: SendQueue, now_s: float = 0.0) -> list[Item]:
    items: list[Item] = []
    while queue.is_due:
        batch, size_bytes = queue.take(now_s)
        queue.written(size_bytes)
        items += batch
    return items


def short(items: list[Item]) -> list[tuple[int, int, str]]:
    found = [params(item) for item in items if isinstance(item, LiveEntry)]
    return [(each["seq"], each["part"], each["delta"]) for each in found]


def test_the_first_delta_goes_at_once_and_the_next_waits_a_period() -> None:
    queue = SendQueue()
    queue.live(text("a"), 0.0)
    assert short(taken(queue)) == [(0, 1, "a")]
    queue.live(text("b"), 0.01)
    queue.live(text("c"), 0.02)
    assert queue.release(0.02) == pytest.approx(PERIOD_S - 0.02)
    assert not queue.is_due
    assert queue.release(PERIOD_S) is None
    assert short(taken(queue, PERIOD_S)) == [(0, 2, "bc")]
    queue.live(text("d"), 3 * PERIOD_S)
    assert short(taken(queue)) == [(0, 3, "d")]


def test_eight_kib_do_not_wait() -> None:
    queue = SendQueue()
    queue.live(text("a"), 0.0)
    taken(queue)
    queue.live(text("b" * 8191), 0.0)
    assert not queue.is_due
    queue.live(text("c"), 0.0)
    assert queue.is_due
    queue.live(text("d"), 0.0)
    assert short(taken(queue)) == [(0, 2, "b" * 8191 + "c")]
    assert queue.release(PERIOD_S) is None
    assert short(taken(queue)) == [(0, 3, "d")]


def test_any_other_frame_behind_lets_everything_before_it_go() -> None:
    queue = SendQueue()
    queue.live(text("a"), 0.0)
    taken(queue)
    queue.live(text("b"), 0.0)
    answer = Plain(b"", b"{}")
    queue.append(answer)
    items = taken(queue)
    assert short(items[:1]) == [(0, 2, "b")]
    assert items[1:] == [answer]


def test_a_stored_frame_starts_the_parts_anew_and_nothing_merges_across_it() -> None:
    queue = SendQueue()
    queue.live(text("a"), 0.0)
    queue.live(text("b"), 0.0)
    queue.stored(stored(1), wanted=True)
    queue.live(text("c"), 0.0)
    queue.live(output("x"), 0.0)
    queue.live(output("y", "stderr"), 0.0)
    queue.live(text("d"), 0.0)
    assert short(taken(queue)) == [(0, 1, "ab"), (1, 1, "cd"), (1, 2, "x"), (1, 3, "y")]


def test_a_stored_frame_of_another_task_does_not_matter() -> None:
    queue = SendQueue()
    queue.live(text("a"), 0.0)
    queue.stored(StoredFrame("task_2", 1, "agent/notice", b"{}"), wanted=True)
    queue.live(text("b"), 0.0)
    assert short(taken(queue)) == [(0, 1, "ab")]


def test_a_barrier_takes_a_part_and_nothing_merges_across_it() -> None:
    queue = SendQueue()
    queue.stored(stored(7), wanted=False)
    queue.live(text("a"), 0.0)
    assert queue.barrier(TASK) == (7, 2)
    queue.live(text("b"), 0.0)
    assert short(taken(queue)) == [(7, 1, "a"), (7, 3, "b")]


def test_a_live_frame_that_is_no_delta_stands_alone() -> None:
    queue = SendQueue()
    frame = LiveFrame(TASK, None, 5, "agent/request/retrying", {"requestId": "r", "attempt": 1})
    queue.live(frame, 0.0)
    queue.live(frame, 0.0)
    envelope = {"taskId": TASK, "seq": 0, "time": 5, "requestId": "r", "attempt": 1}
    assert [params(item) for item in taken(queue)] == [{**envelope, "part": 1}, {**envelope, "part": 2}]


def test_fields_of_a_call_are_joined_by_path() -> None:
    queue = SendQueue()
    pieces = [
        arguments('{"a": "x', {"path": ["a"], "append": "x"}),
        arguments("y", {"path": ["a"], "append": "y"}),
        arguments('", "b": 1', {"path": ("a",), "append": ""}, {"path": ["b"], "value": 1}),
        arguments(', "c": ["z', {"path": ["c", 0], "append": "z"}),
    ]
    for piece in pieces:
        queue.live(piece, 0.0)
    (item,) = taken(queue)
    assert params(item)["delta"] == '{"a": "xy", "b": 1, "c": ["z'
    assert params(item)["fields"] == [
        {"path": ["a"], "append": "xy"},
        {"path": ["b"], "value": 1},
        {"path": ["c", 0], "append": "z"},
    ]
    assert pieces[0].payload["fields"] == [{"path": ["a"], "append": "x"}]


def test_over_the_limit_stored_frames_keep_only_their_number() -> None:
    queue = SendQueue(limit_bytes=80_000)
    for seq in (1, 2, 3):
        queue.stored(stored(seq, 30_000), wanted=True)
    assert [type(item) for item in taken(queue)] == [Plain, Plain, Spilled]
    queue.stored(stored(4, 30_000), wanted=True)
    assert [type(item) for item in taken(queue)] == [Plain]


def test_over_the_limit_output_keeps_its_newest_and_says_what_is_missing() -> None:
    queue = SendQueue(limit_bytes=100_000)
    for number in range(30):
        queue.live(output(f"{number % 10}" * 10_000), 0.0)
        assert queue.queued_bytes <= 100_000
    items = taken(queue)
    text_sent = "".join(params(item)["delta"] for item in items)
    assert text_sent.startswith("0" * 10_000 + "1" * 10_000)
    assert text_sent.endswith("9" * 10_000)
    left_out = sum(item.left_out_bytes for item in items if isinstance(item, LiveEntry))
    assert f"{left_out} bytes of output left out" in text_sent
    assert left_out + sum(item.size_bytes for item in items if isinstance(item, LiveEntry)) == 300_000
    assert queue.queued_bytes == 0


def test_over_the_limit_a_message_stops_and_does_not_go_on_with_a_gap() -> None:
    queue = SendQueue(limit_bytes=100)
    queue.live(text("a" * 60), 0.0)
    queue.live(text("b" * 60), 0.0)
    assert len(short(taken(queue))) == 1
    queue.live(text("c"), 1.0)
    assert taken(queue) == []
    queue.live(text("d", "m2"), 1.0)
    assert short(taken(queue)) == [(0, 2, "d")]


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("live"), st.sampled_from(["m1", "m2"]), st.text(max_size=5)),
        st.tuples(st.just("stored"), st.just(""), st.just("")),
        st.tuples(st.just("barrier"), st.just(""), st.just("")),
        st.tuples(st.just("take"), st.just(""), st.just("")),
        st.tuples(st.just("wait"), st.just(""), st.just("")),
    ),
    max_size=60,
)


@given(EVENTS)
def test_nothing_is_lost_or_reordered_and_no_number_is_given_twice(events: list[tuple[str, str, str]]) -> None:
    queue = SendQueue()
    now_s, seq = 0.0, 0
    expected: dict[str, str] = {"m1": "", "m2": ""}
    barriers: list[tuple[int, int]] = []
    items: list[Item] = []
    for kind, message_id, delta in events:
        match kind:
            case "live":
                expected[message_id] += delta
                queue.live(text(delta, message_id), now_s)
            case "stored":
                seq += 1
                queue.stored(stored(seq), wanted=True)
            case "barrier":
                barriers.append(queue.barrier(TASK))
            case "take":
                queue.release(now_s)
                items += taken(queue, now_s)
            case _:
                now_s += PERIOD_S / 2
    queue.flush()
    items += taken(queue, now_s)
    numbers: list[tuple[int, int]] = []
    received: dict[str, str] = {"m1": "", "m2": ""}
    passed = 0
    for item in items:
        if isinstance(item, LiveEntry):
            numbers.append((item.seq, item.part))
            received[params(item)["messageId"]] += params(item)["delta"]
        else:
            passed += 1
            numbers.append((passed, 0))
    assert received == expected
    assert numbers == sorted(set(numbers))
    assert not set(numbers) & set(barriers)
    assert queue.queued_bytes == 0


@pytest.mark.parametrize("letter", ["x", "é", "😋"])
def test_a_delta_over_the_cap_goes_in_several_frames(letter: str) -> None:
    queue = SendQueue()
    whole = letter * 50_000
    queue.live(text(whole), 0.0)
    queue.live(text("rest"), 0.0)
    queue.flush()
    sent = [params(item) for item in taken(queue)]
    assert [frame["part"] for frame in sent] == list(range(1, len(sent) + 1))
    assert "".join(frame["delta"] for frame in sent) == whole + "rest"
    assert max(len(frame["delta"].encode()) for frame in sent) <= CAP_BYTES


def test_the_fields_of_a_delta_over_the_cap_are_cut_with_it() -> None:
    queue = SendQueue()
    update = {"path": ["content"], "append": "é" * 50_000}
    raw = json.dumps(update["append"])
    queue.live(arguments(raw, {"path": ["a"], "value": 1}, update, {"path": ["b"], "value": 2}), 0.0)
    queue.live(arguments("}"), 0.0)
    queue.flush()
    sent = [params(item) for item in taken(queue)]
    fields = [field for frame in sent for field in frame["fields"]]
    assert "".join(frame["delta"] for frame in sent) == raw + "}"
    assert "".join(field.get("append", "") for field in fields) == update["append"]
    assert [field["path"] for field in fields if "value" in field] == [["a"], ["b"]]
    assert max(len(field.get("append", "").encode()) for field in fields) <= CAP_BYTES

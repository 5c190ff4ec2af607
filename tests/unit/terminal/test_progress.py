"""What is under way: streaming arguments, growing text, a talking command."""

import asyncio
import io

import pytest

from agentls.terminal import messages as m
from agentls.terminal.progress import TAIL_CHARACTERS, Progress
from agentls.terminal.timeline import LiveTimeline, PlainTimeline


def heard(*messages: m.Shown) -> list[str]:
    progress = Progress()
    for message in messages:
        progress.hear(message)
    return [line.text for line in progress.lines()]


def test_arguments_appear_as_they_stream() -> None:
    assert heard(
        m.RequestStarted("r1"),
        m.ToolCallStarted("c1", "edit_file"),
        m.ToolCallDelta("c1", (m.FieldUpdate(("path",), "shop/"),)),
        m.ToolCallDelta("c1", (m.FieldUpdate(("path",), "a.py"), m.FieldUpdate(("new",), "one\ntw"))),
    ) == ["○ edit_file …", "    path: shop/a.py", "    new (6 characters):", "      one", "      tw"]


def test_a_ready_call_makes_room_for_its_output() -> None:
    assert heard(
        m.ToolCallStarted("c1", "execute_command"),
        m.ToolCallDelta("c1", (m.FieldUpdate(("command",), "make"),)),
        m.ToolCallReady("c1", "execute_command", {"command": "make"}, "Run make", "execute"),
        m.ToolCallOutput("c1", "building\nlink"),
        m.ToolCallOutput("c1", "ing"),
    ) == ["    building", "    linking"]


def test_a_ready_call_stays_in_sight_until_the_text_before_it_is_told() -> None:
    call: list[m.Shown] = [
        m.MessageStarted("m1"),
        m.MessageDelta("m1", "Let me see."),
        m.ToolCallStarted("c1", "read_file"),
        m.ToolCallReady("c1", "read_file", {"path": "a"}, "Read a", "read"),
    ]
    assert heard(*call) == ["Let me see.", "○ Read a"]
    assert heard(*call, m.MessageCompleted("m1", "Let me see.")) == []


def test_text_and_thought_show_their_ends_and_vanish_when_complete() -> None:
    stream: list[m.Shown] = [
        m.ReasoningDelta("m0", "hmm"),
        m.ReasoningCompleted("m0", "hmm"),
        m.MessageStarted("m1"),
        *(m.MessageDelta("m1", f"line {n}\n") for n in range(9)),
    ]
    assert heard(*stream) == [f"line {n}" for n in range(3, 9)]
    assert heard(*stream, m.MessageCompleted("m1", "…")) == []


def test_the_foot_says_what_is_waited_for_and_what_it_cost_so_far() -> None:
    status = m.TaskStatus("running", m.Usage(1500, 20), 0.002)
    assert heard(status, m.RequestStarted("r1")) == ["… waiting for the model · 1,500 tokens in, 20 out · $0.0020"]


def test_an_ended_turn_leaves_nothing_under_way() -> None:
    done = m.TurnCompleted("interrupted", m.Usage(1, 1), 5)
    assert heard(m.ToolCallStarted("c1", "x"), m.RequestStarted("r1"), done) == []


def test_memory_does_not_grow_with_what_streams_through() -> None:
    progress = Progress()
    progress.hear(m.ToolCallStarted("c1", "write_to_file"))
    for _ in range(200):
        progress.hear(m.ToolCallDelta("c1", (m.FieldUpdate(("content",), "x" * 1000),)))
    lines = progress.lines()
    assert lines[1].text == "    content (200,000 characters):"
    assert sum(len(line.text) for line in lines) < TAIL_CHARACTERS


async def test_the_live_timeline_keeps_finished_lines_and_holds_still_while_paused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setenv("COLUMNS", "80")
    timeline = LiveTimeline()
    timeline.show(m.ToolCallStarted("c1", "edit_file"))
    await asyncio.sleep(0)
    timeline.say("heading", "hello")
    timeline.pause()
    size = len(stream.getvalue())
    timeline.show(m.MessageCompleted("m1", "an answer"))
    assert len(stream.getvalue()) == size
    timeline.resume()
    timeline.close()
    assert stream.getvalue().index("hello") < stream.getvalue().index("an answer")


def test_the_plain_timeline_writes_finished_lines_only() -> None:
    stream = io.StringIO()
    timeline = PlainTimeline(stream)
    timeline.show(m.MessageDelta("m1", "half"))
    timeline.show(m.MessageCompleted("m1", "whole"))
    timeline.say("quiet", "said")
    timeline.close()
    assert stream.getvalue() == "whole\nsaid\n"

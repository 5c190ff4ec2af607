"""What is under way: streaming arguments, growing text, a talking command."""

import asyncio
import io

import pytest

from agentls.terminal import messages as m
from agentls.terminal.canvas import BEGIN_FRAME, END_FRAME, HIDE_CURSOR, SHOW_CURSOR, Canvas
from agentls.terminal.progress import TAIL_CHARACTERS, Progress
from agentls.terminal.text import Line
from agentls.terminal.timeline import STYLES, LiveTimeline, PlainTimeline, open_timeline


def heard(*messages: m.Shown, width: int = 100) -> list[str]:
    progress = Progress()
    for message in messages:
        progress.hear(message)
    return [line.text for line in progress.lines(width)]


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
    assert heard(*stream) == [f"line {n}" for n in range(9)]
    assert heard(*stream, m.MessageCompleted("m1", "…")) == []


def test_the_end_of_a_long_paragraph_is_in_sight_on_a_narrow_terminal() -> None:
    words = " ".join(f"word{n:03}" for n in range(200))
    shown = heard(m.MessageStarted("m1"), m.MessageDelta("m1", words), width=40)
    assert (len(shown), shown[-1].rstrip()) == (10, "word195 word196 word197 word198 word199")


def test_a_command_that_says_nothing_is_seen_to_run() -> None:
    call: list[m.Shown] = [
        m.ToolCallStarted("c1", "execute_command"),
        m.ToolCallReady("c1", "execute_command", {"command": "make"}, "Run make", "execute"),
        m.ToolCallStatus("c1", "running"),
    ]
    assert heard(*call) == ["… running"]
    assert heard(*call, m.ToolResult("c1", "execute_command", "ok", (), 5)) == []


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
    lines = progress.lines(100)
    assert lines[1].text == "    content (200,000 characters):"
    assert sum(len(line.text) for line in lines) < TAIL_CHARACTERS


async def test_the_live_timeline_keeps_finished_lines_and_holds_still_while_paused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setenv("COLUMNS", "80")
    timeline = LiveTimeline(Canvas(stream, STYLES))
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
    assert stream.getvalue().count(HIDE_CURSOR) == stream.getvalue().count(SHOW_CURSOR) == 2, "one pause, one end"


def test_a_canvas_erases_what_a_narrower_terminal_made_of_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    canvas = Canvas(stream, STYLES)
    monkeypatch.setenv("COLUMNS", "80")
    canvas.draw([Line("answer", "told")], [Line("quiet", "x" * 79), Line("quiet", "short")])
    stream.seek(0)
    stream.truncate()
    monkeypatch.setenv("COLUMNS", "30")
    canvas.draw([], [Line("quiet", "next")])
    assert stream.getvalue() == f"{BEGIN_FRAME}\r\x1b[4A\x1b[Jnext\n{END_FRAME}"


def test_a_canvas_shows_the_cursor_when_nothing_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setenv("COLUMNS", "80")
    canvas = Canvas(stream, STYLES)
    canvas.draw([], [Line("quiet", "row")])
    canvas.draw([Line("answer", "done")], [])
    canvas.draw([], [])
    assert stream.getvalue() == (
        f"{BEGIN_FRAME}{HIDE_CURSOR}row\n{END_FRAME}{BEGIN_FRAME}\r\x1b[1A\x1b[Jdone\n{SHOW_CURSOR}{END_FRAME}"
    )


def test_a_terminal_that_cannot_be_drawn_on_gets_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert not Canvas(io.StringIO(), STYLES).can_draw
    assert isinstance(open_timeline(plain=False), PlainTimeline)


def test_the_plain_timeline_writes_finished_lines_only() -> None:
    stream = io.StringIO()
    timeline = PlainTimeline(stream)
    timeline.show(m.MessageDelta("m1", "half"))
    timeline.show(m.MessageCompleted("m1", "whole"))
    timeline.say("quiet", "said")
    timeline.close()
    assert stream.getvalue() == "whole\nsaid\n"

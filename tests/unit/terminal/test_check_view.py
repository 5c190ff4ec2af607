"""Where the table of a check goes: a line per step on a pipe, the last row drawn over on a terminal."""

import asyncio
import io

import msgspec
import pytest

from agentls.terminal.canvas import Canvas
from agentls.terminal.check import _Listener
from agentls.terminal.check_messages import STEP_METHOD, CheckedStep, CheckResult, Dialect, read_result
from agentls.terminal.check_view import LiveView, PlainView
from agentls.terminal.json_lines import JsonLines
from agentls.terminal.messages import UnreadableMessage, Usage
from agentls.terminal.timeline import STYLES

STEP = CheckedStep("reach", "ok", "Connection", "http://127.0.0.1:8000 answers and lists 3 models.")
RESULT = CheckResult(ok=True, checks=(STEP,), dialect=Dialect(), usage=Usage(31, 12), requests=1)
UP = "\x1b[1A"


def test_a_pipe_gets_a_line_for_each_step_as_it_ends() -> None:
    stream = io.StringIO()
    view = PlainView(stream)
    view.begin("http://127.0.0.1:8000/v1", "m", "reach")
    view.note("It was trimmed.")
    view.step(STEP)
    assert stream.getvalue().splitlines() == [
        "agentls check · http://127.0.0.1:8000/v1 · m · level reach",
        "",
        "! It was trimmed.",
        "",
        "✓ Connection          http://127.0.0.1:8000 answers and lists 3 models.",
    ]
    view.end(RESULT)
    view.close()
    assert stream.getvalue().splitlines()[-1].startswith("1 ok · 1 request · 31 tokens in, 12 out · ")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("FORCE_COLOR", "1")
    return io.StringIO()


async def test_a_terminal_shows_what_is_under_way_and_takes_it_away_at_the_end(terminal: io.StringIO) -> None:
    view = LiveView(Canvas(terminal, STYLES))
    view.begin("http://127.0.0.1:8000/v1", "m", "full")
    assert "… looking for the server · 0 s" in terminal.getvalue()
    view.step(STEP)
    shown = terminal.getvalue()
    assert shown.index("… looking for the server") < shown.rindex(UP) < shown.index("✓ Connection")
    assert shown.index("✓ Connection") < shown.index("… waiting for the model's first answer")
    view.end(RESULT)
    view.close()
    last = terminal.getvalue()[len(shown) :]
    assert last.startswith("\x1b[?2026h\r\x1b[1A\x1b[J")
    assert "1 ok · 1 request" in last
    assert "…" not in last


async def test_nothing_is_drawn_after_it_was_closed(terminal: io.StringIO) -> None:
    view = LiveView(Canvas(terminal, STYLES))
    view.begin("http://x/v1", "m", "full")
    view.close()
    closed = terminal.getvalue()
    await asyncio.sleep(0)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    assert terminal.getvalue() == closed


def test_steps_are_told_and_other_notifications_are_not() -> None:
    lines = io.BytesIO()
    listener = _Listener(None, JsonLines(lines))
    listener.hear("agent/provider/changed", msgspec.Raw(b"{}"))
    listener.hear(STEP_METHOD, msgspec.Raw(b'{"id":"reach"}'))
    assert lines.getvalue() == b'{"method":"agent/provider/checkStep","params":{"id":"reach"}}\n'


def test_a_result_that_is_none_is_refused() -> None:
    with pytest.raises(UnreadableMessage):
        read_result(msgspec.Raw(b'{"ok":"yes"}'))


def test_a_result_is_one_line_of_json_with_its_method() -> None:
    lines = io.BytesIO()
    JsonLines(lines).write_result("agent/provider/check", msgspec.Raw(b'{"ok":\n true}'))
    assert lines.getvalue() == b'{"method":"agent/provider/check","result":{"ok":true}}\n'

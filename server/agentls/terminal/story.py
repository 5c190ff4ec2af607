"""The timeline as text: each notification becomes the finished lines that tell it.

Pure: it prints nothing and needs no delta, since every completed message is authoritative (it works the same
with deltas opted out). Invariant: a diff or command is told whole before its approval is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from agentls.terminal import messages as m
from agentls.terminal.text import (
    Line,
    Style,
    cut,
    diff_lines,
    dollars,
    excerpt,
    lines_of,
    printable,
    seconds,
)

ARGUMENT_WIDTH = 60
CALL_WIDTH = 160
CONTENT_WIDTH = 200
EXCERPTS: Mapping[str, tuple[int, int]] = {"execute": (3, 9), "search": (8, 1)}
"""Lines shown of a result by kind of tool: so many from the start, so many from the end."""
EXCERPT = (6, 2)
GAP = Line("quiet", "")
MARKS = {"pending": "☐", "inProgress": "◐", "completed": "☑"}
DECISIONS = {
    "allow": "allowed",
    "allowForTask": "allowed for this task",
    "allowUnsandboxed": "allowed outside the sandbox",
    "deny": "denied",
}


@dataclass(slots=True)
class _Call:
    title: str
    kind: str = "other"
    diff_told: bool = False


class Story:
    """Turns notifications into lines."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._last_call = ""
        self._requests: set[str] = set()
        self._held: list[Line] | None = None
        """Calls that became ready while the text before them was not complete; None: no text is open."""
        self.needs_gap = False
        """Whether the next step begins after an empty line."""

    def tell(self, message: m.Shown) -> list[Line]:
        """The lines that this notification adds; none for most of them. Each step begins after an empty line."""
        lines = self._tell(message)
        if not lines:
            return lines
        begins = isinstance(message, m.Prompt | m.MessageCompleted | m.ToolCallReady | m.TurnCompleted)
        gap = [GAP] if begins and self.needs_gap else []
        self.needs_gap = not isinstance(message, m.ToolCallReady)  # calls that go out together stay together
        if isinstance(message, m.MessageCompleted) and lines[-1].style != "answer":
            self.needs_gap = False  # it ends with its calls
        return [*gap, *lines]

    def _tell(self, message: m.Shown) -> list[Line]:
        match message:
            case m.Prompt(state="delivered"):
                text = "\n".join(block.text or _attached(block) for block in message.content)
                return [Line("prompt", f"› {line}") for line in lines_of(text)]
            case m.RequestStarted():
                self._requests.add(message.request_id)
            case m.RequestRetrying():
                return [_retry(message)]
            case m.MessageStarted():
                self._held = []
            case m.MessageCompleted():
                held, self._held = self._held or [], None
                return [*_answer(message), *held]
            case m.ToolCallStarted():
                self._calls[message.call_id] = _Call(message.name)
            case m.ToolCallReady():
                return self._ready(message)
            case m.ApprovalRequested():
                return self._approval(message)
            case m.ApprovalResolved():
                decision = DECISIONS.get(message.decision, printable(message.decision))
                return [Line("ask", f"  → {decision} (by {printable(message.by)})")]
            case m.ToolResult():
                return self._result(message)
            case m.QuestionRequested() | m.QuestionResolved():
                return _question(message)
            case m.TodoUpdated() | m.Notice():
                return _told(message)
            case m.TurnCompleted():
                return self._completed(message)
        return []

    def _ready(self, message: m.ToolCallReady) -> list[Line]:
        call = self._calls.setdefault(message.call_id, _Call(message.name))
        call.title, call.kind = message.title, message.kind
        self._last_call = message.call_id
        lines = [
            Line("call", f"● {cut(printable(message.title), CALL_WIDTH)}", "cut"),
            Line("quiet", "  " + cut(call_text(message.name, message.arguments), CALL_WIDTH), "cut"),
        ]
        if self._held is not None:
            self._held += lines
            return []
        return lines

    def _approval(self, message: m.ApprovalRequested) -> list[Line]:
        subject = message.subject
        call = self._calls.get(message.call_id)
        reason = message.title.removeprefix(f"{call.title} — ") if call is not None else message.title
        lines = [Line("ask", f"  ? {printable(reason)}")]
        if subject.command is not None:
            where = f"  (in {printable(subject.cwd)})" if subject.cwd not in (None, ".") else ""
            lines += [Line("ask", f"    $ {line}", "exact") for line in lines_of(subject.command)]
            lines[-1] = Line("ask", lines[-1].text + where, "exact")
        if subject.origin is not None:
            lines.append(Line("ask", f"    {printable(subject.origin)}", "exact"))
        if subject.diff is not None:
            lines.append(Line("ask", f"    {printable(subject.path or '')}", "exact"))
            lines += diff_lines(subject.diff.unified, "    ")
            self._calls.setdefault(message.call_id, _Call(message.title)).diff_told = True
        return lines

    def _result(self, message: m.ToolResult) -> list[Line]:
        call = self._calls.pop(message.call_id, _Call(message.name))
        facts: list[str] = [message.status]
        if self._last_call != message.call_id:
            facts.insert(0, cut(printable(call.title), ARGUMENT_WIDTH))
            self._last_call = message.call_id
        if message.range is not None:
            shown = message.range
            facts.append(f"lines {shown.start_line}–{shown.end_line} of {shown.total_lines}")
        if message.diff is not None:
            facts.append(f"+{message.diff.added} −{message.diff.removed}")
        if message.exit_code is not None:
            facts.append(f"exit code {message.exit_code}")
        facts.append(seconds(message.duration_ms))
        good = message.status == "ok"
        lines = [Line("good" if good else "bad", f"  {'✓' if good else '✗'} " + " · ".join(facts))]
        if message.diff is not None:
            lines += [] if call.diff_told else diff_lines(message.diff.unified, "    ")
        else:
            lines += _content(message, call.kind)
        if message.truncated is not None:
            following = message.truncated.next or ""
            told = any(following in (part.text or "") for part in message.content)
            lines.append(Line("quiet", f"    … {_shown(message.truncated, with_next=not told)}"))
        return lines

    def _completed(self, message: m.TurnCompleted) -> list[Line]:
        usage = message.usage
        cached = f" ({usage.cached_tokens:,} cached)" if usage.cached_tokens else ""
        about = "about " if usage.estimated else ""
        requests = len(self._requests)
        facts = [
            message.status,
            f"{requests} request" + ("" if requests == 1 else "s"),
        ]
        if usage.input_tokens or usage.output_tokens:
            facts.append(f"{about}{usage.input_tokens:,} tokens in{cached}, {usage.output_tokens:,} out")
        if message.cost is not None:
            facts.append(about + dollars(message.cost))
        facts.append(seconds(message.duration_ms))
        lines = [Line("quiet", f"changed: {printable(file.path)} ({file.change})") for file in message.changed_files]
        if message.error is not None:
            lines += failure_lines(message.error)
        style: Style = "good" if message.status == "completed" else "bad"
        return [*lines, Line(style, " · ".join(facts))]


def call_text(name: str, arguments: Mapping[str, object]) -> str:
    """A call as one line: the tool's name and its arguments, long ones cut."""
    told = [f"{printable(key)}={_value(value)}" for key, value in arguments.items()]
    return " ".join([printable(name), *told])


def failure_lines(error: m.Failure) -> list[Line]:
    """A failure: what, in whose words, and what to do."""
    lines = [Line("bad", f"✗ {printable(error.title)} ({printable(error.code)})")]
    lines += [Line("quiet", f"  {line}") for line in lines_of(error.detail)]
    lines += [Line("warning", f"  {line}") for line in lines_of(error.advice)]
    return lines


def _attached(block: m.Block) -> str:
    """A block of a prompt that is no text, in one line: `[file file:///w/a.py]`, `[image/png]`."""
    return f"[{' '.join(part for part in (block.mime_type or block.type, block.uri) if part)}]"


def _value(value: object) -> str:
    return cut(printable(msgspec.json.encode(value).decode()), ARGUMENT_WIDTH)


def _content(message: m.ToolResult, kind: str) -> list[Line]:
    lines: list[str] = []
    for part in message.content:
        if part.text is not None:
            lines += lines_of(part.text)
        elif not lines:  # else the text before it says what it is
            lines.append(f"[{printable(part.mime_type or part.type)}]")
    head, tail = EXCERPTS.get(kind, EXCERPT)
    return [Line("quiet", f"    {cut(line, CONTENT_WIDTH)}", "cut") for line in excerpt(lines, head, tail)]


def _shown(truncated: m.Truncation, *, with_next: bool = True) -> str:
    shown = f"{truncated.shown_bytes:,} of {truncated.total_bytes:,} bytes shown"
    return f"{shown}; next: {printable(truncated.next)}" if with_next and truncated.next else shown


def _answer(message: m.MessageCompleted) -> list[Line]:
    if message.discarded:
        return [Line("warning", "! the answer broke off; what came of it is discarded")]
    lines = [Line("answer", line) for line in lines_of(message.text.strip())]
    if message.truncated is not None:
        lines.append(Line("quiet", f"… {_shown(message.truncated)}"))
    return lines


def _question(message: m.QuestionRequested | m.QuestionResolved) -> list[Line]:
    if isinstance(message, m.QuestionResolved):
        return [Line("ask", f"  → {line}") for line in lines_of(message.answer or "no answer")]
    options = [f"    {number}. {printable(option)}" for number, option in enumerate(message.options, 1)]
    asked = [f"  ? {line}" for line in lines_of(message.question)]
    return [Line("ask", line) for line in [*asked, *options]]


def _retry(message: m.RequestRetrying) -> Line:
    wait = seconds(message.delay_ms)
    return Line("warning", f"! {printable(message.error.title)}; attempt {message.attempt} follows in {wait}")


def _told(message: m.TodoUpdated | m.Notice) -> list[Line]:
    if isinstance(message, m.TodoUpdated):
        plan = [f"  {MARKS.get(item.state, '·')} {printable(item.text)}" for item in message.items]
        return [Line("quiet", line) for line in plan]
    styles: Mapping[str, Style] = {"error": "bad", "warning": "warning"}
    lines = [Line(styles.get(message.level, "quiet"), f"! {line}") for line in lines_of(message.message)]
    return [*lines, *(Line("quiet", f"  {line}") for line in lines_of(message.advice or ""))]

"""What is under way right now: arguments that are streaming, text that is growing, a command that is talking.

Pure, like the story, and fed with the same notifications. Invariant: it keeps only tails, so its memory does
not grow with what streams through.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agentls.terminal import messages as m
from agentls.terminal.text import Line, Style, cells, dollars, fitted, lines_of, printable, seconds

TAIL_CHARACTERS = 2400
ARGUMENT_ROWS = 6
TEXT_ROWS = 10


@dataclass(slots=True)
class _Call:
    name: str
    fields: dict[str, str] = field(default_factory=dict)
    """Path of an argument → the end of its text so far."""
    sizes: dict[str, int] = field(default_factory=dict)
    output: str = ""
    ready: bool = False
    title: str = ""


class Progress:
    """The live part of a timeline."""

    def __init__(self) -> None:
        self._calls: dict[str, _Call] = {}
        self._clear()

    def _clear(self) -> None:
        self._calls.clear()
        self._text = ""
        self._thought = ""
        self._waiting = ""
        self._is_answering = False
        """Between the start and the end of a text; the story tells calls after it."""
        self._status: m.TaskStatus | None = None

    def hear(self, message: m.Shown) -> None:
        """Take in a notification."""
        match message:
            case m.RequestStarted():
                self._waiting = "waiting for the model"
            case m.RequestWaiting():
                self._waiting = _wait(message)
            case m.MessageStarted() | m.MessageCompleted():
                self._text = self._thought = self._waiting = ""
                self._is_answering = isinstance(message, m.MessageStarted)
            case m.MessageDelta():
                self._text, self._waiting = _tail(self._text, message.delta), ""
            case m.ReasoningDelta():
                self._thought, self._waiting = _tail(self._thought, message.delta), ""
            case m.ReasoningCompleted():
                self._thought = ""
            case m.ToolCallStarted():
                self._waiting = ""
                self._calls[message.call_id] = _Call(message.name)
            case m.ToolCallDelta():
                self._argument(message)
            case m.ToolCallReady():
                call = self._calls.setdefault(message.call_id, _Call(message.name))
                call.ready, call.title = True, message.title
                call.fields.clear()
            case m.ToolCallStatus() | m.ToolCallOutput() | m.ToolResult():
                self._run(message)
            case m.TaskStatus():
                self._status = message
            case m.TurnCompleted():
                self._clear()

    @property
    def begins_a_step(self) -> bool:
        """Whether what is under way is new, rather than the output of the call that was told last."""
        return bool(self._text or self._thought) or not any(call.ready for call in self._calls.values())

    def lines(self, width: int) -> list[Line]:
        """What to show below the finished lines; none is wider than `width`."""
        shown = _last(self._thought, width, TEXT_ROWS, "quiet")
        shown += _last(self._text, width, TEXT_ROWS, "answer")
        for call in self._calls.values():
            if call.ready and self._is_answering:
                shown += fitted(Line("call", f"○ {printable(call.title)}", "cut"), width)
            else:
                shown += _call_lines(call, width)
        foot = self._foot()
        return [*shown, *fitted(Line("quiet", foot, "cut"), width)] if foot else shown

    def _run(self, message: m.ToolCallStatus | m.ToolCallOutput | m.ToolResult) -> None:
        call = self._calls.get(message.call_id)
        match message:
            case m.ToolCallStatus():
                self._waiting = "running" if message.status == "running" else ""
            case m.ToolCallOutput() if call is not None:
                call.output = _tail(call.output, message.delta)
            case m.ToolResult():
                self._calls.pop(message.call_id, None)
                self._waiting = self._waiting if self._calls else ""
            case _:
                pass

    def _argument(self, message: m.ToolCallDelta) -> None:
        self._waiting = ""
        call = self._calls.get(message.call_id)
        if call is None or call.ready:
            return
        for update in message.fields:
            path = ".".join(str(step) for step in update.path)
            text = update.append if update.append is not None else str(update.value)
            call.fields[path] = _tail(call.fields.get(path, ""), text)
            call.sizes[path] = call.sizes.get(path, 0) + len(text)

    def _foot(self) -> str:
        parts = [f"… {self._waiting}"] if self._waiting else []
        if self._status is not None:
            usage = self._status.usage
            if usage.input_tokens:
                parts.append(f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out")
            if self._status.cost:
                parts.append(dollars(self._status.cost))
        return " · ".join(parts)


def _wait(message: m.RequestWaiting) -> str:
    limit = seconds(message.limit_ms)
    if message.reason == "rateLimit":
        return f"the next request is sent in {limit}, as rateLimitS says"
    return f"the model has been silent for {seconds(message.waited_ms)}; given up after {limit}"


def _call_lines(call: _Call, width: int) -> list[Line]:
    if call.ready:
        return _last(call.output, width, ARGUMENT_ROWS, "quiet", "    ")
    lines = fitted(Line("call", f"○ {printable(call.name)} …", "cut"), width)
    for path, tail in call.fields.items():
        name = f"    {printable(path)}"
        texts = lines_of(tail)
        whole = f"{name}: {''.join(texts)}"
        if len(texts) <= 1 and call.sizes[path] == len(tail) and cells(whole) <= width:
            lines.append(Line("quiet", whole))
        else:
            lines += fitted(Line("quiet", f"{name} ({call.sizes[path]:,} characters):", "cut"), width)
            lines += _last(tail, width, ARGUMENT_ROWS, "quiet", "      ")
    return lines


def _tail(text: str, more: str) -> str:
    return (text + more)[-TAIL_CHARACTERS:]


def _last(text: str, width: int, limit: int, style: Style, indent: str = "") -> list[Line]:
    """The last rows of a text."""
    lines = [Line(style, indent + line) for line in lines_of(text)[-limit:]]
    return [row for line in lines for row in fitted(line, width)][-limit:]

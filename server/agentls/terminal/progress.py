"""What is under way right now: arguments that are streaming, text that is growing, a command that is talking.

Pure, like the story, and fed with the same notifications. Invariant: it keeps only tails, so its memory does
not grow with what streams through.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agentls.terminal import messages as m
from agentls.terminal.text import Line, cut, dollars, lines_of, printable

TAIL_CHARACTERS = 1200
TAIL_LINES = 6
WIDTH = 110


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
            case m.MessageStarted() | m.MessageCompleted():
                self._text = self._thought = self._waiting = ""
                self._is_answering = isinstance(message, m.MessageStarted)
            case m.MessageDelta():
                self._text = _tail(self._text, message.delta)
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
            case m.ToolCallOutput():
                if message.call_id in self._calls:
                    call = self._calls[message.call_id]
                    call.output = _tail(call.output, message.delta)
            case m.ToolResult():
                self._calls.pop(message.call_id, None)
            case m.TaskStatus():
                self._status = message
            case m.TurnCompleted():
                self._clear()

    def lines(self) -> list[Line]:
        """What to show below the finished lines."""
        shown: list[Line] = [Line("quiet", line) for line in _last(self._thought)]
        shown += [Line("answer", line) for line in _last(self._text)]
        for call in self._calls.values():
            if call.ready and self._is_answering:
                shown.append(Line("call", f"○ {cut(printable(call.title), WIDTH)}"))
            else:
                shown += _call_lines(call)
        foot = self._foot()
        return [*shown, Line("quiet", foot)] if foot else shown

    def _argument(self, message: m.ToolCallDelta) -> None:
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


def _call_lines(call: _Call) -> list[Line]:
    if call.ready:
        return [Line("quiet", f"    {line}") for line in _last(call.output)]
    lines = [Line("call", f"○ {printable(call.name)} …")]
    for path, tail in call.fields.items():
        text = _last(tail)
        if call.sizes[path] <= WIDTH and len(text) <= 1:
            lines.append(Line("quiet", f"    {printable(path)}: {text[0] if text else ''}"))
        else:
            lines.append(Line("quiet", f"    {printable(path)} ({call.sizes[path]:,} characters):"))
            lines += [Line("quiet", f"      {line}") for line in text]
    return lines


def _tail(text: str, more: str) -> str:
    return (text + more)[-TAIL_CHARACTERS:]


def _last(text: str) -> list[str]:
    return [cut(line, WIDTH) for line in lines_of(text)[-TAIL_LINES:]]

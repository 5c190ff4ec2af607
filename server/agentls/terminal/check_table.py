"""The check as a table: a line for each step as it ends, then what it cost and what was learned.

It knows how things look, not where they come from. Invariant: whatever a provider wrote is made printable first, and
a line that was shown is never changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from agentls.terminal.check_messages import CheckedStep, CheckResult
from agentls.terminal.text import Line, Style, cells, dollars, printable, rows, seconds

SIGNS: Final = {"ok": "✓", "warn": "!", "fail": "✗", "skipped": "–"}
_STYLES: Final[dict[str, Style]] = {"ok": "answer", "warn": "warning", "fail": "bad", "skipped": "quiet"}
_TITLE_COLUMNS: Final = 18
"""The longest title, "Streamed arguments"."""
_INDENT: Final = 2 + _TITLE_COLUMNS + 2
UNDER_WAY: Final = {
    "reach": "looking for the server",
    "key": "waiting for the model's first answer",
    "model": "looking at the answer",
    "streaming": "looking at how it came",
    "toolCall": "asking for tool calls",
    "streamedArguments": "looking at how they came",
    "parallelCalls": "looking at whether they stayed two",
    "toolResult": "sending their results back",
    "usage": "adding up tokens",
    "images": "showing a picture",
    "contextWindow": "asking how much the model takes",
}
"""What is going on before each step ends, in the order of the steps."""
LOADING_MS: Final = 8000
"""A model that is loaded has begun to answer by then."""


def heading(base_url: object, model: object, level: str) -> list[Line]:
    """What is checked."""
    which = "" if level == "full" else f" · level {level}"
    what = f"agentls check · {printable(str(base_url))} · {printable(str(model))}{which}"
    return [Line("heading", what), Line("quiet", "")]


def noted(text: str, width: int | None) -> list[Line]:
    """A warning about the settings, before the first step."""
    return [*(Line("warning", row) for row in _rows(f"! {printable(text)}", width)), Line("quiet", "")]


def step_lines(step: CheckedStep, width: int | None) -> list[Line]:
    """A step that ended; broken between words to `width` columns, or in one line for None."""
    title = printable(step.title)
    head = f"{SIGNS[step.status]} {title}" + " " * max(1, _INDENT - 2 - cells(title))
    style = _STYLES[step.status]
    first, *more = _fitted(printable(step.detail), width)
    lines = [Line(style, head + first), *(Line(style, " " * _INDENT + row) for row in more)]
    if step.advice is not None:
        lines += [Line("prompt", " " * _INDENT + row) for row in _fitted(f"→ {printable(step.advice)}", width)]
    return lines


def under_way(ended: Sequence[str], waited_ms: int, width: int) -> Line:
    """What is going on after these steps ended."""
    doing = next((doing for step, doing in UNDER_WAY.items() if step not in ended), "counting")
    text = f"… {doing} · {waited_ms // 1000} s"
    if waited_ms >= LOADING_MS and "reach" in ended and "model" not in ended:
        text += " · it may still be loading"
    return Line("quiet", rows(text, width)[0])


def closing(result: CheckResult, duration_ms: int, width: int | None) -> list[Line]:
    """What was learned, how many steps went how, and what it cost."""
    lines = [Line("quiet", "")]
    server = result.dialect.server or "this server"
    learned = [lesson.note for lesson in result.dialect.learned]
    known = [each for each in result.dialect.differences if not _says_the_same(each, learned)]
    if known:
        lines += _quiet(f"Requests to {server} are made to fit: {' '.join(known)}", width)
    if learned:
        lines += _quiet(f"Learned from its refusals, and kept: {'; '.join(learned)}.", width)
    if len(lines) > 1:
        lines.append(Line("quiet", ""))
    style: Style = "good" if result.ok else "bad"
    lines += [Line(style, row) for row in _rows(f"{_counts(result)} · {_costs(result, duration_ms)}", width)]
    return lines


def _says_the_same(difference: str, learned: Sequence[str]) -> bool:
    return difference.casefold().rstrip(".") in (note.casefold() for note in learned)


def _quiet(text: str, width: int | None) -> list[Line]:
    return [Line("quiet", row) for row in _rows(printable(text), width)]


def _counts(result: CheckResult) -> str:
    counts = {status: sum(step.status == status for step in result.checks) for status in SIGNS}
    return " · ".join(f"{count} {status}" for status, count in counts.items() if count)


def _costs(result: CheckResult, duration_ms: int) -> str:
    usage = result.usage
    about = "about " if usage.estimated else ""
    parts = [f"{result.requests} request{'' if result.requests == 1 else 's'}"]
    if usage.input_tokens or usage.output_tokens:
        parts.append(f"{about}{usage.input_tokens:,} tokens in, {usage.output_tokens:,} out")
    else:
        parts.append("no tokens")
    if result.cost is not None:
        parts.append(dollars(result.cost))
    parts.append(seconds(duration_ms))
    return " · ".join(parts)


def _fitted(text: str, width: int | None) -> list[str]:
    return _rows(text, None if width is None else max(width - _INDENT, 20))


def _rows(text: str, width: int | None) -> list[str]:
    return [text] if width is None else rows(text, width)

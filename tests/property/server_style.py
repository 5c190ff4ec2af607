"""The answers and the ways of telling them that `server_styles.py` renders: every choice is a quirk of sections A to E.

What cannot be told apart by anybody (two calls under one index without ids, interleaved) is no style: `possible`.
"""

import json
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

NAMES = ("read_file", "list_files", "run")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=25)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


@dataclass(frozen=True)
class Call:
    id: str
    name: str
    arguments: dict


@dataclass(frozen=True)
class Answer:
    reasoning: str
    text: str
    calls: tuple[Call, ...]
    reason: str
    usage: dict | None


@dataclass(frozen=True)
class Style:
    index: str = "count"
    id: str = "once"
    name: str = "once"
    arguments: str = "fragments"
    order: str = "one after the other"
    container: str = "list"
    no_calls: str = "absent"
    role: str = "first"
    reasoning: str = "reasoning_content"
    content: str = "text"
    usage: str = "trailing"
    finish: str = "own chunk"
    shape: str = "deltas"
    newline: str = "\n"
    prefix: str = "data: "
    framing: str = "plain"
    done: str = "data: [DONE]"
    other_choice: bool = False


CHOICES: dict[str, tuple[Any, ...]] = {
    "index": ("count", "from one", "text", "float", "zero", "minus one", "missing", "later only", "by chunk"),
    "id": ("once", "every", "empty", "null", "late", "never", "another"),
    "name": ("once", "every", "empty", "null"),
    "arguments": (
        "fragments",
        "whole",
        "null tail",
        "object",
        "missing first",
        "placeholder",
        "twice encoded",
        "grown",
    ),
    "order": ("one after the other", "interleaved", "one chunk"),
    "container": ("list", "object"),
    "no_calls": ("absent", "null", "empty"),
    "role": ("first", "every", "empty", "null"),
    "reasoning": ("reasoning_content", "reasoning", "both", "reasoning_text", "parts"),
    "content": ("text", "parts", "with nulls"),
    "usage": ("trailing", "with the finish", "every chunk", "twice", "in the choice"),
    "finish": ("own chunk", "last delta", "repeated", "reset", "missing", "empties", "before the last call"),
    "shape": ("deltas", "deltas", "deltas", "message", "message as an event", "growing message", "lines", "array"),
    "newline": ("\n", "\r\n", "\r"),
    "prefix": ("data: ", "data:"),
    "framing": (
        "plain",
        "comments",
        "wrapped comments",
        "named",
        "no blank lines",
        "pretty",
        "byte order mark",
        "empty",
    ),
    "done": (
        "data: [DONE]",
        "data:[DONE]",
        'data: "[DONE]"',
        "[DONE]",
        "data: [DONE] ",
        "",
        "data: [DONE]\n\ndata: {}",
    ),
    "other_choice": (False, True),
}
UNIQUE = ("count", "from one", "text", "float")
styles = st.builds(Style, **{name: st.sampled_from(options) for name, options in CHOICES.items()})


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    named = draw(st.lists(st.sampled_from(NAMES), max_size=3))
    objects = [draw(st.dictionaries(texts, values, max_size=3)) for _ in named]
    calls = tuple(
        Call(f"call{place}", name, value) for place, (name, value) in enumerate(zip(named, objects, strict=True))
    )
    reason = draw(st.sampled_from(["stop", "tool_calls"])) if calls else draw(st.sampled_from(["stop", "length"]))
    usage = draw(st.none() | st.just({"prompt_tokens": 7, "completion_tokens": 5, "total_tokens": 12}))
    return Answer(draw(texts), draw(texts), calls, reason, usage)


def possible(answer: Answer, style: Style) -> Style:
    """The style, with what nobody could tell apart put right."""
    style = _with_order(style)
    style = _with_identity(answer, style)
    calls_last = style.finish == "before the last call"
    if calls_last and (not answer.calls or not style.done or style.order != "one after the other"):
        style = replace(style, finish="own chunk")
    if style.finish in ("missing", "empties") and not style.done:
        style = replace(style, done="data: [DONE]")
    if style.shape != "deltas":
        style = replace(style, finish="last delta" if style.finish == "last delta" else "own chunk", other_choice=False)
    return style


def _with_order(style: Style) -> Style:
    """An order of the calls that fits what each piece says."""
    if style.order == "one chunk":
        whole = style.arguments not in ("fragments", "grown", "placeholder", "missing first")
        style = replace(style, arguments=style.arguments if whole else "whole", container="list")
    is_loose = style.id != "every" and style.index in ("zero", "minus one", "missing")
    cannot = style.index in ("later only", "by chunk") or style.id == "late" or is_loose
    if (style.order == "interleaved" and (cannot or style.arguments in ("whole", "object"))) or (
        style.order == "one chunk" and (style.index in ("later only", "by chunk") or style.id == "late")
    ):
        style = replace(style, order="one after the other")
    return style


def _with_identity(answer: Answer, style: Style) -> Style:
    """Indexes, ids and names that together say which call a piece belongs to."""
    same_key = style.index in ("zero", "minus one")
    if style.id == "another":
        style = replace(
            style,
            index=style.index if style.index in UNIQUE else "count",
            name=style.name if style.name != "every" else "once",
        )
    if style.index == "by chunk":
        style = replace(style, id="every", name="once")
    if same_key and style.id == "never":
        # Only whole calls that differ show that they are several.
        told = [(call.name, json.dumps(call.arguments)) for call in answer.calls]
        is_clear = len(set(told)) == len(told) and all(call.arguments for call in answer.calls)
        style = replace(style, id="never" if is_clear else "once", arguments="whole", name="once")
    if same_key and style.id == "late":
        style = replace(style, id="once")
    if style.name == "every" and style.id != "every" and style.index not in UNIQUE:
        style = replace(style, name="once")
    return style

"""Detects a tool call that the model wrote as text because the server did not parse it (section F).

Knows the markup of model families, and only detects: nothing here is ever executed. Invariant: prose about such
markup, and markup inside code, is prose; a declared tool's name must stand inside the markup.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

LONGEST_SEARCHED: Final = 64 * 1024
"""Characters of an answer that are searched, from its end."""
_CODE: Final = re.compile(r"^(```+|~~~+)[^\n]*\n.*?(?:^\1|\Z)|`[^`\n]{1,400}`", re.DOTALL | re.MULTILINE)
_NAMED: Final = r'[^<>]{0,400}?"name"\s*:\s*"(?:functions\.)?(?:NAME)"'
_MARKERS: Final = (
    ("<tool_call>", r"<tool_call>\s*\[?\s*\{" + _NAMED),
    ("<tool_call>", r"<tool_call>\s*(?:NAME)\s*(?:\n|<arg_key>|</tool_call>)"),
    ("<function=", r"<function=(?:NAME)>\s*(?:<parameter=|</function>|\Z)"),
    ("<invoke", r"<(?:\w+:)?invoke name=\"(?:NAME)\">\s*(?:<(?:\w+:)?parameter|</|\Z)"),
    ("<|tool_call_begin|>", r"<\|tool_call_begin\|>\s*(?:functions\.)?(?:NAME)\b"),
    ("<｜tool▁call▁begin｜>", r"<｜tool▁call▁begin｜>(?:function<｜tool▁sep｜>)?\s*(?:NAME)\b"),
    ("<｜DSML｜", r"<｜DSML｜invoke name=\"(?:NAME)\""),
    ("<|channel|>", r"<\|channel\|>\s*\w* ?to=(?:functions\.)?(?:NAME)\b"),
    ("to=functions.", r"\bto=functions\.(?:NAME)\b[^\n]{0,40}(?:<\||\{|json)"),
    ("[TOOL_CALLS]", r"\[TOOL_CALLS\]\s*(?:(?:NAME)\b|\[?\s*\{" + _NAMED + ")"),
    ("[ARGS]", r"\b(?:NAME)\[ARGS\]\s*\{"),
    ("<|python_tag|>", r"<\|python_tag\|>\s*(?:\{" + _NAMED + r"|(?:NAME)\.call\()"),
    ("<|tool_call>", r"<\|tool_call>\s*call:(?:NAME)\b"),
    ("functools[", r"\bfunctools\[\s*\{" + _NAMED),
    ("<|open|>tools", r"<\|open\|>tools<\|sep\|>[^<]{0,200}?\b(?:NAME)\b"),
    ('{"name": …}', r'\A\s*\{\s*"name"\s*:\s*"(?:NAME)"\s*,\s*"(?:parameters|arguments)"\s*:\s*[{"]'),
    ('{"name": …}', r'\A\s*\{\s*"type"\s*:\s*"function"\s*,\s*"name"\s*:\s*"(?:NAME)"'),
)


def detect_text_call(text: str, reasoning: str, tool_names: Collection[str]) -> str | None:
    """The marker of a tool call written as text, in the answer or the reasoning; None when there is none.

    Ask only when tools were sent, no structured call came, and the answer ended by stop or length (F13).
    """
    if not tool_names:
        return None
    patterns = _patterns(tuple(sorted(tool_names)))
    for said in (text, reasoning):
        plain = _CODE.sub(" ", said[-LONGEST_SEARCHED:])
        if not any(name in plain for name in tool_names):
            continue  # every marker needs a name near it: the costly search is for texts that have one
        for marker, pattern in patterns:
            if pattern.search(plain):
                return marker
    return None


def leaked_tool_name(name: str, tool_names: Collection[str]) -> str | None:
    """The declared tool inside a name that carries a server's own markup (A18), such as `query<|channel|>…`."""
    if name in tool_names:
        return None
    bare = name.split("<|", 1)[0].strip()
    bare = bare.removeprefix("functions.")
    return bare if bare != name and bare in tool_names else None


@lru_cache(maxsize=8)
def _patterns(names: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    alternatives = "|".join(re.escape(name) for name in names)
    return tuple((marker, re.compile(pattern.replace("NAME", alternatives))) for marker, pattern in _MARKERS)

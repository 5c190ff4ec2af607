"""Detects a tool call that the model wrote as text because the server did not parse it (section F).

Knows the markup of model families, and only detects: nothing here is ever executed. Invariant: prose about such
markup, and markup inside code, is prose; a declared tool's name must stand inside the markup.
"""

import re
from collections.abc import Collection
from functools import lru_cache
from typing import Final

from agentls.chat.prose import without_code

LONGEST_SEARCHED: Final = 64 * 1024
"""Characters of an answer that are searched, from its end."""
_MOST_FOUND: Final = 20
_SPELLINGS: Final = str.maketrans({"｜": "|", "▁": "_"})
"""DeepSeek's full-width bars and low lines: servers and templates write them in either way (F5)."""
_UNQUOTED: Final = r"(?<![\"'“‘«(])"
_KEY: Final = r'"(?:name|tool|tool_name|function)"\s*:\s*(?:\{\s*"name"\s*:\s*)?"(?:functions\.)?(?:NAME)"'
_NAMED: Final = r"[^<>]{0,400}?" + _KEY
_JSON: Final = r"\s*\[?\s*\{" + _NAMED
_TAG: Final = r"(?:\w{1,20}:)?(?:tool_?calls?|function_?calls?|tool_use)(?:\s[^<>]{0,200})?"
_ATTRIBUTE: Final = r"\s[^<>]{0,100}?name\s*=\s*[\"']?(?:functions\.)?(?:NAME)\b[^<>]{0,100}>"
_BY_NAME: Final = "<NAME>"
_MARKERS: Final = (
    ("<tool_call>", r"(?i:<" + _TAG + r">)" + _JSON),
    ("<tool_call>", r"(?i:<" + _TAG + r">)\s*(?:functions\.)?(?:NAME)\s*(?:\n|<\w{0,10}_?arg_key>|</|\{|\()"),
    ("<tool_call>", r"<(?:\w{1,20}:)?(?:tool_call|function_call)" + _ATTRIBUTE),
    ("<function=", r"<function(?:=(?:NAME)\s*>|" + _ATTRIBUTE + r")\s*(?:<parameter|</function>|\{|\Z)"),
    ("<invoke", r"<(?:\w{1,20}:)?invoke" + _ATTRIBUTE + r"\s*(?:<(?:\w{1,20}:)?parameter|</|\Z)"),
    ("<|tool_call_begin|>", r"<\|tool_call_begin\|>\s*(?:function<\|tool_sep\|>)?\s*(?:functions\.)?(?:NAME)\b"),
    ("<|DSML|", r"<\|DSML\|\s?invoke" + _ATTRIBUTE),
    ("<|channel|>", r"<\|channel\|>\s*\w* ?to=(?:functions\.)?(?:NAME)\b"),
    ("to=functions.", r"to=functions\.(?:NAME)\b[^\n]{0,40}?(?:<\||\{|json)"),
    ("[TOOL_CALLS]", r"\[TOOL_CALLS\]\s*(?:(?:NAME)\b|\[?\s*\{" + _NAMED + ")"),
    ("[ARGS]", r"\b(?:NAME)(?:\[CALL_ID\]\w{1,40})?\[ARGS\]\s*\{"),
    ("<|python_tag|>", r"<\|python_tag\|>\s*(?:\{" + _NAMED + r"|(?:NAME)(?:\.call)?\()"),
    ("<|tool_call>", r"<\|?(?:tool_call|start_function_call)>\s*call:\s*(?:NAME)\b"),
    ("<|tool_call|>", r"<\|tool_call(?:_start)?\|>" + r"\s*(?:\[?\s*\{" + _NAMED + r"|\[?(?:NAME)\()"),
    ("<|action_start|>", r"<\|action_start\|>\s*(?:<\|plugin\|>)?" + _JSON),
    ("functools[", r"\bfunctools\[\s*\{" + _NAMED),
    ("<|open|>tools", r"<\|open\|>tools<\|sep\|>[^<]{0,200}?\b(?:NAME)\b"),
    (_BY_NAME, r"(?m:^)[ \t]*<(?:NAME)>\s*<\w{1,40}>"),
)
_BARE: Final = (
    r'\s*\[?\s*\{\s*(?:"type"\s*:\s*"function"\s*,\s*)?"name"\s*:\s*"(?:NAME)"\s*,'
    r'\s*"(?:parameters|arguments)"\s*:\s*(?!\{\s*"type"\s*:\s*"object")[{"]'
)
"""The object alone (F8). A schema of the tool, which also has a name and parameters, is none."""
_BARE_MARKER: Final = '{"name": …}'
_CLOSING: Final = r"(?i)</(?:\w{1,20}:)?(?:tool_?calls?|function(?:_?calls?)?|invoke|tool_use)>([ \t]+\w)?"
_MARKUP: Final = ("<", "[", "{", "to=functions.")
_DECORATION: Final = r"[<\[\s:(|]"


def detect_text_call(text: str, reasoning: str, tool_names: Collection[str]) -> str | None:
    """The marker of a tool call written as text, in the answer or the reasoning; None when there is none.

    Ask only when tools were sent, no structured call came, and the answer ended by stop or length (F13).
    """
    if not tool_names:
        return None
    for said in (text, reasoning):
        if not _may_hold(said, tool_names):
            continue  # every marker needs a name near it: the costly search is for texts that have one
        plain = without_code(said, LONGEST_SEARCHED).translate(_SPELLINGS)
        if not _may_hold(plain, tool_names):
            continue
        for marker, pattern in _patterns(tuple(sorted(tool_names))):
            if _is_found(pattern, plain):
                return _shown(marker, plain, tool_names)
    return None


def _shown(marker: str, plain: str, tool_names: Collection[str]) -> str:
    """The marker as the model wrote it, where it is the tool's own name."""
    named = (f"<{name}>" for name in tool_names if f"<{name}>" in plain)
    return next(named, marker) if marker == _BY_NAME else marker


def leaked_tool_name(name: str, tool_names: Collection[str]) -> str | None:
    """The declared tool inside a name that carries a server's own markup (A18), such as `query<|channel|>…`."""
    if name in tool_names:
        return None
    bare = name[:400].strip().removeprefix("functions.")
    bare = re.split(_DECORATION, bare, maxsplit=1)[0]
    return bare if bare != name and bare in tool_names else None


def _may_hold(text: str, tool_names: Collection[str]) -> bool:
    return any(mark in text for mark in _MARKUP) and any(name in text for name in tool_names)


def _is_found(pattern: re.Pattern[str], text: str) -> bool:
    """Whether the markup stands there by itself: a sentence that goes on behind its end is about it."""
    for number, found in enumerate(pattern.finditer(text)):
        closing = _closing().search(text, found.end())
        if closing is None or closing.group(1) is None or number >= _MOST_FOUND:
            return True
    return False


@lru_cache(maxsize=1)
def _closing() -> re.Pattern[str]:
    return re.compile(_CLOSING)


@lru_cache(maxsize=8)
def _patterns(names: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    alternatives = "|".join(re.escape(name) for name in names)
    patterns = [(marker, _UNQUOTED + pattern) for marker, pattern in _MARKERS]
    patterns += [(_BARE_MARKER, r"\A" + _BARE), (_BARE_MARKER, r"\n" + _BARE + r"[^\n]*\}\s*\]?\s*\Z")]
    return tuple((marker, re.compile(pattern.replace("NAME", alternatives))) for marker, pattern in patterns)

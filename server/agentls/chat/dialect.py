"""What one endpoint does differently, as data.

Knows no request and no key: `request.py` writes by it, and a refusal that names a parameter teaches it. Invariant: a
dialect is a value, and each lesson is learned at most once.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from agentls.chat.failure import Failure
from agentls.chat.server import ServerHint, server_kind

EmptyContent: TypeAlias = Literal["null", "empty", "omit"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to write requests for one endpoint and model."""

    max_tokens_param: Literal["max_tokens", "max_completion_tokens"] | None = "max_tokens"
    """The name of the output limit, or None to leave it out (G11)."""
    send_stream_options: bool = True
    """Ask for usage in the stream (G14)."""
    send_temperature: bool = True
    """False where only the default is allowed (G12)."""
    send_reasoning_effort: bool = True
    empty_content: EmptyContent = "null"
    """The content of an assistant message that has only calls (G6)."""
    call_id_rule: Literal["keep", "nine"] = "keep"
    """"nine": exactly nine letters and digits (G2)."""
    bridge_tool_to_user: bool = False
    """Put an assistant message between a tool result and a user message (G3)."""
    replay_reasoning: str | None = None
    """The key under which earlier reasoning must be sent back, if it must (E25)."""
    replay_extra: bool = True
    """Send unknown keys of calls and messages back to the provider they came from (E24)."""
    dropped: frozenset[str] = frozenset()
    """Top-level parameters this endpoint refused; they are left out of `extraBody` too."""
    learned: frozenset[str] = frozenset()
    """Lessons taken so far."""


DEFAULT: Final = Dialect()
_OPENAI: Final = Dialect(max_tokens_param="max_completion_tokens")
_MISTRAL: Final = Dialect(call_id_rule="nine", bridge_tool_to_user=True, send_stream_options=False, replay_extra=False)
_PRESETS: Final = {
    "openai": _OPENAI,
    "azure": _OPENAI,
    "mistral": _MISTRAL,
    "ollama": Dialect(empty_content="empty"),
    "lmstudio": Dialect(empty_content="empty"),
    "huggingface": Dialect(empty_content="empty"),
    "deepseek": Dialect(replay_reasoning="reasoning_content"),
    "moonshot": Dialect(replay_reasoning="reasoning_content"),
    "groq": Dialect(replay_extra=False),
    "cerebras": Dialect(replay_extra=False),
}


def preset(server: ServerHint) -> Dialect:
    """The dialect to begin with for a server, by its kind; the default for a server nobody told about."""
    return _PRESETS.get(server_kind(server), DEFAULT)


def _without(dialect: Dialect, parameter: str) -> Dialect:
    return replace(dialect, dropped=dialect.dropped | {parameter})


_Lesson: TypeAlias = tuple[str, str, Callable[[Dialect], Dialect], str]
_REFUSED: Final = (
    r"unsupported|not support|unknown|unrecognized|unrecognised|unexpected|extra|not permitted"
    r"|not allowed|no longer supported|is deprecated|only .{0,20}(is|are) allowed"
    r"|cannot find field|invalid parameter combination"
)
# Patterns stay text until the first refusal: compiling them would cost every start.
_LESSONS: Final[tuple[_Lesson, ...]] = (
    (
        "max_tokens",
        rf"(?=.*max_completion_tokens)(?=.*\bmax_tokens)(?=.*({_REFUSED}|use ))",
        lambda d: _without(replace(d, max_tokens_param="max_completion_tokens"), "max_tokens"),
        "the output limit is sent as max_completion_tokens",
    ),
    (
        "max_completion_tokens",
        rf"(?=.*max_completion_tokens)(?=.*({_REFUSED}))",
        lambda d: _without(replace(d, max_tokens_param="max_tokens"), "max_completion_tokens"),
        "the output limit is sent as max_tokens",
    ),
    (
        "stream_options",
        rf"(?=.*(stream_options|include_usage))(?=.*({_REFUSED}))",
        lambda d: _without(replace(d, send_stream_options=False), "stream_options"),
        "stream_options is no longer sent",
    ),
    (
        "temperature",
        rf"(?=.*temperature)(?=.*({_REFUSED}))",
        lambda d: _without(replace(d, send_temperature=False), "temperature"),
        "temperature is no longer sent",
    ),
    (
        "reasoning_effort",
        rf"(?=.*reasoning_?effort)(?=.*({_REFUSED}))",
        lambda d: _without(replace(d, send_reasoning_effort=False), "reasoning_effort"),
        "reasoning_effort is no longer sent",
    ),
    (
        "reasoning_content",
        r"(?=.*reasoning_content)(?=.*(must be passed|missing|required|is necessary))",
        lambda d: replace(d, replay_reasoning="reasoning_content"),
        "earlier reasoning is sent back",
    ),
    (
        "no_reasoning",
        rf"(?=.*(reasoning_content|reasoning_details|extra_content|'reasoning'))(?=.*({_REFUSED}))",
        lambda d: replace(d, replay_reasoning=None, replay_extra=False),
        "earlier reasoning is no longer sent back",
    ),
    (
        "content",
        r"content type: <nil>|content.{0,60}(must be a string|is null|null is not|got null|not be null|nonetype)"
        r"|(null|none|nil).{0,40}content|valid string.{0,40}content",
        lambda d: replace(d, empty_content="empty"),
        "empty contents are sent as an empty string",
    ),
    (
        "empty_content",
        r"content.{0,60}(must not be empty|non-empty|cannot be empty|is empty)|(empty|blank) .{0,20}content",
        lambda d: replace(d, empty_content="null" if d.empty_content == "empty" else "omit"),
        "empty contents are left out",
    ),
    (
        "call_ids",
        r"length of 9|a-zA-Z0-9\]\{9\}|tool call id .{0,80}must be",
        lambda d: replace(d, call_id_rule="nine"),
        "tool call ids are sent as nine letters and digits",
    ),
    (
        "role_order",
        r"unexpected role 'user' after role 'tool'|after tool .{0,40}(should|must) be .{0,20}assistant",
        lambda d: replace(d, bridge_tool_to_user=True),
        "an assistant message is put between tool results and prompts",
    ),
)
_PARAMETER: Final = (
    r"(?:unsupported|unknown|unrecognized|unexpected|extra)\s+(?:request\s+)?(?:parameter|argument|field|key|name)"
    r"(?:\(s\)|s)?(?:\s+supplied)?\W+([A-Za-z_][A-Za-z0-9_]{1,40})"
    r"|([A-Za-z_][A-Za-z0-9_]{1,40})['\"`]?(?:=\w+)?(?: parameter)? is"
    r" (?:not supported|unsupported|not permitted|not allowed)"
    r"|does not support (?:the )?parameter[:\s'\"`]+([A-Za-z_][A-Za-z0-9_]{1,40})"
)
_CORE: Final = frozenset({"model", "messages", "tools", "stream", "tool", "model_id", "this", "it", "content", "role"})


def adapt(dialect: Dialect, failure: Failure) -> tuple[Dialect, str] | None:
    """Learn from a 400 or 422 that names what it refuses: the new dialect, and what changed, for the user.

    None when there is nothing to learn, or it was learned before: then the failure stands.
    """
    if failure.http_status not in (400, 422) or failure.code not in ("badRequest", "toolCallRejected"):
        return None
    said = f"{failure.param or ''} {failure.detail}"
    for name, pattern, change, note in _LESSONS:
        if re.search(pattern, said, re.IGNORECASE | re.DOTALL):
            if name in dialect.learned:
                return None
            changed = change(dialect)
            if changed != dialect:
                return replace(changed, learned=dialect.learned | {name}), note
    return _drop(dialect, failure)


def _drop(dialect: Dialect, failure: Failure) -> tuple[Dialect, str] | None:
    match = re.search(_PARAMETER, failure.detail, re.IGNORECASE)
    named = next((group for group in match.groups() if group), "") if match else ""
    if match and failure.param and re.fullmatch(r"[a-z_]{2,40}", failure.param):
        named = failure.param
    if not named or named.lower() in _CORE or named in dialect.dropped or named in dialect.learned:
        return None
    dropped = replace(dialect, dropped=dialect.dropped | {named}, learned=dialect.learned | {named})
    return dropped, f"{named} is no longer sent"

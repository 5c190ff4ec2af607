"""What one endpoint does differently, as data.

Knows no request, no host and no refusal: `presets.py` says where each host begins, `lessons.py` what a refusal
changes, `request.py` writes by it. Invariant: a dialect is a value; the bytes of a message depend on it alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

EmptyContent: TypeAlias = Literal["null", "empty", "omit", "words"]
LimitName: TypeAlias = Literal["max_tokens", "max_completion_tokens"]
SchemaForm: TypeAlias = Literal["full", "plain", "bare"]
NullForm: TypeAlias = Literal["as_is", "nullable", "none"]
ToolChoiceForm: TypeAlias = Literal["object", "words", "auto", "never"]
CallIdRule: TypeAlias = Literal["keep", "safe", "nine"]
CacheMarks: TypeAlias = Literal["all", "no_tools", "never"]
Streaming: TypeAlias = Literal["asked", "never", "always"]
ReasoningForm: TypeAlias = Literal["reasoning_content", "think_tags"]

PROVIDER_KEYS: Final = frozenset(
    {"extra_content", "thought_signature", "provider_specific_fields", "reasoning_details", "reasoning_opaque"}
    | {"thinking_blocks"}
)
"""Keys that providers put on calls and messages and want back (E24): signatures and sealed reasoning."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How to write requests for one endpoint and model."""

    max_tokens_param: LimitName | None = "max_tokens"
    """The name of the output limit, or None to leave it out (G11)."""
    send_stream_options: bool = True
    """Ask for usage in the stream (G14)."""
    send_temperature: bool = True
    """False where only the default is allowed (G12)."""
    send_reasoning_effort: bool = True
    tool_choice: ToolChoiceForm = "object"
    """How a forced tool is named: as an object, by the word for "some tool", as `auto`, or not at all (G15)."""
    required_word: Literal["required", "any"] = "required"
    """The word for "call some tool" (G15)."""
    streaming: Streaming = "asked"
    """"never" and "always" where the endpoint has only one of the two (G25)."""
    stream_with_tools: bool = True
    """False where tools are refused in a stream (G26)."""

    system_role: Literal["system", "user"] = "system"
    """"user": the instructions open the first user message, for templates without a system role (G5, G10)."""
    merge_same_role: bool = False
    """Join user messages, and assistant messages, that follow each other (G4, G5)."""
    bridge_tool_to_user: bool = False
    """Put an assistant message between a tool result and a user message (G3)."""
    empty_content: EmptyContent = "null"
    """The content of an assistant message that has only calls (G6)."""
    call_id_rule: CallIdRule = "keep"
    """"safe": at most 40 letters, digits, `_` and `-`, which both OpenAI (40 characters) and Anthropic (64, this
    alphabet) take; "nine": exactly nine letters and digits (G2, A12)."""
    name_tool_results: bool = False
    """Put the tool's name on its result (G9)."""
    send_images: bool = True
    """False: an image is replaced by a word about it."""
    replay_reasoning: ReasoningForm | None = None
    """How earlier reasoning is sent back where it is wanted: as a key of its message, or in the text (E25)."""
    fill_reasoning: bool = False
    """Send the key on messages without reasoning too, because every message must have it (E25)."""
    replayed_keys: frozenset[str] = PROVIDER_KEYS
    """Keys of calls and messages that go back to the provider they came from (E24, G21)."""
    fill_signatures: bool = False
    """Put Gemini's word for "no signature" on calls that have none, because another model made them (E24)."""
    cache_marks: CacheMarks = "all"
    """Which messages may carry `cache_control`, where the user asked for prompt caching."""

    schema_form: SchemaForm = "full"
    """Tool schemas as they are, in the plain subset that Gemini takes, or with next to nothing (G17)."""
    schema_refused: frozenset[str] = frozenset()
    """Schema keywords that are rewritten or left out (G17)."""
    null_form: NullForm = "as_is"
    """How "or null" is written in a schema (G17)."""
    max_tools: int | None = None
    """More tools than this are refused (G19)."""

    dropped: frozenset[str] = frozenset()
    """Top-level parameters this endpoint refused; they are left out of `extraBody` too."""
    learned: frozenset[str] = frozenset()
    """The ids of the lessons taken so far: what is stored of a dialect."""

    def streams(self, asked: bool, *, with_tools: bool) -> bool:
        """Whether a request is streamed, when the user asked for it or not (G25, G26)."""
        match self.streaming:
            case "always":
                return True
            case "never":
                return False
            case "asked":
                return asked and (self.stream_with_tools or not with_tools)


DEFAULT: Final = Dialect()


_CONTENTS: Final = {
    "empty": "A message of calls only has an empty string as its content.",
    "omit": "A message of calls only has no content.",
    "words": "A message of calls only has a few words as its content.",
}
_IDS: Final = {
    "nine": "Tool call ids are sent as nine letters and digits.",
    "safe": "Tool call ids are sent as at most 40 letters, digits, underscores and hyphens.",
}
_MARKS: Final = {
    "no_tools": "Cache marks are not put on tool results.",
    "never": "Cache marks are not sent.",
}
_REASONING: Final = {
    "reasoning_content": "Earlier reasoning is sent back as reasoning_content.",
    "think_tags": "Earlier reasoning is sent back in the text, between think tags.",
}
_FORMS: Final = {
    "plain": "Tool schemas are sent in a plain form, without references and rare keywords.",
    "bare": "Tool schemas are sent in their barest form.",
}
_NULLS: Final = {
    "nullable": "A value that may be null is written in tool schemas as nullable: true.",
    "none": "Tool schemas do not say that a value may be null.",
}
_STREAMING: Final = {
    "always": "Answers are always streamed.",
    "never": "Answers are not streamed.",
}
_CHOICES: Final = {
    "words": "A forced tool call is asked for with a word, not with the tool's name.",
    "auto": "A tool call cannot be forced; tool_choice is auto.",
    "never": "tool_choice is not sent.",
}


def differences(dialect: Dialect) -> list[str]:
    """How this dialect differs from the default, as sentences for the check."""
    return [*_parameters(dialect), *_messages(dialect), *_tools(dialect)]


def _parameters(dialect: Dialect) -> Iterator[str]:
    if dialect.max_tokens_param is None:
        yield "The output limit is not sent."
    elif dialect.max_tokens_param != "max_tokens":
        yield f"The output limit is sent as {dialect.max_tokens_param}."
    unsent = set(dialect.dropped) - {"max_tokens", "max_completion_tokens"}
    unsent |= set() if dialect.send_stream_options else {"stream_options"}
    unsent |= set() if dialect.send_temperature else {"temperature"}
    unsent |= set() if dialect.send_reasoning_effort else {"reasoning_effort"}
    yield from (f"{name} is not sent." for name in sorted(unsent))
    yield from _named(_STREAMING, dialect.streaming)
    if dialect.streaming == "asked" and not dialect.stream_with_tools:
        yield "Answers are not streamed when tools are sent."


def _messages(dialect: Dialect) -> Iterator[str]:
    if dialect.system_role == "user":
        yield "The instructions open the first user message."
    if dialect.merge_same_role:
        yield "Messages of one role that follow each other are joined."
    if dialect.bridge_tool_to_user:
        yield "An assistant message is put between tool results and prompts."
    yield from _named(_CONTENTS, dialect.empty_content)
    yield from _named(_IDS, dialect.call_id_rule)
    if dialect.name_tool_results:
        yield "Tool results carry the name of their tool."
    if not dialect.send_images:
        yield "Images are left out."
    yield from _named(_REASONING, dialect.replay_reasoning or "")
    if dialect.fill_reasoning:
        yield "A message without reasoning has a blank one."
    if dialect.replayed_keys != PROVIDER_KEYS:
        yield "Keys that the provider adds to messages are not sent back."
    if dialect.fill_signatures:
        yield "Calls without a thought signature are marked as such."
    yield from _named(_MARKS, dialect.cache_marks)


def _tools(dialect: Dialect) -> Iterator[str]:
    yield from _named(_FORMS, dialect.schema_form)
    if dialect.schema_refused:
        yield f"Tool schemas are sent without {', '.join(sorted(dialect.schema_refused))}."
    yield from _named(_NULLS, dialect.null_form)
    yield from _named(_CHOICES, dialect.tool_choice)
    if dialect.required_word != "required":
        yield f'The word for "call some tool" is {dialect.required_word}.'
    if dialect.max_tools is not None:
        yield f"At most {dialect.max_tools} tools are sent."


def _named(sentences: Mapping[str, str], value: str) -> Iterator[str]:
    if value in sentences:
        yield sentences[value]

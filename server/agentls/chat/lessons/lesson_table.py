"""The lessons an endpoint can teach, by the id under which they are stored.

Knows dialects; `lessons.py` knows which words teach what. Invariant: a set of lessons means the same dialect in
whatever order they were learned, so `change` looks at `learned` (its own id included) where two lessons meet.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final, TypeAlias

from agentls.chat.dialect import CacheMarks, Dialect, EmptyContent, LimitName, SchemaForm, ToolChoiceForm

Change: TypeAlias = Callable[[Dialect], Dialect]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One change of a dialect."""

    note: str
    """What changed, for the user."""
    change: Change
    contradicts: frozenset[str] = frozenset()
    """Lessons that say the contrary: where one of them was learned, this one is not."""


def _dropping(parameter: str, change: Change) -> Change:
    return lambda dialect: replace(change(dialect), dropped=dialect.dropped | {parameter})


def _limit(refused: LimitName, other: LimitName) -> Change:
    def change(dialect: Dialect) -> Dialect:
        name = None if {refused, other} <= dialect.learned else other
        return replace(dialect, max_tokens_param=name, dropped=dialect.dropped | {refused})

    return change


_CONTENTS: Final[Mapping[EmptyContent, str]] = MappingProxyType(
    {"null": "content_null", "empty": "content_empty", "omit": "content_omitted"}
)


def _contents(dialect: Dialect) -> Dialect:
    """The form in use, or the first one that was not refused (G6)."""
    refused = {form for form, lesson in _CONTENTS.items() if lesson in dialect.learned}
    if dialect.empty_content not in refused:
        return dialect
    form: EmptyContent = next((each for each in _CONTENTS if each not in refused), "words")
    return replace(dialect, empty_content=form)


_CHOICES: Final[tuple[ToolChoiceForm, ...]] = ("object", "words", "auto", "never")
_MARKS: Final[tuple[CacheMarks, ...]] = ("all", "no_tools", "never")


def _choice(form: ToolChoiceForm) -> Change:
    return lambda dialect: replace(dialect, tool_choice=max(dialect.tool_choice, form, key=_CHOICES.index))


def _marks(form: CacheMarks) -> Change:
    return lambda dialect: replace(dialect, cache_marks=max(dialect.cache_marks, form, key=_MARKS.index))


def _plain(dialect: Dialect) -> Dialect:
    form: SchemaForm = "bare" if dialect.schema_form == "bare" else "plain"
    return replace(
        dialect, schema_form=form, null_form="nullable" if dialect.null_form == "as_is" else dialect.null_form
    )


LESSONS: Final[Mapping[str, Lesson]] = MappingProxyType(
    {
        "max_tokens": Lesson(
            "max_tokens is refused: the output limit is sent as max_completion_tokens",
            _limit("max_tokens", "max_completion_tokens"),
        ),
        "max_completion_tokens": Lesson(
            "max_completion_tokens is refused: the output limit is sent as max_tokens",
            _limit("max_completion_tokens", "max_tokens"),
        ),
        "stream_options": Lesson(
            "stream_options is no longer sent",
            _dropping("stream_options", lambda d: replace(d, send_stream_options=False)),
        ),
        "temperature": Lesson(
            "temperature is no longer sent", _dropping("temperature", lambda d: replace(d, send_temperature=False))
        ),
        "reasoning_effort": Lesson(
            "reasoning_effort is no longer sent",
            _dropping("reasoning_effort", lambda d: replace(d, send_reasoning_effort=False)),
        ),
        "tool_choice_words": Lesson("a forced tool call is asked for with a word", _choice("words")),
        "tool_choice_auto": Lesson("a tool call is no longer forced", _choice("auto")),
        "tool_choice_never": Lesson("tool_choice is no longer sent", _dropping("tool_choice", _choice("never"))),
        "stream_always": Lesson(
            "answers are streamed, because this model answers in no other way",
            lambda d: replace(d, streaming="always"),
            frozenset({"stream_never", "stream_with_tools"}),
        ),
        "stream_never": Lesson(
            "answers are no longer streamed", lambda d: replace(d, streaming="never"), frozenset({"stream_always"})
        ),
        "stream_with_tools": Lesson(
            "answers are not streamed while tools are offered",
            lambda d: replace(d, stream_with_tools=False),
            frozenset({"stream_always"}),
        ),
        "system_user": Lesson("the instructions open the first user message", lambda d: replace(d, system_role="user")),
        "merge_roles": Lesson(
            "messages of one role that follow each other are joined", lambda d: replace(d, merge_same_role=True)
        ),
        "role_order": Lesson(
            "an assistant message is put between tool results and prompts",
            lambda d: replace(d, bridge_tool_to_user=True),
        ),
        "content_null": Lesson("a message of calls only is no longer sent with null as its content", _contents),
        "content_empty": Lesson("a message of calls only is no longer sent with an empty content", _contents),
        "content_omitted": Lesson("a message of calls only is no longer sent without a content", _contents),
        "call_ids_safe": Lesson(
            "tool call ids are sent as at most 40 letters, digits, underscores and hyphens",
            lambda d: d if d.call_id_rule == "nine" else replace(d, call_id_rule="safe"),
        ),
        "call_ids_nine": Lesson(
            "tool call ids are sent as nine letters and digits", lambda d: replace(d, call_id_rule="nine")
        ),
        "tool_name_required": Lesson(
            "tool results carry the name of their tool",
            lambda d: replace(d, name_tool_results=True),
            frozenset({"tool_name_refused"}),
        ),
        "tool_name_refused": Lesson(
            "tool results no longer carry the name of their tool",
            lambda d: replace(d, name_tool_results=False),
            frozenset({"tool_name_required"}),
        ),
        "no_images": Lesson(
            "this model takes no images: they are left out, with a word in their place",
            lambda d: replace(d, send_images=False),
        ),
        "reasoning_required": Lesson(
            "earlier reasoning is sent back",
            lambda d: replace(d, replay_reasoning="reasoning_content", fill_reasoning=True),
            frozenset({"reasoning_refused"}),
        ),
        "reasoning_refused": Lesson(
            "earlier reasoning and the provider's own keys are no longer sent back",
            lambda d: replace(d, replay_reasoning=None, fill_reasoning=False, replayed_keys=frozenset()),
            frozenset({"reasoning_required", "signatures"}),
        ),
        "signatures": Lesson(
            "calls that another model made are marked as having no thought signature",
            lambda d: replace(d, fill_signatures=True),
            frozenset({"reasoning_refused"}),
        ),
        "cache_no_tools": Lesson("cache marks are no longer put on tool results", _marks("no_tools")),
        "cache_never": Lesson("cache marks are no longer sent", _marks("never")),
        "schema_plain": Lesson("tool schemas are sent in a plain form", _plain),
        "schema_bare": Lesson(
            "tool schemas are sent in their barest form", lambda d: replace(d, schema_form="bare", null_form="none")
        ),
        "schema_no_null": Lesson(
            "tool schemas no longer say that a value may be null", lambda d: replace(d, null_form="none")
        ),
    }
)
"""In the order in which stored ones are applied."""

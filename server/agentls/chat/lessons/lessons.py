"""What a refusal teaches about an endpoint: `adapt`, once per lesson, and `relearn` from what was stored.

Knows failures and dialects, no requests. Invariant: only words that name the thing teach, a lesson changes the
dialect or is not given, and learning again from the stored ids gives the same dialect.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final, Literal, TypeAlias

from agentls.chat.dialect import Dialect
from agentls.chat.failure import Failure
from agentls.chat.lessons.lesson_table import LESSONS
from agentls.chat.lessons.refusals import NOT_A_PARAMETER, PARAMETERS, REFUSALS, Refusal

Scope: TypeAlias = Literal["parameter", "template", "tools"]
Helps: TypeAlias = Callable[[Dialect], bool]

_DROP: Final = "drop:"
_ALL: Final[frozenset[Scope]] = frozenset({"parameter", "template", "tools"})
_OF_THE_CONVERSATION: Final[frozenset[Scope]] = frozenset({"template", "tools"})
_CORE: Final = frozenset(
    {"model", "messages", "tools", "stream", "tool", "model_id", "this", "it", "content", "role", "that", "which"}
    | {"type", "name", "function", "parameters", "and", "is", "are", "not", "in", "the", "key", "parameter", "value"}
)


def adapt(dialect: Dialect, failure: Failure, helps: Helps | None = None) -> tuple[Dialect, str] | None:
    """Learn from a refusal that names what it refuses: the new dialect, and what changed, for the user.

    None when there is nothing to learn, or it was learned before: then the failure stands. `helps` tells whether a
    dialect would change the request at all; a lesson that would not is passed over.
    """
    scopes = _scopes(failure)
    if not scopes:
        return None
    said = f"{failure.param or ''} {failure.said or failure.detail}"
    for lesson in _taught(dialect, said, failure, scopes):
        changed = _with(dialect, lesson)
        if replace(changed, learned=dialect.learned) == dialect:
            continue
        if helps is None or helps(changed):
            return changed, lesson_note(lesson)
    return None


def relearn(dialect: Dialect, lessons: Iterable[str]) -> Dialect:
    """The dialect with stored lessons applied to it again, in any order; unknown ids are ignored."""
    stored = frozenset(lessons)
    drops = sorted(lesson for lesson in stored if _dropped(lesson))
    for lesson in [*(lesson for lesson in LESSONS if lesson in stored), *drops]:
        dialect = _with(dialect, lesson)
    return dialect


def lesson_note(lesson: str) -> str:
    """What a lesson changed, for the user; empty for an unknown id."""
    if lesson in LESSONS:
        return LESSONS[lesson].note
    parameter = _dropped(lesson)
    return f"{parameter} is no longer sent" if parameter else ""


def _with(dialect: Dialect, lesson: str) -> Dialect:
    learned = replace(dialect, learned=dialect.learned | {lesson})
    if lesson in LESSONS:
        return LESSONS[lesson].change(learned)
    return replace(learned, dropped=dialect.dropped | {_dropped(lesson)})


def _dropped(lesson: str) -> str:
    """The parameter of `drop:NAME`; "" where the id is no such lesson."""
    name = lesson.removeprefix(_DROP)
    is_one = lesson.startswith(_DROP) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{1,60}", name) is not None
    return name if is_one and name.lower() not in _CORE else ""


def _scopes(failure: Failure) -> frozenset[Scope]:
    """Which kinds of lesson such a failure may teach at all."""
    match failure.code, failure.http_status:
        case "badRequest", 400 | 422:
            return _ALL
        case "toolsUnsupported", _:
            return frozenset({"tools"})
        case "badRequest" | "server", _:
            # A template that crashes on the conversation, or an error inside the stream.
            return _OF_THE_CONVERSATION
        case "endpointNotFound" | "modelNotFound", 400 | 404:
            # Some servers answer 404 whatever went wrong (G2); OpenRouter, where no host takes a feature.
            return _OF_THE_CONVERSATION
        case _:
            # toolCallRejected among them: its words may be the model's own.
            return frozenset()


def _taught(dialect: Dialect, said: str, failure: Failure, scopes: frozenset[Scope]) -> Iterator[str]:
    """The lessons in these words that were not learned yet, the likeliest first."""
    is_named = False
    for refusal in REFUSALS:
        if refusal.scope not in scopes or not _says(said, refusal):
            continue
        is_named = True
        for lesson in refusal.teaches:
            contrary = LESSONS[lesson].contradicts if lesson in LESSONS else frozenset()
            if lesson not in dialect.learned and not contrary & dialect.learned:
                yield lesson
        if dialect.learned.intersection(refusal.teaches):
            return
    if "parameter" in scopes and not is_named:
        yield from _drops(dialect, said, failure)


def _says(said: str, refusal: Refusal) -> bool:
    return (
        re.search(refusal.words, said, re.IGNORECASE) is not None
        and (not refusal.also or re.search(refusal.also, said, re.IGNORECASE) is not None)
        and (not refusal.unless or re.search(refusal.unless, said, re.IGNORECASE) is None)
    )


def _drops(dialect: Dialect, said: str, failure: Failure) -> Iterator[str]:
    if re.search(NOT_A_PARAMETER, said, re.IGNORECASE):
        return
    found = list(re.finditer(PARAMETERS, said, re.IGNORECASE))
    names = [group for match in found for group in match.groups() if group]
    param = (failure.param or "").removeprefix("body.")
    if found and param in failure.detail and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{1,60}", param):
        names.insert(0, param)
    for name in dict.fromkeys(names):
        lesson = f"{_DROP}{name}"
        if _dropped(lesson) and name not in dialect.dropped:
            yield lesson

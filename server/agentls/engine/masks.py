"""What a client is shown of a call, without secrets: a file the agent edits may hold the provider's key.

Pure. Invariant: only what is shown is changed, never what runs.
"""

from __future__ import annotations

from collections.abc import Mapping

from agentls.conversation.text import cap
from agentls.policy.redact import Redactor
from agentls.protocol.values import CommandSubject, Diff, EditSubject, Preview


def masked_json(value: object, redactor: Redactor) -> object:
    """A JSON value with every string and key in it masked; no deeper than the JSON parser goes."""
    match value:
        case str():
            return redactor.mask(value)
        case list():
            return [masked_json(each, redactor) for each in value]
        case dict():
            return masked_object(value, redactor)
        case _:
            return value


def masked_object(value: Mapping[str, object], redactor: Redactor) -> dict[str, object]:
    return {redactor.mask(key): masked_json(each, redactor) for key, each in value.items()}


def masked_diff(diff: Diff | None, redactor: Redactor) -> Diff | None:
    return None if diff is None else diff.model_copy(update={"unified": redactor.mask(diff.unified)})


def masked_preview(preview: Preview | None, redactor: Redactor) -> Preview | None:
    if preview is None:
        return None
    command = None if preview.command is None else cap(preview.command)
    return preview.model_copy(update={"diff": masked_diff(preview.diff, redactor), "command": command})


def masked_subject(subject: CommandSubject | EditSubject, redactor: Redactor) -> CommandSubject | EditSubject:
    """A command is shown as it is: what is approved is what runs."""
    if isinstance(subject, CommandSubject):
        return subject
    return subject.model_copy(update={"diff": masked_diff(subject.diff, redactor)})

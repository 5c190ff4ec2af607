"""What a client is shown of a call, without secrets: a file the agent edits may hold the provider's key.

Pure. Invariant: only what is shown is changed, never what runs.
"""

from __future__ import annotations

from agentls.conversation.text import cap
from agentls.policy.redact import Redactor
from agentls.protocol.values import CommandSubject, Diff, EditSubject, Preview


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

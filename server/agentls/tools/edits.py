"""What the two editing tools share: looking at the old text, and writing the new one.

It must not know why a text changes.
Invariant: a file is written only if it still is what was prepared, and the result says what was really done.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from agentls.policy.protected import protection, repository_protection
from agentls.policy.redact import MASK
from agentls.policy.rules import EditAction
from agentls.protocol.events import EditApplied
from agentls.protocol.values import ChangedFile, Diff, EditSubject, Location, Preview
from agentls.tools.diffs import text_diff
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.titles import folder_text, one_line
from agentls.tools.tool import Prepared
from agentls.world.git_folder import in_git_folder
from agentls.world.paths import FileChanged, FileMissing, PathRefused

if TYPE_CHECKING:
    from agentls.tools.desk import Desk
    from agentls.world.contents import FileContent
    from agentls.world.paths import Place


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one file that is ready to be made."""

    place: Place
    name: str
    new_text: str
    expect_digest: str | None
    """The digest of the text that is replaced; None when the file is created."""
    diff: Diff
    summary: str
    """What the model is told when it is done."""
    show_diff: bool
    """Whether the model needs to see the diff."""
    desk: Desk

    def prepared(self) -> Prepared:
        """The call as the engine takes it."""
        place = self.place
        verb = "Write" if self.expect_digest is None else "Edit"
        through = f" (a link to {place.relative})" if place.link_target is not None else ""
        return Prepared(
            title=one_line(f"{verb} {place.named if through else self.name}{through}"),
            action=EditAction(
                path=str(place.absolute),
                relative=self.name,
                protected_reason=protection(place.relative) or protection(place.named) or git_folder_reason(place),
                hardlinked=place.hard_linked,
            ),
            run=self.apply,
            locations=(Location(uri=place.uri, line=_first_line(self.diff)),),
            preview=Preview(diff=self.diff),
            subject=EditSubject(path=self.name, diff=self.diff),
        )

    async def apply(self) -> Outcome:
        """Write the new text; raises ToolFailure when the file is not what it was."""
        try:
            receipt = await self.desk.workspace.write(
                self.place, self.new_text, expect_digest=self.expect_digest, label=f"Agent: {self.name}"
            )
        except FileChanged as changed:
            self.desk.seen.forget(self.place)
            raise ToolFailure(f"{changed.reason} Nothing was written.") from None
        except PathRefused as refused:
            raise ToolFailure(refused.reason) from None
        text = f"{self.summary} (+{self.diff.added} −{self.diff.removed} lines)."
        if receipt.verified:
            self.desk.seen.note(self.place, receipt.digest)
        else:
            self.desk.seen.forget(self.place)
            text += f" The editor changed the text further: read {self.name} again before the next change."
        if not receipt.saved:
            text += " The change is in the editor and not saved yet: commands still see the old file."
        if self.show_diff:
            text += f"\n\n{_model_diff(self.diff)}"
        return Outcome(
            status="ok",
            text=text,
            diff=self.diff,
            changed=(
                ChangedFile(uri=self.place.uri, path=self.name, change="created" if receipt.created else "modified"),
            ),
            effects=(
                EditApplied(
                    call_id=self.desk.call_id,
                    uri=self.place.uri,
                    path=self.name,
                    via=receipt.via,
                    saved=receipt.saved,
                    verified=receipt.verified,
                ),
            ),
        )


def git_folder_reason(place: Place) -> str | None:
    """Why a file of a repository asks although no name says so: a bare one, or one that `.git` points to (B085)."""
    return repository_protection(place.relative) if in_git_folder(place) else None


async def editable(place: Place, desk: Desk) -> FileContent | None:
    """The file's text now, None when there is no file; raises ToolFailure for what cannot be edited."""
    name = desk.name_of(place)
    if place.kind == "directory":
        raise ToolFailure(f"path must be a file: {folder_text(name)} is a folder. Use list_files to see what is in it.")
    try:
        content = await desk.workspace.read(place)
    except FileMissing:
        return None
    except PathRefused as refused:
        raise ToolFailure(refused.reason) from None
    if content.is_binary or content.encoding == "lossy":
        raise ToolFailure(f"{name} is not text that can be edited.")
    if not content.complete:
        raise ToolFailure(f"{name} is too large to be edited ({content.size_bytes} bytes).")
    if content.conflict:
        raise ToolFailure(
            f"{name} has unsaved changes in the editor and also changed on disk. Ask the user which one to keep."
        )
    return content


def changed_since(name: str) -> ToolFailure:
    """The refusal for a file that is not what the model was shown."""
    return ToolFailure(f"{name} changed since you read it. Nothing was written. Read it again, then change it.")


def replacement(place: Place, desk: Desk, content: FileContent, new_text: str, summary: str) -> Edit:
    """The edit that replaces `content` by `new_text`."""
    name = desk.name_of(place)
    if new_text.count(MASK) > content.text.count(MASK) and desk.redactor.mask(content.text) != content.text:
        raise ToolFailure(
            f"{name} holds a secret that you were shown as {MASK}. Nothing was written: it would be lost. "
            "Use edit_file on text that does not hold it."
        )
    return Edit(
        place=place,
        name=name,
        new_text=new_text,
        expect_digest=content.digest,
        diff=text_diff(name, content.text, new_text),
        summary=summary,
        show_diff=False,
        desk=desk,
    )


def with_diff(edit: Edit) -> Edit:
    """The same edit, whose diff the model sees."""
    return replace(edit, show_diff=True)


def _model_diff(diff: Diff, limit_chars: int = 6000) -> str:
    text = diff.unified
    return text if len(text) <= limit_chars else f"{text[:limit_chars]}\n… the rest of the diff is not shown"


def _first_line(diff: Diff) -> int | None:
    for line in diff.unified.split("\n", 4)[:4]:
        if line.startswith("@@"):
            span = line.split("+", 1)[-1].split(" ", 1)[0]
            return max(1, int(span.split(",")[0]))
    return None

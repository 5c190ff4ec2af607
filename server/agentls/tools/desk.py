"""What a tool may touch during one call, and nothing else.

It must not know tools, turns or approvals.
Invariant: files are reached through `workspace` only, and `seen` holds digests of text the model was really shown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from agentls.policy.redact import NO_SECRETS

if TYPE_CHECKING:
    from agentls.policy.redact import Redactor
    from agentls.protocol.settings import CommandSettings, ReadSettings
    from agentls.world.artifacts import Artifacts
    from agentls.world.files import Workspace
    from agentls.world.images import KeptImages
    from agentls.world.paths import Place


class SeenFiles:
    """The files of one task whose text the model has been shown, with the digest of that text."""

    __slots__ = ("_digests",)

    def __init__(self) -> None:
        self._digests: dict[str, str] = {}

    def note(self, place: Place, digest: str) -> None:
        """Remember what the model now knows of the file."""
        self._digests[str(place.absolute)] = digest

    def forget(self, place: Place) -> None:
        """The file's text is no longer what the model knows."""
        self._digests.pop(str(place.absolute), None)

    def digest(self, place: Place) -> str | None:
        """The digest last shown; None for a file not read in this task."""
        return self._digests.get(str(place.absolute))


@dataclass(frozen=True, slots=True)
class Desk:
    """The world of one tool call."""

    workspace: Workspace
    read: ReadSettings
    command: CommandSettings
    seen: SeenFiles
    artifacts: Artifacts
    images: KeptImages
    output: Callable[[Literal["stdout", "stderr"], str], None]
    ask: Callable[[str, Sequence[str]], Awaitable[str]]
    environment: Mapping[str, str]
    """For child processes; without secrets."""
    call_id: str
    take_image_room: Callable[[int], bool] | None = None
    """Whether the result of this call may hold an image of so many bytes; None: the model that asks takes none."""
    redactor: Redactor = NO_SECRETS
    """Knows the secrets that no kept output may hold, and that no edit may replace by their mask."""

    def name_of(self, place: Place) -> str:
        """The path as the model should write it: relative in the first folder, absolute in any other."""
        if place.root == self.workspace.roots[0]:
            return place.relative
        return place.absolute.as_posix()

"""What the tools of one task work with: its workspace, its memory of what was shown, its kept outputs.

Knows no turn. Invariant: a tool reaches files only through the workspace made here, and a child process gets no key.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from agentls.engine.connection import Connection
from agentls.engine.images import TaskImages
from agentls.policy.rules import Grant, Rules
from agentls.protocol.values import ApprovalMode, Location, Preview, ToolKind
from agentls.tools.desk import Desk, SeenFiles
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.titles import title
from agentls.world.artifacts import Artifacts
from agentls.world.environment import child_environment
from agentls.world.files import Workspace

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Described:
    """What `toolCall/ready` says of a call beside its arguments."""

    title: str
    kind: ToolKind
    locations: Sequence[Location] = ()
    preview: Preview | None = None


class Workbench:
    def __init__(
        self,
        connection: Connection,
        root: Path,
        artifacts: Artifacts,
        images: TaskImages,
        environment: Mapping[str, str],
    ) -> None:
        self.approval_mode: ApprovalMode | None = None
        """The mode the task was started with, in place of the setting's. Never stored."""
        self.grants: set[Grant] = set()
        """What the user allowed for the whole task."""
        self.toolbox = connection.toolbox
        self._connection = connection
        self._root = root
        self._workspace: tuple[tuple[Path, ...], Workspace] | None = None
        self._seen = SeenFiles()
        self._artifacts = artifacts
        self._images = images
        self._environment = child_environment({}, environment)

    @property
    def workspace(self) -> Workspace:
        """The folders as they are open now."""
        roots = self._connection.roots
        if self._workspace is None or self._workspace[0] != roots:
            self._workspace = (roots, self._connection.workspace(self._root))
        return self._workspace[1]

    def desk(
        self,
        call_id: str,
        output: Callable[[Literal["stdout", "stderr"], str], None],
        ask: Callable[[str, Sequence[str]], Awaitable[str]],
    ) -> Desk:
        """The desk of one call."""
        settings = self._connection.settings
        return Desk(
            workspace=self.workspace,
            read=settings.read,
            command=settings.command,
            seen=self._seen,
            artifacts=self._artifacts,
            images=self._images.kept,
            output=output,
            ask=ask,
            environment=self._environment,
            call_id=call_id,
            take_image_room=partial(self._images.take_room, call_id) if self._images.are_taken else None,
            redactor=self._connection.redactor(),
        )

    def rules(self) -> Rules:
        """What the user decided beforehand."""
        approval = self._connection.settings.approval
        return Rules(
            mode=self.approval_mode or approval.mode,
            allow_commands=tuple(approval.allow_commands),
            deny_commands=tuple(approval.deny_commands),
            trusted=self._connection.trusted,
            task_grants=frozenset(self.grants),
            posix_shell=os.name != "nt",
            sandbox_missing=self._connection.settings.command.sandbox == "required",
        )

    async def describe(self, call_id: str, name: str, arguments: Mapping[str, object]) -> Described:
        """What a call is about, as far as can be told without running it."""
        tool = self.toolbox.get(name)
        if tool is None or name not in self._connection.tool_names():
            return Described(title(name, arguments), "other")
        described = Described(title(name, arguments), tool.kind)
        parsed = self.toolbox.parse(name, arguments)
        if isinstance(parsed, Outcome):
            return described
        try:
            prepared = await tool.prepare(parsed, self.desk(call_id, _no_output, _no_answer))
        except ToolFailure:  # it will be the call's result
            return described
        except Exception as bug:  # the rim of a tool, here too: the call itself will fail, and say so
            logger.warning("tool %s could not describe a call: %s", name, type(bug).__name__)
            return described
        return Described(described.title, tool.kind, prepared.locations, prepared.preview)


def _no_output(stream: Literal["stdout", "stderr"], text: str) -> None:
    """Preparing a call prints nothing."""


async def _no_answer(question: str, options: Sequence[str]) -> str:
    raise AssertionError("preparing a call asks nothing")

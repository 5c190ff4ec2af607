"""The shape of a tool, and of a call that is ready to run.

It must not know any tool by name.
Invariant: `Prepared.run` does exactly what its action, subject and preview say, or fails.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict

from agentls.tools.outcome import ToolFailure
from agentls.world.paths import PathRefused

if TYPE_CHECKING:
    from agentls.policy.rules import Action
    from agentls.protocol.values import CommandSubject, EditSubject, Location, Preview, ToolKind
    from agentls.tools.desk import Desk
    from agentls.tools.outcome import Outcome
    from agentls.world.paths import Place


class Arguments(BaseModel):
    """The arguments of a tool: numbers may come as text, unknown names may not come at all."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True, hide_input_in_errors=True)


A = TypeVar("A", bound=Arguments)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call that was understood: what it would do, and the way to do it."""

    title: str
    action: Action
    run: Callable[[], Awaitable[Outcome]]
    locations: tuple[Location, ...] = ()
    preview: Preview | None = None
    subject: CommandSubject | EditSubject | None = None
    """What an approval is about; None when there is nothing to approve."""


class Tool(Protocol):
    """One capability."""

    name: ClassVar[str]
    kind: ClassVar[ToolKind]
    read_only: ClassVar[bool]
    """True: it may run beside other calls."""
    arguments: ClassVar[type[Arguments]]

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Check and describe the call without changing anything; `arguments` are of its own class.

        Raises ToolFailure.
        """
        ...


def own(kind: type[A], arguments: Arguments) -> A:
    """The arguments as those of one tool; anything else is a fault of the caller."""
    if not isinstance(arguments, kind):
        raise TypeError(f"{kind.__name__} expected")
    return arguments


def resolve(desk: Desk, path: str) -> Place:
    """The place that `path` means; a refusal is the call's result."""
    try:
        return desk.workspace.resolve(path)
    except PathRefused as refused:
        raise ToolFailure(refused.reason) from None

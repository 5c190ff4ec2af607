"""The tool `update_todo_list`: the model's plan, shown in the timeline.

It must not know where the plan is shown.
Invariant: each call gives the whole plan and replaces the one before.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from pydantic import Field

from agentls.policy.rules import ReadAction
from agentls.protocol.events import TodoUpdated
from agentls.protocol.values import TodoItem, ToolKind
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.titles import title
from agentls.tools.tool import Arguments, Prepared, own

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agentls.tools.desk import Desk

MAX_ITEMS: Final = 100
MAX_ITEM_CHARS: Final = 500
# For a stripped line. Nothing here can match blanks in two ways: a line of 100 KiB of them must cost nothing.
_ITEM: Final = re.compile(r"(?:(?:[-*+]|\d{1,9}[.)])\s*)?\[(?P<mark>[ xX~-]?)\](?P<text>.+)")
_STATES: Final[dict[str, Literal["pending", "inProgress", "completed"]]] = {
    "": "pending",
    " ": "pending",
    "x": "completed",
    "-": "inProgress",
    "~": "inProgress",
}


class UpdateTodoListArguments(Arguments):
    """Arguments of `update_todo_list`."""

    todos: Annotated[
        str,
        Field(description="The whole list, one item a line: `[ ] open`, `[-] in progress`, `[x] done`."),
    ]


class UpdateTodoList:
    """Replaces the plan."""

    name: ClassVar[str] = "update_todo_list"
    kind: ClassVar[ToolKind] = "other"
    read_only: ClassVar[bool] = False
    arguments: ClassVar[type[Arguments]] = UpdateTodoListArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Read the checklist; raises ToolFailure."""
        given = own(UpdateTodoListArguments, arguments)
        items = todo_items(given.todos)
        return Prepared(title=title(self.name, {}), action=ReadAction(), run=partial(_update, items))


def todo_items(todos: str) -> tuple[TodoItem, ...]:
    """The items of a markdown checklist; lines without a box are passed over. Raises ToolFailure."""
    found = [match for line in todos.splitlines() if (match := _ITEM.fullmatch(line.strip())) is not None]
    if not found:
        raise ToolFailure(
            "todos has no item. Write one item a line: `[ ] open`, `[-] in progress`, `[x] done`.", "invalid"
        )
    if len(found) > MAX_ITEMS:
        raise ToolFailure(f"todos has {len(found)} items; {MAX_ITEMS} are the most.", "invalid")
    return tuple(
        TodoItem(text=match["text"].strip()[:MAX_ITEM_CHARS], state=_STATES[match["mark"].lower()]) for match in found
    )


async def _update(items: Sequence[TodoItem]) -> Outcome:
    done = sum(item.state == "completed" for item in items)
    return Outcome(
        status="ok",
        text=f"The list is updated: {done} of {len(items)} done.",
        effects=(TodoUpdated(items=list(items)),),
    )

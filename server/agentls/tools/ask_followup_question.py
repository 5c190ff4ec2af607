"""The tool `ask_followup_question`: the user's answer to a question of the model.

It must not know how the user is asked.
Invariant: the answer is handed on as the user gave it, and only the user gives it.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import BeforeValidator, Field

from agentls.policy.rules import ReadAction
from agentls.protocol.values import ToolKind
from agentls.tools.outcome import Outcome
from agentls.tools.titles import title
from agentls.tools.tool import Arguments, Prepared, own

if TYPE_CHECKING:
    from agentls.tools.desk import Desk


def _option_text(value: object) -> object:
    """Some models wrap each option: `{"text": "…", "mode": null}`."""
    return value["text"] if isinstance(value, dict) and "text" in value else value


class AskFollowupQuestionArguments(Arguments):
    """Arguments of `ask_followup_question`."""

    question: Annotated[str, Field(min_length=1, description="One clear question.")]
    follow_up: Annotated[
        list[Annotated[str, BeforeValidator(_option_text), Field(min_length=1)]],
        Field(max_length=8, description="Two to four complete answers to choose from; may be empty."),
    ]


class AskFollowupQuestion:
    """Asks the user."""

    name: ClassVar[str] = "ask_followup_question"
    kind: ClassVar[ToolKind] = "ask"
    read_only: ClassVar[bool] = False
    arguments: ClassVar[type[Arguments]] = AskFollowupQuestionArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Nothing to check: asking changes nothing."""
        given = own(AskFollowupQuestionArguments, arguments)
        return Prepared(
            title=title(self.name, {"question": given.question}),
            action=ReadAction(),
            run=partial(_ask, given, desk),
        )


async def _ask(arguments: AskFollowupQuestionArguments, desk: Desk) -> Outcome:
    answer = await desk.ask(arguments.question, tuple(arguments.follow_up))
    return Outcome(status="ok", text=f"The user answers: {answer}")

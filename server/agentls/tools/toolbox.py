"""All tools by name: what the model is offered, and how its arguments are read.

It must not know a call's fate after its arguments are read.
Invariant: `parse` answers every name and every JSON value, and an answer that is no arguments object names the
field at fault and lists what is valid.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final, Literal

from pydantic import ValidationError

from agentls.protocol.ask_requests import ToolDefinition
from agentls.protocol.values import ToolKind
from agentls.tools.ask_followup_question import AskFollowupQuestion
from agentls.tools.edit_file import EditFile
from agentls.tools.execute_command import ExecuteCommand
from agentls.tools.list_files import ListFiles
from agentls.tools.outcome import Outcome
from agentls.tools.read_command_output import ReadCommandOutput
from agentls.tools.read_file import ReadFile
from agentls.tools.schema import describe_parameters, parameters
from agentls.tools.search_files import SearchFiles
from agentls.tools.titles import one_line
from agentls.tools.tool import Arguments, Tool
from agentls.tools.update_todo_list import UpdateTodoList
from agentls.tools.write_to_file import WriteToFile

_MAX_ERRORS_NAMED: Final = 5


def _built_in() -> Iterator[Tool]:
    yield ListFiles()
    yield ReadFile()
    yield SearchFiles()
    yield WriteToFile()
    yield EditFile()
    yield ExecuteCommand()
    yield ReadCommandOutput()
    yield AskFollowupQuestion()
    yield UpdateTodoList()


class Toolbox:
    """The tools of a connection, in the order in which the model sees them."""

    def __init__(self, tools: Sequence[Tool] | None = None) -> None:
        self._tools = {tool.name: tool for tool in (tuple(_built_in()) if tools is None else tools)}

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all tools."""
        return tuple(self._tools)

    def get(self, name: str) -> Tool | None:
        """The tool of this name."""
        return self._tools.get(name)

    def definitions(self, disabled: Collection[str] = ()) -> list[dict[str, object]]:
        """The tools as the chat API takes them, without the disabled ones."""
        return [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": description(tool.name),
                    "parameters": parameters(tool.arguments),
                },
            }
            for tool in self._tools.values()
            if tool.name not in disabled
        ]

    def listing(self, disabled: Collection[str] = ()) -> list[ToolDefinition]:
        """All tools as a client sees them."""
        return [
            ToolDefinition(
                name=tool.name,
                kind=tool.kind,
                description=description(tool.name),
                parameters=parameters(tool.arguments),
                approval=_approval(tool.kind),
                source="builtin",
                enabled=tool.name not in disabled,
            )
            for tool in self._tools.values()
        ]

    def parse(self, name: str, arguments: object) -> Arguments | Outcome:
        """The arguments of a call, or the `invalid` outcome that tells the model what is wrong with them."""
        tool = self._tools.get(name)
        if tool is None:
            return self.unknown(name)
        if not isinstance(arguments, Mapping):
            return _invalid(tool, ["the arguments must be a JSON object"])
        given = {key: value for key, value in arguments.items() if value is not None}
        try:
            return tool.arguments.model_validate(given)
        except ValidationError as error:
            return _invalid(tool, _problems(error))

    def unknown(self, name: str, offered: Sequence[str] | None = None) -> Outcome:
        """The outcome of a call of a tool that does not exist, or is none of those that are offered."""
        known = ", ".join(self._tools if offered is None else offered)
        return Outcome(
            status="invalid", text=f"There is no tool {one_line(name, 80)!r}. Nothing was run. The tools are: {known}."
        )


def description(name: str) -> str:
    """What the model is told about a tool: the text file beside it."""
    data = pkgutil.get_data("agentls.tools", f"{name}.md")
    if data is None:
        raise LookupError(f"the description of {name} is missing")
    return data.decode().strip()


def _approval(kind: ToolKind) -> Literal["none", "edit", "command"]:
    return "edit" if kind == "edit" else "command" if kind == "execute" else "none"


def _problems(error: ValidationError) -> list[str]:
    problems = []
    for each in error.errors(include_url=False, include_input=False, include_context=False)[:_MAX_ERRORS_NAMED]:
        field = one_line(".".join(str(part) for part in each["loc"]), 80)
        match each["type"]:
            case "missing":
                problems.append(f"`{field}` is missing")
            case "extra_forbidden":
                problems.append(f"`{field}` is not an argument of this tool")
            case _:
                problems.append(f"`{field}`: {each['msg'][:1].lower()}{each['msg'][1:]}")
    return problems


def _invalid(tool: Tool, problems: Sequence[str]) -> Outcome:
    valid = describe_parameters(tool.arguments)
    return Outcome(
        status="invalid",
        text=f"Invalid arguments for {tool.name}: {'; '.join(problems)}. Nothing was run. Valid: {valid}.",
    )

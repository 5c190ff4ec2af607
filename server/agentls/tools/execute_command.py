"""The tool `execute_command`: one shell command in a folder of the workspace.

It must not know how processes are run or stopped.
Invariant: the command that was prepared is the one that runs, and the result says how it ended.
"""

from __future__ import annotations

import signal
from functools import partial
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from agentls.policy.rules import CommandAction
from agentls.protocol.values import CommandSubject, Location, Preview, ToolKind
from agentls.tools.calls import call_text
from agentls.tools.command_environment import command_environment
from agentls.tools.outcome import Cut, Outcome, Status, ToolFailure
from agentls.tools.titles import folder_text, path_text, title
from agentls.tools.tool import Arguments, Prepared, own, resolve

if TYPE_CHECKING:
    from agentls.tools.desk import Desk
    from agentls.world.artifacts import OutputKeeper
    from agentls.world.paths import Place
    from agentls.world.processes import Exit


class ExecuteCommandArguments(Arguments):
    """Arguments of `execute_command`."""

    command: Annotated[str, Field(min_length=1, description="The shell command line.")]
    cwd: Annotated[
        str | None, Field(description="Folder to run in, relative to the workspace; absent: the workspace.")
    ] = None
    timeout: Annotated[
        float | None,
        Field(
            gt=0, allow_inf_nan=False, description="Seconds after which it is stopped; the user's limit is the most."
        ),
    ] = None


class ExecuteCommand:
    """Runs a shell command."""

    name: ClassVar[str] = "execute_command"
    kind: ClassVar[ToolKind] = "execute"
    read_only: ClassVar[bool] = False
    arguments: ClassVar[type[Arguments]] = ExecuteCommandArguments

    async def prepare(self, arguments: Arguments, desk: Desk) -> Prepared:
        """Find the folder; raises ToolFailure."""
        given = own(ExecuteCommandArguments, arguments)
        command = given.command
        if not command.strip() or "\0" in command:
            raise ToolFailure("command must be a command line without NUL characters.", "invalid")
        place = resolve(desk, given.cwd or ".")
        name = desk.name_of(place)
        if place.kind != "directory":
            what = "there is no" if place.kind == "missing" else "no folder is"
            raise ToolFailure(f"cwd must be a folder of the workspace: {what} {path_text(name)}. Nothing was run.")
        timeout_s = min(given.timeout or desk.command.timeout_s, desk.command.timeout_s)
        return Prepared(
            title=title(self.name, {"command": command}),
            action=CommandAction(command=command, cwd=str(place.absolute)),
            run=partial(_run, command, place, timeout_s, desk),
            locations=(Location(uri=place.uri),),
            preview=Preview(command=command),
            subject=CommandSubject(command=command, cwd=name),
        )


async def _run(command: str, place: Place, timeout_s: float, desk: Desk) -> Outcome:
    from agentls.world.processes import CommandNotStarted, run_command  # not needed to start the server

    now = resolve(desk, str(place.absolute))
    if (now.absolute, now.kind) != (place.absolute, place.kind):  # a link took its place since it was approved
        raise ToolFailure(f"{folder_text(desk.name_of(place))} was replaced meanwhile. Nothing was run. Look again.")
    keep = desk.artifacts.keeper(desk.command.output_bytes, desk.redactor)
    try:
        end = await run_command(
            command,
            cwd=place.absolute,
            env=command_environment(desk.environment, desk.workspace.roots),
            timeout_s=timeout_s,
            output=desk.output,
            keep=keep,
        )
    except CommandNotStarted as refused:
        raise ToolFailure(refused.reason) from None
    status, how = _ending(end, timeout_s)
    head = [f"{how} after {end.duration_s:.1f} s, in {folder_text(desk.name_of(place))}."]
    if end.stopped_leftovers:
        head.append(f"Stopped: {_count(end.stopped_leftovers)} that it left running in the background.")
    cut, note = _cut(keep)
    shown = keep.text()
    body = f"Output:\n{shown}" if shown.strip() else "It printed nothing."
    return Outcome(
        status=status,
        text="\n".join([*head, *note, body]),
        truncated=cut,
        exit_code=end.code,
    )


def _ending(end: Exit, timeout_s: float) -> tuple[Status, str]:
    if end.timed_out:
        return "timeout", f"Timed out: stopped at its limit of {timeout_s:g} s"
    if end.signal is not None:
        return "error", f"Ended by signal {_signal_name(end.signal)}"
    return ("ok" if end.code == 0 else "error"), f"Exit code {end.code}"


def _count(processes: int) -> str:
    return "1 process" if processes == 1 else f"{processes} processes"


def _signal_name(number: int) -> str:
    try:
        return f"{number} ({signal.Signals(number).name})"
    except ValueError:
        return str(number)


def _cut(keep: OutputKeeper) -> tuple[Cut | None, list[str]]:
    if not keep.truncated:
        return None, []
    following = None
    note = f"It printed {keep.total_bytes} bytes; the beginning and the end are shown."
    if keep.artifact_id is not None:
        following = call_text("read_command_output", artifact_id=keep.artifact_id)
        note += f" The rest: {following}"
    return Cut(keep.shown_bytes, keep.total_bytes, following), [note]

"""`workspace/executeCommand`: six commands for any editor, and every request method by its own name.

Knows what a bare editor can send (a string, an object, nothing); knows nothing of the engine's state but
what passed by. Invariant: no secret travels by a command, and an approval is never guessed among several.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from agentls.engine.publisher import StoredFrame
from agentls.lsp.answers import UnknownMethod, params_object
from agentls.lsp.calls import Reply
from agentls.lsp.check_command import CheckCommand
from agentls.lsp.engine_slot import ServedEngine
from agentls.lsp.methods import call_engine
from agentls.protocol.commands import ADVERTISED, is_method_command
from agentls.protocol.errors import InvalidParams, RequestFailed
from agentls.protocol.registry import REQUESTS


class Latest:
    """What a command without an id means: the task that ran last and the approvals that are open."""

    def __init__(self) -> None:
        self.task_id: str | None = None
        self.approval_ids: dict[str, None] = {}

    def observe(self, frame: StoredFrame) -> None:
        """See a stored frame go by. Any thread; touches only its own fields."""
        match frame.method:
            case "agent/turn/started":
                self.task_id = frame.task_id
            case "agent/approval/requested":
                self.approval_ids[_approval_id(frame)] = None
            case "agent/approval/resolved":
                self.approval_ids.pop(_approval_id(frame), None)


class _ApprovalPart(msgspec.Struct):
    approval_id: str = msgspec.field(name="approvalId", default="")


_APPROVAL = msgspec.json.Decoder(_ApprovalPart)


def _approval_id(frame: StoredFrame) -> str:
    return _APPROVAL.decode(frame.params).approval_id


async def execute_command(
    engine: Callable[[], ServedEngine], latest: Latest, checks: CheckCommand, params: Any
) -> Reply:
    """Run one command. Raises UnknownMethod, InvalidParams, RequestFailed."""
    plain = params_object(params)
    command = plain.get("command")
    if not isinstance(command, str):
        raise InvalidParams("command must be a string", "command")
    arguments = plain.get("arguments")
    if arguments is not None and not isinstance(arguments, list):
        raise InvalidParams("arguments must be an array", "arguments")
    first = arguments[0] if arguments else None
    if is_method_command(command, REQUESTS):
        return await _call(engine, command, first)
    if command not in ADVERTISED:
        raise UnknownMethod(list(ADVERTISED))
    if command == "agent.check":
        return _check(engine, checks, first)
    method, call_params = _translate(command, first, latest)
    return await _call(engine, method, call_params)


def _check(engine: Callable[[], ServedEngine], checks: CheckCommand, first: Any) -> Reply:
    """Begin a check; it goes on when this was answered."""
    params = _object_of(first, "id")
    try:
        return checks.start(engine(), params)
    except InvalidParams as error:
        raise InvalidParams(error.message, _argument_path(error.path)) from None


async def _call(engine: Callable[[], ServedEngine], method: str, params: Any) -> Reply:
    try:
        return await call_engine(engine, method, params)
    except InvalidParams as error:
        raise InvalidParams(error.message, _argument_path(error.path)) from None


def _argument_path(path: str) -> str:
    if path in ("", "params"):
        return "arguments[0]"
    return f"arguments[0].{path}"


def _translate(command: str, first: Any, latest: Latest) -> tuple[str, dict[str, Any]]:
    """The request that an advertised command stands for."""
    match command:
        case "agent.ask":
            return "agent/task/start", _object_of(first, "prompt")
        case "agent.steer":
            return "agent/turn/steer", _with_task(_object_of(first, "prompt"), latest)
        case "agent.stop":
            return "agent/turn/interrupt", _with_task(_object_of(first, "taskId"), latest)
        case "agent.approve":
            return "agent/approval/respond", _with_approval(first, "allow", latest)
        case _:
            return "agent/approval/respond", {**_with_approval(first, "deny", latest), "decision": "deny"}


def _object_of(first: Any, key: str) -> dict[str, Any]:
    """The argument as an object: a bare string is the value of `key`, nothing is the empty object."""
    if isinstance(first, str):
        return {key: first}
    if first is not None and type(first) is not dict:
        raise InvalidParams("the argument must be a string or an object", "arguments[0]")
    return dict(first or {})


def _with_task(params: dict[str, Any], latest: Latest) -> dict[str, Any]:
    if params.get("taskId") is None:
        if latest.task_id is None:
            raise RequestFailed("task.unknown", "No task has run yet.", "Start one with agent.ask.")
        params["taskId"] = latest.task_id
    return params


def _with_approval(first: Any, decision: str, latest: Latest) -> dict[str, Any]:
    params = {"decision": decision, **_object_of(first, "approvalId")}
    if params.get("approvalId") is None:
        if len(latest.approval_ids) != 1:
            what = "No approval is open." if not latest.approval_ids else "More than one approval is open."
            raise RequestFailed("approval.unknown", what, "Name the approval by its approvalId.")
        params["approvalId"] = next(iter(latest.approval_ids))
    return params

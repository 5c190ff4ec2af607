"""Every method of the protocol: the one source of pages, types, dispatch and capabilities.

Knows who may send what; not who does. Invariant: a model is named after its method (see `class_name`).
Importing this costs next to nothing: the models, and pydantic with them, are loaded when a row is first
asked for one, so that a server can answer `initialize` before that.
"""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from agentls.protocol.event import TaskEvent
    from agentls.protocol.wire import Wire

PROTOCOL_VERSION = 1
STORED, LIVE = True, False


def class_name(method: str) -> str:
    """`agent/toolCall/started` → `ToolCallStarted`; a request's models add `Params` and `Result`."""
    parts = method.removeprefix("agent/").split("/")
    return "".join(part[:1].upper() + part[1:] for part in parts)


def _model(module: str, name: str) -> "type[Wire]":
    return cast("type[Wire]", getattr(import_module(f"agentls.protocol.{module}"), name))


class Request(NamedTuple):
    """A request from the client."""

    method: str
    module: str
    """The module of this room that has its models."""
    summary: str
    since: int = 1

    @property
    def params(self) -> "type[Wire]":
        """The model of its params."""
        return _model(self.module, class_name(self.method) + "Params")

    @property
    def result(self) -> "type[Wire]":
        """The model of its result."""
        return _model(self.module, class_name(self.method) + "Result")


class Notification(NamedTuple):
    """A notification to the client."""

    method: str
    module: str
    """The module of this room that has its model."""
    stored: bool
    summary: str
    in_task: bool = True
    """Whether it carries the envelope."""
    since: int = 1

    @property
    def params(self) -> "type[Wire]":
        """The model of its payload, without the envelope."""
        return _model(self.module, class_name(self.method))


_REQUESTS = (
    Request(
        "agent/provider/list",
        "provider_requests",
        "The providers of this connection, and which one is active. A key is never in a result.",
    ),
    Request(
        "agent/provider/set",
        "provider_requests",
        "Create a provider, or replace the one with the same id. The first one set becomes active.",
    ),
    Request(
        "agent/provider/setKey",
        "provider_requests",
        "Set a provider's key: the one method that carries a secret. Not available as a command.",
    ),
    Request("agent/provider/remove", "provider_requests", "Forget a provider and its key."),
    Request("agent/provider/select", "provider_requests", "Make a provider the active one."),
    Request(
        "agent/provider/models",
        "model_list",
        "Ask a provider for its models, with what it says of each. Costs no tokens; errors are errors.",
    ),
    Request(
        "agent/provider/check",
        "check",
        "Try out what a provider can do, step by step; each step is also told as it ends. It costs a few tokens.",
    ),
    Request(
        "agent/settings/get",
        "provider_requests",
        "All settings, and what the server found out about its machine.",
    ),
    Request("agent/settings/set", "provider_requests", "Change some settings; the rest stays as it is."),
    Request("agent/task/start", "task_requests", "Begin a task with its first prompt."),
    Request("agent/task/list", "task_requests", "The tasks, latest change first."),
    Request("agent/task/get", "task_requests", "The whole state of a task, and the number it goes up to."),
    Request("agent/task/delete", "task_requests", "Delete a task and its history."),
    Request("agent/task/export", "task_requests", "Write a task to a file to read or to keep."),
    Request("agent/task/events", "task_requests", "The stored notifications after a number, as they were sent."),
    Request("agent/turn/start", "task_requests", "Begin another turn of a task that rests."),
    Request("agent/turn/steer", "task_requests", "Say something to a task, whatever it is doing."),
    Request("agent/turn/interrupt", "task_requests", "Stop the running turn; the queue stays and is not started."),
    Request("agent/queue/list", "task_requests", "The prompts that wait for their turn."),
    Request("agent/queue/update", "task_requests", "Change the words of a waiting prompt."),
    Request("agent/queue/remove", "task_requests", "Take a waiting prompt out of the queue."),
    Request("agent/content/read", "task_requests", "Read what a payload left out."),
    Request("agent/approval/respond", "ask_requests", "Decide an open approval; the first answer wins."),
    Request("agent/question/respond", "ask_requests", "Answer an open question; the first answer wins."),
    Request(
        "agent/tools/list",
        "ask_requests",
        "The tools, with the JSON schema of their arguments and their approval class.",
    ),
    Request("agent/workspace/setTrust", "ask_requests", "Say whether the user trusts the workspace."),
)

_NOTIFICATIONS = (
    Notification("agent/task/status", "turn_events", STORED, "What the task is doing now."),
    Notification("agent/prompt", "turn_events", STORED, "A prompt was queued, delivered or removed."),
    Notification("agent/turn/started", "turn_events", STORED, "A turn began."),
    Notification("agent/turn/completed", "turn_events", STORED, "A turn ended: exactly one per started turn."),
    Notification("agent/request/started", "turn_events", STORED, "A request to the provider was sent."),
    Notification("agent/request/retrying", "turn_events", LIVE, "A failed request is tried again after a wait."),
    Notification("agent/request/waiting", "turn_events", LIVE, "A request waits: nothing has come for some seconds."),
    Notification("agent/request/completed", "turn_events", STORED, "A request to the provider ended."),
    Notification("agent/message/started", "stream_events", STORED, "The model began to answer."),
    Notification("agent/message/delta", "stream_events", LIVE, "A piece of the answer."),
    Notification("agent/message/completed", "stream_events", STORED, "The answer, whole."),
    Notification("agent/reasoning/started", "stream_events", STORED, "The model began to think aloud."),
    Notification("agent/reasoning/delta", "stream_events", LIVE, "A piece of the reasoning."),
    Notification("agent/reasoning/completed", "stream_events", STORED, "The reasoning, whole."),
    Notification("agent/toolCall/started", "tool_events", STORED, "The model began a tool call: its name is known."),
    Notification("agent/toolCall/delta", "tool_events", LIVE, "A piece of a call's arguments, raw and parsed."),
    Notification("agent/toolCall/ready", "tool_events", STORED, "A call's arguments are whole and valid."),
    Notification("agent/toolCall/status", "tool_events", STORED, "A call waits for an approval, or runs."),
    Notification("agent/toolCall/output", "tool_events", LIVE, "A piece of what a running command prints."),
    Notification("agent/toolResult", "tool_events", STORED, "What a call came to: exactly one per started call."),
    Notification("agent/approval/requested", "ask_events", STORED, "A call needs the user's approval."),
    Notification("agent/approval/resolved", "ask_events", STORED, "An approval was decided."),
    Notification("agent/question/requested", "ask_events", STORED, "The model asks the user something."),
    Notification("agent/question/resolved", "ask_events", STORED, "A question was answered, or is no longer open."),
    Notification("agent/edit/applied", "tool_events", STORED, "A file was changed."),
    Notification("agent/todo/updated", "turn_events", STORED, "The model's plan, whole."),
    Notification("agent/notice", "turn_events", STORED, "Something the user should know."),
    Notification(
        "agent/provider/changed",
        "provider_requests",
        LIVE,
        "The providers changed: all of them as they now are.",
        in_task=False,
    ),
    Notification("agent/provider/checkStep", "check", LIVE, "A step of a running check ended.", in_task=False),
)

REQUESTS: Mapping[str, Request] = {row.method: row for row in _REQUESTS}
NOTIFICATIONS: Mapping[str, Notification] = {row.method: row for row in _NOTIFICATIONS}


class EventTypes(Mapping[str, "type[TaskEvent]"]):
    """The payload class of every notification of a task, by method."""

    _methods = tuple(row.method for row in _NOTIFICATIONS if row.in_task)

    def __getitem__(self, method: str) -> "type[TaskEvent]":
        if method not in self._methods:
            raise KeyError(method)
        return cast("type[TaskEvent]", NOTIFICATIONS[method].params)

    def __iter__(self) -> Iterator[str]:
        return iter(self._methods)

    def __len__(self) -> int:
        return len(self._methods)


EVENT_TYPES: Mapping[str, "type[TaskEvent]"] = EventTypes()

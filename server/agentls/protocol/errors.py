"""Error codes of requests: JSON-RPC numbers, stable names, and the two exceptions that carry them.

Knows nothing of who raises or sends them. Invariant: no error echoes a value the client sent.
    Exception
    ├── RequestFailed   → −32803 with data {code, advice, retryable}
    └── InvalidParams   → −32602 with data {path}
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
NOT_INITIALIZED = -32002
REQUEST_FAILED = -32803
REQUEST_CANCELLED = -32800

RequestErrorCode = Literal[
    "provider.notConfigured",
    "provider.unknown",
    "provider.keyMissing",
    "provider.auth",
    "provider.modelNotFound",
    "provider.endpointNotFound",
    "provider.rateLimit",
    "provider.quota",
    "provider.badRequest",
    "provider.server",
    "provider.overloaded",
    "provider.connection",
    "provider.proxy",
    "provider.tls",
    "provider.timeout",
    "provider.streamBroken",
    "provider.badStream",
    "workspace.untrusted",
    "workspace.unknown",
    "task.unknown",
    "task.busy",
    "task.elsewhere",
    "turn.active",
    "prompt.unknown",
    "content.unknown",
    "approval.unknown",
    "approval.decisionNotOffered",
    "question.unknown",
    "journal.unavailable",
    "server.stopping",
    "internal",
]


class RequestError(NamedTuple):
    """A row of the table of request errors."""

    title: str
    advice: str
    retryable: bool = False


REQUEST_ERRORS: Mapping[RequestErrorCode, RequestError] = {
    "provider.notConfigured": RequestError(
        "No provider is configured.",
        "Set a base URL and a model, in the gear panel or by agent/provider/set, and try again.",
    ),
    "provider.unknown": RequestError(
        "There is no provider with this id.", "List the providers and use one of their ids."
    ),
    "provider.keyMissing": RequestError(
        "The environment variable that should hold the API key is not set.",
        "Set the variable where the server is started, or set the key by agent/provider/setKey.",
    ),
    "provider.auth": RequestError(
        "The provider refuses the key, or wants one.",
        "Check that the API key is the one for this provider and was entered whole.",
    ),
    "provider.modelNotFound": RequestError(
        "The provider does not know the model.",
        "Check the model ID: list the provider's models.",
    ),
    "provider.endpointNotFound": RequestError(
        "There is nothing of that kind at the provider's address.",
        "Check the base URL; enter the model ID by hand where the server has no model list.",
    ),
    "provider.rateLimit": RequestError(
        "The provider's rate limit is reached.",
        "Wait a moment and try again.",
        retryable=True,
    ),
    "provider.quota": RequestError(
        "The account has no credit left.",
        "Add credit to the account, or use another provider.",
    ),
    "provider.badRequest": RequestError(
        "The provider refuses the request.",
        "Read what it said, and check the provider's settings.",
    ),
    "provider.server": RequestError(
        "The provider failed.",
        "Try again; if it stays so, look at the server's own log or status page.",
        retryable=True,
    ),
    "provider.overloaded": RequestError(
        "The provider is too busy.",
        "Try again in a while.",
        retryable=True,
    ),
    "provider.connection": RequestError(
        "The provider cannot be reached.",
        "Check the base URL and that the server is running.",
        retryable=True,
    ),
    "provider.proxy": RequestError(
        "The proxy refuses or fails.",
        "Check the provider's proxy setting.",
    ),
    "provider.tls": RequestError(
        "No secure connection to the provider came about.",
        "Check the address, and set caBundle for a certificate of your own.",
    ),
    "provider.timeout": RequestError(
        "The provider was silent for too long.",
        "Try again; check that the server is running and not loading a model.",
        retryable=True,
    ),
    "provider.streamBroken": RequestError(
        "The connection ended in the middle of the answer.",
        "Try again.",
        retryable=True,
    ),
    "provider.badStream": RequestError(
        "The provider sent something that is not an answer.",
        "Check that the base URL is that of an OpenAI-compatible API.",
    ),
    "workspace.untrusted": RequestError(
        "The workspace is not trusted.", "Trust the workspace in the editor, then try again."
    ),
    "workspace.unknown": RequestError(
        "This is not one of the workspace folders.", "Open the folder in the editor, or leave the field out."
    ),
    "task.unknown": RequestError("There is no task with this id.", "List the tasks and use one of their ids."),
    "task.busy": RequestError("The task is running.", "Wait until it rests, or interrupt it first.", retryable=True),
    "task.elsewhere": RequestError(
        "The task is run by another window.",
        "Continue it in that window, or close that window and try again.",
        retryable=True,
    ),
    "turn.active": RequestError(
        "A turn of this task is running.",
        "Send the prompt by agent/turn/steer, or wait for agent/turn/completed.",
        retryable=True,
    ),
    "prompt.unknown": RequestError(
        "There is no waiting prompt with this id.", "It may have been delivered: list the queue again."
    ),
    "content.unknown": RequestError(
        "There is no content with this reference.", "Use a ref exactly as a payload of this task named it."
    ),
    "approval.unknown": RequestError("There is no approval with this id.", "Use the id from agent/approval/requested."),
    "approval.decisionNotOffered": RequestError(
        "This decision is not one of those offered.", "Use one of the decisions of agent/approval/requested."
    ),
    "question.unknown": RequestError("There is no question with this id.", "Use the id from agent/question/requested."),
    "journal.unavailable": RequestError(
        "The task cannot be saved.",
        "Check that the data folder is writable and the disk is not full, then restart the server.",
    ),
    "server.stopping": RequestError("The server is shutting down.", "Start it again."),
    "internal": RequestError(
        "Something went wrong in the server.", "Try again; if it stays so, report it with the server's log."
    ),
}


class RequestFailed(Exception):
    """A request cannot be done now or at all; sent as −32803. What is not given comes from the table."""

    def __init__(
        self,
        code: RequestErrorCode,
        message: str | None = None,
        advice: str | None = None,
        retryable: bool | None = None,
    ) -> None:
        row = REQUEST_ERRORS[code]
        self.code = code
        self.message = row.title if message is None else message
        self.advice = row.advice if advice is None else advice
        self.retryable = row.retryable if retryable is None else retryable
        super().__init__(self.message)


class InvalidParams(Exception):
    """The params of a request are wrong; sent as −32602. The message never quotes the value."""

    def __init__(self, message: str, path: str) -> None:
        self.message = message
        self.path = path
        super().__init__(message)


_UNION_LABELS = frozenset({"CommandSubject", "EditSubject", "OriginSubject"})
_UNION_PREFIXES = ("list[", "constrained-", "function-")
_BLOCK_TAGS = frozenset({"text", "image", "file", "diagnostics"})
_MAX_PATH = 200
_MUST_BE = {
    "model_type": "an object",
    "dict_type": "an object",
    "model_attributes_type": "an object",
    "list_type": "a list",
    "string_type": "a string",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "union_tag_not_found": "an object with a type",
}


def invalid_params(error: "ValidationError") -> InvalidParams:
    """The most telling of the errors, with its path in wire spelling and without the value."""
    details = error.errors(include_url=False, include_input=False)
    telling = max(details, key=_telling)
    path = wire_path(telling["loc"])
    return InvalidParams(_sentence(telling, path), path)


def wire_path(loc: tuple[int | str, ...]) -> str:
    """A pydantic location as a path: `("a", 0, "b")` is `a[0].b`; labels of union members are left out."""
    path = ""
    after_index = False
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not (part in _UNION_LABELS or part.startswith(_UNION_PREFIXES) or (after_index and part in _BLOCK_TAGS)):
            path += f".{part}" if path else part
        after_index = isinstance(part, int)
    return path[:_MAX_PATH]


def _telling(detail: "ErrorDetails") -> tuple[int, bool]:
    # Of the members of a union, the one that got furthest is the one that was meant; where all stopped
    # at the door, the one that complains of more than the type.
    return len(detail["loc"]), not detail["type"].endswith("_type")


def _sentence(detail: "ErrorDetails", path: str) -> str:
    kind = detail["type"]
    if kind in _MUST_BE:
        what = f"must be {_MUST_BE[kind]}"
    elif kind == "missing":
        what = "is required"
    elif kind == "extra_forbidden":
        what = "is not a known field"
        if path.endswith("apiKey"):
            what += "; a key is set by agent/provider/setKey"
    elif kind == "union_tag_invalid":
        # pydantic's own sentence quotes the tag that was sent.
        what = f"must have one of these types: {detail.get('ctx', {}).get('expected_tags', '')}"
    elif kind == "value_error":
        what = "is invalid: " + detail["msg"].removeprefix("Value error, ")
    else:
        what = "is invalid: " + detail["msg"].removeprefix("Input ")
    return f"{path or 'params'} {what}"

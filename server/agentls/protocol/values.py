"""Values that several messages share: prompt blocks, usage, errors, ranges, diffs, subjects.

Knows shapes only. Invariant: one noun has one shape wherever it appears.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from agentls.protocol.documents import DiagnosticItem, DocumentRange
from agentls.protocol.wire import Wire

TaskState = Literal["idle", "running", "awaitingApproval", "awaitingAnswer"]
TurnEnd = Literal["completed", "interrupted", "failed", "limit"]
PromptSource = Literal["start", "turn", "steer"]
PromptState = Literal["queued", "delivered", "removed"]
ToolKind = Literal["read", "edit", "search", "execute", "ask", "other"]
ResultStatus = Literal["ok", "error", "denied", "cancelled", "timeout", "invalid"]
OutputStream = Literal["stdout", "stderr"]
TextSource = Literal["buffer", "disk"]
Decision = Literal["allow", "allowForTask", "allowUnsandboxed", "deny"]
ResolvedBy = Literal["user", "policy", "timeout", "interrupt", "restart"]
ApprovalMode = Literal["readOnly", "ask", "acceptEdits", "full"]
NoticeLevel = Literal["info", "warning", "error"]
TurnErrorCode = Literal[
    "auth",
    "modelNotFound",
    "endpointNotFound",
    "toolsUnsupported",
    "toolCallRejected",
    "contextLength",
    "rateLimit",
    "quota",
    "contentFilter",
    "badRequest",
    "server",
    "overloaded",
    "connection",
    "proxy",
    "tls",
    "timeout",
    "streamBroken",
    "badStream",
    "emptyResponse",
    "refusal",
    "internal",
]


class TextBlock(Wire):
    """A piece of a prompt: text."""

    type: Literal["text"] = "text"
    """Always `text`."""
    text: str
    """The text."""


class ImageBlock(Wire):
    """A piece of a prompt: an image, by `uri` or by `data`; told again by the `ref` under which it is kept."""

    type: Literal["image"] = "image"
    """Always `image`."""
    uri: str | None = None
    """A `file:` URI inside the workspace, read when the prompt is accepted. One of `uri` and `data` is given."""
    data: str | None = None
    """The image, base64: PNG, JPEG, GIF or WebP of at most 5 MiB. Never in a notification or result."""
    ref: str | None = None
    """The image as it is kept, for `agent/content/read`, whose `text` is it in base64. In place of `data` it may be
    sent back in another prompt of the same task."""
    mime_type: str
    """For example `image/png`. What the image's own bytes say counts."""

    @model_validator(mode="after")
    def _one_source(self) -> "ImageBlock":
        if (self.data is not None) == (self.uri is not None or self.ref is not None):
            raise ValueError("exactly one of uri and data is needed")
        return self


class FileBlock(Wire):
    """A piece of a prompt: a file of the workspace, or a part of it."""

    type: Literal["file"] = "file"
    """Always `file`."""
    uri: str
    """A `file:` URI inside the workspace."""
    range: DocumentRange | None = None
    """The part that is meant; absent: the whole file."""


class DiagnosticsBlock(Wire):
    """A piece of a prompt: what the editor's language servers say about a file."""

    type: Literal["diagnostics"] = "diagnostics"
    """Always `diagnostics`."""
    uri: str
    """The file the items belong to."""
    items: list[DiagnosticItem]
    """The diagnostics."""


Block = Annotated[TextBlock | ImageBlock | FileBlock | DiagnosticsBlock, Field(discriminator="type")]


def _not_empty(text: str) -> str:
    # Not `min_length`: with a constraint pydantic refuses a lone surrogate, which an editor may send (row B031).
    if not text:
        raise ValueError("must not be empty")
    return text


PromptText = Annotated[str, AfterValidator(_not_empty)]
PromptBlocks = Annotated[list[Block], Field(min_length=1)]


def blocks_of(prompt: str | list[Block]) -> list[Block]:
    """A prompt as blocks: plain text becomes one text block."""
    return [TextBlock(text=prompt)] if isinstance(prompt, str) else prompt


class Usage(Wire):
    """Tokens, as the provider reported them or as estimated."""

    input_tokens: int
    """Tokens sent, cached ones included."""
    cached_tokens: int | None = None
    """Those of `inputTokens` that the provider read from its cache."""
    output_tokens: int
    """Tokens received, reasoning included."""
    reasoning_tokens: int | None = None
    """Those of `outputTokens` that were reasoning."""
    estimated: bool | None = None
    """True when the provider reported nothing and the numbers are our estimate."""


class TurnError(Wire):
    """Why a turn or one of its requests failed."""

    code: TurnErrorCode
    """The stable name of the failure."""
    title: str
    """One line for a heading."""
    detail: str
    """What happened, with the provider's own words where it had some (bounded, without secrets)."""
    advice: str
    """A sentence the user can act on."""
    http_status: int | None = None
    """The provider's status, where there was an answer."""
    retryable: bool
    """Whether the same request may succeed later."""


class ChangedFile(Wire):
    """A file that a turn changed."""

    uri: str
    """The absolute `file:` URI."""
    path: str
    """Relative to the task's workspace folder."""
    change: Literal["created", "modified", "deleted"]
    """What became of it."""


class Location(Wire):
    """A place that a tool call is about."""

    uri: str
    """The absolute `file:` URI."""
    line: int | None = None
    """Line, counted from 1."""


class FieldUpdate(Wire):
    """A piece of the meaning of tool-call arguments that are still streaming."""

    path: list[str | int]
    """Keys and indexes from the top of the arguments object."""
    append: str | None = None
    """Text to append to the string at `path`."""
    value: object = None
    """The whole value at `path`, once it is known. Neither `append` nor `value`: the value is null."""


class TextContent(Wire):
    """A piece of a tool result: text."""

    type: Literal["text"] = "text"
    """Always `text`."""
    text: str
    """The text, capped; see `truncated` of the result."""


class ImageContent(Wire):
    """A piece of a tool result: an image, fetched by `agent/content/read`."""

    type: Literal["image"] = "image"
    """Always `image`."""
    ref: str
    """What to ask `agent/content/read` for; its `text` is the image in base64."""
    mime_type: str
    """For example `image/png`."""


Content = Annotated[TextContent | ImageContent, Field(discriminator="type")]


class LineRange(Wire):
    """The lines of a file that a result shows; counted from 1, both ends included."""

    start_line: int
    """First line shown."""
    end_line: int
    """Last line shown."""
    total_lines: int
    """Lines of the whole file."""


class Truncation(Wire):
    """How much of a text is shown, and how to get the rest."""

    shown_bytes: int
    """UTF-8 bytes that are in the message."""
    total_bytes: int
    """UTF-8 bytes of the whole."""
    ref: str
    """What to ask `agent/content/read` for; it answers with the whole."""
    next: str | None = None
    """The tool call that shows what comes next, as the model is told."""


class Diff(Wire):
    """A change of one file."""

    unified: str
    """Unified diff, capped at 32 KiB."""
    added: int
    """Lines added by the whole change."""
    removed: int
    """Lines removed by the whole change."""


class Preview(Wire):
    """What a call would do: exactly one of its fields."""

    diff: Diff | None = None
    """The change an edit would make."""
    command: str | None = None
    """The command line that would run."""


class CommandSubject(Wire):
    """What an approval is about: a command."""

    command: str
    """The command line, byte for byte what runs."""
    cwd: str
    """Relative to the task's workspace folder; `.` is the folder itself."""


class EditSubject(Wire):
    """What an approval is about: a change of a file."""

    path: str
    """Relative to the task's workspace folder."""
    diff: Diff
    """The change, byte for byte what is applied."""


class OriginSubject(Wire):
    """What an approval is about: talking to an origin."""

    origin: str
    """Scheme, host and port, for example `https://example.org`."""


Subject = CommandSubject | EditSubject | OriginSubject


class TodoItem(Wire):
    """One line of the task's plan."""

    text: str
    """What is to be done."""
    state: Literal["pending", "inProgress", "completed"]
    """How far it is."""

"""The view: what the model is sent of a task.

Pure; knows no endpoint (chat/request.py turns messages into a body) and no image but by its ref: `show` has them.
Invariant: every call in the view is followed by exactly one result, whatever happened to it, so the request is
always well-formed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias
from urllib.parse import unquote

from agentls.chat.message import (
    AssistantMessage,
    CallMessage,
    ImagePart,
    Message,
    TextPart,
    ToolMessage,
    UserMessage,
)
from agentls.conversation.state import Call, Item, PromptItem, QueuedPrompt, Reply
from agentls.protocol.documents import DiagnosticItem
from agentls.protocol.values import Block, DiagnosticsBlock, FileBlock, ImageBlock, TextBlock

_UNSENDABLE = re.compile(r"[^a-zA-Z0-9_-]")
_NOT_RUN = "Not run."
_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}

Show: TypeAlias = Callable[[str, str], ImagePart | str]
"""The image with this ref and type as it is sent, or in words why it is not."""


def not_shown(ref: str, mime_type: str) -> str:
    """For a model that takes no images."""
    return "not sent: this model takes no images"


def messages_of(
    item: Item, workspace_uri: str | None = None, show: Show = not_shown, spoken_to: str | None = None
) -> tuple[Message, ...]:
    """The messages of one item; empty when nothing of it is to be sent. Files are named relative to the workspace.

    What only the endpoint and model of a reply understand goes to no other: `spoken_to` says who is asked now (E24).
    """
    match item:
        case PromptItem():
            parts = (part for block in item.content for part in _parts(block, workspace_uri, show))
            return (UserMessage(tuple(parts)),)
        case Reply():
            return _reply_messages(item, show, is_replayed=item.spoken_to == spoken_to)


def is_settled(item: Item) -> bool:
    """Whether the item's messages can no longer change."""
    return isinstance(item, PromptItem) or not item.unanswered


def image_refs(item: Item | QueuedPrompt) -> tuple[str, ...]:
    """The refs of the images in it, sent or not; one for each time."""
    match item:
        case PromptItem() | QueuedPrompt():
            return tuple(block.ref for block in item.content if isinstance(block, ImageBlock) and block.ref is not None)
        case Reply():
            results = (call.result for call in item.calls if call.result is not None)
            return tuple(image.ref for result in results for image in result.images)


def _reply_messages(reply: Reply, show: Show, *, is_replayed: bool) -> tuple[Message, ...]:
    calls = tuple(call for call in reply.calls if _is_sent(call))
    if not reply.text and not calls:
        return ()
    said = AssistantMessage(
        text=reply.text,
        reasoning=reply.reasoning or None,
        calls=tuple(
            CallMessage(
                _call_id(call), _sendable_name(call.name), call.arguments or "{}", call.extra if is_replayed else None
            )
            for call in calls
        ),
        extra=reply.extra if is_replayed else None,
    )
    return (said, *(_result_message(call, show) for call in calls))


def _result_message(call: Call, show: Show) -> ToolMessage:
    if call.result is None:
        return ToolMessage(_call_id(call), _NOT_RUN)
    shown = [show(image.ref, image.mime_type) for image in call.result.images]
    notes = (f"\n[The image is {part}.]" for part in shown if isinstance(part, str))
    images = tuple(part for part in shown if isinstance(part, ImagePart))
    return ToolMessage(_call_id(call), "".join((call.result.text, *notes)), images)


def _is_sent(call: Call) -> bool:
    """A call that was cut off before its arguments were complete is as if it had never been made."""
    return call.arguments is not None or (call.result is not None and call.result.status == "invalid")


def _call_id(call: Call) -> str:
    return call.provider_call_id or call.call_id


def _sendable_name(name: str) -> str:
    """A tool's name as every endpoint takes it back, for a call of one that cannot exist."""
    sendable = _UNSENDABLE.sub("_", name) or "unknown"
    return sendable[:64] if sendable[0].isalpha() else f"tool_{sendable}"[:64]  # some want a letter first (G19)


def _parts(block: Block, workspace_uri: str | None, show: Show) -> tuple[TextPart | ImagePart, ...]:
    match block:
        case TextBlock():
            return (TextPart(block.text),)
        case ImageBlock():
            return _image_parts(block, workspace_uri, show)
        case FileBlock():
            where = ""
            if block.range is not None:
                where = f", lines {block.range.start.line + 1}-{block.range.end.line + 1}"
            return (TextPart(f"[The user points at the file {_name(block.uri, workspace_uri)}{where}.]"),)
        case DiagnosticsBlock():
            name = _name(block.uri, workspace_uri)
            lines = [_diagnostic(name, item) for item in block.items]
            return (TextPart("\n".join(["The editor reports:", *lines])),)


def _image_parts(block: ImageBlock, workspace_uri: str | None, show: Show) -> tuple[TextPart | ImagePart, ...]:
    """An image that is a file of the workspace is named too, so that the model can speak of it."""
    name = "an image" if block.uri is None else f"the image {_name(block.uri, workspace_uri)}"
    shown = show(block.ref, block.mime_type) if block.ref is not None else "not kept"
    if isinstance(shown, str):
        return (TextPart(f"[The user attached {name}, {shown}.]"),)
    return (shown,) if block.uri is None else (TextPart(f"[The user attached {name}:]"), shown)


def _diagnostic(name: str, item: DiagnosticItem) -> str:
    severity = _SEVERITIES.get(item.severity or 1, "error")
    source = " ".join(str(part) for part in (item.source, item.code) if part is not None)
    said = f"{name}:{item.range.start.line + 1}: {severity}: {item.message}"
    return f"{said} ({source})" if source else said


def _name(uri: str, workspace_uri: str | None) -> str:
    root = f"{workspace_uri.rstrip('/')}/" if workspace_uri else ""
    return unquote(uri.removeprefix(root)) if root and uri.startswith(root) else uri

"""The view: what the model is sent of a task.

Pure; knows no endpoint (chat/request.py turns messages into a body). Invariant: every call in the view is followed
by exactly one result, whatever happened to it, so the request is always well-formed.
"""

from __future__ import annotations

import re
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
from agentls.conversation.state import Call, Item, PromptItem, Reply
from agentls.protocol.documents import DiagnosticItem
from agentls.protocol.values import Block, DiagnosticsBlock, FileBlock, ImageBlock, TextBlock

_UNSENDABLE = re.compile(r"[^a-zA-Z0-9_-]")
_NOT_RUN = "Not run."
_SEVERITIES = {1: "error", 2: "warning", 3: "information", 4: "hint"}


def messages_of(item: Item, workspace_uri: str | None = None) -> tuple[Message, ...]:
    """The messages of one item; empty when nothing of it is to be sent. Files are named relative to the workspace."""
    match item:
        case PromptItem():
            return (UserMessage(tuple(_part(block, workspace_uri) for block in item.content)),)
        case Reply():
            return _reply_messages(item)


def is_settled(item: Item) -> bool:
    """Whether the item's messages can no longer change."""
    return isinstance(item, PromptItem) or not item.unanswered


def _reply_messages(reply: Reply) -> tuple[Message, ...]:
    calls = tuple(call for call in reply.calls if _is_sent(call))
    if not reply.text and not calls:
        return ()
    said = AssistantMessage(
        text=reply.text,
        reasoning=reply.reasoning or None,
        calls=tuple(
            CallMessage(_call_id(call), _sendable_name(call.name), call.arguments or "{}", call.extra) for call in calls
        ),
        extra=reply.extra,
    )
    results = (ToolMessage(_call_id(call), call.result.text if call.result is not None else _NOT_RUN) for call in calls)
    return (said, *results)


def _is_sent(call: Call) -> bool:
    """A call that was cut off before its arguments were complete is as if it had never been made."""
    return call.arguments is not None or (call.result is not None and call.result.status == "invalid")


def _call_id(call: Call) -> str:
    return call.provider_call_id or call.call_id


def _sendable_name(name: str) -> str:
    """A tool's name as every endpoint takes it back, for a call of one that cannot exist."""
    return _UNSENDABLE.sub("_", name)[:64] or "unknown"


def _part(block: Block, workspace_uri: str | None) -> TextPart | ImagePart:
    match block:
        case TextBlock():
            return TextPart(block.text)
        case ImageBlock():
            if block.data is not None:
                return ImagePart(block.mime_type, block.data)
            return TextPart(f"[The user attached the image {_name(block.uri or '', workspace_uri)}.]")
        case FileBlock():
            where = ""
            if block.range is not None:
                where = f", lines {block.range.start.line + 1}-{block.range.end.line + 1}"
            return TextPart(f"[The user points at the file {_name(block.uri, workspace_uri)}{where}.]")
        case DiagnosticsBlock():
            name = _name(block.uri, workspace_uri)
            lines = [_diagnostic(name, item) for item in block.items]
            return TextPart("\n".join(["The editor reports:", *lines]))


def _diagnostic(name: str, item: DiagnosticItem) -> str:
    severity = _SEVERITIES.get(item.severity or 1, "error")
    source = " ".join(str(part) for part in (item.source, item.code) if part is not None)
    said = f"{name}:{item.range.start.line + 1}: {severity}: {item.message}"
    return f"{said} ({source})" if source else said


def _name(uri: str, workspace_uri: str | None) -> str:
    root = f"{workspace_uri.rstrip('/')}/" if workspace_uri else ""
    return unquote(uri.removeprefix(root)) if root and uri.startswith(root) else uri

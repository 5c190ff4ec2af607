"""A conversation to a request body, in one endpoint's dialect.

Knows no keys and no URLs. Invariant: only keys that every strict endpoint knows are written, unless the dialect or
the user's `extraBody` asks for more (G21, G22), and the bytes of a message depend on it and the dialect alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from agentls.chat.call_ids import fix_call_ids
from agentls.chat.dialect import Dialect
from agentls.chat.message import (
    AssistantMessage,
    CallMessage,
    ImagePart,
    Message,
    Part,
    SystemMessage,
    TextPart,
    ToolMessage,
    UserMessage,
)
from agentls.chat.settle import read_object

__all__ = ["RequestOptions", "encode_message", "encode_request", "fix_call_ids"]

NO_OUTPUT: Final = "(no output)"
_BRIDGE: Final = b'{"role":"assistant","content":"Understood."}'
_OURS: Final = frozenset({"model", "messages", "tools", "stream"})
_CALL_KEYS: Final = frozenset({"id", "type", "function", "index"})
_MESSAGE_KEYS: Final = frozenset({"role", "content", "tool_calls", "tool_call_id", "name"})
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What a request asks for besides its messages; None leaves it to the server."""

    stream: bool = True
    temperature: float | None = None
    reasoning_effort: str | None = None
    max_output_tokens: int | None = None
    extra_body: Mapping[str, object] | None = None
    """Top-level keys of the user's own; they win over ours, but for model, messages, tools and stream."""


def encode_message(message: Message, dialect: Dialect) -> bytes:
    """The JSON of one message; keep it, it stays valid while the dialect is the same."""
    match message:
        case SystemMessage(text):
            value: dict[str, object] = {"role": "system", "content": text}
        case UserMessage(parts):
            value = {"role": "user", "content": _content(parts)}
        case AssistantMessage():
            value = _assistant(message, dialect)
        case ToolMessage(call_id, text):
            # An empty result is refused by several endpoints (G7).
            value = {"role": "tool", "tool_call_id": call_id, "content": text or NO_OUTPUT}
    return _json(value)


def encode_request(
    *, model: str, messages: Sequence[bytes], tools: bytes | None, options: RequestOptions, dialect: Dialect
) -> bytes:
    """The body of one request. `messages` are encoded messages in order; `tools` is the JSON of the tools array."""
    fields: dict[str, object] = {}
    if options.stream and dialect.send_stream_options:
        fields["stream_options"] = {"include_usage": True}
    if options.temperature is not None and dialect.send_temperature:
        fields["temperature"] = options.temperature
    if options.reasoning_effort and dialect.send_reasoning_effort:
        fields["reasoning_effort"] = options.reasoning_effort
    if options.max_output_tokens is not None and options.max_output_tokens > 0 and dialect.max_tokens_param:
        fields[dialect.max_tokens_param] = options.max_output_tokens
    for key, value in (options.extra_body or {}).items():
        if key not in _OURS and key not in dialect.dropped:
            fields[key] = value
    parts = [b'{"model":', _json(model), b',"messages":[', b",".join(_bridged(messages, dialect)), b"]"]
    if tools and tools.strip() not in (b"[]", b"null"):
        parts += [b',"tools":', tools]
    parts.append(b',"stream":true' if options.stream else b',"stream":false')
    if fields:
        parts += [b",", _json(fields)[1:-1]]
    parts.append(b"}")
    return b"".join(parts)


def _bridged(messages: Sequence[bytes], dialect: Dialect) -> Sequence[bytes]:
    if not dialect.bridge_tool_to_user:
        return messages
    bridged: list[bytes] = []
    for message in messages:
        if bridged and bridged[-1].startswith(b'{"role":"tool"') and message.startswith(b'{"role":"user"'):
            bridged.append(_BRIDGE)
        bridged.append(message)
    return bridged


def _content(parts: tuple[Part, ...]) -> object:
    if all(isinstance(part, TextPart) for part in parts):
        return "\n\n".join(part.text for part in parts if isinstance(part, TextPart))
    return [_part(part) for part in parts]


def _part(part: Part) -> dict[str, object]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart(mime_type, data_base64, url):
            return {"type": "image_url", "image_url": {"url": url or f"data:{mime_type};base64,{data_base64 or ''}"}}


def _assistant(message: AssistantMessage, dialect: Dialect) -> dict[str, object]:
    value: dict[str, object] = {"role": "assistant"}
    if message.text or not message.calls:
        value["content"] = message.text
    elif dialect.empty_content != "omit":
        value["content"] = "" if dialect.empty_content == "empty" else None
    if message.calls:
        value["tool_calls"] = [_call(call, dialect) for call in message.calls]
    if dialect.replay_reasoning:
        # Endpoints that want it want it on every message; "" is accepted (E25).
        value[dialect.replay_reasoning] = message.reasoning or ""
    if dialect.replay_extra and message.extra:
        value.update({key: item for key, item in message.extra.items() if key not in _MESSAGE_KEYS})
    return value


def _call(call: CallMessage, dialect: Dialect) -> dict[str, object]:
    # Arguments are always the text of an object; a template of the server may crash on anything else (G20).
    arguments = call.arguments if read_object(call.arguments) is not None else "{}"
    value: dict[str, object] = {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }
    if dialect.replay_extra and call.extra:
        value.update({key: item for key, item in call.extra.items() if key not in _CALL_KEYS})
    return value


def _json(value: object) -> bytes:
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return _encode(_encodable(value))


def _encodable(value: object) -> object:
    """The value with lone surrogates replaced: a file or a model may bring them, and JSON cannot carry them."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    return value

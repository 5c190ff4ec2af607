"""A conversation to a request body, in one endpoint's dialect.

Knows no keys and no URLs. Invariant: only keys that every strict endpoint knows are written, unless the dialect or
the user's `extraBody` asks for more (G21, G22), and the bytes of a message depend on it and the dialect alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from agentls.chat.arrange import arrange, mark_for_cache
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
NO_TEXT: Final = "(no text)"
IMAGE_FOLLOWS: Final = "(an image; it is in the next user message)"
IMAGE_LEFT_OUT: Final = "[An image was here; this model takes no images.]"
CALLS_ONLY: Final = "(tool calls)"
NO_REASONING: Final = " "
"""DeepSeek's V4 refuses an empty string; a blank is taken everywhere (E25)."""
NO_SIGNATURE: Final = {"google": {"thought_signature": "skip_thought_signature_validator"}}
"""What Gemini documents for calls that another model made."""
_OURS: Final = frozenset({"model", "messages", "tools", "stream"})
_LIMITS: Final = frozenset({"max_tokens", "max_completion_tokens"})
_CALL_KEYS: Final = frozenset({"id", "type", "function", "index"})
_MESSAGE_KEYS: Final = frozenset({"role", "content", "tool_calls", "tool_call_id", "name"})
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class RequestOptions:
    """What a request asks for besides its messages; None leaves it to the server."""

    stream: bool = True
    """Whether the user wants a stream; the dialect may know better (G25, G26)."""
    temperature: float | None = None
    reasoning_effort: str | None = None
    max_output_tokens: int | None = None
    extra_body: Mapping[str, object] | None = None
    """Top-level keys of the user's own; they win over ours, but for model, messages, tools and stream."""
    tool_choice: str | None = None
    """`auto`, `required`, or the name of a tool that must be called (G15)."""
    prompt_caching: bool = False
    """Mark what the provider may cache, where the dialect allows it."""


def encode_message(message: Message, dialect: Dialect) -> bytes:
    """The JSON of one message; keep it, it stays valid while the dialect is the same."""
    match message:
        case SystemMessage(text):
            value: dict[str, object] = {"role": dialect.system_role, "content": text or NO_TEXT}
        case UserMessage(parts):
            value = {"role": "user", "content": _content(parts, dialect)}
        case AssistantMessage():
            value = _assistant(message, dialect)
        case ToolMessage(call_id, text, images, name):
            value = {"role": "tool", "tool_call_id": call_id}
            if dialect.name_tool_results and name:
                value["name"] = name
            # An empty result is refused by several endpoints (G7), and so is a list of parts (G8).
            value["content"] = text if text.strip() else (IMAGE_FOLLOWS if images else NO_OUTPUT)
    return _json(value)


def encode_request(
    *, model: str, messages: Sequence[bytes], tools: bytes | None, options: RequestOptions, dialect: Dialect
) -> bytes:
    """The body of one request. `messages` are encoded messages in order; `tools` is the JSON of the tools array."""
    has_tools = bool(tools) and tools is not None and tools.strip() not in (b"[]", b"null")
    stream = dialect.streams(options.stream, with_tools=has_tools)
    fields = _fields(options, dialect, stream=stream, has_tools=has_tools)
    arranged = arrange(messages, dialect)
    if options.prompt_caching:
        arranged = mark_for_cache(arranged, dialect)
    parts = [b'{"model":', _json(model), b',"messages":[', b",".join(arranged), b"]"]
    if has_tools and tools is not None:
        parts += [b',"tools":', tools]
    parts.append(b',"stream":true' if stream else b',"stream":false')
    if fields:
        parts += [b",", _json(fields)[1:-1]]
    parts.append(b"}")
    return b"".join(parts)


def _fields(options: RequestOptions, dialect: Dialect, *, stream: bool, has_tools: bool) -> dict[str, object]:
    own = _own_fields(options.extra_body or {}, dialect)
    fields: dict[str, object] = {}
    if stream and dialect.send_stream_options:
        fields["stream_options"] = {"include_usage": True}
    if not stream:
        own.pop("stream_options", None)  # OpenAI refuses it without a stream (G14).
    if options.temperature is not None and dialect.send_temperature:
        fields["temperature"] = options.temperature
    if options.reasoning_effort and dialect.send_reasoning_effort:
        fields["reasoning_effort"] = options.reasoning_effort
    limit = options.max_output_tokens
    # Both names at once are refused (G11): a limit of the user's own replaces ours, whatever its name.
    if limit is not None and limit > 0 and dialect.max_tokens_param and not _LIMITS & own.keys():
        fields[dialect.max_tokens_param] = limit
    choice = _tool_choice(options.tool_choice, dialect) if has_tools else None
    if choice is not None:
        fields["tool_choice"] = choice
    if not has_tools:  # Without tools these two are refused (G13, G15).
        own.pop("tool_choice", None)
        own.pop("parallel_tool_calls", None)
    return fields | own


def _own_fields(extra_body: Mapping[str, object], dialect: Dialect) -> dict[str, object]:
    """What the user adds to the body; a limit whose name was refused goes by the other name (G11)."""
    own = {key: value for key, value in extra_body.items() if key not in _OURS | dialect.dropped}
    limits = [extra_body[key] for key in sorted(_LIMITS & dialect.dropped) if key in extra_body]
    if limits and dialect.max_tokens_param and not _LIMITS & own.keys():
        own[dialect.max_tokens_param] = limits[0]
    return own


def _tool_choice(choice: str | None, dialect: Dialect) -> object:
    if not choice or dialect.tool_choice == "never" or "tool_choice" in dialect.dropped:
        return None
    if choice == "auto" or dialect.tool_choice == "auto":
        return "auto"
    if choice == "required" or dialect.tool_choice == "words":
        return dialect.required_word
    return {"type": "function", "function": {"name": choice}}


def _content(parts: tuple[Part, ...], dialect: Dialect) -> object:
    texts = [part.text for part in parts if isinstance(part, TextPart)]
    if len(texts) == len(parts):
        text = "\n\n".join(texts)
        return text if text.strip() else NO_TEXT
    sent = [_part(part, dialect) for part in parts if isinstance(part, ImagePart) or part.text.strip()]
    if all(part["type"] == "text" for part in sent):
        return "\n\n".join(str(part["text"]) for part in sent)
    return sent


def _part(part: Part, dialect: Dialect) -> dict[str, object]:
    match part:
        case TextPart(text):
            return {"type": "text", "text": text}
        case ImagePart() if not dialect.send_images:
            return {"type": "text", "text": IMAGE_LEFT_OUT}
        case ImagePart(mime_type, data_base64, url):
            return {"type": "image_url", "image_url": {"url": url or f"data:{mime_type};base64,{data_base64 or ''}"}}


def _assistant(message: AssistantMessage, dialect: Dialect) -> dict[str, object]:
    value: dict[str, object] = {"role": "assistant"}
    reasoning = message.reasoning if message.reasoning and message.reasoning.strip() else None
    if message.text.strip() or not message.calls:
        value["content"] = message.text if message.text.strip() else NO_TEXT
    else:
        match dialect.empty_content:
            case "null":
                value["content"] = None
            case "empty":
                value["content"] = ""
            case "words":
                value["content"] = CALLS_ONLY
            case "omit":
                pass
    if message.calls:
        value["tool_calls"] = [_call(call, dialect) for call in message.calls]
    value.update(_replayed(message.extra, _MESSAGE_KEYS, dialect))
    match dialect.replay_reasoning:
        case "reasoning_content" if reasoning or dialect.fill_reasoning:
            value["reasoning_content"] = reasoning or NO_REASONING
        case "think_tags" if reasoning and "reasoning_details" not in value:
            value["content"] = f"<think>\n{reasoning}\n</think>\n\n{message.text}".rstrip()
        case _:
            pass
    return value


def _call(call: CallMessage, dialect: Dialect) -> dict[str, object]:
    # Arguments are always the text of an object; a template of the server may crash on anything else (G20).
    arguments = call.arguments if read_object(call.arguments) is not None else "{}"
    value: dict[str, object] = {
        "id": call.call_id,
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }
    value.update(_replayed(call.extra, _CALL_KEYS, dialect))
    if dialect.fill_signatures:
        value.setdefault("extra_content", NO_SIGNATURE)
    return value


def _replayed(extra: Mapping[str, object] | None, taken: frozenset[str], dialect: Dialect) -> dict[str, object]:
    allowed = dialect.replayed_keys - taken
    return {key: item for key, item in (extra or {}).items() if key in allowed}


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

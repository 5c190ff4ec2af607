"""The order and joining of encoded messages, and the marks for the provider's cache, in one endpoint's dialect.

Knows the JSON of messages as `request.py` writes it: every one begins with its role. Invariant: a message that no
rule touches stays the same bytes object.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

import msgspec

from agentls.chat.dialect import Dialect

Fields: TypeAlias = dict[str, object]

_BRIDGE: Final = b'{"role":"assistant","content":"Understood."}'
_MARK: Final = {"type": "ephemeral"}
_MARKED_LAST: Final = 2
_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Fields).decode


def arrange(messages: Sequence[bytes], dialect: Dialect) -> Sequence[bytes]:
    """The messages as the endpoint wants them to follow each other (G3 to G5)."""
    is_folded = dialect.system_role == "user" and len(messages) > 1 and _role(messages[0]) == _role(messages[1])
    if not (dialect.merge_same_role or dialect.bridge_tool_to_user or is_folded):
        return messages
    arranged: list[bytes] = []
    for place, message in enumerate(messages):
        before = _role(arranged[-1]) if arranged else b""
        role = _role(message)
        joins = dialect.merge_same_role or (is_folded and place == 1)
        if joins and before == role and role in (b"user", b"assistant"):
            arranged[-1] = _joined(arranged[-1], message)
            continue
        if dialect.bridge_tool_to_user and before == b"tool" and role == b"user":
            arranged.append(_BRIDGE)
        arranged.append(message)
    return arranged


def mark_for_cache(messages: Sequence[bytes], dialect: Dialect) -> Sequence[bytes]:
    """Marks on the instructions and on the last two user or tool messages, as providers with explicit caches ask."""
    if dialect.cache_marks == "never" or not messages:
        return messages
    roles = (b"user", b"tool") if dialect.cache_marks == "all" else (b"user",)
    marked = [_marked(messages[0]), *messages[1:]]
    left = _MARKED_LAST
    for place in range(len(messages) - 1, 0, -1):
        if left and _role(messages[place]) in roles:
            marked[place] = _marked(messages[place])
            left -= marked[place] is not messages[place]  # only a text can carry a mark
    return marked


def _role(message: bytes) -> bytes:
    return message[9 : message.find(b'"', 9)]  # after `{"role":"`


def _marked(message: bytes) -> bytes:
    fields = _decode(message)
    parts = _parts(fields.get("content"))
    for part in reversed(parts):
        if part.get("type") == "text":
            part["cache_control"] = _MARK
            return _encode({**fields, "content": parts})
    return message


def _parts(content: object) -> list[Fields]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return [dict(part) for part in content if isinstance(part, dict)] if isinstance(content, list) else []


def _joined(first: bytes, second: bytes) -> bytes:
    one, other = _decode(first), _decode(second)
    joined = {**one, **other}
    contents = [each for each in (one.get("content"), other.get("content")) if each]
    if all(isinstance(each, str) for each in contents):
        if contents:
            joined["content"] = "\n\n".join(str(each) for each in contents)
    else:
        joined["content"] = [part for each in contents for part in _parts(each)]
    for key in ("tool_calls", "reasoning_details"):
        lists = [each for each in (one.get(key), other.get(key)) if isinstance(each, list)]
        if lists:
            joined[key] = [item for each in lists for item in each]
    return _encode(joined)

"""Tool call ids as one request may carry them: never empty, never twice, and in the form the endpoint wants.

Knows messages and the dialect's rule (A11 to A13, G2). It knows which call a result answers, so it also gives results
the name of their tool where the dialect wants that (G9). Invariant: a call and its result keep one id between them,
and the ids of a message depend only on the messages before it, so encoded messages stay valid as a task grows.
"""

import hashlib
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from agentls.chat.dialect import Dialect
from agentls.chat.message import AssistantMessage, Message, ToolMessage

_NINE: Final = re.compile(r"[A-Za-z0-9]{9}")
_SAFE: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
_LETTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class CallIdFixer:
    """Takes the messages of a conversation one after the other, and gives each with sendable ids."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._seen: set[str] = set()
        self._waiting: dict[str, deque[tuple[str, str]]] = {}
        """By the id of a call: the id to send and the tool's name, for each call of that id."""
        self._position = -1

    def fix(self, message: Message) -> Message:
        """The next message; the same object where nothing needs to change."""
        self._position += 1
        if isinstance(message, AssistantMessage) and message.calls:
            return self._fix_calls(message)
        if isinstance(message, ToolMessage) and (queue := self._waiting.get(message.call_id)):
            new, name = queue.popleft()
            if self._dialect.name_tool_results and name != message.name:
                message = replace(message, name=name)
            return message if new == message.call_id else replace(message, call_id=new)
        return message

    def _fix_calls(self, message: AssistantMessage) -> Message:
        self._waiting = {}
        ids: list[str] = []
        for place, call in enumerate(message.calls):
            new = _sendable(call.call_id, self._seen, self._dialect, f"{self._position}:{place}")
            self._seen.add(new)
            ids.append(new)
            self._waiting.setdefault(call.call_id, deque()).append((new, call.name))
        if ids == [call.call_id for call in message.calls]:
            return message
        calls = tuple(replace(call, call_id=new) for call, new in zip(message.calls, ids, strict=True))
        return replace(message, calls=calls)


def fix_call_ids(messages: Sequence[Message], dialect: Dialect) -> list[Message]:
    """The same messages with sendable ids; a message that needs no change is the same object."""
    fixer = CallIdFixer(dialect)
    return [fixer.fix(message) for message in messages]


def _sendable(call_id: str, seen: set[str], dialect: Dialect, salt: str) -> str:
    match dialect.call_id_rule:
        case "keep":
            is_fine = bool(call_id)
        case "safe":
            is_fine = _SAFE.fullmatch(call_id) is not None
        case "nine":
            is_fine = _NINE.fullmatch(call_id) is not None
    candidate = call_id if is_fine else _nine(call_id or salt)
    while candidate in seen:
        salt += "+"
        candidate = _nine(f"{call_id}@{salt}")
    return candidate


def _nine(text: str) -> str:
    """Nine letters and digits that depend on the text alone; they satisfy every endpoint's rule for ids."""
    number = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:8], "big")
    digits = []
    for _ in range(9):
        number, digit = divmod(number, 36)
        digits.append(_LETTERS[digit])
    return "".join(digits)

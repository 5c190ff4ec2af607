"""Notifications about what the model says and thinks while it streams.

Payloads only. Invariant: started → delta* → completed; `completed` alone carries the whole text.
"""

from typing import ClassVar

from agentls.protocol.event import TaskEvent
from agentls.protocol.values import Truncation


class MessageStarted(TaskEvent):
    """The model began to answer."""

    METHOD: ClassVar[str] = "agent/message/started"
    STORED: ClassVar[bool] = True
    message_id: str
    """The message."""


class MessageDelta(TaskEvent):
    """A piece of the answer."""

    METHOD: ClassVar[str] = "agent/message/delta"
    STORED: ClassVar[bool] = False
    message_id: str
    """The message."""
    delta: str
    """Text to append."""


class MessageCompleted(TaskEvent):
    """The answer, whole."""

    METHOD: ClassVar[str] = "agent/message/completed"
    STORED: ClassVar[bool] = True
    message_id: str
    """The message."""
    text: str
    """The whole text; it replaces what the deltas built."""
    discarded: bool | None = None
    """True when the attempt broke: the text stays out of the conversation."""
    truncated: Truncation | None = None
    """Present when the text is longer than a payload may be."""


class ReasoningStarted(TaskEvent):
    """The model began to think aloud."""

    METHOD: ClassVar[str] = "agent/reasoning/started"
    STORED: ClassVar[bool] = True
    message_id: str
    """The reasoning; an id of its own, not that of the answer."""


class ReasoningDelta(TaskEvent):
    """A piece of the reasoning."""

    METHOD: ClassVar[str] = "agent/reasoning/delta"
    STORED: ClassVar[bool] = False
    message_id: str
    """The reasoning."""
    delta: str
    """Text to append."""


class ReasoningCompleted(TaskEvent):
    """The reasoning, whole."""

    METHOD: ClassVar[str] = "agent/reasoning/completed"
    STORED: ClassVar[bool] = True
    message_id: str
    """The reasoning."""
    text: str
    """The whole text; it replaces what the deltas built."""
    discarded: bool | None = None
    """True when the attempt broke."""
    truncated: Truncation | None = None
    """Present when the text is longer than a payload may be."""

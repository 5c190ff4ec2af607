"""The message or the reasoning of one answer, from its first piece to its whole text.

Knows no bytes. Invariant: no secret passes, whatever the provider echoes, also one cut in two by the pieces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from agentls.conversation.caps import capped_text
from agentls.conversation.record import Private
from agentls.conversation.text import pieces, well_formed
from agentls.engine.ledger import Entry
from agentls.policy.redact import RedactedStream
from agentls.protocol import events as e

if TYPE_CHECKING:
    from agentls.engine.task import LiveTask

Kind = Literal["message", "reasoning"]
_STARTED: Final = {"message": e.MessageStarted, "reasoning": e.ReasoningStarted}
_COMPLETED: Final = {"message": e.MessageCompleted, "reasoning": e.ReasoningCompleted}
_PREFIX: Final = {"message": "msg", "reasoning": "rsn"}


class StreamedText:
    def __init__(self, task: LiveTask, kind: Kind) -> None:
        self._task = task
        self._kind = kind
        self._id = task.world.ids.new(_PREFIX[kind])
        self._stream = task.open_stream(f"agent/{kind}/delta", "messageId", self._id)
        self._mask = RedactedStream(task.redactor)
        task.ledger.submit(_STARTED[kind](message_id=self._id))

    @property
    def text(self) -> str:
        return self._stream.text

    def feed(self, text: str) -> None:
        """Publish a piece."""
        self._publish(self._mask.feed(text))

    def _publish(self, text: str) -> None:
        if text:
            self._stream.pieces.append(text)
        for piece in pieces(text):
            self._task.ledger.live(self._stream.method, {**self._stream.identity, "delta": piece})

    def completed(self, *, discarded: bool) -> Entry:
        """Its end."""
        self._publish(self._mask.close())
        text = well_formed(self.text)
        shown, truncated = capped_text(text, f"{self._kind}:{self._id}")
        event = _COMPLETED[self._kind](
            message_id=self._id, text=shown, discarded=True if discarded else None, truncated=truncated
        )
        return event, Private(text=text) if truncated is not None else None

"""One tool call of an answer, from its name to its whole arguments, as the client sees it.

Knows no bytes and runs nothing. Invariant: no secret passes, whatever the provider echoes, also one cut in two by
the pieces; a call whose arguments hold one is never run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from agentls.chat.field import Field, Path
from agentls.conversation.text import well_formed
from agentls.engine.streams import delta_payloads
from agentls.policy.redact import RedactedStream
from agentls.protocol import events as e

if TYPE_CHECKING:
    from agentls.chat.events import CallStarted
    from agentls.engine.task import LiveTask

LONGEST_NAME: Final = 200
LONGEST_ID: Final = 64 * 1024
"""Characters kept of what a provider calls a tool or a call: more is garbage."""


class StreamedCall:
    def __init__(self, task: LiveTask, started: CallStarted) -> None:
        mask = task.redactor.mask
        given_id = started.provider_call_id
        self.call_id = task.world.ids.new("call")
        self.name = mask(well_formed(started.name))[:LONGEST_NAME]
        self._task = task
        self._stream = task.open_stream("agent/toolCall/delta", "callId", self.call_id)
        self._raw = RedactedStream(task.redactor)
        self._field = RedactedStream(task.redactor)
        self._path: Path = ()
        task.ledger.submit(
            e.ToolCallStarted(
                call_id=self.call_id,
                provider_call_id=mask(well_formed(given_id))[:LONGEST_ID] if given_id is not None else None,
                index=started.index,
                name=self.name,
            )
        )

    def feed(self, text: str, fields: Sequence[Field]) -> None:
        """Publish more of the arguments, and what it means."""
        self._publish(self._raw.feed(text), [part for each in fields for part in self._masked(each)])

    def close(self) -> None:
        """Publish what was held back."""
        self._publish(self._raw.close(), list(self._held()))

    def _publish(self, text: str, fields: Sequence[Field]) -> None:
        if not text and not fields:
            return
        if text:
            self._stream.pieces.append(text)
        for payload in delta_payloads(text, fields):
            self._task.ledger.live(self._stream.method, {**self._stream.identity, **payload})

    def _masked(self, update: Field) -> Iterator[Field]:
        if update.path != self._path:
            yield from self._held()
            self._path = update.path
        if update.append is None:
            yield from self._held()
            yield Field(self._shown_path(), None, update.value)
        elif shown := self._field.feed(update.append):
            yield Field(self._shown_path(), shown)

    def _held(self) -> Iterator[Field]:
        if held := self._field.close():
            yield Field(self._shown_path(), held)

    def _shown_path(self) -> Path:
        mask = self._task.redactor.mask
        return tuple(mask(step) if isinstance(step, str) else step for step in self._path)

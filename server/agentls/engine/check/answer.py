"""One answer of the model as the check looks at it: what was said.

Knows the events of a stream, no socket and no step. Invariant: an answer that failed is never read as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from agentls.chat import events as s
from agentls.chat.failure import stream_failure
from agentls.engine.token_counts import counts, estimated

if TYPE_CHECKING:
    from agentls.chat.events import ChatUsage, JsonObject, StreamEvent
    from agentls.chat.failure import Failure
    from agentls.protocol.values import Usage

LONGEST_ANSWER: Final = 256 * 1024
"""Characters: far beyond the tokens that a check asks for, so that a server which never ends ends the check."""


@dataclass(slots=True)
class HeardCall:
    """A tool call that the model made."""

    name: str
    provider_call_id: str | None
    raw: str = ""
    arguments: JsonObject | None = None
    """None while they are no whole object."""
    extra: JsonObject | None = None
    error: str = ""
    """Why the arguments are no object; empty where they are."""


@dataclass(slots=True)
class HeardAnswer:
    """An answer while it comes, and when it is whole."""

    http_status: int | None = None
    asked_for_stream: bool = False
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: dict[int, HeardCall] = field(default_factory=dict)
    extra: JsonObject | None = None
    counted: ChatUsage | None = None
    """Tokens, by the provider's own count."""
    finish_reason: str | None = None
    """None while none came, also where it had to be inferred."""
    cut: str = ""
    """Where the check's limits ended it, such as `at 1,024 tokens`; "" for an answer that ended by itself."""

    _characters: int = 0

    async def take(self, events: Sequence[StreamEvent]) -> Failure | None:
        """Take the next events; the failure if the stream says it broke."""
        for event in events:
            if isinstance(event, s.TextDelta | s.ReasoningDelta | s.RefusalDelta | s.CallDelta):
                self._characters += len(event.text)
            match event:
                case s.TextDelta(text):
                    self.text += text
                case s.ReasoningDelta(text):
                    self.reasoning += text
                case s.RefusalDelta(text):
                    self.refusal += text
                case s.CallStarted(index, provider_call_id, name):
                    self.calls[index] = HeardCall(name, provider_call_id)
                case s.CallReady(index, arguments, raw, extra):
                    call = self.calls[index]
                    call.arguments, call.raw, call.extra = arguments, raw, extra
                case s.CallMalformed():
                    call = self.calls[event.index]
                    call.raw, call.error = event.raw, event.error
                case s.ExtraReported(extra):
                    self.extra = extra
                case s.UsageReported(usage):
                    self.counted = usage
                case s.Finished(reason, inferred):
                    self.finish_reason = None if inferred else reason
                case s.StreamFailed(failure):
                    return failure
        if self._characters > LONGEST_ANSWER:
            return stream_failure("badStream", f"{LONGEST_ANSWER:,} characters came in answer to a small question.")
        return None

    @property
    def good_calls(self) -> list[HeardCall]:
        """The calls whose arguments are an object, in order."""
        return [call for call in self.calls.values() if call.arguments is not None]

    @property
    def is_empty(self) -> bool:
        """Nothing was said, at most thought."""
        return not (self.text.strip() or self.calls or self.refusal)

    @property
    def has_begun(self) -> bool:
        """Anything came, if only a thought."""
        return bool(self.reasoning) or not self.is_empty

    @property
    def only_thought(self) -> bool:
        """There is neither text nor a whole call: the model reasoned, or did so unseen."""
        return not (self.text.strip() or self.refusal or self.good_calls)

    def spent(self, request_bytes: int) -> ChatUsage | Usage:
        """The tokens it cost: as reported, else an estimate."""
        if self.counted is not None and counts(self.counted):
            return self.counted
        written = len(self.text) + len(self.reasoning) + sum(len(call.raw) for call in self.calls.values())
        return estimated(request_bytes, written)

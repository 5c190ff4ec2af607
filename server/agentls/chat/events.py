"""What a stream says, event by event.

Knows nothing of chunks or sockets. Invariant: concatenating the deltas of one thing gives the whole thing, and a
stream ends with exactly one `Finished` or `StreamFailed`.
"""

from typing import TypeAlias

import msgspec

from agentls.chat.failure import Failure
from agentls.chat.field import Field

JsonObject: TypeAlias = dict[str, object]


class ChatUsage(msgspec.Struct, frozen=True):
    """Tokens as the provider counted them; `raw` is its own object, unchanged (E10)."""

    input_tokens: int
    cached_tokens: int | None
    """Read from the provider's cache."""
    cache_write_tokens: int | None
    """Written to the provider's cache."""
    output_tokens: int
    reasoning_tokens: int | None
    fresh_input_tokens: int
    """Input neither read from the cache nor written to it, whether or not `input_tokens` holds those too."""
    billed_output_tokens: int
    """Output with the reasoning, also where the provider counts that apart."""
    reported_cost: float | None
    """USD, where the provider itself says what the answer cost."""
    raw: JsonObject


class TextDelta(msgspec.Struct, frozen=True, gc=False):
    """More of the answer."""

    text: str


class ReasoningDelta(msgspec.Struct, frozen=True, gc=False):
    """More of the model's thinking, kept apart from the answer (E11, E12)."""

    text: str


class RefusalDelta(msgspec.Struct, frozen=True, gc=False):
    """More of a refusal (E22)."""

    text: str


class CallStarted(msgspec.Struct, frozen=True, gc=False):
    """A tool call whose name is known. `index` is ours: dense, 0..n in order of appearance."""

    index: int
    provider_call_id: str | None
    name: str


class CallDelta(msgspec.Struct, frozen=True, gc=False):
    """More argument text of one call, and what it means so far."""

    index: int
    text: str
    fields: tuple[Field, ...]


class CallReady(msgspec.Struct, frozen=True):
    """The arguments of one call are a JSON object; `raw` is the text of exactly that object."""

    index: int
    arguments: JsonObject
    raw: str
    extra: JsonObject | None
    """Unknown keys of the tool call so far, to be sent back verbatim (E24)."""


class CallMalformed(msgspec.Struct, frozen=True, gc=False):
    """At the end only: the arguments of one call are no JSON object."""

    index: int
    raw: str
    error: str
    position: int
    """Characters from the start of `raw`."""
    incomplete: bool
    """True when the text was cut off rather than wrong (B10, B11)."""


class ExtraReported(msgspec.Struct, frozen=True):
    """Keys of the assistant message that the provider wants back; at most once, at the end (E11, E24)."""

    extra: JsonObject


class UsageReported(msgspec.Struct, frozen=True):
    """At most once, at the end (E4 to E9)."""

    usage: ChatUsage


class Finished(msgspec.Struct, frozen=True, gc=False):
    """A clean end. `reason` is "stop", "tool_calls", "length", "content_filter" or "unknown:<raw>"."""

    reason: str
    inferred: bool
    """True when the provider gave no reason (C4)."""


class StreamFailed(msgspec.Struct, frozen=True, gc=False):
    """An error object in the stream, garbage, a cut or empty stream."""

    failure: Failure


StreamEvent: TypeAlias = (
    TextDelta
    | ReasoningDelta
    | RefusalDelta
    | CallStarted
    | CallDelta
    | CallReady
    | CallMalformed
    | ExtraReported
    | UsageReported
    | Finished
    | StreamFailed
)

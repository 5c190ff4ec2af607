"""The pieces of a `chat.completion.chunk`, as structs that decode straight from its usual shape.

Knows nothing of order or of odd shapes: `odd.py` makes the same structs from those. Unknown keys are dropped (E21),
but on a tool call, where they send the chunk the tolerant way; so does any field that only null fits here.
"""

from typing import TypeAlias

import msgspec

JsonObject: TypeAlias = dict[str, object]


class FunctionPiece(msgspec.Struct, gc=False):
    """A fragment of a call's name and arguments; null and "" both mean nothing (A9, A10, B3, B4)."""

    name: str | None = None
    arguments: str | None = None


class CallPiece(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A fragment of one tool call. Unknown keys go the tolerant way, which keeps them in `extra` (E24)."""

    index: int | None = None
    id: str | None = None
    type: str | None = None
    function: FunctionPiece | None = None
    extra: JsonObject | None = msgspec.field(default=None, name="agentls:extra")
    """Filled by the tolerant reader only: no server uses this key."""


class Rare(msgspec.Struct, gc=False):
    """What few deltas have; made by the tolerant reader."""

    refusal: str = ""
    function_call: FunctionPiece | None = None
    kept: JsonObject | None = None
    """Keys of the message that the provider wants back (E24)."""
    is_whole: bool = False
    """The delta is a whole `message` (C1, D13)."""
    is_audio: bool = False
    """The delta has sound, which is not told, but the answer is not empty (E23)."""


class Delta(msgspec.Struct, gc=False):
    """What one chunk adds."""

    content: str | None = None
    tool_calls: list[CallPiece] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[JsonObject] | None = None
    # Only null fits: anything else is read the tolerant way, so that the usual chunk need not ask for it.
    reasoning_text: None = None
    thinking: None = None
    refusal: None = None
    function_call: None = None
    extra_content: None = None
    thought_signature: None = None
    provider_specific_fields: None = None
    thinking_blocks: None = None
    reasoning_opaque: None = None
    audio: None = None
    rare: Rare | None = msgspec.field(default=None, name="agentls:rare")
    """Filled by the tolerant reader only: no server uses this key."""


class Choice(msgspec.Struct, gc=False):
    """One choice of a chunk."""

    delta: Delta
    """A choice without one is read the tolerant way, and has an empty one then."""
    index: int | None = None
    finish_reason: str | None = None
    usage: None = None
    error: None = None


class GroqPart(msgspec.Struct, gc=False):
    """Groq's own envelope. Its copy of the usage is not read: the one outside counts (E7)."""

    error: None = None


class Chunk(msgspec.Struct, gc=False):
    """One chunk; unknown keys are dropped (E21)."""

    choices: list[Choice] | None = None
    usage: JsonObject | None = None
    error: None = None
    x_groq: GroqPart | None = None
    cost: None = None
    price: object = msgspec.field(default=None, name="agentls:price")
    """A `cost` beside the usage, which one server sends; filled by the tolerant reader only."""


class Done(msgspec.Struct, frozen=True):
    """The `[DONE]` mark, in any of its spellings (D17)."""


class EndpointError(msgspec.Struct, frozen=True):
    """An error inside the stream (D9 to D12): its parsed payload, and the usage that came with it."""

    payload: object
    usage: JsonObject | None = None


class Ignored(msgspec.Struct, frozen=True):
    """A payload that says nothing. `unreadable`: it began as JSON and is none, so something was lost."""

    reason: str
    unreadable: bool = False
    is_stray: bool = False
    """It is something else than a chunk: worth showing if nothing better comes."""


ReadChunk: TypeAlias = Chunk | Done | EndpointError | Ignored

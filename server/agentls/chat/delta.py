"""The pieces of a `chat.completion.chunk`, as structs that decode straight from its usual shape.

Knows nothing of order or of odd shapes: `odd.py` makes the same structs from those. Unknown keys are dropped (E21),
but on a tool call, where they send the chunk the tolerant way.
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


class Delta(msgspec.Struct, gc=False):
    """What one chunk adds."""

    content: str | None = None
    tool_calls: list[CallPiece] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    refusal: str | None = None
    function_call: FunctionPiece | None = None
    reasoning_details: list[JsonObject] | None = None


class Choice(msgspec.Struct, gc=False):
    """One choice of a chunk."""

    delta: Delta | None = None
    index: int | None = None
    finish_reason: str | None = None
    usage: JsonObject | None = None
    error: object = None
    is_whole: bool = msgspec.field(default=False, name="agentls:whole")
    """Filled by the tolerant reader only: the delta is a whole `message` (C1, D13)."""


class GroqPart(msgspec.Struct, gc=False):
    """Groq's own envelope. Its copy of the usage is not read: the one outside counts (E7)."""

    error: object = None


class Chunk(msgspec.Struct, gc=False):
    """One chunk; unknown keys are dropped (E21)."""

    choices: list[Choice] | None = None
    usage: JsonObject | None = None
    error: object = None
    x_groq: GroqPart | None = None


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


ReadChunk: TypeAlias = Chunk | Done | EndpointError | Ignored

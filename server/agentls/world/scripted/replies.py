"""What a script can answer with: one frozen value per kind of reply, well-behaved or faulty.

Must not know sockets. A reply says everything about the answer: its pieces, pace, gates and how it ends.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

Ending = Literal["end", "close", "reset", "stall"]
"""How a body ends: properly, by closing the socket, by a TCP reset, or never."""


class Gate:
    """A point in a stream that is held until the test lets go."""

    def __init__(self) -> None:
        self._reached = asyncio.Event()
        self._opened = asyncio.Event()

    async def wait_reached(self) -> None:
        """Return once the endpoint has sent everything before the gate."""
        await self._reached.wait()

    @property
    def reached(self) -> bool:
        """Everything before the gate is sent."""
        return self._reached.is_set()

    def open(self) -> None:
        """Let the stream go on."""
        self._opened.set()

    async def pass_through(self) -> None:
        """Mark the gate as reached and wait until it is opened; for the endpoint."""
        self._reached.set()
        await self._opened.wait()


@dataclass(frozen=True, slots=True)
class Tokens:
    """The usage numbers that a reply reports."""

    input: int = 120
    output: int = 30
    cached: int | None = None
    reasoning: int | None = None


@dataclass(frozen=True, slots=True)
class Cut:
    """Break the streamed body off after so many bytes of events (framing not counted)."""

    after_bytes: int
    then: Literal["close", "reset", "stall"] = "close"


@dataclass(frozen=True, slots=True)
class Call:
    """One tool call."""

    name: str
    arguments: Mapping[str, object] | str
    """An object, sent as JSON, or raw text, sent as it is (for malformed arguments)."""
    id: str | None = None
    """The provider's id; None gives `call_<request>_<index>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Streamed:
    """What every model answer can be told."""

    reasoning: str = ""
    reasoning_field: Literal["reasoning_content", "reasoning"] = "reasoning_content"
    usage: Tokens | None = field(default_factory=Tokens)
    usage_unasked: bool = False
    """Report usage even when the request has no `stream_options.include_usage`."""
    finish_reason: str | None = None
    """None gives what fits: `stop`, or `tool_calls` where there are calls."""
    finish: bool = True
    """Send a chunk with the finish reason."""
    done: bool = True
    """Send `data: [DONE]`."""
    pace: float | None = None
    """Chunks a second; None gives the script's pace, and where that is None too, flat out."""
    gates: Mapping[int, Gate] = field(default_factory=dict)
    """Gates by the number of events that are sent before each of them."""
    cut: Cut | None = None
    dribble: int | None = None
    """Send the body in slices of so many bytes, each in its own HTTP chunk, whatever the events are."""


@dataclass(frozen=True, slots=True)
class Text(_Streamed):
    """A plain answer."""

    text: str
    piece: int = 4
    """Characters in each delta."""


@dataclass(frozen=True, slots=True)
class Calls(_Streamed):
    """An answer with tool calls, with or without text before them."""

    calls: Sequence[Call]
    text: str = ""
    piece: int = 4
    """Characters in each delta, of the text and of the arguments."""
    interleave: bool = False
    """Deal the argument pieces of all calls in turn instead of call after call."""


@dataclass(frozen=True, slots=True)
class HttpError:
    """An answer with a status of its own, also for redirects and plain JSON bodies."""

    status: int
    body: Mapping[str, object] | str | bytes = ""
    """An object is sent as JSON."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Raw:
    """A streamed body given byte for byte; each part is one HTTP chunk."""

    parts: Sequence[bytes]
    then: Ending = "end"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    pace: float | None = None
    gates: Mapping[int, Gate] = field(default_factory=dict)
    """Gates by the number of parts that are sent before each of them."""


@dataclass(frozen=True, slots=True)
class Unframed:
    """Exact bytes on the socket in place of an HTTP response."""

    data: bytes
    then: Ending = "close"


@dataclass(frozen=True, slots=True)
class NoHeaders:
    """No response at all."""

    then: Literal["close", "reset", "stall"] = "stall"
    gate: Gate | None = None
    """Reached when the request is there; opening it lets `then` happen."""


Reply = Text | Calls | HttpError | Raw | Unframed | NoHeaders

"""One request as the endpoint saw it, and whether the client went away before it was answered.

Must not know what is replied.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class RecordedRequest:
    """A request, recorded when its body was complete."""

    number: int
    """Counts from 1 in the order of arrival, requests to `/v1/models` included."""
    connection: int
    """Counts connections from 1: two requests with the same number shared one socket."""
    method: str
    path: str
    headers: Mapping[str, str]
    """Lower-case names; a repeated header keeps its last value."""
    raw: bytes
    body: object
    """The parsed JSON, or None where it is no JSON."""
    closed_early: bool = False
    """The client closed the socket before the reply was complete."""
    _ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def messages(self) -> Sequence[Mapping[str, object]]:
        """The `messages` of the body, or nothing where it has none."""
        messages = self.body.get("messages") if isinstance(self.body, dict) else None
        return messages if isinstance(messages, list) else []

    @property
    def tool_names(self) -> list[str]:
        """The names of the functions that the request offers."""
        tools = self.body.get("tools") if isinstance(self.body, dict) else None
        functions = [tool.get("function") for tool in tools or [] if isinstance(tool, dict)]
        return [str(function.get("name")) for function in functions if isinstance(function, dict)]

    def end(self, *, closed_early: bool) -> None:
        """Note how the exchange ended; for the endpoint."""
        if not self._ended.is_set():
            self.closed_early = closed_early
            self._ended.set()

    async def wait_ended(self) -> bool:
        """Return once the reply is complete or the client is gone; true if the client closed early."""
        await self._ended.wait()
        return self.closed_early

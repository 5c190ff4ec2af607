"""A response body to events: server-sent events, chunks and the assembler, composed.

Knows bytes and events, no socket and no clock. Invariant: whatever the bytes, nothing is raised, and the events of a
stream end with exactly one Finished or StreamFailed.
"""

from collections.abc import Collection
from typing import Final

from agentls.chat.assemble import Assembler
from agentls.chat.chunk import read_chunk, stands_alone
from agentls.chat.delta import Chunk, Done, EndpointError, Ignored
from agentls.chat.error_body import clean_text, read_error
from agentls.chat.events import StreamEvent, StreamFailed
from agentls.chat.failure import Failure, classify_stream_error, stream_failure
from agentls.chat.server import ServerHint
from agentls.chat.sse import LARGEST_EVENT_BYTES, SseDecoder, SseEvent, SseTooLarge

_SPACES: Final = b"\xef\xbb\xbf \t\r\n"
_PAGE_BYTES: Final = 16 * 1024


class ChatStream:
    """Feed it the body of one answer, as events or as one JSON document (D13), then close it.

    `tool_names` are the tools that were sent, `server` words the advice of failures, and `think_tags` takes a <think>
    block at the start of the answer as reasoning (E16).
    """

    def __init__(
        self, *, tool_names: Collection[str] = (), server: ServerHint | None = None, think_tags: bool = False
    ) -> None:
        self._server = server
        self._decoder = SseDecoder(stands_alone=stands_alone)
        self._assembler = Assembler(tool_names=tool_names, think_tags=think_tags)
        self._kind = ""
        self._body = bytearray()
        self._stray = ""
        self._said_something = False
        self.is_over = False
        """True once Finished or StreamFailed was given; further bytes are ignored (D17)."""

    @property
    def finish_seen(self) -> bool:
        """True once a finish reason came, so that a server that then neither ends nor speaks can be left (D24)."""
        return self._assembler.finish_seen

    def feed(self, data: bytes) -> list[StreamEvent]:
        """Take bytes and give the events they complete. Never raises."""
        if self.is_over:
            return []
        if self._kind != "events":
            if not self._kind:
                self._body += data
                self._kind = self._sniff()
                if not self._kind:
                    return []
                data = bytes(self._body)
                self._body.clear()
            if self._kind != "events":
                return self._collect(data)
        decoder = self._decoder
        if (one := decoder.whole(data)) is not None:
            return self._read_one(one)
        try:
            events = decoder.feed(data)
        except SseTooLarge as error:
            return self._read(error.events) + self._fail("badStream", str(error))
        return self._read(events) if events else []

    def close(self) -> list[StreamEvent]:
        """The body is over: give the events that were held back and the end. Idempotent."""
        if self.is_over:
            return []
        if self._kind in ("json", "page"):
            return self._close_document()
        try:
            events = self._decoder.feed(bytes(self._body)) if self._body else []
            events += self._decoder.close()
        except SseTooLarge as error:
            return self._read(error.events) + self._fail("badStream", str(error))
        out = self._read(events, at_end=True)
        if self.is_over:
            return out
        shown = self._stray or self._decoder.sample.decode("utf-8", "replace")
        if shown.strip() and not self._said_something:
            return out + self._fail("badStream", f"This is no event stream: {shown}")
        return out + self._ended(self._assembler.finish())

    def _sniff(self) -> str:
        """The kind of body by its first bytes, not by its header (D13, D15); "" while they do not tell."""
        start = bytes(self._body.lstrip(_SPACES)[:2])
        if not start:
            return "" if len(self._body) < _PAGE_BYTES else "events"
        if start == b"[":
            return ""
        if start[:1] == b"{" or (start[:1] == b"[" and start != b"[D"):
            return "json"
        return "page" if start[:1] == b"<" else "events"

    def _collect(self, data: bytes) -> list[StreamEvent]:
        """Keep the bytes of a document until its end, within limits."""
        if self._kind == "page":
            self._body += data[: max(_PAGE_BYTES - len(self._body), 0)]
            return []
        self._body += data
        if len(self._body) > LARGEST_EVENT_BYTES:
            return self._fail("badStream", f"The answer is larger than {LARGEST_EVENT_BYTES} bytes.")
        return []

    def _close_document(self) -> list[StreamEvent]:
        body = bytes(self._body).lstrip(_SPACES)
        self._body.clear()
        if self._kind == "page":
            title = read_error(body).message or "no title"
            failure = stream_failure("endpointNotFound", f"A web page came instead of an answer: {title}", self._server)
            return self._over(self._assembler.fail(failure))
        if not stands_alone(body):
            # One JSON value a line, as some servers stream without the event format.
            lines = [line for line in body.replace(b"\r", b"\n").split(b"\n") if line.strip()]
            if len(lines) > 1 and stands_alone(lines[0]):
                out = self._read([SseEvent("", line) for line in lines], at_end=True)
                return out if self.is_over else out + self._ended(self._assembler.finish())
        out = self._read([SseEvent("", body)], at_end=True)
        if self.is_over:
            return out
        if not self._said_something:
            return out + self._fail("badStream", f"The answer is not a chat completion: {_shown(body)}")
        return out + self._ended(self._assembler.finish(clean=True))

    def _read_one(self, data: bytes) -> list[StreamEvent]:
        chunk = read_chunk(data)
        if type(chunk) is not Chunk:
            return self._read([SseEvent("", data)])
        self._said_something = True
        assembler = self._assembler
        out = assembler.feed(chunk)
        return out if assembler.problem is None else out + self._over(assembler.fail(assembler.problem))

    def _read(self, events: list[SseEvent], *, at_end: bool = False) -> list[StreamEvent]:
        assembler = self._assembler
        push = assembler.push
        for event in events:
            chunk = read_chunk(event.data, event.event)
            if type(chunk) is Chunk:
                push(chunk)
                self._said_something = True
                continue
            out = self._other(chunk, event, at_end)
            if out is not None:
                return self._over(out)
        out = assembler.drain()
        return out if assembler.problem is None else out + self._over(assembler.fail(assembler.problem))

    def _other(
        self, chunk: Chunk | Done | EndpointError | Ignored, event: SseEvent, at_end: bool
    ) -> list[StreamEvent] | None:
        """What a payload that adds nothing means for the stream: its last events, or None to read on."""
        match chunk:
            case Done():
                if not self._said_something and self._stray:
                    return self._assembler.fail(self._failure("badStream", f"Not a chat completion: {self._stray}"))
                return self._with_server(self._assembler.finish(clean=True))
            case EndpointError(payload, usage):
                if usage is not None:
                    self._assembler.note_usage(usage)
                return self._assembler.fail(classify_stream_error(payload, self._server))
            case Ignored(reason, unreadable):
                if unreadable and at_end:
                    return None
                if unreadable:
                    return self._assembler.fail(self._failure("badStream", f"Unreadable data: {reason}"))
                if not self._stray and event.data.strip():
                    self._stray = _shown(event.data)
        return None

    def _failure(self, code: str, detail: str) -> Failure:
        return stream_failure(code, detail, self._server)

    def _fail(self, code: str, detail: str) -> list[StreamEvent]:
        return self._over(self._assembler.fail(self._failure(code, detail)))

    def _ended(self, events: list[StreamEvent]) -> list[StreamEvent]:
        return self._over(self._with_server(events))

    def _with_server(self, events: list[StreamEvent]) -> list[StreamEvent]:
        """Word the advice of a failure for the server it came from."""
        if self._server is not None and events and isinstance(last := events[-1], StreamFailed):
            named = stream_failure(last.failure.code, last.failure.detail, self._server)
            events[-1] = StreamFailed(named)
        return events

    def _over(self, events: list[StreamEvent]) -> list[StreamEvent]:
        self.is_over = True
        self._body = bytearray()
        return events


def _shown(data: bytes) -> str:
    return clean_text(data[:500].decode("utf-8", "replace"))

"""A response body to events: server-sent events, chunks and the assembler, composed.

Knows bytes and events, no socket and no clock. Invariant: whatever the bytes, nothing is raised, and the events of a
stream end with exactly one Finished or StreamFailed.
"""

import re
from collections.abc import Collection
from typing import Final

import msgspec

from agentls.chat.assemble import Assembler
from agentls.chat.chunk import read_chunk, stands_alone
from agentls.chat.delta import Chunk, Done, EndpointError, Ignored
from agentls.chat.errors.error_body import clean_text, read_error
from agentls.chat.events import StreamEvent, StreamFailed
from agentls.chat.failure import Failure, classify_stream_error, stream_failure
from agentls.chat.server import ServerHint
from agentls.chat.sse import LARGEST_EVENT_BYTES, SseDecoder, SseEvent, SseTooLarge
from agentls.chat.think import ThinkTags

_BEFORE: Final = re.compile(rb"(?:[\xef\xbb\xbf \t\r\n]+|:[^\r\n]*[\r\n])*+")
_COMMENT_BYTES: Final = 1024
_PAGE_BYTES: Final = 16 * 1024


class ChatStream:
    """Feed it the body of one answer, as events or as one JSON document (D13), then close it.

    `tool_names` are the tools that were sent, `server` words the advice of failures, and `think_tags` says how
    reasoning stands inside the answer (E16).
    """

    def __init__(
        self, *, tool_names: Collection[str] = (), server: ServerHint | None = None, think_tags: ThinkTags = "off"
    ) -> None:
        self._server = server
        self._decoder = SseDecoder(stands_alone=stands_alone)
        self._assembler = Assembler(tool_names=tool_names, think_tags=think_tags)
        self._kind = ""
        self._body = bytearray()
        self._is_one = False
        """The document is one JSON value over several lines."""
        self._line_end = -1
        self._stray = ""
        self._is_cut = False
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
            return self._read(error.events) + self._fail("badStream", str(error), retryable=False)
        return self._read(events) if events else []

    def close(self) -> list[StreamEvent]:
        """The body is over: give the events that were held back and the end. Idempotent."""
        if self.is_over:
            return []
        if self._kind in ("json", "lines", "page"):
            return self._close_document()
        try:
            events = self._decoder.feed(bytes(self._body)) if self._body else []
            events += self._decoder.close()
        except SseTooLarge as error:
            return self._read(error.events) + self._fail("badStream", str(error), retryable=False)
        out = self._read_last(events)
        if self.is_over:
            return out
        shown = self._stray or self._decoder.sample.decode("utf-8", "replace")
        if shown.strip() and not self._said_something:
            return out + self._fail("badStream", f"This is no event stream: {shown}")
        return out + self._ended(self._assembler.finish())

    def _sniff(self) -> str:
        """The kind of body by its first bytes, not by its header (D13, D15); "" while they do not tell.

        Blank lines and comments before it say only that the server lives, in either kind of body (D1).
        """
        body = self._body
        if (before := _BEFORE.match(body)) is not None:
            del body[: before.end()]
        if not body or body == b"[" or (body[0] == 58 and len(body) < _COMMENT_BYTES):
            return ""
        if body[0] == 123 or (body[0] == 91 and body[1:2] != b"D"):
            return "json"
        return "page" if body[0] == 60 else "events"

    def _collect(self, data: bytes) -> list[StreamEvent]:
        """Keep the bytes of a document until its end, within limits; JSON values a line each are read as they come."""
        body = self._body
        if self._kind == "page":
            body += data[: max(_PAGE_BYTES - len(body), 0)]
            return self._close_document() if len(body) == _PAGE_BYTES else []
        before = len(body)
        body += data
        if self._kind == "json" and not self._is_one:
            self._look_for_lines(before)
        out: list[StreamEvent] = []
        if self._kind == "lines" and (end := max(body.rfind(b"\n"), body.rfind(b"\r"))) >= 0:
            lines = bytes(body[:end])
            del body[: end + 1]
            out = self._read(_events_of(lines))
        if not self.is_over and len(body) > LARGEST_EVENT_BYTES:
            out += self._fail("badStream", f"The answer is larger than {LARGEST_EVENT_BYTES} bytes.", retryable=False)
        return out

    def _look_for_lines(self, before: int) -> None:
        """Once a second line has begun, decide whether the first is a value by itself; `before` was looked at."""
        body = self._body
        if self._line_end < 0:
            ends = [at for at in (body.find(b"\n", before), body.find(b"\r", before)) if at >= 0]
            self._line_end = min(ends, default=-1)
        if self._line_end >= 0 and body[max(self._line_end, before) :].strip():
            self._is_one = not stands_alone(bytes(body[: self._line_end]))
            self._kind = "json" if self._is_one else "lines"

    def _close_document(self) -> list[StreamEvent]:
        body = bytes(self._body)
        self._body.clear()
        if self._kind == "page":
            title = read_error(body).message or "no title"
            failure = stream_failure("endpointNotFound", f"A web page came instead of an answer: {title}", self._server)
            return self._over(self._assembler.fail(failure))
        documents, is_array = ([], False) if self._kind == "lines" else _documents(body)
        out = self._read_last(documents or _events_of(body))
        if self.is_over:
            return out
        if not self._said_something and (self._stray or self._is_cut):
            return out + self._fail("badStream", f"The answer is not a chat completion: {self._stray or _shown(body)}")
        return out + self._ended(self._assembler.finish(clean=is_array or self._assembler.is_whole))

    def _read_one(self, data: bytes) -> list[StreamEvent]:
        chunk = read_chunk(data)
        if type(chunk) is not Chunk:
            return self._read([SseEvent("", data)])
        self._said_something = True
        assembler = self._assembler
        out = assembler.feed(chunk)
        return out if assembler.problem is None else out + self._ended(assembler.fail(assembler.problem))

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
        return out if assembler.problem is None else out + self._ended(assembler.fail(assembler.problem))

    def _read_last(self, events: list[SseEvent]) -> list[StreamEvent]:
        """Read the last events of a body: the very last one may have been cut."""
        out = self._read(events[:-1]) if len(events) > 1 else []
        return out if self.is_over else out + self._read(events[-1:], at_end=True)

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
                    self._assembler.report.note_usage(usage)
                return self._assembler.fail(classify_stream_error(payload, self._server))
            case Ignored(reason, unreadable, is_stray):
                if unreadable and at_end:
                    self._is_cut = True
                    return None
                if unreadable:
                    return self._assembler.fail(self._failure("badStream", f"Unreadable data: {reason}"))
                if is_stray and not self._stray:
                    self._stray = _shown(event.data)
        return None

    def _failure(self, code: str, detail: str, *, retryable: bool | None = None) -> Failure:
        return stream_failure(code, detail, self._server, retryable=retryable)

    def _fail(self, code: str, detail: str, *, retryable: bool | None = None) -> list[StreamEvent]:
        return self._over(self._assembler.fail(self._failure(code, detail, retryable=retryable)))

    def _ended(self, events: list[StreamEvent]) -> list[StreamEvent]:
        return self._over(self._with_server(events))

    def _with_server(self, events: list[StreamEvent]) -> list[StreamEvent]:
        """Word the advice of a failure for the server it came from."""
        if self._server is not None and events and isinstance(last := events[-1], StreamFailed):
            failure = last.failure
            named = stream_failure(failure.code, failure.detail, self._server, retryable=failure.retryable)
            events[-1] = StreamFailed(named)
        return events

    def _over(self, events: list[StreamEvent]) -> list[StreamEvent]:
        self.is_over = True
        self._body = bytearray()
        return events


def _shown(data: bytes) -> str:
    return clean_text(data[:500].decode("utf-8", "replace"))


def _events_of(lines: bytes) -> list[SseEvent]:
    """JSON values, one a line, as some servers stream without the event format."""
    return [SseEvent("", line) for line in lines.replace(b"\r", b"\n").split(b"\n") if line.strip()]


def _documents(body: bytes) -> tuple[list[SseEvent], bool]:
    """One JSON document, or the items of an array that is whole."""
    if body[:1] == b"[":
        try:
            return [SseEvent("", bytes(item)) for item in msgspec.json.decode(body, type=list[msgspec.Raw])], True
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass
    return [SseEvent("", body)], False

"""Chunks to events: how deltas become text, reasoning and tool calls.

Knows the order of chunks, not their shape on the wire, and not whether a tool exists. Invariant: the events told so
far never depend on what comes later, and adjacent deltas of one thing that come together are told as one.
"""

from collections.abc import Collection
from typing import Final

from agentls.chat.call import Call
from agentls.chat.delta import CallPiece, Chunk, Delta, JsonObject, Rare
from agentls.chat.events import (
    CallMalformed,
    CallStarted,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    StreamFailed,
    TextDelta,
)
from agentls.chat.failure import Failure, stream_failure
from agentls.chat.finish import FinishReason
from agentls.chat.kept import Kept
from agentls.chat.recap import Recap
from agentls.chat.report import Report
from agentls.chat.roster import MOST_CALLS, Roster
from agentls.chat.surrogates import split_half, well_formed
from agentls.chat.think import ThinkSplitter, ThinkTags

_NOTHING, _TEXT, _REASONING, _REFUSAL, _CALL = range(5)
LARGEST_ANSWER: Final = 32 * 1024 * 1024
"""Characters of text, reasoning, arguments and kept keys of one answer together."""
LONGEST_BLANK: Final = 64 * 1024
"""Blanks in a row: a model that was made to write JSON may write them without end, and they are no progress."""


class Assembler:
    """Feed it chunks, then finish it. `tool_names` helps with names that come in pieces (A17)."""

    def __init__(self, *, tool_names: Collection[str] = (), think_tags: ThinkTags = "off") -> None:
        self._roster = Roster(tool_names)
        self._think = None if think_tags == "off" else ThinkSplitter(is_opened=think_tags == "opened")
        self._out: list[StreamEvent] = []
        self._kind = _NOTHING
        self._call: Call | None = None
        self._parts: list[str] = []
        self._half = ""
        self._choice: int | None = None
        self._finish = FinishReason()
        self.report = Report()
        self._recap = Recap()
        self._open: list[Call] = []
        """Calls with a piece since the last finish reason."""
        self._started: Call | None = None
        self._size = 0
        """Characters told or kept so far."""
        self._blank = 0
        """Blanks at the end of what was told."""
        self._has_delta = False
        self._has_content = False
        self._is_over = False
        self.problem: Failure | None = None
        """What makes it pointless to read on: more calls or larger ones than are kept."""

    @property
    def finish_seen(self) -> bool:
        """True once a finish reason came: from here the end of the stream is a clean end (D16, D24)."""
        return bool(self._finish.meaning)

    @property
    def is_whole(self) -> bool:
        """True once a whole message came: then the end of the body is the end of the answer (D13)."""
        return self._recap.seen

    @property
    def _said_something(self) -> bool:
        return self._has_content or self._kind != _NOTHING

    def feed(self, chunk: Chunk) -> list[StreamEvent]:
        """Take one chunk and give its events."""
        self.push(chunk)
        if self._parts:
            self._flush()
        out = self._out
        self._out = []
        return out

    def push(self, chunk: Chunk) -> None:
        """Take one chunk; its events come with the next `drain`, merged with those of its neighbours."""
        if chunk.usage is not None:
            self.report.note(chunk)
        for choice in chunk.choices or ():
            if choice.index != self._choice and not self._is_mine(choice.index or 0):
                continue
            delta = choice.delta
            if (rare := delta.rare) is not None and rare.is_whole:
                delta = self._recap.news(delta, rare, self._said_something, self._roster.size)
            # Written out for the usual chunk, which adds a little text or a little of one call.
            if (text := delta.reasoning_content or delta.reasoning) or delta.reasoning_details:
                self._reason(text, delta)
            if text := delta.content:
                if self._kind != _TEXT:
                    self._switch(_TEXT)
                self._parts.append(text)
            if delta.tool_calls:
                self._pieces(delta.tool_calls, rare is not None and rare.is_whole)
            if rare is not None:
                self._rare(rare, delta)
            if choice.finish_reason:
                self._end_of_choice(choice.finish_reason)

    def drain(self) -> list[StreamEvent]:
        """Give the events of what was pushed since the last time."""
        if self._parts:
            self._flush()
        out = self._out
        self._out = []
        return out

    def finish(self, *, clean: bool = False) -> list[StreamEvent]:
        """The stream is over: at end of file, or `clean` at its own end mark. Once; then nothing more comes."""
        if self._is_over:
            return []
        meaning = self._finish.meaning
        if meaning == "error":
            return self.fail(stream_failure(self._finish.failure_code, f"finish reason: {self._finish.raw}"))
        if not meaning and not self._said_something and (clean or not self._has_delta):
            return self.fail(stream_failure("emptyResponse", "The server sent an answer with nothing in it."))
        if not meaning and not clean:
            return self.fail(stream_failure("streamBroken", "The stream ended in the middle of the answer."))
        self._is_over = True
        self._switch(_NOTHING)
        for call in self._roster.held():
            self._start(call)
        self._switch(_NOTHING)
        is_short = meaning in ("length", "content_filter")
        for call in self._roster.calls:
            is_open = not clean and call in self._open
            call.end(cut=is_short or is_open, was_last=call is self._started or is_open, out=self._out)
        self._report()
        if not meaning and any(isinstance(each, CallMalformed) and each.incomplete for each in self._out):
            # An end mark alone is no proof: a server that is interrupted may still send it.
            cut = stream_failure("streamBroken", "The server ended the stream in the middle of a tool call.")
            self._out.append(StreamFailed(cut))
            return self.drain()
        self._out.append(Finished(meaning or ("tool_calls" if self._started is not None else "stop"), not meaning))
        return self.drain()

    def fail(self, failure: Failure) -> list[StreamEvent]:
        """The stream is broken. A call that is not ready yet stays so. After a cut for length the cut is the news."""
        if self._is_over:
            return []
        if self._finish.meaning == "length":
            return self.finish(clean=True)
        self._is_over = True
        self._switch(_NOTHING)
        self._report()
        self._out.append(StreamFailed(failure))
        return self.drain()

    def _report(self) -> None:
        if self._think is not None:
            self._answer(self._think.close())
        self._out.extend(self.report.events())

    def _is_mine(self, index: int) -> bool:
        """The first choice seen is the one that is read (C15, C16)."""
        if self._choice is None:
            self._choice = index
        return index == self._choice

    def _reason(self, text: str | None, delta: Delta) -> None:
        self._has_delta = True
        if delta.reasoning_details:
            self._keep(self.report.kept, {"reasoning_details": delta.reasoning_details})
        if text:
            if self._think is not None:
                self._think.reasoning_seen()
            self._say(_REASONING, text)

    def _say(self, kind: int, text: str) -> None:
        if self._kind != kind:
            self._switch(kind)
        self._parts.append(text)

    def _keep(self, kept: Kept, found: JsonObject) -> None:
        self._count(kept.add(found))

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > LARGEST_ANSWER:
            self.problem = stream_failure("badStream", "The answer is larger than can be kept.", retryable=False)

    def _rare(self, rare: Rare, delta: Delta) -> None:
        if rare.kept is not None:
            self._has_delta = True
            self._keep(self.report.kept, rare.kept)
        self._has_content |= rare.is_audio
        if rare.refusal:
            self._say(_REFUSAL, rare.refusal)
        # `function_call`, the form before `tool_calls`: one call, unless there are others (C12).
        roster = self._roster
        if rare.function_call is not None and not delta.tool_calls and (roster.is_legacy or not roster.size):
            roster.is_legacy = True
            self._pieces([CallPiece(index=0, function=rare.function_call)])

    def _pieces(self, pieces: list[CallPiece], is_whole: bool = False) -> None:
        roster = self._roster
        is_new = is_whole and not roster.size and len(pieces) > 1
        for piece in pieces:
            function = piece.function
            arguments = function.arguments if function is not None else None
            call = roster.last
            if (
                call is None
                or piece.id
                or (function and function.name)
                or not (piece.index is None or roster.by_key.get(piece.index) is call)
            ):
                call = roster.find(piece, self._settle_text, is_new=is_new)
                if call is None:
                    continue
                if roster.is_overfull:
                    self.problem = stream_failure(
                        "badStream", f"The answer has more than {MOST_CALLS} tool calls.", retryable=False
                    )
            if piece.extra:
                self._switch(_NOTHING)
                self._keep(call.extra, piece.extra)
            if not call.is_open:
                call.is_open = True
                self._open.append(call)
            if arguments and call.fragment is not None:
                call.note_fragment(arguments)
            if call.index is None:
                if arguments:
                    call.waiting.append(arguments)
                    self._count(len(arguments))
                if roster.is_named(call):
                    for held in roster.held_before(call):
                        self._start(held)
                    self._start(call)
            elif arguments:
                if self._call is not call:
                    self._switch(_CALL, call)
                self._parts.append(arguments)

    def _settle_text(self) -> None:
        """Bring the calls up to date, for the rules that ask whether one is complete."""
        if self._kind == _CALL and self._parts:
            self._flush()

    def _start(self, call: Call) -> None:
        waiting, call.waiting = call.waiting, []
        if not call.name and not any(waiting):
            return
        self._switch(_NOTHING)
        call.index = 0 if self._started is None else (self._started.index or 0) + 1
        self._started = call
        self._has_content = True
        self._out.append(CallStarted(call.index, call.provider_id, call.name))
        if waiting:
            self._switch(_CALL, call)
            self._parts.extend(waiting)

    def _end_of_choice(self, reason: str) -> None:
        self._finish.tell(reason)
        for call in self._open:
            call.is_open = False
        self._open.clear()

    def _switch(self, kind: int, call: Call | None = None) -> None:
        """End the run of adjacent deltas and begin another."""
        if self._parts:
            self._flush()
        if self._half:
            self._half = ""
            self._tell("\ufffd")
        self._kind = kind
        self._call = call

    def _flush(self) -> None:
        parts = self._parts
        text = parts[0] if len(parts) == 1 else "".join(parts)
        parts.clear()
        if self._half or not text.isascii():
            # UTF-16 halves that were cut between two chunks; a half without its other becomes U+FFFD (D26).
            text, self._half = split_half(self._half + text)
            text = well_formed(text)
        if text:
            self._tell(text)

    def _tell(self, text: str) -> None:
        self._has_content = True
        self._size += len(text)
        if self._size > LARGEST_ANSWER:
            self._count(0)
        if text[-1] > " " and text[0] > " ":
            self._blank = 0
        else:
            self._count_blanks(text)
        kind = self._kind
        if kind == _TEXT:
            if self._think is None:
                self._out.append(TextDelta(text))
            else:
                self._answer(self._think.feed(text))
        elif kind == _CALL and (call := self._call) is not None:
            call.add(text, self._out)
        else:
            self._out.append(ReasoningDelta(text) if kind == _REASONING else RefusalDelta(text))

    def _count_blanks(self, text: str) -> None:
        begun = text.lstrip()
        longest = self._blank + len(text) - len(begun)
        self._blank = len(begun) - len(begun.rstrip()) if begun else longest
        if max(longest, self._blank) > LONGEST_BLANK:
            self.problem = stream_failure("badStream", "The answer has nothing but blanks any more.", retryable=False)

    def _answer(self, parts: list[tuple[bool, str]]) -> None:
        for is_reasoning, text in parts:
            self._out.append(ReasoningDelta(text) if is_reasoning else TextDelta(text))

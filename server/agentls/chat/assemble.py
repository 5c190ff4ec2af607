"""Chunks to events: how deltas become text, reasoning and tool calls.

Knows the order of chunks, not their shape on the wire, and not whether a tool exists. Invariant: the events told so
far never depend on what comes later, and adjacent deltas of one thing that come together are told as one.
"""

from collections.abc import Collection
from typing import Final

from agentls.chat.call import LARGEST_ARGUMENTS, Call
from agentls.chat.delta import CallPiece, Choice, Chunk, Delta, FunctionPiece, JsonObject
from agentls.chat.events import (
    CallStarted,
    ExtraReported,
    Finished,
    ReasoningDelta,
    RefusalDelta,
    StreamEvent,
    StreamFailed,
    TextDelta,
    UsageReported,
)
from agentls.chat.failure import Failure, stream_failure
from agentls.chat.finish import FinishReason
from agentls.chat.reasoning import merge_details
from agentls.chat.roster import Roster
from agentls.chat.think import ThinkSplitter
from agentls.chat.usage import later_usage, read_usage

_NOTHING, _TEXT, _REASONING, _REFUSAL, _CALL = range(5)
MOST_CALLS: Final = 1024
"""Calls of one answer; more is garbage."""


class Assembler:
    """Feed it chunks, then finish it. `tool_names` helps with names that come in pieces (A17)."""

    def __init__(self, *, tool_names: Collection[str] = (), think_tags: bool = False) -> None:
        self._roster = Roster(tool_names)
        self._think = ThinkSplitter() if think_tags else None
        self._out: list[StreamEvent] = []
        self._kind = _NOTHING
        self._call: Call | None = None
        self._parts: list[str] = []
        self._half = ""
        self._choice: int | None = None
        self._finish = FinishReason()
        self._usage: JsonObject | None = None
        self._details: list[JsonObject] = []
        self._started = 0
        self._whole_text = ""
        self._has_delta = False
        self._has_content = False
        self._is_over = False
        self.problem: Failure | None = None
        """What makes it pointless to read on: more calls or larger ones than are kept."""

    @property
    def finish_seen(self) -> bool:
        """True once a finish reason came: from here the end of the stream is a clean end (D16, D24)."""
        return bool(self._finish.meaning)

    def feed(self, chunk: Chunk) -> list[StreamEvent]:
        """Take one chunk and give its events."""
        self.push(chunk)
        return self.drain()

    def push(self, chunk: Chunk) -> None:
        """Take one chunk; its events come with the next `drain`, merged with those of its neighbours."""
        if chunk.usage is not None:
            self._usage = later_usage(self._usage, chunk.usage)
        for choice in chunk.choices or ():
            if choice.index != self._choice and not self._is_mine(choice.index or 0):
                continue
            delta = choice.delta
            if delta is not None:
                if choice.is_whole:
                    delta = self._unrepeated(delta)
                # Written out for the usual chunk, which adds a little text or a little of one call.
                if (text := delta.reasoning_content or delta.reasoning) or delta.reasoning_details:
                    self._reason(text, delta)
                if text := delta.content:
                    if self._kind != _TEXT:
                        self._switch(_TEXT)
                    self._parts.append(text)
                if delta.tool_calls:
                    self._pieces(delta.tool_calls)
                elif delta.function_call is not None:
                    self._legacy(delta.function_call)
                if delta.refusal:
                    if self._kind != _REFUSAL:
                        self._switch(_REFUSAL)
                    self._parts.append(delta.refusal)
            if choice.finish_reason or choice.usage is not None:
                self._end_of_choice(choice)

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
        if not meaning and not (self._has_content or self._kind != _NOTHING) and (clean or not self._has_delta):
            return self.fail(stream_failure("emptyResponse", "The server sent an answer with nothing in it."))
        if not meaning and not clean:
            return self.fail(stream_failure("streamBroken", "The stream ended in the middle of the answer."))
        self._is_over = True
        self._switch(_NOTHING)
        for call in self._roster.held():
            self._start(call)
        self._switch(_NOTHING)
        last = self._roster.last
        for call in self._roster.calls:
            cut = meaning == "length" or (not clean and call.is_open)
            call.end(cut=cut, was_last=call is last or (not clean and call.is_open), out=self._out)
        self._report()
        self._out.append(Finished(meaning or ("tool_calls" if self._started else "stop"), not meaning))
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

    def note_usage(self, usage: JsonObject) -> None:
        """Take a usage report that came beside an error (D11)."""
        self._usage = later_usage(self._usage, usage)

    def _report(self) -> None:
        if self._think is not None:
            self._answer(self._think.close())
        if self._details:
            self._out.append(ExtraReported({"reasoning_details": merge_details(self._details)}))
        if self._usage:
            self._out.append(UsageReported(read_usage(self._usage)))

    def _is_mine(self, index: int) -> bool:
        """The first choice seen is the one that is read (C15, C16)."""
        if self._choice is None:
            self._choice = index
        return index == self._choice

    def _unrepeated(self, message: Delta) -> Delta:
        """What a whole `message` adds: nothing that deltas already said, and not its own beginning again (C1)."""
        text = message.content or ""
        if self._has_content or self._kind != _NOTHING:
            if not self._whole_text:
                return Delta()
            message.reasoning_content = message.reasoning = None
            if text.startswith(self._whole_text):
                message.content = text[len(self._whole_text) :]
        self._whole_text = text if text.startswith(self._whole_text) else self._whole_text + text
        return message

    def _reason(self, text: str | None, delta: Delta) -> None:
        self._has_delta = True
        if delta.reasoning_details:
            self._details.extend(delta.reasoning_details)
        if text:
            if self._kind != _REASONING:
                self._switch(_REASONING)
            self._parts.append(text)

    def _legacy(self, function: FunctionPiece) -> None:
        """`function_call`, the form before `tool_calls`: one call, unless there are others (C12)."""
        if self._roster.is_empty or self._roster.is_legacy:
            self._roster.is_legacy = True
            self._pieces([CallPiece(index=0, function=function)])

    def _pieces(self, pieces: list[CallPiece]) -> None:
        roster = self._roster
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
                call = roster.find(piece, self._settle_text)
                if roster.size > MOST_CALLS:
                    self.problem = stream_failure("badStream", f"The answer has more than {MOST_CALLS} tool calls.")
            if piece.extra:
                self._switch(_NOTHING)
                call.extra.update(piece.extra)
            call.is_open = True
            if arguments and call.fragment is not None:
                call.note_fragment(arguments)
            if call.index is None:
                if arguments:
                    call.waiting.append(arguments)
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
        call.index = self._started
        self._started += 1
        self._has_content = True
        self._out.append(CallStarted(call.index, call.provider_id, call.name))
        if waiting:
            self._switch(_CALL, call)
            self._parts.extend(waiting)

    def _end_of_choice(self, choice: Choice) -> None:
        if choice.usage is not None:
            self._usage = later_usage(self._usage, choice.usage)
        if choice.finish_reason:
            self._finish.tell(choice.finish_reason)
            for call in self._roster.calls:
                call.is_open = False

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
            text = self._joined(text)
        if text:
            self._tell(text)

    def _tell(self, text: str) -> None:
        self._has_content = True
        kind = self._kind
        if kind == _TEXT:
            self._answer([(False, text)] if self._think is None else self._think.feed(text))
        elif kind == _CALL and (call := self._call) is not None:
            call.add(text, self._out)
            if call.size > LARGEST_ARGUMENTS:
                self.problem = stream_failure("badStream", "A tool call has more arguments than can be kept.")
        elif kind == _REASONING:
            self._out.append(ReasoningDelta(text))
        elif kind == _REFUSAL:
            self._out.append(RefusalDelta(text))

    def _answer(self, parts: list[tuple[bool, str]]) -> None:
        for is_reasoning, text in parts:
            self._out.append(ReasoningDelta(text) if is_reasoning else TextDelta(text))

    def _joined(self, text: str) -> str:
        """Join UTF-16 halves that were cut between two chunks; a half without its other becomes U+FFFD (D26)."""
        text = self._half + text
        self._half = ""
        try:
            text.encode()
            return text
        except UnicodeEncodeError:
            pass
        if "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

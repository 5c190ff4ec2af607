"""Turns the events of one stream into the events of the task: the answer as it arrives.

Knows no bytes and no retries. Invariant: nothing it recorded stays open after `complete` or `discard`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec
from msgspec import structs

from agentls.chat import events as s
from agentls.chat.failure import Failure, stream_failure
from agentls.chat.server import ServerHint
from agentls.conversation.caps import capped_json
from agentls.conversation.record import Private
from agentls.conversation.text import is_deeper_than, well_formed, well_formed_object
from agentls.engine.cost import cost_of
from agentls.engine.discovery import spoken_to_name
from agentls.engine.failures import turn_error
from agentls.engine.ledger import Entry
from agentls.engine.malformed import holds_secret, what_is_wrong
from agentls.engine.masks import masked_object, masked_preview
from agentls.engine.streamed_call import StreamedCall
from agentls.engine.streamed_text import StreamedText
from agentls.engine.token_counts import counted, counts, estimated
from agentls.protocol import events as e
from agentls.protocol.values import TextContent, Usage

if TYPE_CHECKING:
    from agentls.engine.task import LiveTask
    from agentls.protocol.provider import Provider

DEEPEST_ARGUMENTS = 100
CUT_ADVICE = "Raise Max Output Tokens in the model configuration, or ask for a shorter answer."
BROKEN_ANSWER = "Cancelled: the answer that held this call broke off; nothing was run."


@dataclass(slots=True)
class ReplyWriter:
    task: LiveTask
    request_id: str
    provider: Provider
    request_bytes: int
    http_status: int | None = None
    first_token_ms: int | None = None
    _started_s: float = field(init=False)
    _message: StreamedText | None = None
    _reasoning: StreamedText | None = None
    _calls: dict[int, StreamedCall] = field(default_factory=dict)
    _malformed: list[s.CallMalformed] = field(default_factory=list)
    _withheld: dict[int, str] = field(default_factory=dict)
    """Arguments that hold a secret, masked, by the call's index."""
    _usage: s.ChatUsage | None = None
    _finish: s.Finished | None = None
    _refusal: list[str] = field(default_factory=list)
    _extra: dict[str, object] | None = None
    _argument_characters: int = 0

    def __post_init__(self) -> None:
        self._started_s = self.task.world.clock.monotonic_s()

    @property
    def text(self) -> str:
        return self._message.text if self._message is not None else ""

    @property
    def reasoning(self) -> str:
        return self._reasoning.text if self._reasoning is not None else ""

    @property
    def said_something(self) -> bool:
        return not (self._message is None and self._reasoning is None and not self._calls)

    @property
    def has_calls(self) -> bool:
        return bool(self._calls)

    async def take(self, events: Sequence[s.StreamEvent]) -> Failure | None:
        """Record and publish `events`; the failure if the stream says it broke."""
        if self.first_token_ms is None and events:
            self.first_token_ms = round((self.task.world.clock.monotonic_s() - self._started_s) * 1000)
        for event in events:
            match event:
                case s.TextDelta(text):
                    self._text(text)
                case s.ReasoningDelta(text):
                    self._think(text)
                case s.RefusalDelta(text):
                    self._refusal.append(text)
                    self._text(text)
                case s.CallStarted():
                    self._call_started(event)
                case s.CallDelta():
                    self._call_delta(event)
                case s.CallReady():
                    await self._call_ready(event)
                case s.CallMalformed():
                    self._malformed.append(event)
                case s.ExtraReported(extra):
                    self._extra = self._kept(extra)
                case s.UsageReported(usage):
                    self._usage = usage if counts(usage) else None
                case s.Finished(reason, inferred):
                    self._finish = s.Finished(self.task.redactor.mask(reason), inferred)
                case s.StreamFailed(failure):
                    return failure
        return None

    def _text(self, text: str) -> None:
        if self._message is None:
            self._message = StreamedText(self.task, "message")
        self._message.feed(text)

    def _think(self, text: str) -> None:
        if self._reasoning is None:
            self._reasoning = StreamedText(self.task, "reasoning")
        self._reasoning.feed(text)

    def _call_started(self, event: s.CallStarted) -> None:
        self._calls[event.index] = StreamedCall(self.task, event)

    def _call_delta(self, event: s.CallDelta) -> None:
        self._calls[event.index].feed(event.text, event.fields)
        self._argument_characters += len(event.text)

    async def _call_ready(self, event: s.CallReady) -> None:
        call = self._calls[event.index]
        call.close()
        if is_deeper_than(event.arguments, DEEPEST_ARGUMENTS):
            why = f"the object is nested more than {DEEPEST_ARGUMENTS} levels deep"
            self._malformed.append(s.CallMalformed(event.index, event.raw, why, 0, incomplete=False))
            return
        arguments = well_formed_object(event.arguments)
        raw, redactor = well_formed(event.raw), self.task.redactor
        masked = masked_object(arguments, redactor)
        if masked != arguments or redactor.mask(raw) != raw:
            self._withheld[event.index] = msgspec.json.encode(masked).decode()
            return
        described = await self.task.bench.describe(call.call_id, call.name, arguments)
        shown, truncated = capped_json(arguments, f"arguments:{call.call_id}")
        ready = e.ToolCallReady(
            call_id=call.call_id,
            name=call.name,
            arguments=shown,
            title=described.title,
            kind=described.kind,
            locations=list(described.locations),
            preview=masked_preview(described.preview, self.task.redactor),
            truncated=truncated,
        )
        self.task.streams.pop(call.call_id, None)
        extra = self._kept(event.extra)
        self.task.ledger.submit((ready, Private(arguments=raw, extra=extra, spoken_to=self._source(extra))))

    def shortcoming(self, hint: ServerHint) -> Failure | None:
        """Why an answer that arrived whole is no answer."""
        reason = self._finish.reason if self._finish is not None else "stop"
        if reason == "content_filter":
            return stream_failure("contentFilter", "The provider's content filter ended the answer.", hint)
        if self._refusal and not self._calls:
            return stream_failure("refusal", "".join(self._refusal), hint)
        if self.text.strip() or self._calls:
            return None
        said = "only reasoning, no text and no tool call" if self.reasoning else "nothing"
        if reason == "length":
            cut = f"The model reached its output limit and had answered with {said}."
            return replace(stream_failure("emptyResponse", cut, hint, retryable=False), advice=CUT_ADVICE)
        return stream_failure("emptyResponse", f"The model answered with {said}.", hint)

    async def complete(self, http_status: int | None) -> None:
        """Record the end of an answer that arrived whole."""
        entries: list[Entry] = [*self._texts(discarded=False)]
        length = self._finish is not None and self._finish.reason == "length"
        self.task.misunderstood = {
            self._calls[each.index].call_id: self._invalid(each, length) for each in self._malformed
        }
        for index, arguments in self._withheld.items():
            call = self._calls[index]
            self.task.misunderstood[call.call_id] = _not_run(call, holds_secret(call.name), arguments)
        usage = self._shown_usage()
        completed = e.RequestCompleted(
            request_id=self.request_id,
            http_status=http_status,
            first_token_ms=self.first_token_ms,
            usage=usage,
            finish_reason=self._finish.reason if self._finish is not None else None,
        )
        keep = Private(cost=self._cost(usage), extra=self._extra, spoken_to=self._source(self._extra))
        entries.append((completed, None if keep == Private() else keep))
        if length and not self._calls:
            entries.append(_cut_notice())
        self._close_streams()
        await self.task.ledger.record(*entries)

    def _cost(self, shown: Usage | None) -> float | None:
        """USD, by what the provider counted, else by the estimate."""
        prices = self.task.connection.providers.effective(self.provider)
        usage = shown if self._usage is None else self._usage
        return cost_of(usage, prices) if usage is not None else None

    def _kept(self, extra: dict[str, object] | None) -> dict[str, object] | None:
        """What the provider wants back, without secrets; nothing of what is too deep to be looked through."""
        if extra is None or is_deeper_than(extra, DEEPEST_ARGUMENTS):
            return None
        return masked_object(extra, self.task.redactor)

    def _source(self, extra: object) -> str | None:
        """Who `extra` came from, where there is any (E24)."""
        return None if extra is None else spoken_to_name(self.provider)

    async def discard(self, failure: Failure, http_status: int | None) -> None:
        """Record that the attempt broke: what it began is ended and stays out of the conversation."""
        entries: list[Entry] = [*self._texts(discarded=True)]
        entries += [
            e.ToolResult(
                call_id=call.call_id,
                name=call.name,
                status="cancelled",
                content=[TextContent(text=BROKEN_ANSWER)],
                duration_ms=0,
            )
            for call in self._calls.values()
        ]
        usage = self._shown_usage() if self._usage is not None else None  # what broke may have to be paid for
        completed = e.RequestCompleted(
            request_id=self.request_id,
            http_status=http_status,
            first_token_ms=self.first_token_ms,
            usage=usage,
            finish_reason=self._finish.reason if self._finish is not None else None,
            error=turn_error(failure, self.task.redactor),
        )
        cost = self._cost(usage)
        entries.append((completed, None if cost is None else Private(cost=cost)))
        self._close_streams()
        await self.task.ledger.record(*entries)

    def _texts(self, *, discarded: bool) -> list[Entry]:
        entries: list[Entry] = []
        if self._reasoning is not None:
            entries.append(self._reasoning.completed(discarded=discarded))
        if self._message is not None:
            entries.append(self._message.completed(discarded=discarded))
        return entries

    def _invalid(self, malformed: s.CallMalformed, length: bool) -> Entry:
        call, mask = self._calls[malformed.index], self.task.redactor.mask
        call.close()
        raw = mask(well_formed(malformed.raw))  # before a part of it is quoted
        wrong = structs.replace(malformed, raw=raw, error=mask(well_formed(malformed.error)))
        return _not_run(call, what_is_wrong(call.name, wrong, at_limit=length), raw)

    def _shown_usage(self) -> Usage:
        """What the provider counted, else an estimate in which images, whose tokens nobody knows, are left out."""
        if self._usage is not None:
            return counted(self._usage)
        written = len(self.text) + len(self.reasoning) + self._argument_characters
        return estimated(max(self.request_bytes - self.task.view.image_bytes, 0), written)

    def _close_streams(self) -> None:
        self.task.streams.clear()


def _not_run(call: StreamedCall, why: str, arguments: str) -> Entry:
    result = e.ToolResult(
        call_id=call.call_id, name=call.name, status="invalid", content=[TextContent(text=why)], duration_ms=0
    )
    return result, Private(arguments=arguments)


def _cut_notice() -> e.Notice:
    return e.Notice(
        level="warning",
        code="answer.cut",
        message="The answer was cut off at the model's output limit.",
        advice=CUT_ADVICE,
    )

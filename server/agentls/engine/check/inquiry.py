"""One question to the endpoint, asked as real work asks: in its dialect, at its pace, learning from refusals.

Knows the order of attempts, not what is asked nor what the answer means. Invariant: every request is counted with
its tokens, and no wait is longer than `LONGEST_WAIT_S` or the provider's own limit. The other place where requests
are repeated is engine/model_request.py, for real work.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import msgspec

from agentls.chat.call_ids import fix_call_ids
from agentls.chat.failure import Failure, stream_failure, transport_failure
from agentls.chat.lessons.lessons import adapt
from agentls.chat.request import encode_message
from agentls.chat.retry import Retry, RetryLimits, decide_retry
from agentls.chat.schema.tool_schema import encode_tools
from agentls.engine.check.answer import HeardAnswer
from agentls.engine.check.outcome import Answered, Outcome, Refused, is_unanswered
from agentls.engine.check.sample import OUTPUT_TOKENS, THINKING_TOKENS, TOOL, TOOL_DEFINITION
from agentls.engine.check.sound import Sound
from agentls.engine.check.tally import Tally
from agentls.engine.exchange import exchange
from agentls.engine.request_body import request_body
from agentls.world.http import TransportError

if TYPE_CHECKING:
    from agentls.chat.dialect import Dialect
    from agentls.chat.message import Message
    from agentls.engine.connection import Connection
    from agentls.engine.endpoint import Endpoint
    from agentls.engine.world import World
    from agentls.protocol.provider import Provider

LONGEST_WAIT_S: Final = 60.0
"""For the first byte, and between two: whoever runs a check is waiting for it."""
LONGEST_ANSWER_S: Final = 120.0
"""An answer that still goes on then is looked at as far as it came."""
MAX_ADAPTATIONS: Final = 8
_RETRIED: Final = frozenset({"rateLimit", "overloaded", "server"})
_LIMITS: Final = RetryLimits(max_attempts=2, max_wait_s=10.0)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked."""

    messages: tuple[Message, ...]
    with_tools: bool = False
    tool_choice: str | None = None
    in_one_piece: bool = False
    """Without a stream, although one is wanted and nothing speaks against it; for questions with tools."""


@dataclass(slots=True)
class Inquiry:
    """Asks one provider, and keeps count."""

    connection: Connection
    world: World
    provider: Provider
    """With time-outs no longer than a check may take (`hurried`)."""
    kind: str = ""
    """The kind of server, once its model list told."""
    tally: Tally = field(default_factory=Tally)
    """What all of it cost."""
    most_tokens: int = OUTPUT_TOKENS
    """Of one answer; more once the model was seen to think long."""

    @property
    def endpoint(self) -> Endpoint:
        """The provider as something to talk to."""
        now = self.connection.endpoint(self.provider)
        return replace(now, kind=self.kind or now.kind)

    @property
    def limit(self) -> int:
        """The tokens of output that are asked for: the profile's limit, where that is less."""
        own = self.provider.model.max_output_tokens
        return self.most_tokens if own is None else min(own, self.most_tokens)

    async def ask(self, question: Question) -> Outcome:
        """The answer; asked for again with more tokens where a model that thinks was cut before it began."""
        began_s = self.world.clock.monotonic_s()
        outcome = await self._adapted(question)
        if not isinstance(outcome, Answered) or not self._stopped_thinking(outcome.answer):
            return outcome
        took_s = self.world.clock.monotonic_s() - began_s
        if took_s * THINKING_TOKENS / OUTPUT_TOKENS > LONGEST_ANSWER_S:
            return outcome
        self.most_tokens = THINKING_TOKENS
        return await self._adapted(question)

    def _stopped_thinking(self, answer: HeardAnswer) -> bool:
        """Whether the check's own limit, which can be raised once, cut an answer short of its beginning."""
        own = self.provider.model.max_output_tokens
        may_raise = self.most_tokens < THINKING_TOKENS and (own is None or own > self.most_tokens)
        return may_raise and bool(answer.cut) and answer.only_thought

    def can_force(self, question: Question) -> bool:
        """Whether a request for it really forces a call: the dialect or the profile's extraBody may say otherwise."""
        body: object = msgspec.json.decode(self._body(question, self._dialect(question)))
        choice = body.get("tool_choice") if isinstance(body, dict) else None
        return choice not in (None, "auto", "none")

    async def _adapted(self, question: Question) -> Outcome:
        """The answer, after as many adaptations as refusals teach and at most one retry."""
        learned: list[str] = []
        tries = 1
        while True:
            await self.connection.pace.wait(self.provider, self.world.clock, lambda delay_s: None)
            outcome = await self._attempt(question)
            if isinstance(outcome, Answered):
                return replace(outcome, learned=tuple(learned))
            failure = outcome.failure
            note = self._learn(question, failure) if len(learned) < MAX_ADAPTATIONS else None
            if note is not None:
                learned.append(note)
                continue
            decision = decide_retry(tries, failure, 0.0, _LIMITS, self.world.random)
            # Unanswered: some servers close idle connections without saying so.
            is_retried = failure.code in _RETRIED or is_unanswered(failure)
            if not is_retried or not isinstance(decision, Retry):
                return replace(outcome, learned=tuple(learned))
            tries += 1
            await self.world.clock.sleep(decision.delay_s)

    def _dialect(self, question: Question) -> Dialect:
        known = self.connection.dialect(self.provider)
        return replace(known, stream_with_tools=False) if question.in_one_piece else known

    def _body(self, question: Question, dialect: Dialect) -> bytes:
        messages = [encode_message(message, dialect) for message in fix_call_ids(question.messages, dialect)]
        return request_body(
            self.provider,
            dialect,
            messages,
            encode_tools([TOOL_DEFINITION], dialect) if question.with_tools else None,
            tool_choice=question.tool_choice,
            max_output_tokens=self.limit,
        )

    def _learn(self, question: Question, failure: Failure) -> str | None:
        """What the refusal taught, kept for real work too; None when the same request would go out again."""
        before = self.connection.dialect(self.provider)
        body = self._body(question, before)
        adapted = adapt(before, failure, lambda dialect: self._body(question, dialect) != body)
        if adapted is None:
            return None
        dialect, note = adapted
        self.connection.learn(self.provider, dialect)
        return note

    async def _attempt(self, question: Question) -> Outcome:
        dialect = self._dialect(question)
        body = self._body(question, dialect)
        endpoint = self.endpoint
        sound = Sound(self.world.clock, self.world.clock.monotonic_s())
        answer = HeardAnswer(asked_for_stream=dialect.streams(self.provider.streaming, with_tools=question.with_tools))
        names = (TOOL,) if question.with_tools else ()
        self.tally.requests += 1
        failure: Failure | None
        try:
            async with asyncio.timeout(LONGEST_ANSWER_S):
                failure, _ = await exchange(endpoint, body, answer, tool_names=names, witness=sound.take)
        except TransportError as broken:
            failure = transport_failure(broken.kind, broken.detail, endpoint.origin)
        except TimeoutError:
            failure = None
            answer.cut = f"after {LONGEST_ANSWER_S:.0f} s"
            if not answer.has_begun:
                late = f"The answer had not begun after {LONGEST_ANSWER_S:.0f} s."
                failure = stream_failure("timeout", late, endpoint.hint)
        sound.end()
        if failure is None or answer.counted is not None:
            self.tally.spent.append(answer.spent(len(body)))
        if failure is not None:
            return Refused(failure)
        if answer.finish_reason == "length":
            answer.cut = f"at {self.limit:,} tokens"
        return Answered(answer, sound, question.messages)


def hurried(provider: Provider) -> Provider:
    """The provider with time-outs that a check can wait for."""
    limits = provider.timeouts
    shorter = limits.model_copy(
        update={
            "first_byte_s": min(limits.first_byte_s, LONGEST_WAIT_S),
            "idle_s": min(limits.idle_s, LONGEST_WAIT_S),
        }
    )
    return provider.model_copy(update={"timeouts": shorter})

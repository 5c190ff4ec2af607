"""What the steps of a check look at, each thing asked for once and kept.

Knows the order in which things can be asked, not what they mean. Invariant: two steps that look at the same thing
share one request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, cast

from agentls.chat.failure import Failure, stream_failure
from agentls.chat.message import AssistantMessage, CallMessage, ImagePart, Message, TextPart, ToolMessage, UserMessage
from agentls.chat.server import server_kind
from agentls.engine.check.calling import Calling, ask_for_calls, conversation
from agentls.engine.check.inquiry import Inquiry, Question
from agentls.engine.check.outcome import Answered, Outcome
from agentls.engine.check.picture import red_picture
from agentls.engine.check.sample import CODES, COUNT, LOOK, RESULT, TOOL
from agentls.engine.model_list import ModelListFailed, ModelListing, fetch_models
from agentls.engine.own_model import facts_in_force
from agentls.engine.server_word import server_word

if TYPE_CHECKING:
    from agentls.chat.dialect import Dialect
    from agentls.chat.models.model_facts import ModelFacts
    from agentls.chat.models.server_word import ServerWord
    from agentls.chat.server import ServerHint
    from agentls.engine.check.answer import HeardAnswer
    from agentls.engine.endpoint import Endpoint
    from agentls.protocol.provider import EffectiveModel

T = TypeVar("T")


@dataclass(slots=True)
class Probes:
    """One check's view of one provider."""

    inquiry: Inquiry
    patience_s: float
    """How long the provider's own settings wait for the first byte."""
    spares_tokens: bool = False
    """Whether the level asks for less than an answer of the model."""
    _kept: dict[str, object] = field(default_factory=dict)

    @property
    def endpoint(self) -> Endpoint:
        """The provider as something to talk to."""
        return self.inquiry.endpoint

    @property
    def dialect(self) -> Dialect:
        """How the endpoint is spoken to by now."""
        return self.inquiry.connection.dialect(self.inquiry.provider)

    @property
    def effective(self) -> EffectiveModel:
        """The model configuration in force."""
        return self.inquiry.connection.providers.effective(self.inquiry.provider)

    def failure(self, code: str, detail: str) -> Failure:
        """A failure that the check itself found, with the advice for this server."""
        return stream_failure(code, detail, self.hint)

    @property
    def hint(self) -> ServerHint:
        """What is known of the server: by its list, else by its address."""
        hint = self.endpoint.hint
        return replace(hint, kind=server_kind(hint))

    def hurry_advice(self, failure: Failure) -> str:
        """What to say of a time-out that real work would not have run into; "" for anything else."""
        limit_s = self.inquiry.provider.timeouts.first_byte_s
        if failure.code != "timeout" or self.patience_s <= limit_s:
            return ""
        return (
            f"The check waits {limit_s:.0f} s and real work {self.patience_s:.0f} s: a local server may still be"
            " loading its model, so check again in a while."
        )

    def thinking_advice(self, answer: HeardAnswer) -> str:
        """What to do about an answer that was cut before it said what was wanted."""
        own = self.inquiry.provider.model.max_output_tokens
        if own is not None and own <= self.inquiry.limit and answer.finish_reason == "length":
            return f"Max Output Tokens is set to {own:,}, too few for this model: raise it or leave it empty."
        if answer.text.strip():
            return "Check again; if it stays so, the model talks without end: choose another one."
        return (
            "Real work lets it think to its end, which may take long: lower the reasoning effort, or choose a model"
            " that thinks less, and check again."
        )

    async def listing(self) -> ModelListing | Failure:
        """The model list, or why there is none. Costs no tokens."""
        listing = await self._once("listing", lambda: _listing(self.endpoint))
        if not isinstance(listing, Failure):
            self.inquiry.kind = listing.kind
        return listing

    async def listing_without_key(self) -> ModelListing | Failure:
        """The model list as somebody without the key gets it."""
        return await self._once("keyless", lambda: _listing(replace(self.endpoint, key=None)))

    async def chat(self) -> Outcome:
        """The answer to a small prompt without tools."""
        await self.facts()  # the kind of server decides how it is spoken to
        return await self._once("chat", lambda: self.inquiry.ask(Question(conversation(COUNT))))

    async def calling(self) -> Calling:
        """The answers to prompts that want tool calls."""
        return await self._once("calling", lambda: ask_for_calls(self.inquiry))

    async def results(self, calls: Answered) -> Outcome:
        """The answer to the results of the calls of an answer."""
        question = Question((*calls.question, *_with_results(calls)), with_tools=True)
        return await self._once("results", lambda: self.inquiry.ask(question))

    async def picture(self) -> Outcome:
        """The answer to a picture of one colour."""
        system, _ = conversation(LOOK)
        look = UserMessage((TextPart(LOOK), ImagePart("image/png", data_base64=red_picture())))
        return await self._once("picture", lambda: self.inquiry.ask(Question((system, look))))

    async def word(self) -> ServerWord | None:
        """What the server itself says of the running model, where it says anything."""
        await self.listing()
        return await self._once("word", lambda: server_word(self.endpoint, self.hint.kind))

    async def facts(self) -> ModelFacts | None:
        """What holds for the model, by the list and the server's own word; kept for real work too."""
        listing, word, provider = await self.listing(), await self.word(), self.inquiry.provider
        if isinstance(listing, Failure):
            listing = ModelListing((), "")
        self.inquiry.connection.note_facts(provider, listing, word)
        return facts_in_force(listing, word, provider.model_id)

    @property
    def outcomes(self) -> list[Outcome]:
        """What came of every question so far."""
        kept = [each for each in self._kept.values() if not isinstance(each, Calling)]
        for calling in (each for each in self._kept.values() if isinstance(each, Calling)):
            kept += [calling.both, calling.alone, calling.forced]
        return [each for each in kept if isinstance(each, Outcome)]

    async def _once(self, name: str, ask: Callable[[], Awaitable[T]]) -> T:
        if name not in self._kept:
            self._kept[name] = await ask()
        return cast("T", self._kept[name])


async def _listing(endpoint: Endpoint) -> ModelListing | Failure:
    try:
        return await fetch_models(endpoint)
    except ModelListFailed as failed:
        return failed.failure


def _with_results(calls: Answered) -> tuple[Message, ...]:
    """The answer as part of the conversation, and a result for each of its calls."""
    made = calls.answer.good_calls
    ids = [call.provider_call_id or f"call{place}" for place, call in enumerate(made)]
    answer = AssistantMessage(
        calls.answer.text,
        reasoning=calls.answer.reasoning or None,
        calls=tuple(
            CallMessage(call_id, call.name, call.raw, call.extra) for call_id, call in zip(ids, made, strict=True)
        ),
        extra=calls.answer.extra,
    )
    results = (_result(call_id, call.name, place) for place, (call_id, call) in enumerate(zip(ids, made, strict=True)))
    return (answer, *results)


def _result(call_id: str, name: str, place: int) -> ToolMessage:
    if name != TOOL:
        return ToolMessage(call_id, f"There is no tool {name}.")
    return ToolMessage(call_id, RESULT.format(code=CODES[place % len(CODES)]))


def listed(listing: ModelListing | Failure) -> tuple[ModelFacts, ...]:
    """The models of a list; none where there is no list."""
    return () if isinstance(listing, Failure) else listing.models

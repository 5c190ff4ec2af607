"""One request to the model, with its retries: `ask_model`.

Knows the order of attempts, not sockets (world/http) nor bytes (chat/). Invariant: a broken attempt leaves nothing
in the conversation; there is no other retry layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from agentls.chat.dialect import Dialect, adapt
from agentls.chat.failure import Failure, stream_failure, transport_failure
from agentls.chat.message import SystemMessage
from agentls.chat.request import RequestOptions, encode_message, encode_request
from agentls.chat.retry import GiveUp, Retry, RetryLimits, decide_retry
from agentls.chat.textcall import detect_text_call
from agentls.engine.connection import system_name
from agentls.engine.exchange import exchange, hint_of, origin_of
from agentls.engine.failures import TurnFailed, turn_error
from agentls.engine.instructions import instructions
from agentls.engine.reply import ReplyWriter
from agentls.protocol import events as e
from agentls.world.http import TransportError

if TYPE_CHECKING:
    from agentls.engine.task import LiveTask
    from agentls.protocol.provider import Provider

MAX_ADAPTATIONS = 8
"""A provider that rejects one parameter after another is given up on."""


@dataclass(frozen=True, slots=True)
class Broken:
    """An attempt that brought no answer; it is recorded as discarded."""

    failure: Failure
    said_something: bool
    """It broke after the model had begun to answer."""


async def ask_model(task: LiveTask, provider_id: str) -> None:
    """Send the conversation and record the answer. Raises TurnFailed when no attempt brings one."""
    request_id = task.world.ids.new("req")
    retries = task.settings.retry
    limits = RetryLimits(max_attempts=retries.max_attempts, max_wait_s=retries.max_wait_s)
    waited_s = 0.0
    adaptations = 0
    attempt = tries = 1
    while True:
        await task.connection.pace.wait(task.connection.providers.get(provider_id), task.world.clock)
        provider = task.connection.providers.get(provider_id)  # as it is now: the user may have changed it
        broken = await _attempt(task, provider, request_id, attempt)
        if broken is None:
            return
        failure = broken.failure
        attempt += 1
        adapted = adapt(task.connection.dialect(provider), failure) if adaptations < MAX_ADAPTATIONS else None
        if adapted is not None:
            adaptations += 1
            dialect, change = adapted
            task.connection.learn(provider, dialect)
            await task.ledger.record(e.Notice(level="info", code="dialect.adapted", message=change))
            continue
        if broken.said_something:  # worth one more try and no more
            tries = max(tries, limits.max_attempts - 1)
        match decide_retry(tries, failure, waited_s, limits, task.world.random):
            case GiveUp(reason):
                raise TurnFailed(turn_error(_given_up(failure, reason), task.redactor))
            case Retry(delay_s):
                tries += 1
                waited_s += delay_s
                retrying = e.RequestRetrying(
                    request_id=request_id,
                    attempt=attempt,
                    delay_ms=round(delay_s * 1000),
                    error=turn_error(failure, task.redactor),
                )
                task.ledger.live(retrying.METHOD, retrying.model_dump(by_alias=True, exclude_none=True))
                await task.world.clock.sleep(delay_s)
            case other:
                assert_never(other)


def _given_up(failure: Failure, reason: str) -> Failure:
    """The failure, with why it was not tried again where it could have been."""
    if not failure.retryable:
        return failure
    return replace(failure, detail=f"{failure.detail} ({reason})")


async def _attempt(task: LiveTask, provider: Provider, request_id: str, attempt: int) -> Broken | None:
    """One request; None when its answer is recorded."""
    dialect = task.connection.dialect(provider)
    body = _body(task, provider, dialect)
    await task.ledger.record(e.RequestStarted(request_id=request_id, attempt=attempt))
    writer = ReplyWriter(task, request_id, provider, len(body))
    try:
        failure, status = await exchange(task, provider, body, writer)
    except TransportError as broken:
        failure, status = transport_failure(broken.kind, broken.detail, origin_of(provider)), writer.http_status
    if failure is None:
        failure = writer.shortcoming(hint_of(provider))
    if failure is not None:
        await writer.discard(failure, status)
        return Broken(failure, writer.said_something)
    await writer.complete(status)
    _refuse_text_call(task, provider, writer)
    return None


def _body(task: LiveTask, provider: Provider, dialect: Dialect) -> bytes:
    system = encode_message(SystemMessage(instructions(task.root.name, system_name())), dialect)
    options = RequestOptions(
        stream=provider.streaming,
        temperature=provider.temperature,
        reasoning_effort=provider.reasoning_effort,
        max_output_tokens=provider.model.max_output_tokens,
        extra_body=provider.extra_body,
    )
    return encode_request(
        model=provider.model_id,
        messages=[system, *task.view.messages(task.ledger.state.items, dialect)],
        tools=task.connection.tool_definitions(),
        options=options,
        dialect=dialect,
    )


def _refuse_text_call(task: LiveTask, provider: Provider, writer: ReplyWriter) -> None:
    """A call printed as text is never run: the server does not parse this model's tool format (section F)."""
    if writer.has_calls:
        return
    marker = detect_text_call(writer.text, writer.reasoning, task.connection.tool_names())
    if marker is not None:
        detail = f"The model wrote a tool call as text ({marker}); it was not run."
        raise TurnFailed(turn_error(stream_failure("toolsUnsupported", detail, hint_of(provider)), task.redactor))

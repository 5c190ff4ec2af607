"""One request to the model, with its retries: `ask_model`.

Knows the order of attempts, not sockets (world/http) nor bytes (chat/). Invariant: a broken attempt leaves nothing
in the conversation; there is no other retry layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from agentls.chat.failure import Failure, stream_failure, transport_failure
from agentls.chat.lessons.lessons import adapt
from agentls.chat.message import SystemMessage
from agentls.chat.request import encode_message
from agentls.chat.retry import GiveUp, Retry, RetryLimits, decide_retry
from agentls.chat.textcall import detect_text_call
from agentls.engine.connection import system_name
from agentls.engine.discovery import spoken_to_name
from agentls.engine.exchange import exchange
from agentls.engine.failures import TurnFailed, turn_error
from agentls.engine.instructions import instructions
from agentls.engine.reply import ReplyWriter
from agentls.engine.request_body import request_body
from agentls.engine.waiting import Waiting, waiting_event
from agentls.protocol import events as e
from agentls.world.http import TransportError

if TYPE_CHECKING:
    from agentls.chat.dialect import Dialect
    from agentls.engine.endpoint import Endpoint
    from agentls.engine.task import LiveTask
    from agentls.protocol.provider import Provider

MAX_ADAPTATIONS = 8
"""A provider that rejects one parameter after another is given up on."""
ONE_PIECE = "Answers come in one piece from now on: streamed, this server's answer to a request with tools was empty."


@dataclass(frozen=True, slots=True)
class Broken:
    """An attempt that brought no answer; it is recorded as discarded."""

    failure: Failure
    said_something: bool
    """It broke after the model had begun to answer."""
    body: bytes
    """What was sent."""
    dialect: Dialect
    """How it was written."""
    is_blank: bool = False
    """A streamed answer with nothing in it, where tools were sent."""


async def ask_model(task: LiveTask, provider_id: str) -> None:
    """Send the conversation and record the answer. Raises TurnFailed when no attempt brings one."""
    request_id = task.world.ids.new("req")
    retries = task.settings.retry
    limits = RetryLimits(max_attempts=retries.max_attempts, max_wait_s=retries.max_wait_s)
    waited_s = 0.0
    adaptations = 0
    attempt = tries = 1
    in_one_piece = False
    while True:
        await _keep_pace(task, task.connection.providers.get(provider_id), request_id)
        provider = task.connection.providers.get(provider_id)  # as it is now: the user may have changed it
        broken = await _attempt(task, provider, request_id, attempt, in_one_piece=in_one_piece)
        if broken is None:
            return
        failure = broken.failure
        attempt += 1
        change = _adapted(task, provider, broken) if adaptations < MAX_ADAPTATIONS else None
        if change is not None:
            adaptations += 1
            if change:
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
                in_one_piece = broken.is_blank
                error = turn_error(failure, task.redactor)
                delay_ms = round(delay_s * 1000)
                task.live(e.RequestRetrying(request_id=request_id, attempt=attempt, delay_ms=delay_ms, error=error))
                await task.world.clock.sleep(delay_s)
            case other:
                assert_never(other)


async def _keep_pace(task: LiveTask, provider: Provider, request_id: str) -> None:
    """Wait until `rateLimitS` allows the next request, visibly."""

    def tell(delay_s: float) -> None:
        task.live(waiting_event(request_id, "rateLimit", 0.0, delay_s))

    await task.connection.pace.wait(provider, task.world.clock, tell)


def _adapted(task: LiveTask, provider: Provider, broken: Broken) -> str | None:
    """What was learned from a refusal, for the user; None when the request would be the same again.

    "" where another task learned it meanwhile: the user was told, and nothing beyond it is to be learned from this.
    """

    def helps(dialect: Dialect) -> bool:
        return _body(task, provider, dialect) != broken.body

    now = task.connection.dialect(provider)
    adapted = adapt(broken.dialect, broken.failure, helps)
    if adapted is not None and now != broken.dialect:
        if adapted[0].learned <= now.learned and helps(now):
            return ""
        adapted = adapt(now, broken.failure, helps)
    if adapted is None:
        return None
    dialect, change = adapted
    task.connection.learn(provider, dialect)
    return change


def _given_up(failure: Failure, reason: str) -> Failure:
    """The failure, with why it was not tried again where it could have been."""
    if not failure.retryable:
        return failure
    return replace(failure, detail=f"{failure.detail} ({reason})")


async def _attempt(
    task: LiveTask, provider: Provider, request_id: str, attempt: int, *, in_one_piece: bool
) -> Broken | None:
    """One request, streamed where it can be and not to be `in_one_piece`; None when its answer is recorded."""
    endpoint = task.connection.endpoint(provider)
    known = task.connection.dialect(provider)
    dialect = replace(known, stream_with_tools=False) if in_one_piece else known
    body = _body(task, provider, dialect)
    await task.ledger.record(e.RequestStarted(request_id=request_id, attempt=attempt))
    writer = ReplyWriter(task, request_id, provider, len(body))
    waiting = Waiting(request_id, provider.timeouts, task.world.clock, task.live)
    names = task.connection.tool_names()
    try:
        failure, status = await exchange(endpoint, body, writer, tool_names=names, waiting=waiting)
    except TransportError as broken:
        failure, status = transport_failure(broken.kind, broken.detail, endpoint.origin), writer.http_status
    if failure is None:
        failure = writer.shortcoming(endpoint.hint)
    if failure is not None:
        await writer.discard(failure, status)
        is_streamed = bool(names) and dialect.streams(provider.streaming, with_tools=True)
        return Broken(failure, writer.said_something, body, dialect, failure.code == "emptyResponse" and is_streamed)
    await task.connection.discover(endpoint)
    await writer.complete(status)
    if dialect != known and writer.has_calls:
        # For this connection only: a gateway may have had one bad moment.
        task.connection.learn(provider, replace(task.connection.dialect(provider), stream_with_tools=False))
        await task.ledger.record(e.Notice(level="info", code="dialect.adapted", message=ONE_PIECE))
    _refuse_text_call(task, endpoint, writer)
    return None


def _body(task: LiveTask, provider: Provider, dialect: Dialect) -> bytes:
    system = encode_message(SystemMessage(instructions(task.root.name, system_name())), dialect)
    messages = [system, *task.view.messages(task.ledger.state.items, dialect, spoken_to_name(provider))]
    return request_body(provider, dialect, messages, task.connection.tool_definitions(dialect))


def _refuse_text_call(task: LiveTask, endpoint: Endpoint, writer: ReplyWriter) -> None:
    """A call printed as text is never run: the server does not parse this model's tool format (section F)."""
    if writer.has_calls:
        return
    marker = detect_text_call(writer.text, writer.reasoning, task.connection.tool_names())
    if marker is not None:
        detail = f"The model wrote a tool call as text ({marker}); it was not run."
        raise TurnFailed(turn_error(stream_failure("toolsUnsupported", detail, endpoint.hint), task.redactor))

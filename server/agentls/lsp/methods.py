"""`agent/*` requests: params → model → the engine's method of the same name → result.

Knows the registry and the naming rule; knows no single method. Invariant: what is not in the registry is
not served, and params reach the model with the keys they were sent with.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

from agentls.lsp.answers import UnknownMethod, model_json, params_object
from agentls.lsp.calls import Reply
from agentls.lsp.engine_slot import ServedEngine
from agentls.protocol.errors import RequestFailed
from agentls.protocol.registry import REQUESTS
from agentls.world.journal_rows import JournalError

_HINT_LIMIT = 8


def attribute_of(method: str) -> str:
    """`agent/provider/setKey` → `provider_set_key`."""
    name = method.removeprefix("agent/").replace("/", "_")
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


ATTRIBUTES = {method: attribute_of(method) for method in REQUESTS}


async def call_engine(engine: Callable[[], ServedEngine], method: str, params: Any) -> Reply:
    """Validate, call, encode. Raises InvalidParams with the path, RequestFailed, and what the engine raises."""
    from agentls.protocol.reading import read_params  # imported here: pydantic is not needed to answer `initialize`

    model = read_params(REQUESTS[method].params, params_object(params))
    serve = cast("Callable[[Any], Awaitable[Any]]", getattr(engine(), ATTRIBUTES[method]))
    try:
        answer = await serve(model)
    except JournalError as error:
        raise RequestFailed("journal.unavailable", str(error) or None) from None
    return Reply(model_json(answer.result), answer.then)


def unknown_method(method: str) -> UnknownMethod:
    """The refusal of a method, with the few served ones that are nearest to it."""
    if not method.startswith("agent/"):
        return UnknownMethod([])
    room = method.split("/")[1]
    near = [name for name in REQUESTS if name.split("/")[1] == room]
    return UnknownMethod((near or sorted({f"agent/{name.split('/')[1]}/…" for name in REQUESTS}))[:_HINT_LIMIT])

"""A local server's own word on the model it runs, asked at addresses beside the API.

Knows where each kind of server says it; reads no shape itself (chat/models). Invariant: it fails quietly, and no
address is of another origin than the provider's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

import msgspec

from agentls.chat.models.server_word import ServerWord, with_running, word_of_loaded, word_of_props, word_of_show
from agentls.engine.model_list import BESIDE_V1, LM_STUDIO_LIST, MOST_BYTES, WHOLE_S, hurried_timeouts
from agentls.world.http import TransportError

if TYPE_CHECKING:
    from agentls.engine.endpoint import Endpoint


async def server_word(endpoint: Endpoint, kind: str) -> ServerWord | None:
    """What the server itself says of the provider's model; None where it is no server that says anything.

    `kind` is that of the server, as the listing has it. Fails quietly: a word is a kindness.
    """
    ask = _WORDS.get(kind)
    if ask is None:
        return None
    try:
        async with asyncio.timeout(WHOLE_S):
            return await ask(endpoint)
    except (TimeoutError, TransportError):
        return None


async def _word_of_props(endpoint: Endpoint) -> ServerWord | None:
    body = await _asked(endpoint, "/props")
    return None if body is None else word_of_props(body)


async def _word_of_show(endpoint: Endpoint) -> ServerWord | None:
    model_id = endpoint.provider.model_id
    body = await _asked(endpoint, "/api/show", msgspec.json.encode({"model": model_id}))
    word = None if body is None else word_of_show(body)
    running = None if word is None else await _asked(endpoint, "/api/ps")
    return word if word is None or running is None else with_running(word, running, model_id)


async def _word_of_loaded(endpoint: Endpoint) -> ServerWord | None:
    body = await _asked(endpoint, LM_STUDIO_LIST)
    return None if body is None else word_of_loaded(body, endpoint.provider.model_id)


_WORDS: Mapping[str, Callable[[Endpoint], Awaitable[ServerWord | None]]] = {
    "llamacpp": _word_of_props,
    "ollama": _word_of_show,
    "lmstudio": _word_of_loaded,
}
"""By the kind of server: how to ask it."""


async def _asked(endpoint: Endpoint, path: str, body: bytes | None = None) -> bytes | None:
    """The answer of an address beside the base URL's version; None for anything but 200. Raises TransportError."""
    url = re.sub(BESIDE_V1, "", endpoint.provider.base_url, count=1) + path
    if body is None:
        response = await endpoint.get(url, timeouts=hurried_timeouts(endpoint))
    else:
        response = await endpoint.post_json(url, body, timeouts=hurried_timeouts(endpoint))
    answer = await response.read(MOST_BYTES)
    return answer if response.status == 200 else None

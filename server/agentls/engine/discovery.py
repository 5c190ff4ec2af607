"""What the servers themselves say of the models in use: found once, kept, shown as `discovered`.

Knows no task. Invariant: `discover` never fails but by a cancel, asks at most once per provider and connection, and
what a profile sets is never touched.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import ValidationError

from agentls.chat.server import server_kind
from agentls.protocol.base_url import is_loopback, origin_of
from agentls.protocol.provider import ProviderModel

if TYPE_CHECKING:
    from agentls.chat.models.server_word import ServerWord
    from agentls.engine.endpoint import Endpoint
    from agentls.engine.model_list import ModelListing
    from agentls.protocol.provider import Provider
    from agentls.world.clock import Clock
    from agentls.world.endpoint_memory import EndpointMemory, Fact, Key

logger = logging.getLogger(__name__)

PATIENCE_S = 2.0
"""How long the first answer waits for the prices that it cost, once."""
FRESH_MS = 24 * 3600 * 1000
"""Prices and limits of a service change rarely; one's own server is asked anew by each connection."""
_KIND = "server"
"""Beside the facts: the kind of server, which the address may not tell."""
_OPEN = ("context_window", "image_support", "input_price", "output_price")


class Discovery:
    def __init__(self, memory: EndpointMemory, clock: Clock) -> None:
        self.changed: Callable[[], None] = lambda: None
        """Called when the facts of a model are others than before."""
        self._memory = memory
        self._clock = clock
        self._asked: set[tuple[str, Key]] = set()

    def model(self, provider: Provider) -> ProviderModel | None:
        """What is known of the provider's own model; None for nothing."""
        return _model_of(self._memory.recall(spoken_to(provider)).facts)

    def server_kind(self, provider: Provider) -> str:
        """The kind of server, a key of `chat.server.NAMES`, where it told; else ""."""
        kind = self._memory.recall(spoken_to(provider)).facts.get(_KIND)
        return kind if isinstance(kind, str) else ""

    def note(self, provider: Provider, listing: ModelListing, word: ServerWord | None = None) -> None:
        """Keep what a list and the server's own word say of the provider's model."""
        from agentls.engine.own_model import facts_in_force  # local: server start must not pay for it

        facts = facts_in_force(listing, word, provider.model_id)
        said = asdict(facts) if facts is not None else {}
        known = {name: value for name, value in said.items() if name != "id" and value is not None}
        told = {_KIND: listing.kind} if listing.kind else {}
        if (known or told) and self._memory.note(spoken_to(provider), known | told):
            self.changed()

    async def discover(self, endpoint: Endpoint) -> None:
        """Ask the server for what the profile leaves open, if nothing fresh is known and it was not asked yet.

        Not while it answers: a server with one model at a time may break an answer off for any other request.
        """
        provider = endpoint.provider
        key = spoken_to(provider)
        if (provider.id, key) in self._asked or not _is_open(provider.model) or self._is_fresh(key):
            return
        self._asked.add((provider.id, key))
        try:
            async with asyncio.timeout(PATIENCE_S):
                await self._ask(endpoint)
        except TimeoutError:
            logger.debug("no model list from %s in %g s", endpoint.origin, PATIENCE_S)
        except asyncio.CancelledError:
            self._asked.discard((provider.id, key))
            raise

    async def _ask(self, endpoint: Endpoint) -> None:
        # Local: server start must not pay for it.
        from agentls.engine.model_list import ModelListFailed, ModelListing, fetch_models
        from agentls.engine.server_word import server_word

        try:
            listing = await fetch_models(endpoint)
        except ModelListFailed as failed:
            logger.debug("no model list from %s: %s", endpoint.origin, failed.failure.code)
            listing = ModelListing((), "", server_kind(endpoint.hint))
        self.note(endpoint.provider, listing, await server_word(endpoint, listing.kind))

    def _is_fresh(self, key: Key) -> bool:
        origin = urlsplit(key[0])
        is_own = origin.scheme == "http" or is_loopback(origin.hostname or "")
        return not is_own and self._clock.now_ms() - self._memory.recall(key).facts_ms < FRESH_MS


def spoken_to(provider: Provider) -> Key:
    """What lessons and facts are kept by: where a request goes and which model it asks for."""
    return origin_of(provider.base_url), provider.model_id, provider.azure_api_version or ""


def spoken_to_name(provider: Provider) -> str:
    """The same as one text, for what is kept with a task."""
    return " ".join(part for part in spoken_to(provider) if part)


def _is_open(model: ProviderModel) -> bool:
    return any(getattr(model, name) is None for name in _OPEN)


def _model_of(facts: Mapping[str, Fact]) -> ProviderModel | None:
    known = {name: value for name, value in facts.items() if name in ProviderModel.model_fields}
    try:
        return ProviderModel.model_validate(known) if known else None
    except ValidationError:  # a file that somebody edited
        return None

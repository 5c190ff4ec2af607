"""Requests about the connection's providers, settings and tools.

Knows no task. Invariant: a key is never in a result.
"""

from __future__ import annotations

import logging
from dataclasses import asdict

from agentls.engine.answer import Answer
from agentls.engine.parts import EngineParts
from agentls.engine.provider_failure import provider_failed
from agentls.engine.publisher import Publisher
from agentls.engine.world import World
from agentls.protocol import ask_requests as a
from agentls.protocol import model_list as m
from agentls.protocol import provider_requests as p
from agentls.protocol.errors import RequestFailed
from agentls.world.http import TransportError

logger = logging.getLogger(__name__)

_LOCAL = "http://127.0.0.1"


class ProviderRequests(EngineParts):
    def __init__(self, world: World, publisher: Publisher) -> None:
        super().__init__(world, publisher)
        self.connection.discovery.changed = self._providers_changed

    async def provider_list(self, params: p.ProviderListParams) -> Answer[p.ProviderListResult]:
        providers = self.connection.providers
        return Answer(p.ProviderListResult(providers=list(providers.views()), active=providers.active))

    async def provider_set(self, params: p.ProviderSetParams) -> Answer[p.ProviderSetResult]:
        view, warnings = self.connection.providers.set(params.provider)

        def then() -> None:
            self._providers_changed()
            self._own(self._prepare(view.id))

        return Answer(p.ProviderSetResult(provider=view, warnings=warnings), then)

    async def provider_set_key(self, params: p.ProviderSetKeyParams) -> Answer[p.ProviderSetKeyResult]:
        is_set = self.connection.providers.set_key(params.id, params.api_key)
        return Answer(p.ProviderSetKeyResult(api_key_set=is_set), self._providers_changed)

    async def provider_remove(self, params: p.ProviderRemoveParams) -> Answer[p.ProviderRemoveResult]:
        self.connection.providers.remove(params.id)
        result = p.ProviderRemoveResult(active=self.connection.providers.active)
        return Answer(result, self._providers_changed)

    async def provider_select(self, params: p.ProviderSelectParams) -> Answer[p.ProviderSelectResult]:
        self.connection.providers.select(params.id)
        return Answer(p.ProviderSelectResult(active=params.id), self._providers_changed)

    async def provider_models(self, params: m.ProviderModelsParams) -> Answer[m.ProviderModelsResult]:
        # Local: server start must not pay for it.
        from agentls.engine.model_list import ModelListFailed, fetch_models
        from agentls.engine.own_model import with_word
        from agentls.engine.server_word import server_word

        provider = self.connection.providers.get(params.id)
        endpoint = self.connection.endpoint(provider)
        try:
            listing = await fetch_models(endpoint)
        except ModelListFailed as failed:
            if failed.failure.code == "auth" and provider.api_key_env is not None and endpoint.key is None:
                raise RequestFailed("provider.keyMissing") from failed
            raise provider_failed(failed.failure, self.connection.redactor()) from failed
        word = await server_word(endpoint, listing.kind)
        shown = with_word(listing, word, provider.model_id)
        mask = self.connection.redactor().mask
        # A list that echoes the key as an id must not show it.
        models = [m.ListedModel(**asdict(facts)) for facts in shown.models if mask(facts.id) == facts.id]
        result = m.ProviderModelsResult(models=models, source=shown.source)
        return Answer(result, lambda: self.connection.note_facts(provider, listing, word))

    def _providers_changed(self) -> None:
        providers = self.connection.providers
        changed = p.ProviderChanged(providers=list(providers.views()), active=providers.active)
        data = changed.model_dump_json(by_alias=True, exclude_none=True).encode()
        self._publisher.outside("agent/provider/changed", data)

    async def _prepare(self, provider_id: str | None) -> None:
        """Do what the first request to a provider would wait for (imports, certificates), without a request."""
        has = self.connection.providers.has(provider_id)
        provider = self.connection.providers.get(provider_id) if has else None
        await self.connection.remember()
        try:
            if provider is None:
                await self._world.http.prepare(_LOCAL)
            else:
                await self._world.http.prepare(provider.base_url, proxy=provider.proxy, ca_bundle=provider.ca_bundle)
        except TransportError as error:  # told by the first request, with advice
            logger.debug("the endpoint cannot be prepared: %s", error.kind)

    # settings and tools

    async def settings_get(self, params: p.SettingsGetParams) -> Answer[p.SettingsGetResult]:
        environment = await self.connection.environment()
        return Answer(p.SettingsGetResult(settings=self.connection.settings, environment=environment))

    async def settings_set(self, params: p.SettingsSetParams) -> Answer[p.SettingsSetResult]:
        self.connection.change_settings(params.settings)
        environment = await self.connection.environment()
        return Answer(p.SettingsSetResult(settings=self.connection.settings, environment=environment))

    async def tools_list(self, params: a.ToolsListParams) -> Answer[a.ToolsListResult]:
        return Answer(a.ToolsListResult(tools=self.connection.tool_list()))

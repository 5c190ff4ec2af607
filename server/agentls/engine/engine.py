"""The engine: one method for every request of the protocol.

Knows neither JSON-RPC nor who asks. Invariant: a method answers with what was accepted; what comes of it is told
by events, which begin only after the answer (`Answer.then`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from agentls.engine.check_requests import CheckRequests
from agentls.engine.provider_requests import ProviderRequests
from agentls.engine.task_requests import TaskRequests
from agentls.engine.turn_requests import TurnRequests
from agentls.engine.warm_up import build_models
from agentls.protocol.errors import InvalidParams, invalid_params
from agentls.protocol.provider import Provider
from agentls.protocol.settings import SettingsPatch
from agentls.world.buffers import Buffers
from agentls.world.configuration import ConfigurationError, Layer, load_configuration
from agentls.world.journal import Journal

logger = logging.getLogger(__name__)


class Engine(ProviderRequests, CheckRequests, TaskRequests, TurnRequests):
    def open(
        self,
        *,
        roots: Sequence[Path],
        trusted: bool,
        buffers: Buffers,
        configuration: Mapping[str, object],
    ) -> None:
        """Take the workspace of this connection: folders as real paths, the first is the default."""
        self.connection.roots = tuple(roots)
        self.connection.trusted = trusted
        self.connection.buffers = buffers
        self._configure(configuration)

    def _configure(self, options: Mapping[str, object]) -> None:
        """Take the provider and settings of the file, the environment and the editor's own configuration.

        What is wrong with them is told when a provider is asked for: a client that sets its own is not concerned.
        """
        provider, settings = options.get("provider"), options.get("settings")
        try:
            found = load_configuration(
                self._world.environment,
                Layer(
                    "initializationOptions",
                    provider if isinstance(provider, dict) else {},
                    settings if isinstance(settings, dict) else {},
                ),
            )
            if found.settings:
                self.connection.change_settings(SettingsPatch.model_validate(found.settings))
            if "baseUrl" in found.provider and "modelId" in found.provider:
                fields = {"id": "default", "name": "Default", **found.provider}
                self.connection.providers.preset(Provider.model_validate(fields))
                if found.api_key is not None:
                    self.connection.providers.set_key("default", found.api_key)
        except ConfigurationError as wrong:
            self.connection.providers.problem = str(wrong)
        except (ValidationError, InvalidParams) as wrong:
            refused = invalid_params(wrong) if isinstance(wrong, ValidationError) else wrong
            self.connection.providers.problem = refused.message
        if self.connection.providers.problem is not None:
            logger.warning("the configuration cannot be used: %s", self.connection.providers.problem)

    def change_roots(self, roots: Sequence[Path]) -> None:
        """Take the workspace folders as they now are; what runs in one that is gone is stopped."""
        self.connection.roots = tuple(roots)
        for task in self._tasks.open:
            if not self.connection.has_root(task.ledger.state.workspace_uri):
                task.interrupt()

    @property
    def journal(self) -> Journal:
        return self._world.journal

    def stored_params(self, task_id: str, seq: int) -> bytes | None:
        """The params of a stored frame, from the journal. Any thread."""
        return self._world.journal.params(task_id, seq)

    async def warm_up(self) -> None:
        """Load what the first turn needs, after `initialize` was answered."""
        await self._prepare(self.connection.providers.active)
        await build_models(self.connection.toolbox)

    async def aclose(self) -> None:
        """Interrupt what runs, save what is not saved, close what is open."""
        for task in self._beside:
            task.cancel()
        await asyncio.gather(*self._beside, return_exceptions=True)
        await self._tasks.aclose()
        await self.connection.aclose()
        await self._world.http.aclose()
        await self._world.journal.aclose()

"""The request that tries out a provider.

Knows no step of it. Invariant: a cancelled check ends at once, and its sockets with it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from agentls.engine.answer import Answer
from agentls.engine.parts import EngineParts
from agentls.protocol import check as c

if TYPE_CHECKING:
    from agentls.protocol.provider import Provider


class CheckRequests(EngineParts):
    async def provider_check(self, params: c.ProviderCheckParams) -> Answer[c.ProviderCheckResult]:
        _, checking = self.begin_check(params, lambda step: None)
        return Answer(await checking)

    def begin_check(
        self, params: c.ProviderCheckParams, tell: Callable[[c.CheckedStep], None]
    ) -> tuple[str, Awaitable[c.ProviderCheckResult]]:
        """The provider's name, and its check once it is awaited. Raises RequestFailed.

        Each step is published, and told to `tell`, as it ends.
        """
        from agentls.engine.check.run import check  # imported here: few sessions check, and every one starts

        provider = self.connection.providers.get(params.id)

        def told(step: c.CheckedStep) -> None:
            self._publish(provider, step)
            tell(step)

        return provider.name, check(self.connection, self._world, provider, params.level, told)

    def _publish(self, provider: Provider, step: c.CheckedStep) -> None:
        live = c.ProviderCheckStep(provider_id=provider.id, **dict(step))
        data = live.model_dump_json(by_alias=True, exclude_none=True).encode()
        self._publisher.outside("agent/provider/checkStep", data)

"""What one connection has told us: workspace folders, trust, settings, providers, learned dialects.

Knows no task. Invariant: all of it is gone with the connection but what endpoints taught (world/endpoint_memory);
nothing the model says changes it.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from pathlib import Path
from typing import TYPE_CHECKING

from agentls.chat.dialect import DEFAULT, Dialect
from agentls.chat.lessons.lessons import relearn
from agentls.chat.presets import preset
from agentls.chat.schema.tool_schema import encode_tools
from agentls.chat.server import ServerHint, server_kind
from agentls.engine.discovery import Discovery, spoken_to
from agentls.engine.endpoint import Endpoint
from agentls.engine.pace import Pace
from agentls.engine.providers import Providers
from agentls.engine.world import World
from agentls.policy.redact import Redactor
from agentls.policy.rules import rule_problem
from agentls.protocol.ask_requests import ToolDefinition
from agentls.protocol.errors import RequestFailed
from agentls.protocol.provider import Provider
from agentls.protocol.settings import Environment, Found, Settings, SettingsPatch, merge_settings
from agentls.tools.toolbox import Toolbox
from agentls.world.buffers import Buffers, NoBuffers
from agentls.world.endpoint_memory import EndpointMemory, Key
from agentls.world.files import Workspace
from agentls.world.ripgrep import find_ripgrep

if TYPE_CHECKING:
    from agentls.chat.models.server_word import ServerWord
    from agentls.engine.model_list import ModelListing

logger = logging.getLogger(__name__)


class Connection:
    def __init__(self, world: World, providers: Providers) -> None:
        self.roots: tuple[Path, ...] = ()
        self.trusted = True
        self.buffers: Buffers = NoBuffers()
        self.settings = Settings()
        self.providers = providers
        self.toolbox = Toolbox()
        self.pace = Pace()
        self._world = world
        self._redactor: tuple[tuple[str, ...], Redactor] | None = None
        self._listed_tools: tuple[tuple[str, ...], list[ToolDefinition]] | None = None
        self._encoded_tools: tuple[tuple[tuple[str, ...], Dialect], bytes | None] | None = None
        self._memory = EndpointMemory(world.data_dir, world.clock)
        self.discovery = Discovery(self._memory, world.clock)
        self._dialects: dict[Key, Dialect] = {}
        providers.discovered = self.discovery.model

    def root_of(self, workspace_uri: str | None) -> Path:
        """The folder that this URI names, or the first for None. Raises RequestFailed."""
        if not self.roots:
            raise RequestFailed(
                "workspace.unknown",
                "No workspace folder is open.",
                "Open a folder in the editor: the agent works only inside workspace folders.",
            )
        if workspace_uri is None:
            return self.roots[0]
        for root in self.roots:
            if root.as_uri().rstrip("/") == workspace_uri.rstrip("/"):
                return root
        raise RequestFailed("workspace.unknown")

    def has_root(self, workspace_uri: str | None) -> bool:
        """Whether the folder of this URI is open."""
        try:
            self.root_of(workspace_uri)
        except RequestFailed:
            return False
        return True

    def workspace(self, root: Path) -> Workspace:
        """All folders, with `root` as the one that relative paths start from."""
        others = [each for each in self.roots if each != root]
        return Workspace([root, *others], self.buffers)

    def change_settings(self, patch: SettingsPatch) -> None:
        before = self.settings.approval.allow_commands
        self.settings = merge_settings(self.settings, patch)
        for rule in self.settings.approval.allow_commands:
            problem = None if rule in before else rule_problem(rule)
            if problem is not None:
                logger.warning("the allow rule %r has no effect: %s", rule, problem)

    def redactor(self) -> Redactor:
        secrets = tuple(self.providers.secrets())
        if self._redactor is None or self._redactor[0] != secrets:
            self._redactor = (secrets, Redactor(secrets))
        return self._redactor[1]

    async def remember(self) -> None:
        """Read what earlier connections learned, off the loop's thread."""
        await asyncio.to_thread(self._memory.load)

    async def aclose(self) -> None:
        """Return once what was learned is saved."""
        await self._memory.aclose()

    def endpoint(self, provider: Provider) -> Endpoint:
        """`provider` as something to talk to, with its key where that is for the same origin."""
        key = self.providers.key_for(provider)
        return Endpoint(provider, self._world.http, self._world.clock, key, self.told_kind(provider))

    def dialect(self, provider: Provider) -> Dialect:
        """How this endpoint and model are spoken to: what is known of the host, and what was ever learned."""
        key = spoken_to(provider)
        spoken = self._dialects.get(key)
        if spoken is None:
            hint = ServerHint(provider.base_url, provider.model_id, self.told_kind(provider))
            spoken = relearn(preset(hint), self._memory.recall(key).lessons)
            self._dialects[key] = spoken
        return spoken

    def told_kind(self, provider: Provider) -> str:
        """The kind of server that it told itself to be, where its address tells nothing; else ""."""
        tells = server_kind(ServerHint(provider.base_url, provider.model_id))
        return "" if tells else self.discovery.server_kind(provider)

    def learn(self, provider: Provider, dialect: Dialect) -> None:
        """Speak like this from now on; the lessons are kept for later connections, one that holds a secret is not."""
        key = spoken_to(provider)
        self._dialects[key] = dialect
        redactor = self.redactor()
        self._memory.learn(key, [lesson for lesson in sorted(dialect.learned) if redactor.mask(lesson) == lesson])

    def forget(self, provider: Provider) -> None:
        """Speak to this endpoint and model as to one that never refused anything; its facts stay."""
        key = spoken_to(provider)
        self._dialects.pop(key, None)
        self._memory.forget(key)

    def note_facts(self, provider: Provider, listing: ModelListing, word: ServerWord | None = None) -> None:
        """Keep what a model list, and the server's own word, say of the provider's own model."""
        self.discovery.note(provider, listing, word)

    async def discover(self, endpoint: Endpoint) -> None:
        """Find out what the profile leaves open; quiet on failure and bounded, see `Discovery.discover`."""
        await self.discovery.discover(endpoint)

    def tool_list(self) -> list[ToolDefinition]:
        disabled = tuple(self.settings.tools.disabled)
        if self._listed_tools is None or self._listed_tools[0] != disabled:
            self._listed_tools = (disabled, self.toolbox.listing(disabled))
        return self._listed_tools[1]

    def tool_names(self) -> tuple[str, ...]:
        """The tools that the model is offered."""
        disabled = self.settings.tools.disabled
        return tuple(name for name in self.toolbox.names if name not in disabled)

    def tool_definitions(self, dialect: Dialect = DEFAULT) -> bytes | None:
        """The tools as the model is offered them, in the endpoint's form; None when all are disabled."""
        wanted = tuple(self.settings.tools.disabled), dialect
        if self._encoded_tools is None or self._encoded_tools[0] != wanted:
            self._encoded_tools = (wanted, encode_tools(self.toolbox.definitions(wanted[0]), dialect))
        return self._encoded_tools[1]

    async def environment(self) -> Environment:
        """What the server found out about the machine."""
        ripgrep = await asyncio.to_thread(find_ripgrep, self._world.environment.get("PATH", ""), self.roots)
        return Environment(
            sandbox=Found(available=False, detail="Commands run without a sandbox."),
            ripgrep=Found(
                available=ripgrep is not None,
                detail=str(ripgrep) if ripgrep is not None else "not found; a slower search is used",
            ),
            extras={},
        )


def system_name() -> str:
    return platform.system() or "unknown"

"""What one connection has told us: workspace folders, trust, settings, providers, learned dialects.

Knows no task. Invariant: all of it lives in memory and is gone with the connection; nothing the model says changes it.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from agentls.chat.dialect import Dialect, preset
from agentls.chat.server import ServerHint
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
from agentls.world.files import Workspace
from agentls.world.ripgrep import find_ripgrep

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
        self._encoded_tools: tuple[tuple[str, ...], bytes | None] | None = None
        self._dialects: dict[tuple[str, str], Dialect] = {}

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

    def dialect(self, provider: Provider) -> Dialect:
        """How this endpoint and model are spoken to: what was learned, else what is known of the host."""
        learned = self._dialects.get(_spoken_to(provider))
        if learned is not None:
            return learned
        return preset(ServerHint(base_url=provider.base_url, model=provider.model_id))

    def learn(self, provider: Provider, dialect: Dialect) -> None:
        self._dialects[_spoken_to(provider)] = dialect

    def tool_list(self) -> list[ToolDefinition]:
        disabled = tuple(self.settings.tools.disabled)
        if self._listed_tools is None or self._listed_tools[0] != disabled:
            self._listed_tools = (disabled, self.toolbox.listing(disabled))
        return self._listed_tools[1]

    def tool_names(self) -> tuple[str, ...]:
        """The tools that the model is offered."""
        disabled = self.settings.tools.disabled
        return tuple(name for name in self.toolbox.names if name not in disabled)

    def tool_definitions(self) -> bytes | None:
        """The tools as the model is offered them, encoded; None when all are disabled."""
        disabled = tuple(self.settings.tools.disabled)
        if self._encoded_tools is None or self._encoded_tools[0] != disabled:
            definitions = self.toolbox.definitions(disabled)
            self._encoded_tools = (disabled, msgspec.json.encode(definitions) if definitions else None)
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


def _spoken_to(provider: Provider) -> tuple[str, str]:
    parts = urlsplit(provider.base_url)
    return f"{parts.scheme}://{parts.netloc}", provider.model_id


def system_name() -> str:
    return platform.system() or "unknown"

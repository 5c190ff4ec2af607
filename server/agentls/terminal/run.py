"""`agentls run`: one turn in a folder, from the command line, the environment and the configuration file.

It knows where configuration comes from and who is to be asked; the turn itself is turn.py's.
Invariant: the key is in no argument and no child's environment; it goes by `agent/provider/setKey` alone.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentls.terminal.approvals import Asker, Nobody, Person
from agentls.terminal.face import Face
from agentls.terminal.json_lines import JsonLines
from agentls.terminal.keyboard import open_keyboard
from agentls.terminal.text import printable
from agentls.terminal.timeline import Timeline, open_timeline
from agentls.terminal.turn import USAGE, Order, ServerCommand, TurnFailed, run_turn
from agentls.world.configuration import (
    VARIABLES,
    Configuration,
    ConfigurationError,
    Layer,
    key_layer,
    load_configuration,
    origin,
)
from agentls.world.spawn import server_argv, server_environment

PROVIDER_ID = "default"
MODES: Mapping[str, str] = {"ask": "ask", "edits": "acceptEdits", "all": "full", "none": "readOnly"}
"""`--approve` → the approval mode of the settings."""
NOT_CONFIGURED = """\
agentls: no provider is configured. Name an OpenAI-compatible endpoint in one of three ways:
  on the command line    --base-url http://localhost:11434/v1 --model MODEL [--api-key-env NAME]
  in the environment     AGENTLS_BASE_URL, AGENTLS_MODEL and, if it needs one, AGENTLS_API_KEY
  in a TOML file         named by AGENTLS_CONFIG, with a table [provider] of baseUrl, modelId, apiKeyEnv"""


@dataclass(frozen=True, slots=True)
class ProviderArguments:
    """The options about the provider, as typed."""

    base_url: str | None = None
    model: str | None = None
    api_key_env: str | None = None


@dataclass(frozen=True, slots=True)
class RunArguments:
    """The command line of `agentls run`."""

    prompt: str
    workspace: str
    provider: ProviderArguments
    approve: str | None
    """None: what the configuration says, else ask."""
    json: bool


class UsageError(Exception):
    """The command cannot be carried out as given: exit code 2."""


def run(arguments: RunArguments) -> int:
    """Carry out `agentls run`; the exit code."""
    try:
        prompt = arguments.prompt.strip()
        if not prompt:
            raise UsageError("the prompt is empty")
        workspace = existing_folder(arguments.workspace)
        configuration = configure(arguments.provider, os.environ)
        if not is_configured(configuration):
            raise UsageError(missing_text(configuration))
    except (UsageError, ConfigurationError) as error:
        return complain(error, USAGE)
    order = Order(
        prompt=arguments.prompt,
        workspace=workspace,
        provider=whole_provider(configuration),
        settings=settings_with_mode(configuration, arguments.approve),
        api_key=configuration.api_key,
    )
    for warning in configuration.warnings:
        sys.stderr.write(f"agentls: {printable(warning)}\n")
    return asyncio.run(_run(order, configuration, json=arguments.json))


async def _run(order: Order, configuration: Configuration, *, json: bool) -> int:
    timeline = None if json else open_timeline(plain=False)
    lines = JsonLines(sys.stdout.buffer) if json else None
    face = Face(timeline, lines, someone(timeline))
    try:
        return await run_turn(order, server_command(configuration), face)
    except TurnFailed as error:
        close(timeline)
        return complain(explained(error, configuration), error.exit_code)
    finally:
        close(timeline)


def configure(arguments: ProviderArguments, environment: Mapping[str, str]) -> Configuration:
    """File, environment and command line together. Raises ConfigurationError."""
    given = {"baseUrl": arguments.base_url, "modelId": arguments.model}
    provider = {name: value for name, value in given.items() if value is not None}
    sources = {"provider.baseUrl": "--base-url", "provider.modelId": "--model"}
    layer = Layer("the command line", provider, sources=sources)
    if arguments.api_key_env is not None:
        layer = key_layer(layer, arguments.api_key_env, "--api-key-env", environment)
    return load_configuration(environment, layer)


def is_configured(configuration: Configuration) -> bool:
    """Whether there is an endpoint and a model."""
    return "baseUrl" in configuration.provider and "modelId" in configuration.provider


def missing_text(configuration: Configuration) -> str:
    """What is missing, for a configuration that is not whole."""
    if "baseUrl" in configuration.provider:
        source = configuration.source_of("provider.baseUrl")
        return f"a base URL is set (by {source}), but no model: add --model, AGENTLS_MODEL or provider.modelId"
    if "modelId" in configuration.provider:
        source = configuration.source_of("provider.modelId")
        missing = "add --base-url, AGENTLS_BASE_URL or provider.baseUrl"
        return f"a model is set (by {source}), but no base URL: {missing}"
    return NOT_CONFIGURED.removeprefix("agentls: ")


def whole_provider(configuration: Configuration) -> dict[str, object]:
    """The Provider to send: what is configured, with the id and name it needs."""
    named = {"id": PROVIDER_ID, "name": origin(configuration.provider["baseUrl"])}
    return {**named, **configuration.provider, "id": PROVIDER_ID}


def settings_with_mode(configuration: Configuration, approve: str | None) -> dict[str, object]:
    """The settings to send; `--approve` wins over the file's approval mode."""
    settings = dict(configuration.settings)
    if approve is not None:
        approval = settings.get("approval")
        settings["approval"] = {**(approval if isinstance(approval, dict) else {}), "mode": MODES[approve]}
    return settings


def server_command(configuration: Configuration) -> ServerCommand:
    """This installation's server; it inherits neither the keys nor the configuration it gets by message."""
    without = [*VARIABLES, *configuration.secret_variables]
    return ServerCommand(server_argv(), server_environment(os.environ, without))


def someone(timeline: Timeline | None) -> Asker:
    """Who answers: the person at the terminal, or nobody."""
    keyboard = open_keyboard()
    return Nobody(timeline) if keyboard is None else Person(keyboard, timeline)


def existing_folder(name: str) -> Path:
    """The real path of a folder; UsageError when it is none."""
    try:
        folder = Path(name).expanduser().resolve(strict=True)
    except (OSError, RuntimeError, ValueError):
        raise UsageError(f"--workspace {name}: there is no such folder") from None
    if not folder.is_dir():
        raise UsageError(f"--workspace {name}: not a folder")
    return folder


def explained(error: TurnFailed, configuration: Configuration) -> str:
    """The failure, with the file, variable or option that set the field it is about, and the advice."""
    source = configuration.source_of(error.path) if error.path else None
    where = f"{error.path}: " if error.path and not str(error).startswith(error.path) else ""
    origin_text = f" (set by {source})" if source else ""
    advice = f"\n{error.advice}" if error.advice else ""
    return f"{where}{error}{origin_text}{advice}"


def complain(error: object, code: int) -> int:
    """Say on stderr why it ends; return the exit code."""
    sys.stderr.write(f"agentls: {error}\n")
    return code


def close(timeline: Timeline | None) -> None:
    """Give the terminal back; harmless when that was done."""
    if timeline is not None:
        timeline.close()

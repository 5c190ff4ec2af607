"""Params and results of `agent/provider/*` and `agent/settings/*`, and `agent/provider/changed`.

Knows shapes only. Invariant: `apiKey` is a field of `ProviderSetKeyParams` and of nothing else.
"""

from typing import Annotated

from pydantic import Field

from agentls.protocol.provider import Provider, ProviderView
from agentls.protocol.settings import Environment, Settings, SettingsPatch
from agentls.protocol.wire import Empty, StrictWire, Wire

ProviderId = Annotated[str, Field(min_length=1)]


class ProviderListParams(Empty):
    """No fields."""


class ProviderListResult(Wire):
    """The providers of this connection."""

    providers: list[ProviderView]
    """In the order in which they were first set."""
    active: str | None = None
    """Id of the one that tasks use where they name none; absent: none is set."""


class ProviderSetParams(StrictWire):
    """The provider to create or replace."""

    provider: Provider
    """The whole profile, without its key."""


class ProviderSetResult(Wire):
    """The provider as it now is."""

    provider: ProviderView
    """With its base URL normalised."""
    warnings: list[str]
    """Sentences for the user, for example that a changed origin dropped the key."""


class ProviderSetKeyParams(Wire):
    """The one message that carries a secret."""

    id: ProviderId
    """The provider."""
    api_key: Annotated[str, Field(repr=False)]
    """The key; empty to forget it."""


class ProviderSetKeyResult(Wire):
    """Whether the provider has a key now."""

    api_key_set: bool
    """Whether a key is known."""


class ProviderRemoveParams(Wire):
    """The provider to forget, with its key."""

    id: ProviderId
    """The provider."""


class ProviderRemoveResult(Wire):
    """What is active afterwards."""

    active: str | None = None
    """Id of the active provider; absent: none is."""


class ProviderSelectParams(Wire):
    """The provider to make active."""

    id: ProviderId
    """The provider."""


class ProviderSelectResult(Wire):
    """What is active afterwards."""

    active: str
    """Id of the active provider."""


class ProviderChanged(ProviderListResult):
    """The providers changed: all of them as they now are."""


class SettingsGetParams(Empty):
    """No fields."""


class SettingsGetResult(Wire):
    """All settings, and what the server found out."""

    settings: Settings
    """All of them, defaults included."""
    environment: Environment
    """What the server found out about the machine it runs on."""


class SettingsSetParams(StrictWire):
    """The settings to change."""

    settings: SettingsPatch
    """Only what is to change."""


class SettingsSetResult(SettingsGetResult):
    """All settings as they now are."""

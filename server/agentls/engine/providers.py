"""The providers of one connection and their keys, in memory only.

Knows no HTTP and never gives a key back but to whoever sends a request. Invariant: a key is only ever kept for the
origin it was set for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from agentls.protocol.base_url import origin_of
from agentls.protocol.errors import InvalidParams, RequestFailed
from agentls.protocol.provider import EffectiveModel, Provider, ProviderModel, ProviderView
from agentls.protocol.provider_check import check_api_key, check_provider, secrets_of
from agentls.protocol.provider_view import effective_model, provider_view

_NOT_CONFIGURED = (
    "Set a base URL and a model: in the editor's gear panel, by agent/provider/set, or by the environment variables "
    "AGENTLS_BASE_URL and AGENTLS_MODEL (and AGENTLS_API_KEY if the server needs a key)."
)


MOST_RETIRED = 50
"""Keys no longer in use that are still masked."""
STAND_INS = frozenset(
    {
        "any",
        "anything",
        "api-key",
        "apikey",
        "dummy",
        "empty",
        "fake",
        "key",
        "llama",
        "llama.cpp",
        "lm-studio",
        "lmstudio",
        "local",
        "localhost",
        "mock",
        "n/a",
        "na",
        "no-key",
        "no-key-required",
        "nokey",
        "none",
        "not-needed",
        "notneeded",
        "null",
        "ollama",
        "openai",
        "sglang",
        "sk-no-key-required",
        "test",
        "token",
        "unused",
        "vllm",
    }
)
"""What is typed as a key where none is needed. Anything else is a secret, however simple it is."""


@dataclass(slots=True)
class Providers:
    environment: Mapping[str, str]
    """Where `apiKeyEnv` names are looked up."""
    _by_id: dict[str, Provider] = field(default_factory=dict)
    _keys: dict[str, str] = field(default_factory=dict)
    _retired: dict[str, None] = field(default_factory=dict)
    """Keys that were replaced or dropped: a request that runs may still echo one."""
    active: str | None = None
    _is_preset: bool = False
    """Whether the active provider was configured outside the client, so that the first one it sets takes over."""
    problem: str | None = None
    """What is wrong with the configuration of file, environment or editor, as a sentence."""
    discovered: Callable[[Provider], ProviderModel | None] = lambda provider: None
    """What the server itself says of a provider's model: it fills what the profile leaves open."""

    def views(self) -> tuple[ProviderView, ...]:
        return tuple(self.view(provider.id) for provider in self._by_id.values())

    def view(self, provider_id: str) -> ProviderView:
        provider = self.get(provider_id)
        return provider_view(provider, api_key=self.key(provider_id), discovered=self.discovered(provider))

    def effective(self, provider: Provider) -> EffectiveModel:
        """The model configuration in force: what is set, else discovered, else the default."""
        return effective_model(provider.model, self.discovered(provider))

    def get(self, provider_id: str | None) -> Provider:
        """The provider with this id, or the active one for None. Raises RequestFailed."""
        wanted = provider_id or self.active
        if wanted is None:
            advice = _NOT_CONFIGURED if self.problem is None else f"{self.problem}. {_NOT_CONFIGURED}"
            raise RequestFailed("provider.notConfigured", advice=advice)
        provider = self._by_id.get(wanted)
        if provider is None:
            known = ", ".join(sorted(self._by_id)) or "none"
            raise RequestFailed("provider.unknown", advice=f"Use one of the known ids: {known}.")
        return provider

    def set(self, provider: Provider) -> tuple[ProviderView, list[str]]:
        """Create or replace; the view and warnings. Raises InvalidParams."""
        provider, warnings = check_provider(provider)
        before = self._by_id.get(provider.id)
        if before is not None and not _same_origin(before, provider) and provider.id in self._keys:
            self._retire(provider.id)
            warnings.append(
                "The key was dropped because the base URL now names another server; set the key for it again."
            )
        self._by_id[provider.id] = provider
        if provider.api_key_env is not None and self.key(provider.id) is None:
            what = "is not set" if self._named_key(provider) is None else "holds what cannot be a key"
            warnings.append(f"{provider.api_key_env} {what} where the server runs: no key is sent.")
        if self.active is None or self._is_preset:
            self.active = provider.id
        self._is_preset = False
        return self.view(provider.id), warnings

    def preset(self, provider: Provider) -> None:
        """Take the provider of file, environment or editor configuration: active until the client sets one."""
        self.set(provider)
        self._is_preset = True

    def set_key(self, provider_id: str, key: str) -> bool:
        """Keep (or, for an empty text, forget) the key. Raises RequestFailed, InvalidParams."""
        self.get(provider_id)
        checked = check_api_key(key) if key else None
        self._retire(provider_id)
        if checked is None:
            return False
        self._keys[provider_id] = checked
        return True

    def _retire(self, provider_id: str) -> None:
        key = self._keys.pop(provider_id, None)
        if key is not None:
            self._retired[key] = None
            while len(self._retired) > MOST_RETIRED:
                del self._retired[next(iter(self._retired))]

    def key(self, provider_id: str) -> str | None:
        provider = self.get(provider_id)
        own = self._keys.get(provider_id)
        if own is not None or provider.api_key_env is None:
            return own
        named = self._named_key(provider)
        try:
            return check_api_key(named) if named is not None else None
        except InvalidParams:
            return None

    def _named_key(self, provider: Provider) -> str | None:
        """What the variable of `apiKeyEnv` holds; a line break at its end, from a file, is not meant."""
        return self.environment.get(provider.api_key_env or "", "").strip() or None

    def key_for(self, provider: Provider) -> str | None:
        """The key for a request to `provider`; none once its id is gone or names another origin."""
        now = self._by_id.get(provider.id)
        return self.key(provider.id) if now is not None and _same_origin(now, provider) else None

    def secrets(self) -> list[str]:
        """Every secret known, for masking; stand-ins such as `ollama` or `EMPTY` are none."""
        named = (self.key(provider_id) for provider_id in self._by_id)
        secrets = [key for key in (*named, *self._retired) if key and not _is_stand_in(key)]
        for provider in self._by_id.values():
            secrets.extend(secrets_of(provider))
        return secrets

    def has(self, provider_id: str | None) -> bool:
        return provider_id in self._by_id

    def remove(self, provider_id: str) -> None:
        self.get(provider_id)
        del self._by_id[provider_id]
        self._retire(provider_id)
        if self.active == provider_id:
            self.active = next(iter(self._by_id), None)

    def select(self, provider_id: str) -> None:
        self.active = self.get(provider_id).id
        self._is_preset = False


def _is_stand_in(key: str) -> bool:
    """Whether a key is a word that users type where a local server needs none: masking it would blank the word."""
    return key.strip().casefold() in STAND_INS


def _same_origin(one: Provider, other: Provider) -> bool:
    return origin_of(one.base_url) == origin_of(other.base_url)

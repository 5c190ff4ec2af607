"""Configuration from outside the editor: the command line, environment variables and one TOML file.

Higher layers win, name by name. It knows nothing of the wire models: `provider` and `settings` are plain
mappings in the wire's own names, and the server's models judge their values.
Invariant: a key never travels to a base URL that another layer put in place of the one it was named with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

BASE_URL_VARIABLE = "AGENTLS_BASE_URL"
MODEL_VARIABLE = "AGENTLS_MODEL"
KEY_VARIABLE = "AGENTLS_API_KEY"
FILE_VARIABLE = "AGENTLS_CONFIG"
VARIABLES = (BASE_URL_VARIABLE, MODEL_VARIABLE, KEY_VARIABLE, FILE_VARIABLE)
"""What this module reads of the environment; a child that is configured by message needs none of them."""

FILE_BYTES_LIMIT = 1 << 20


class ConfigurationError(Exception):
    """A configuration that cannot be used; the text names the file or variable, the key, and what to do."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one source says. `provider` and `settings` use the wire's names (`baseUrl`, `modelId`, …)."""

    source: str
    """How a message names it: `AGENTLS_…`, `--base-url`, a file's path."""
    provider: Mapping[str, object] = field(default_factory=dict)
    settings: Mapping[str, object] = field(default_factory=dict)
    api_key: str | None = field(default=None, repr=False)
    secret_variables: tuple[str, ...] = ()
    """Environment variables that hold a key: no child process may inherit them."""
    key_missing: str | None = None
    """Why the variable that was to hold the key gives none; an error unless a higher layer has a key."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """More exact names of where single fields come from (`provider.baseUrl` → `AGENTLS_BASE_URL`)."""

    def source_of(self, path: str) -> str:
        """The most exact known origin of a field of this layer."""
        return self.sources.get(path, self.source)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The layers put together. An empty `provider` means that nothing is configured."""

    provider: Mapping[str, object]
    """The Provider's fields as `agent/provider/set` takes them, without `id`."""
    settings: Mapping[str, object]
    """A partial Settings, as `agent/settings/set` takes it."""
    api_key: str | None = field(repr=False)
    sources: Mapping[str, str]
    """`provider.baseUrl` → the file, variable or option it came from; one row per field that is set."""
    secret_variables: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def source_of(self, path: str) -> str | None:
        """Where the field of an error path (`provider.model.contextWindow`) was set, or None."""
        while path:
            if path in self.sources:
                return self.sources[path]
            path = path.rpartition(".")[0]
        return None


def load_configuration(environment: Mapping[str, str], *above: Layer) -> Configuration:
    """Read the file that `AGENTLS_CONFIG` names and the environment; `above` wins over both, the last most.

    Raises ConfigurationError for a file that is missing, too large, not TOML, or has a name it cannot have.
    """
    layers: list[Layer] = []
    path = environment.get(FILE_VARIABLE, "").strip()
    if path:
        layers.append(file_layer(Path(path).expanduser(), environment))
    layers.append(environment_layer(environment))
    return combine([*layers, *above])


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """The layer of `AGENTLS_BASE_URL`, `AGENTLS_MODEL` and `AGENTLS_API_KEY`; an empty variable is absent."""
    provider: dict[str, object] = {}
    sources: dict[str, str] = {}
    for name, variable in (("baseUrl", BASE_URL_VARIABLE), ("modelId", MODEL_VARIABLE)):
        value = environment.get(variable, "").strip()
        if value:
            provider[name] = value
            sources[f"provider.{name}"] = variable
    key = environment.get(KEY_VARIABLE, "").strip() or None
    secrets = (KEY_VARIABLE,) if KEY_VARIABLE in environment else ()
    return Layer("the environment", provider, api_key=key, secret_variables=secrets, sources=sources)


def file_layer(path: Path, environment: Mapping[str, str]) -> Layer:
    """The layer of a TOML file with the tables `[provider]` and `[settings]`, in the wire's names."""
    import tomllib  # imported here: most starts have no file, and none should pay for the parser

    try:
        with path.open("rb") as stream:
            data = stream.read(FILE_BYTES_LIMIT + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"{path}: cannot be read ({reason}); {FILE_VARIABLE} must name a TOML file") from None
    if len(data) > FILE_BYTES_LIMIT:
        raise ConfigurationError(f"{path}: larger than {FILE_BYTES_LIMIT >> 20} MiB; is this the right file?")
    try:
        content: dict[str, object] = tomllib.loads(data.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None
    for name in content:
        if name not in ("provider", "settings"):
            raise ConfigurationError(f"{path}: {name}: unknown; a file has [provider] and [settings] only")
    provider = _table(path, content, "provider")
    settings = _table(path, content, "settings")
    for name in ("baseUrl", "modelId", "apiKeyEnv"):
        if name in provider and not isinstance(provider[name], str):
            raise ConfigurationError(f"{path}: provider.{name}: must be a string")
    if "apiKey" in provider:
        raise ConfigurationError(
            f"{path}: provider.apiKey: a key does not belong in a file;"
            " name the environment variable that holds it as provider.apiKeyEnv"
        )
    variable = provider.pop("apiKeyEnv", None)
    if not isinstance(variable, str):
        return Layer(str(path), provider, settings)
    return key_layer(Layer(str(path), provider, settings), variable, f"{path}: provider.apiKeyEnv", environment)


def key_layer(layer: Layer, variable: str, named_by: str, environment: Mapping[str, str]) -> Layer:
    """`layer` with the key that the environment variable holds; `named_by` is where the variable is named."""
    key = environment.get(variable, "").strip() or None
    missing = None if key else f"{named_by}: the environment variable {variable!r} is not set or is empty"
    return replace(layer, api_key=key, key_missing=missing, secret_variables=(variable,))


def combine(layers: Iterable[Layer]) -> Configuration:
    """Put layers together, the lowest first. A provider of another origin replaces the one below it whole.

    Raises ConfigurationError when the layer that decides about the key names a variable that holds none.
    """
    provider: dict[str, object] = {}
    settings: dict[str, object] = {}
    sources: dict[str, str] = {}
    secrets: list[str] = []
    warnings: list[str] = []
    key: str | None = None
    key_missing: str | None = None
    for layer in layers:
        below, above = provider.get("baseUrl"), layer.provider.get("baseUrl")
        if below is not None and above is not None and origin(below) != origin(above):
            # A key, its headers and its prices were written for one endpoint: they do not go to another one.
            if key is not None and layer.api_key is None:
                warnings.append(
                    f"the key given for {origin(below)} is not used:"
                    f" {layer.source_of('provider.baseUrl')} names another endpoint"
                )
            provider, key, key_missing = {}, None, None
            sources = {path: source for path, source in sources.items() if not path.startswith("provider.")}
        provider.update(layer.provider)
        sources.update({f"provider.{name}": layer.source_of(f"provider.{name}") for name in layer.provider})
        settings = _merged(settings, layer.settings)
        sources.update(_leaves("settings", layer.settings, layer.source))
        if layer.api_key is not None or layer.key_missing is not None:
            key, key_missing = layer.api_key, layer.key_missing
            sources["apiKey"] = next(iter(layer.secret_variables), layer.source)
        secrets.extend(name for name in layer.secret_variables if name not in secrets)
    if key_missing is not None:
        raise ConfigurationError(key_missing)
    return Configuration(provider, settings, key, sources, tuple(secrets), tuple(warnings))


def origin(base_url: object) -> str:
    """Scheme, host and port of a base URL, to compare and to show; never its userinfo, path or query."""
    try:
        parts = urlsplit(str(base_url).strip())
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "an unreadable URL"
    scheme = parts.scheme.lower()
    port = port or {"http": 80, "https": 443}.get(scheme)
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"


def _table(path: Path, content: Mapping[str, object], name: str) -> dict[str, object]:
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise ConfigurationError(f"{path}: {name}: must be a table, written [{name}]")
    return dict(table)


def _merged(below: Mapping[str, object], above: Mapping[str, object]) -> dict[str, object]:
    merged = dict(below)
    for name, value in above.items():
        old = merged.get(name)
        merged[name] = _merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return merged


def _leaves(path: str, value: Mapping[str, object], source: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, inner in value.items():
        if isinstance(inner, dict):
            found.update(_leaves(f"{path}.{name}", inner, source))
        else:
            found[f"{path}.{name}"] = source
    return found

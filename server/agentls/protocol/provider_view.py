"""A provider as results show it: without its key, with secrets masked, with the values in force.

Pure. Invariant: nothing here returns a key or a masked value's original.
"""

from urllib.parse import urlsplit

from agentls.protocol.provider import MASK, EffectiveModel, Provider, ProviderModel, ProviderView, ValueSource
from agentls.protocol.provider_check import is_secret_header

_HINT_CHARACTERS = 4
_SHORTEST_HINTED_KEY = 12


def provider_view(provider: Provider, *, api_key: str | None, discovered: ProviderModel | None = None) -> ProviderView:
    """`provider` for a result. `discovered` is what the provider's own model list says, where it was read."""
    fields: dict[str, object] = {name: getattr(provider, name) for name in Provider.model_fields}
    if provider.headers is not None:
        fields["headers"] = {
            name: MASK if is_secret_header(name) else value for name, value in provider.headers.items()
        }
    if provider.proxy is not None:
        fields["proxy"] = masked_proxy(provider.proxy)
    fields["api_key_set"] = bool(api_key)
    fields["api_key_hint"] = api_key_hint(api_key)
    fields["effective"] = effective_model(provider.model, discovered)
    return ProviderView.model_validate(fields)


def api_key_hint(api_key: str | None) -> str | None:
    """`…abcd`, for keys long enough that four characters give nothing away."""
    if api_key is None or len(api_key) < _SHORTEST_HINTED_KEY:
        return None
    return "…" + api_key[-_HINT_CHARACTERS:]


def masked_proxy(proxy: str) -> str:
    """The proxy's URL without user name and password."""
    parts = urlsplit(proxy)
    userinfo, at, address = parts.netloc.rpartition("@")
    return f"{parts.scheme}://{MASK}@{address}" if at and userinfo else proxy


def effective_model(model: ProviderModel, discovered: ProviderModel | None = None) -> EffectiveModel:
    """What was set, else what was discovered, else the default; `sources` says which."""
    values: dict[str, object] = {}
    sources: dict[str, ValueSource] = {}
    for name, field in EffectiveModel.model_fields.items():
        if name == "sources":
            continue
        alias = field.alias or name
        if name in model.model_fields_set and getattr(model, name) is not None:
            values[name], sources[alias] = getattr(model, name), "set"
        elif discovered is not None and getattr(discovered, name) is not None and name in discovered.model_fields_set:
            values[name], sources[alias] = getattr(discovered, name), "discovered"
        elif field.default is not None:
            values[name], sources[alias] = field.default, "default"
    return EffectiveModel.model_validate({**values, "sources": sources})

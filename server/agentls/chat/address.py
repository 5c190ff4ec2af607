"""Where an endpoint takes requests, and in which header it wants the key.

Knows base URLs and Azure's two API shapes; opens nothing. Invariant: the addresses have the origin of the base URL,
so the key that belongs to it goes nowhere else.
"""

from typing import Final
from urllib.parse import quote, urlsplit

from agentls.chat.server import host_of

_AZURE: Final = (".azure.com", ".azure-api.net", ".azure.us", ".azure.cn")
_MANY_MODELS: Final = (".services.ai.azure.com",)
"""Azure AI model inference: a path of its own, every model behind one address."""
_ONE_MODEL: Final = (".inference.ai.azure.com", ".models.ai.azure.com")
"""Azure AI serverless endpoints: one model each."""
INFERENCE_API_VERSION: Final = "2024-05-01-preview"
"""The `api-version` of Azure AI's model inference, where none is set: the one its documentation names."""


def completions_url(base_url: str, model: str, azure_api_version: str | None) -> str:
    """The address of chat completions (G23, G24). `base_url` was checked when it was set: no query, no fragment."""
    return _address(base_url, "chat/completions", model, azure_api_version)


def models_url(base_url: str, azure_api_version: str | None) -> str:
    """The address of the list of models; on Azure that of the resource, whatever deployment the base URL names."""
    return _address(base_url, "models", None, azure_api_version)


def key_headers(key: str, base_url: str, azure_api_version: str | None) -> dict[str, str]:
    """The headers that carry the key: Azure's `api-key`, else a bearer token (G23)."""
    host = host_of(base_url)
    if host.endswith(_ONE_MODEL):
        # Which of the two such an endpoint reads depends on the maker of its model.
        return {"api-key": key, "authorization": f"Bearer {key}"}
    if azure_api_version or host.endswith(_AZURE):
        return {"api-key": key}
    return {"authorization": f"Bearer {key}"}


def _address(base_url: str, path: str, model: str | None, version: str | None) -> str:
    base = base_url.rstrip("/")
    host, base_path = host_of(base), _path(base)
    if host.endswith(_ONE_MODEL):
        return f"{base}/{path}" + ("" if base_path.endswith("/v1") else _query(version or INFERENCE_API_VERSION))
    if host.endswith(_MANY_MODELS) and "/openai" not in base_path:
        root = base.removesuffix("/models")
        return f"{root}/{'models/' if model is not None else ''}{path}{_query(version or INFERENCE_API_VERSION)}"
    if not version or base_path.endswith("/openai/v1"):
        # Azure's v1 API is like everyone's, but for the header; it takes an api-version where one is set.
        return f"{base}/{path}{_query(version)}"
    root, deployment = _deployment(base)
    if model is None:
        return f"{root}/{path}{_query(version)}"
    return f"{root}/deployments/{deployment or quote(model, safe='')}/{path}{_query(version)}"


def _deployment(base: str) -> tuple[str, str]:
    """The `…/openai` root of an Azure resource, and the deployment that the base URL already names, or ""."""
    head, named, deployment = base.rpartition("/deployments/")
    if named and deployment and "/" not in deployment:
        return head if _path(head) else f"{head}/openai", deployment
    return base if _path(base).endswith("/openai") else f"{base}/openai", ""


def _query(version: str | None) -> str:
    return f"?api-version={quote(version, safe='')}" if version else ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""

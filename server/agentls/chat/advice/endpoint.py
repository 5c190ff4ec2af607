"""What is wrong with a base URL, when the path it names does not exist.

Knows addresses and what providers document, no request. Invariant: the address shown is at most 100 characters and
has no query.
"""

import itertools
from typing import Final

from agentls.chat.advice.provider_pages import BASE_URLS, TWINS
from agentls.chat.server import LOCAL_KINDS, NAMES, ServerHint, host_of

_PASTED: Final = ("/chat/completions", "/completions", "/responses", "/messages", "/models", "/embeddings")
_VERSIONED: Final = ("/v1", "/v2", "/v3", "/v4", "/openai", "/api", "/v1beta")


_OWN: Final = {
    "cloudflare": "Check the base URL: for Workers AI it is https://api.cloudflare.com/client/v4/accounts/ followed by"
    " your account ID and /ai/v1.",
    "databricks": "Check the base URL: for Databricks it is your workspace's address followed by /serving-endpoints.",
    "anyscale": "Anyscale closed its shared Endpoints API on 1 August 2024: use the URL of your own service,"
    " with /v1 once at its end.",
}


def address_advice(kind: str, server: ServerHint, *, words: str, html: bool, transport: str) -> str:
    """One or two sentences on the base URL (G24)."""
    url = server.base_url.split("?")[0].split("#")[0].rstrip("/")
    return _answered(url, words, transport) or _written(url) or _for_kind(url, kind) or _otherwise(url, kind, html)


def _answered(url: str, words: str, transport: str) -> str:
    """What the answer itself says of the address."""
    if transport == "redirect" or "the server redirects to" in words:
        return "Redirects are not followed: set the base URL to the address that the server points to."
    if "http request was sent to https" in words or "http request to an https" in words:
        return f"This port speaks https: change the base URL to {_shown(url.replace('http://', 'https://', 1))}."
    if "unsupported api version" in words:
        return "Set azureApiVersion to a version that the resource supports, such as 2024-10-21."
    if "open webui" in words:
        return f"Open WebUI's API ends in /api: set the base URL to {_shown(url.removesuffix('/v1') + '/api')}."
    return ""


def _written(url: str) -> str:
    """What is wrong with any base URL that looks like this."""
    steps = url.split("/")
    for place, (step, next_step) in enumerate(itertools.pairwise(steps)):
        if step == next_step and f"/{step}" in _VERSIONED:
            once = "/".join(steps[:place] + steps[place + 1 :])
            return f"The base URL has /{step} twice; use {_shown(once)}."
    pasted = next((tail for tail in _PASTED if url.endswith(tail)), "")
    if pasted:
        return f"The base URL must end before {pasted}; use {_shown(url.removesuffix(pasted))}."
    return ""


def _for_kind(url: str, kind: str) -> str:
    if kind == "azure":
        return _azure(url)
    known = BASE_URLS.get(kind, "")
    if known and kind in TWINS and url.startswith("https://"):
        known = known.replace(host_of(known), host_of(url))
    if known and kind not in LOCAL_KINDS and url != known:
        return f"Check the base URL: for {NAMES[kind]} it is {known}."
    return _OWN.get(kind, "")


def _otherwise(url: str, kind: str, html: bool) -> str:
    page = "A web page answers there, not an API. " if html else ""
    if url and not url.endswith(_VERSIONED):
        return f"{page}Check the base URL: most servers want {_shown(url + '/v1')}."
    if kind == "openwebui":
        return f"{page}Open WebUI's API ends in /api, not in /v1."
    known = BASE_URLS.get(kind, "")
    if url and url == known and kind in LOCAL_KINDS:
        return f"{page}The base URL is the usual one: update {NAMES[kind]}, or check that it is what listens there."
    if url and url == known:
        return f"{page}The base URL is the usual one of {NAMES[kind]}: try again, or choose another model."
    if url:
        return f"{page}Check the base URL {_shown(url)}: the server has no chat completions below it."
    return f"{page}Check the base URL: most servers want it to end in /v1, once, without /chat/completions."


def _azure(url: str) -> str:
    if url.endswith("/openai/v1") or "/deployments/" in url:
        return (
            "Check the resource's name in the base URL, and that the model ID is the name of a deployment in it; with"
            " azureApiVersion set, that the version exists."
        )
    return (
        "Check the base URL: for Azure it is your resource's address followed by /openai/v1, or by /openai with"
        " azureApiVersion set."
    )


def _shown(url: str) -> str:
    return url if len(url) <= 100 else url[:99] + "…"

"""The list of a server's models, wherever it is and however many pages it has.

Knows addresses and which lists say more than others; reads no shape itself (chat/models). Invariant: a failure is a
ModelListFailed, never an empty list, and no address is of another origin than the provider's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentls.chat.failure import (
    Failure,
    classify_response,
    classify_stream_error,
    stream_failure,
    transport_failure,
)
from agentls.chat.models.model_facts import ModelFacts, merged
from agentls.chat.models.model_list import MOST_MODELS, ModelList, NotAModelList, parse_model_list
from agentls.chat.server import server_kind
from agentls.engine.exchange import ERROR_BODY_BYTES, ERROR_BODY_S
from agentls.world.http import HttpResponse, HttpTimeouts, TransportError

if TYPE_CHECKING:
    from agentls.engine.endpoint import Endpoint

MOST_BYTES = 8 * 1024 * 1024
"""The largest public list has over 1 MB."""
_LARGE_BYTES = 256 * 1024
"""A body above this is read in a thread: the loop must not stand still."""
_PATIENCE_S = 10.0
WHOLE_S = 30.0
"""For all of the pages together, whatever trickles in."""
_MOST_PAGES = 10
_NO_LIST = "This server has no model list: enter the model ID by hand."
_NO_LIST_TITLE = "No model list"
_BY_HAND = "The model ID can also be entered by hand."
_SLOW = f"Try again in a moment: a local server may still be loading. {_BY_HAND}"
_WRONG_PLACE = frozenset({"endpointNotFound", "modelNotFound", "badStream", "badRequest"})
_OWN_ADVICE = frozenset({"auth", "quota", "connection", "tls", "proxy"})
"""Failures that would befall every request: what to do about them comes first and alone."""
_ELSEWHERE = {"cloudflare": (r"/ai/v1$", "/ai/models/search?per_page=100")}
"""By the kind of server: where the list is when it is not at `/models` (section H)."""
BESIDE_V1 = r"(/v\d+)?$"
"""The end of a base URL after which a server has what is not part of OpenAI's API."""
LM_STUDIO_LIST = "/api/v0/models"
_FULLER = {
    "lmstudio": (BESIDE_V1, LM_STUDIO_LIST),
    "litellm": (BESIDE_V1, "/model/info"),
    "xai": (r"$", "/language-models"),
}
"""By the kind of server: a second list of the same models that says more of each (section H)."""


class ModelListFailed(Exception):
    """There is no model list to be had."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.title)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class ModelListing:
    """A server's models."""

    models: tuple[ModelFacts, ...]
    """In the server's order, each id once; empty where the server honestly has none."""
    source: str
    """The paths it was read from, for people."""
    kind: str = ""
    """The kind of server, a key of `chat.server.NAMES`, where the list, the headers or the address tell."""


@dataclass(frozen=True, slots=True)
class _Page:
    """One answer, read."""

    listed: ModelList
    headers: Mapping[str, str]


async def fetch_models(endpoint: Endpoint) -> ModelListing:
    """The models of the endpoint. Raises ModelListFailed. A cancel closes the connection."""
    try:
        async with asyncio.timeout(WHOLE_S):
            return await _fetch(endpoint)
    except TimeoutError:
        detail = f"{endpoint.origin}: the model list was not whole after {WHOLE_S:g} s"
        raise ModelListFailed(_advised(transport_failure("timeout", detail, endpoint.origin))) from None


async def _fetch(endpoint: Endpoint) -> ModelListing:
    page, url = await _first_found(endpoint)
    kind = _kind(endpoint, page)
    models, source = await _all_pages(endpoint, url, page.listed), urlsplit(url).path
    fuller = _beside(endpoint.provider.base_url, _FULLER.get(kind))
    if fuller is not None:
        more = await _quietly(endpoint, fuller)
        if more is not None:
            models = _enriched(models, more.models)
            source = f"{source} and {urlsplit(fuller).path}"
    return ModelListing(models, source, kind)


async def _first_found(endpoint: Endpoint) -> tuple[_Page, str]:
    """The first address that has a list. Raises the failure of the usual one when none has."""
    usual = endpoint.models_url
    try:
        return await _page(endpoint, usual), usual
    except ModelListFailed as error:
        other = _elsewhere(endpoint)
        if other is None or error.failure.code not in _WRONG_PLACE:
            raise
        try:
            return await _page(endpoint, other), other
        except ModelListFailed:
            raise error from None


def _elsewhere(endpoint: Endpoint) -> str | None:
    """Where else the list may be."""
    base = endpoint.provider.base_url
    other = _beside(base, _ELSEWHERE.get(server_kind(endpoint.hint)))
    if other is not None or endpoint.provider.azure_api_version or re.search(r"/v\d+[a-z0-9]*(/|$)", base):
        return other
    return f"{base}/v1/models"  # some have the list under a version and completions without one


def _beside(base_url: str, place: tuple[str, str] | None) -> str | None:
    """The base URL with the end of its path replaced; None where it does not end so."""
    if place is None or re.search(place[0], base_url) is None:
        return None
    return re.sub(place[0], lambda _: place[1], base_url, count=1)


async def _page(endpoint: Endpoint, url: str) -> _Page:
    try:
        response = await endpoint.get(url, timeouts=hurried_timeouts(endpoint))
        body = await _body(endpoint, response)
    except TransportError as broken:
        raise ModelListFailed(_advised(transport_failure(broken.kind, broken.detail, endpoint.origin))) from broken
    headers = response.headers
    if response.status != 200:
        raise ModelListFailed(_advised(classify_response(response.status, headers, body, endpoint.hint)))
    try:
        if len(body) < _LARGE_BYTES:
            return _Page(parse_model_list(body), headers)
        return _Page(await asyncio.to_thread(parse_model_list, body), headers)
    except NotAModelList as odd:
        raise ModelListFailed(_advised(_unread(endpoint, headers, body, odd))) from odd


async def _body(endpoint: Endpoint, response: HttpResponse) -> bytes:
    if response.status != 200:
        return await response.read_some(ERROR_BODY_BYTES, ERROR_BODY_S)
    body = await response.read(MOST_BYTES + 1)
    if len(body) > MOST_BYTES:
        raise ModelListFailed(
            stream_failure("badStream", f"The model list is longer than {MOST_BYTES:,} bytes.", endpoint.hint)
        )
    return body


def _unread(endpoint: Endpoint, headers: Mapping[str, str], body: bytes, odd: NotAModelList) -> Failure:
    """The failure behind an answer with status 200 that is no list: an error, a web page, something else."""
    if isinstance(odd.error, dict) and (odd.error.get("error") or odd.error.get("errors")):
        return classify_stream_error(odd.error, endpoint.hint)
    if body.lstrip()[:1] == b"<":
        return classify_response(404, headers, body, endpoint.hint)
    return replace(stream_failure("badStream", f"{odd}.", endpoint.hint), title="The model list cannot be read")


def _advised(failure: Failure) -> Failure:
    """With advice for somebody who wanted a list: completions may work all the same (H1)."""
    if failure.code in _OWN_ADVICE:
        return failure
    if failure.code == "timeout" and "no connection" not in failure.detail:
        return replace(failure, advice=_SLOW)  # the provider's own time-outs may be longer than a list is waited for
    if failure.code in ("endpointNotFound", "modelNotFound") and failure.http_status in (None, 404, 405):
        advice = f"{_NO_LIST} If requests fail as well: {failure.advice}"
        return replace(failure, code="endpointNotFound", title=_NO_LIST_TITLE, advice=advice, retryable=False)
    return replace(failure, advice=f"{failure.advice} {_BY_HAND}".strip())


async def _all_pages(endpoint: Endpoint, url: str, first: ModelList) -> tuple[ModelFacts, ...]:
    """The models of the first page and of those after it; a later page that fails ends the list."""
    found = {facts.id: facts for facts in first.models}
    query = first.next_page
    for _ in range(_MOST_PAGES - 1):
        page = await _quietly(endpoint, f"{url}{'&' if '?' in url else '?'}{query}") if query else None
        if page is None or len(found) >= MOST_MODELS or all(facts.id in found for facts in page.models):
            break
        for facts in page.models:
            found.setdefault(facts.id, facts)
        query = page.next_page
    return tuple(islice(found.values(), MOST_MODELS))


async def _quietly(endpoint: Endpoint, url: str) -> ModelList | None:
    try:
        return (await _page(endpoint, url)).listed
    except ModelListFailed:
        return None


def _enriched(models: Sequence[ModelFacts], more: Sequence[ModelFacts]) -> tuple[ModelFacts, ...]:
    """The models with what the second list knows; where both say something, the fuller list is right."""
    fuller = {facts.id: facts for facts in more}
    return tuple(merged(fuller[facts.id], facts) if facts.id in fuller else facts for facts in models)


def _kind(endpoint: Endpoint, page: _Page) -> str:
    """The kind of server: by the list's shape, else by headers and address."""
    return page.listed.kind or server_kind(endpoint.hint, page.headers)


def hurried_timeouts(endpoint: Endpoint) -> HttpTimeouts:
    """The endpoint's time-outs, but no longer than somebody waits for a list."""
    own = endpoint.timeouts
    return HttpTimeouts(
        connect_s=min(own.connect_s, _PATIENCE_S),
        first_byte_s=min(own.first_byte_s, _PATIENCE_S),
        idle_s=min(own.idle_s, _PATIENCE_S),
    )

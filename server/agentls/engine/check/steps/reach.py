"""Step `reach`: does an OpenAI-compatible API answer at the base URL?

The model list is asked first because it costs nothing; that it is missing proves nothing (H1), so a small completion
decides then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentls.chat.failure import Failure
from agentls.engine.check.outcome import Refused, is_unreached
from agentls.engine.check.verdict import Verdict, fail, failed, ok, status_text, told

if TYPE_CHECKING:
    from agentls.engine.check.probes import Probes
    from agentls.engine.model_list import ModelListing


async def judge(probes: Probes) -> Verdict:
    """Whether name, port, TLS, proxy and path lead to an API; the detail says which of them does not."""
    origin = probes.endpoint.origin
    listing = await probes.listing()
    if not isinstance(listing, Failure):
        count = len(listing.models)
        elsewhere = None if _is_in_its_place(probes, listing) else await _misplaced(probes, listing)
        return elsewhere or ok(f"{origin} answers and lists {count:,} model{'' if count == 1 else 's'}.")
    if is_unreached(listing) and not _was_connected(listing):
        return _unreached(probes, listing)
    if listing.code in ("auth", "quota", "rateLimit"):
        return ok(f"{origin} answers; its model list was refused (HTTP {listing.http_status}).")
    outcome = await probes.chat()
    answers = ok(f"{origin} answers; {_missing(listing)}.")
    if not isinstance(outcome, Refused):
        return answers
    failure = outcome.failure
    if outcome.is_unreached:
        return _unreached(probes, failure)
    if failure.code == "endpointNotFound" or (failure.code == "badStream" and failure.http_status is None):
        return failed(failure)
    return answers


def _is_in_its_place(probes: Probes, listing: ModelListing) -> bool:
    """Whether the list was found below the base URL; one above it proves nothing of the path to completions."""
    return listing.source.startswith(urlsplit(probes.endpoint.models_url).path)


async def _misplaced(probes: Probes, listing: ModelListing) -> Verdict | None:
    """What is wrong with a base URL that has a list elsewhere and no completions; None where it has them."""
    outcome = await probes.chat()
    if not isinstance(outcome, Refused) or outcome.failure.code != "endpointNotFound":
        return None
    path = listing.source.split(" ")[0]
    return fail(
        f"{told(outcome.failure)} The model list answers at {path}.",
        f"The base URL lacks a part of its path: set it to {probes.endpoint.origin}{path.removesuffix('/models')}.",
    )


def _missing(failure: Failure) -> str:
    if failure.code == "endpointNotFound":
        return "it has no model list"
    return f"its model list failed{status_text(failure)}"


def _was_connected(failure: Failure) -> bool:
    """A list that is slow to come proves nothing; a connection that does not come about does."""
    return failure.code == "timeout" and "no connection" not in failure.detail


def _unreached(probes: Probes, failure: Failure) -> Verdict:
    """No server answered; with a proxy set, that is part of the way."""
    provider = probes.inquiry.provider
    through = "Through the proxy that is set: " if provider.proxy and failure.code != "proxy" else ""
    return failed(failure, before=through, advice=probes.hurry_advice(failure))

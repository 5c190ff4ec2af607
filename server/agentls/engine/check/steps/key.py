"""Step `key`: is the API key the one this server wants?

Where only the level `reach` is asked for, a list that is refused without the key and given with it proves the key
without a token spent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from agentls.chat.failure import Failure
from agentls.engine.check.outcome import Answered
from agentls.engine.check.verdict import Verdict, fail, failed, ok, sentence, skipped, status_text

if TYPE_CHECKING:
    from agentls.engine.check.probes import Probes

_ANSWERS_FOR_US: Final = frozenset(
    {"modelNotFound", "quota", "rateLimit", "contentFilter", "badRequest", "toolsUnsupported"}
)
"""What a server says only once it has looked at the key."""

_TERMINAL: Final = "In a terminal: set AGENTLS_API_KEY, or name another variable by --api-key-env."


async def judge(probes: Probes) -> Verdict:
    """Whether the key (or having none) is accepted."""
    if probes.spares_tokens and await _list_needs_and_takes_it(probes):
        return ok("The key is accepted: the model list is given with it and refused without.")
    outcome = await probes.chat()
    if isinstance(outcome, Answered):
        return _accepted(probes)
    if outcome.failure.code == "auth":
        return _refused(probes, outcome.failure)
    if outcome.failure.code in _ANSWERS_FOR_US or await _list_needs_and_takes_it(probes):
        return _accepted(probes)
    return skipped(f"It cannot be told: the request ended with “{outcome.failure.title}”.")


async def _list_needs_and_takes_it(probes: Probes) -> bool:
    if probes.endpoint.key is None or isinstance(await probes.listing(), Failure):
        return False
    without = await probes.listing_without_key()
    return isinstance(without, Failure) and without.code == "auth"


def _accepted(probes: Probes) -> Verdict:
    if probes.endpoint.key is not None:
        return ok("The key is accepted.")
    if probes.inquiry.provider.headers:
        return ok("No key is set; the provider's own headers are enough.")
    return ok("No key is set, and the server asks for none.")


def _refused(probes: Probes, failure: Failure) -> Verdict:
    provider = probes.inquiry.provider
    if probes.endpoint.key is not None:
        return failed(failure)
    if provider.api_key_env is not None:
        return fail(
            f"There is no key: the environment variable {provider.api_key_env} is not set where agentls runs.",
            "Set it there and start agentls again, or enter the key in the settings.",
        )
    wants = f"No key is set, and the server wants one{status_text(failure)}: {sentence(failure.detail)}"
    return fail(wants, f"{failure.advice} {_TERMINAL}")

"""What to do when a server will not have the key, or has none.

Knows kinds of keys and of servers, never a key. Invariant: the sentence says whether a key is missing, is another
provider's, or is the right kind and still refused.
"""

import re
from typing import Final

from agentls.chat.advice.by_server import BY_SERVER
from agentls.chat.advice.key_kind import FOREIGN
from agentls.chat.advice.provider_pages import KEY_PAGES, TWINS
from agentls.chat.advice.refusal import NO_ACCESS
from agentls.chat.server import LOCAL_KINDS, NAMES, ServerHint, host_of

_SAID: Final = (
    (
        r"unsupported_country|country|location is not supported|\bregion, or territory\b",
        "The provider does not serve your country or region with this model: choose another model or provider.",
    ),
    (
        r"(account|organi[sz]ation|workspace)\b.{0,30}\b(locked|frozen|deactivated|banned|terminated|suspended|closed"
        r"|restricted)",
        "The provider has locked or restricted your account: look at its console, or write to its support.",
    ),
    (
        r"only available (for|to)|restricted to authori[sz]ed",
        "This plan or model is only for programs that the provider allows: use its ordinary API with the base URL and"
        " key of that.",
    ),
)
_NO_ACCESS: Final = (
    r"not have access|not allowed to access|no access to|not authorized to access|access to (this )?model|permission"
    r"|can only access models|subscription tier|无权"
)
_ADDRESS: Final = r"\bip\b.{0,40}(not allowed|allowlist|whitelist|blocked|denied)|not in .{0,20}(allow|white)list"
_EXPIRED: Final = r"(key|token|signature)( has| is)? expired"
_FIREWALL: Final = r"request was blocked|\bwaf\b"
_GATED: Final = r"gated|accept the (terms|conditions|license)|awaiting a review|restricted.{0,60}authori[sz]ed list"


def auth_advice(kind: str, server: ServerHint, *, words: str, html: bool, status: int | None) -> str:
    """One or two sentences for 401 and 403."""
    if said := next((advice for pattern, advice in _SAID if re.search(pattern, words)), ""):
        return said
    if status == 403 and (html or re.search(_FIREWALL, words)):
        return (
            "A firewall in front of the server blocks this machine: try another network or without VPN or proxy, and"
            " check the base URL."
        )
    if server.has_key is False:
        return _no_key(kind)
    if other := _other_kind(kind, server.key_kind):
        return other
    if re.search(_GATED, words):
        return "The model is gated: accept its terms on its page while signed in, and use a key of the same account."
    if re.search(_ADDRESS, words):
        return "The key may not be used from this machine's address: change the allowed addresses at the provider."
    if re.search(_NO_ACCESS, words) and status != 401:
        return NO_ACCESS
    if re.search(_EXPIRED, words):
        return _made("The key has expired: make a new one", kind)
    if by_server := BY_SERVER.get(("auth", kind)):
        return by_server
    if host_of(server.base_url).endswith("ollama.com"):
        return (
            "Make a key at ollama.com/settings/keys and enter it whole: Ollama's cloud wants one, Ollama here does not."
        )
    if kind in LOCAL_KINDS or (not kind and server.is_local):
        return "The server was started with an API key: enter the same one in the settings."
    advice = _made("Check that the API key is the one for this provider and was entered whole, without spaces", kind)
    if twin := _twin(kind, server):
        return f"{advice} A key of {twin[0]} does not work at {twin[1]}."
    return advice


def _no_key(kind: str) -> str:
    if kind in LOCAL_KINDS:
        return f"No API key is set, but this {NAMES[kind]} server wants one: enter the one it was started with."
    return _made("No API key is set: enter one for this provider", kind)


def _made(sentence: str, kind: str) -> str:
    return f"{sentence}. {NAMES[kind]} keys: {KEY_PAGES[kind]}." if kind in KEY_PAGES else f"{sentence}."


def _other_kind(kind: str, key_kind: str) -> str:
    """The key of another provider: both are named, the key is not."""
    name = NAMES.get(key_kind) or FOREIGN.get(key_kind, "")
    if not name or key_kind == kind:
        return ""
    if kind in NAMES:
        return _made(
            f"The key that is set looks like one of {name}, but the base URL is {NAMES[kind]}'s: enter a key of"
            f" {NAMES[kind]}, or change the base URL",
            kind,
        )
    return (
        f"The key that is set looks like one of {name}, and the server at this base URL does not take it: enter the"
        " key that this server wants, or change the base URL."
    )


def _twin(kind: str, server: ServerHint) -> tuple[str, str] | None:
    here = host_of(server.base_url)
    sites = TWINS.get(kind, ())
    for one, other in (sites, sites[::-1]) if sites else ():
        if here == other or here.endswith(f".{other}"):
            return one, other
    return None

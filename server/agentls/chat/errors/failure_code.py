"""What an error means: one of the turn error codes, by its status and its words.

Knows statuses and wordings, no server by name; the facts were read by `error_body.py`. Invariant: the status says
which codes are possible and in which order their words are looked for, so a 404 of the path is never "model not
found" and a 401 is never anything but a key or money.
"""

import re
from typing import Final

from agentls.chat.errors.error_body import ErrorFacts
from agentls.chat.errors.failure_words import WORDS

_ANY: Final = (
    "account",
    "quota",
    "contentFilter",
    "toolCallRejected",
    "toolsUnsupported",
    "contextLength",
    "wrongAddress",
    "modelNotFound",
    "auth",
    "accountClosed",
    "overloaded",
    "rateLimit",
)
_INSIDE: Final = ("brokenCall", *_ANY, "refused", "noAccess")
_BROKEN: Final = (
    "account",
    "quota",
    "contentFilter",
    "toolCallRejected",
    "brokenCall",
    "toolsUnsupported",
    "contextLength",
    "overloaded",
    "rateLimit",
)
_LOOK_FOR: Final = {
    401: ("quota", "periodLimit"),
    402: (),
    403: (
        "account",
        "quota",
        "accountClosed",
        "contentFilter",
        "toolsUnsupported",
        "rateLimit",
        "noAccess",
        "modelNotFound",
    ),
    404: (
        "account",
        "toolsUnsupported",
        "noProvider",
        "contentFilter",
        "contextLength",
        "wrongAddress",
        "endpointNotFound",
        "modelNotFound",
        "missingThing",
        "wrongKey",
        "missing",
    ),
    405: ("toolsUnsupported",),
    407: (),
    408: (),
    410: ("wrongAddress", "modelNotFound"),
    413: (),
    429: ("quota", "accountClosed", "contentFilter", "overloaded"),
    504: (),
    522: (),
    524: (),
}
_MEANT: Final = {
    "account": "badRequest",
    "noProvider": "badRequest",
    "missingThing": "badRequest",
    "accountClosed": "auth",
    "noAccess": "auth",
    "refused": "badRequest",
    "wrongKey": "auth",
    "brokenCall": "toolCallRejected",
    "wrongAddress": "endpointNotFound",
    "missing": "modelNotFound",
    "periodLimit": "rateLimit",
}
"""What is looked for under a name of its own, and the code that it means."""
_WORD_ENDS: Final = r"(?<=[a-z0-9])(?=[A-Z])|[._]"
_LITERAL: Final = frozenset({"brokenCall", "endpointNotFound", "overloaded"})
"""Families not looked for in the words of a code: `ENDPOINT_NOT_FOUND` is said of models too."""
_NAMED_STATUS: Final = (
    (401, r"authentication_?error|unauthenticated|invalid_?api_?key"),
    (403, r"permission|(?<!extra_)forbidden|access_?denied"),
    (429, r"rate[_ ]?limit|too_?many_?requests|resource_?exhausted"),
    # Last: "invalid_request_error" is the type of refusals of every kind, and their code says which.
    (
        400,
        r"(invalid|bad|unprocessable)_?(request|entity)|invalid[_ ]?(argument|param|value)|validation"
        r"|unsupported_(value|param)|not[_ ]?found|unknown_param|wrong_api_format|type_error|value_error"
        r"|literal_error|extra_forbidden|\b(string|list|int|bool)_type",
    ),
)
"""The status that a type or code word stands for, where an error inside a stream gives no number."""
_PHRASED_STATUS: Final = (
    (401, r"(401:? )?unauthorized[.!]?$"),
    (403, r"(403:? )?forbidden[.!]?$"),
    (404, r"(404:? )?(page )?not found[.!]?$"),
    (504, r"(50[34]:? |408:? )?(upstream |gateway )?(request )?time(d |-)?out\b"),
)
"""The status that a whole message, or its beginning, stands for: what routers and gateways write for it."""
_BY_STATUS: Final = {
    401: "auth",
    402: "quota",
    403: "auth",
    404: "endpointNotFound",
    405: "endpointNotFound",
    407: "proxy",
    408: "timeout",
    409: "server",
    410: "endpointNotFound",
    413: "contextLength",
    424: "server",
    425: "overloaded",
    429: "rateLimit",
    498: "overloaded",
    499: "timeout",
    502: "overloaded",
    503: "overloaded",
    504: "timeout",
    520: "overloaded",
    521: "overloaded",
    522: "timeout",
    523: "overloaded",
    524: "timeout",
    529: "overloaded",
    530: "overloaded",
}


def failure_code(status: int, facts: ErrorFacts) -> str:
    """Name the failure of an answer with this HTTP status (200 for an error inside a stream that gives none)."""
    inner = facts.status
    if inner is not None and (status < 400 or status == 500):
        status = inner  # a gateway's 200 or 500 around the cause's own status
    elif status < 400:
        status = _named_status(facts) or status
    words, spoken = facts.words, _spoken(facts)
    if facts.html and status in (200, 201, 202, 400, 404, 405, 410):
        return "endpointNotFound"
    if status == 404 and facts.plain:
        # Text is what routers answer for a path; a server that misses a model says so in JSON, or quotes its name.
        return "modelNotFound" if _says("missingModel", words) else "endpointNotFound"
    if status in (400, 403, 404, 422, 500, 503) and "model_not_found" in facts.labels:
        return "modelNotFound"
    usual = _BROKEN if status >= 500 else _ANY if status >= 400 else _INSIDE
    for family in _LOOK_FOR.get(status, usual):
        if _says(family, words if family in _LITERAL else spoken):
            return _reconsidered(family, status, facts, words)
    return _by_field(status, facts, words)


def _spoken(facts: ErrorFacts) -> str:
    """The words of the error, and after them those that its codes are made of: `… ModelNotOpen model not open`."""
    return f"{facts.words} {re.sub(_WORD_ENDS, ' ', ' '.join(facts.labels)).lower()}"


def _says(family: str, words: str) -> bool:
    return re.search(WORDS[family], words) is not None


def _named_status(facts: ErrorFacts) -> int | None:
    labels, message = " ".join(facts.labels).lower(), facts.message.lower()
    named = next((status for status, names in _NAMED_STATUS if re.search(names, labels)), None)
    return named or next((status for status, phrase in _PHRASED_STATUS if re.match(phrase, message)), None)


def _reconsidered(family: str, status: int, facts: ErrorFacts, words: str) -> str:
    """The code that a family of words means, or what the rest of the error makes of it."""
    if family in _MEANT:
        return _MEANT[family]
    if family == "quota" and status == 429 and "limit: 0," not in words and (facts.wait or _says("passes", words)):
        # Gemini calls a limit per minute a quota, and says when it is over.
        return "rateLimit"
    if family == "contextLength" and _says("paced", words) and not _says("tooBigForLimit", words):
        return "rateLimit"  # tokens are counted over time too
    if family == "contentFilter" and status == 429:
        return "rateLimit" if "rate" in words else family
    return family


def _by_field(status: int, facts: ErrorFacts, words: str) -> str:
    """What the parameter named and the status say, when the words say nothing."""
    if status == 429 and _says("tooBigForLimit", words):
        return "contextLength"
    if status >= 500:
        if _says("missingModel", words):
            return "modelNotFound"
        if _says("wrongKey", words):
            return "auth"
        if status == 500 and _says("listed", words):
            return "badRequest"  # a validator's list in a caller's own request, whatever the server calls it (I9)
    if (status == 404 and facts.param == "model") or (status == 410 and "model" in words):
        return "modelNotFound"
    if status in (400, 422):
        if "string_above_max_length" in facts.labels and facts.param.startswith(("messages", "input")):
            return "contextLength"
        if "extra_forbidden" in facts.labels and facts.param.removeprefix("body.") in ("tools", "functions"):
            return "toolsUnsupported"
    if (by_status := _BY_STATUS.get(status)) is not None:
        return by_status
    return "server" if status >= 500 or status < 400 else "badRequest"

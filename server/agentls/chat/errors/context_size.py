"""How many tokens a server has room for, as its own error says.

Knows the wordings of contexts that were exceeded (I5); knows no request. Invariant: a number that was not written
down as the size of a context is not taken for one.
"""

import re
from typing import Final

from agentls.chat.errors.error_body import ErrorFacts

_NUMBER: Final = r"(\d{1,3}(?:[,_]\d{3}){1,3}|\d{2,9})"
# Text until the first failure of this kind; tried in order.
_SIZES: Final = (
    rf"context (?:length|window|size) (?:is |of )(?:only )?{_NUMBER}",
    rf"context (?:length|window|size) of \S{{1,100}} is (?:only )?{_NUMBER}",
    rf"(?:context (?:length|window|size)|max context) \({_NUMBER}",
    rf"context (?:length|window|size)[:=] ?{_NUMBER}",
    rf"(?:{_NUMBER}) maximum context length",
    rf"(?:prompt|model|input) length (?:is |of )(?:only )?{_NUMBER}",
    rf"n_ctx[:=] ?{_NUMBER}",
    rf"max_seq_len[:= ]{{0,2}}{_NUMBER}",
    rf"while limit is {_NUMBER}",
    rf"token limit: ?{_NUMBER}",
    rf"tokens allowed \({_NUMBER}",
    rf"must be <= ?{_NUMBER}",
    rf"must have less than {_NUMBER}",
    rf"exceeds (?:the )?limit of {_NUMBER}",
    rf"length should be \[\d{{1,9}}, ?{_NUMBER}",
    rf"(?:context|max)\D{{0,40}}\d{{2,9}}(?: \+ \d{{1,9}})? > {_NUMBER}",
)
_RATE: Final = rf"tokens per (minute|min|day)[^:]{{0,12}}: limit {_NUMBER}"


def told_context_size(facts: ErrorFacts) -> int | None:
    """Tokens of the context of the running server, or None when the error does not say."""
    if facts.context_size is not None:
        return facts.context_size
    words = facts.words
    for pattern in _SIZES:
        if match := re.search(pattern, words):
            return _value(match.group(1))
    return None


def told_token_rate(words: str) -> tuple[int, str] | None:
    """The limit a single request was too large for, in tokens, and what it is counted over ("minute" or "day")."""
    match = re.search(_RATE, words)
    if match is None:
        return None
    return _value(match.group(2)), "day" if match.group(1) == "day" else "minute"


def _value(digits: str) -> int:
    return int(digits.replace(",", "").replace("_", ""))

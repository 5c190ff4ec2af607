"""Text whose UTF-16 halves came apart on the way (D26), put together again.

Knows strings and JSON values. Invariant: what comes out can be encoded; a half without its other becomes U+FFFD.
"""

import json

from agentls.chat.delta import JsonObject


def well_formed(text: str) -> str:
    """The same text with its halves joined."""
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def split_half(text: str) -> tuple[str, str]:
    """The text, and the first half of a pair that stands at its end and waits for the other."""
    return (text[:-1], text[-1]) if text and "\ud800" <= text[-1] <= "\udbff" else (text, "")


def copy_of(value: JsonObject) -> JsonObject:
    """A copy of a JSON object with well formed texts. Raises RecursionError or ValueError for what is too deep."""
    copy: JsonObject = json.loads(well_formed(json.dumps(value, ensure_ascii=False)))
    return copy

"""Removes secrets from text, in the spellings in which they usually leak.

It must not know where the text goes. Rows B136 and B137.
Invariant: after `mask`, no form of a known secret is left in the text.
"""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MASK: Final = "[redacted]"
MIN_SECRET_CHARS: Final = 4
"""A shorter secret is in too many ordinary words to be masked."""
_MIN_CUT_CHARS: Final = 6
"""Of a secret that was cut off: fewer say nothing."""
_MIN_INNER_BASE64_CHARS: Final = 8


class Redactor:
    """Masks a fixed set of secrets; they show in no repr."""

    __slots__ = ("_first", "_forms", "_pattern")

    def __init__(self, secrets: Iterable[str]) -> None:
        kept = {stripped for secret in secrets if len(stripped := secret.strip()) >= MIN_SECRET_CHARS}
        forms = {form for secret in kept for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)  # the longest first: a prefix must not win
        self._pattern = re.compile("|".join(map(re.escape, self._forms))) if forms else None
        self._first = frozenset(form[0] for form in forms)

    def __repr__(self) -> str:
        return "Redactor(…)"

    def mask(self, text: str) -> str:
        """`text` with every secret replaced by `[redacted]`."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def mask_cut(self, text: str) -> str:
        """As `mask`, also for the beginning of a secret that a cut (`…`) has left."""
        parts = self.mask(text).split("…")
        for place, part in enumerate(parts[:-1]):
            left = self.open_end(part)
            if left >= _MIN_CUT_CHARS:
                parts[place] = part[: len(part) - left] + MASK
        return "…".join(parts)

    def open_end(self, text: str) -> int:
        """How many characters at the end could be the beginning of a secret that the next piece completes."""
        longest = len(self._forms[0]) if self._forms else 1
        for start in range(max(0, len(text) - longest + 1), len(text)):
            if text[start] in self._first and any(form.startswith(text[start:]) for form in self._forms):
                return len(text) - start
        return 0


NO_SECRETS: Final = Redactor(())
"""Masks nothing."""


class RedactedStream:
    """Masks text that comes in pieces: a secret cut in two is still found.

    `feed` may hold back the last few characters; `close` gives them out.
    """

    __slots__ = ("_held", "_redactor")

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._held = ""

    def feed(self, piece: str) -> str:
        """The masked text that is certain by now."""
        text = self._redactor.mask(self._held + piece)
        keep = self._redactor.open_end(text)
        self._held = text[len(text) - keep :]
        return text[: len(text) - keep]

    def close(self) -> str:
        """What was held back."""
        text, self._held = self._held, ""
        return self._redactor.mask(text)


def _forms(secret: str) -> Iterator[str]:
    yield secret
    for ascii_only in (True, False):
        encoded = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield encoded
        yield encoded.replace("/", "\\/")
        yield json.dumps(encoded)[1:-1]  # JSON inside JSON: tool arguments
    for quoted in (quote(secret), quote(secret, safe=""), quote_plus(secret)):
        yield quoted
        yield re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), quoted)
    yield from _base64_forms(secret.encode())


def _base64_forms(secret: bytes) -> Iterator[str]:
    """Alone, and inside something longer (`Basic user:key`), where it may begin at any of three offsets."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        whole = encode(secret).decode()
        yield whole
        yield whole.rstrip("=")
        for offset in range(3):
            before = -(-offset * 4 // 3)  # characters that also depend on what stands before
            end = (offset + len(secret)) * 8 // 6  # characters that do not depend on what follows
            inner = encode(b"\0" * offset + secret).decode()[before:end]
            if len(inner) >= _MIN_INNER_BASE64_CHARS:
                yield inner

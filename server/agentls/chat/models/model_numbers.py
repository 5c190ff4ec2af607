"""Numbers and flags as model lists write them: JSON numbers, numbers in text, nulls, nonsense.

Knows no key. Invariant: total; what is not plainly a usable value is None (quirk H2).
"""

from math import isfinite
from typing import Final

_MOST_TOKENS: Final = 1 << 40
_LONGEST_NUMBER: Final = 40


def read_number(value: object) -> float | None:
    """A finite number, or text that is one."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= _LONGEST_NUMBER else None
        except ValueError:
            return None
    if isinstance(value, int):
        return float(value) if abs(value) < _MOST_TOKENS else None
    return value if isinstance(value, float) and isfinite(value) else None


def read_tokens(value: object) -> int | None:
    """A count of tokens: a positive whole number; 0, negative and absurd ones say nothing."""
    number = read_number(value)
    return int(number) if number is not None and 1 <= number < _MOST_TOKENS else None


def read_flag(value: object) -> bool | None:
    """True or false, or text that says so."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower()[:8])
    return None

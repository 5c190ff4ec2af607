"""What one entry of a model list says of prices.

Knows the places and units that lists use (quirk section H); knows no provider. Invariant: every price is in USD per
million tokens, 0 or more, or None: no price is better than a wrong one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from agentls.chat.models.model_numbers import read_number

_MILLION: Final = 1_000_000.0
_DEAREST: Final = 1_000_000.0
"""USD per million; what is dearer is a misread unit."""
_LEAST_PER_MILLION: Final = 0.001
"""USD. No model costs less per million tokens, and none costs this much for one token (that were 1,000 USD a million):
it tells the two units apart where no key does. Gateways write both under the same keys. A list that asks 0.0005 per
million would be read as 500, the price of one that writes 0.0005 per token: such dear models exist, such cheap ones
do not."""


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per million tokens."""

    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None

    @property
    def are_known(self) -> bool:
        """Whether any is."""
        return any(getattr(self, each.name) is not None for each in fields(self))


UNKNOWN: Final = Prices()
_Keys = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]
_PER_TOKEN: Final[_Keys] = (
    ("input_cost_per_token",),
    ("output_cost_per_token",),
    ("cache_read_input_token_cost",),
    ("cache_creation_input_token_cost",),
)
_CENTS_PER_100_MILLION: Final[_Keys] = (
    ("prompt_text_token_price",),
    ("completion_text_token_price",),
    ("cached_prompt_text_token_price",),
    (),
)
_TABLE: Final[_Keys] = (
    ("prompt", "input", "input_tokens", "input_price"),
    ("completion", "output", "output_tokens", "output_price"),
    (
        "input_cache_read",
        "cache_read",
        "cached_input",
        "cache_input",
        "input_cached",
        "cache_read_tokens",
        "cacheRead",
        "cached_price",
    ),
    ("input_cache_write", "cache_write", "cache_write_tokens", "cacheWrite", "caching_price"),
)
_BESIDE: Final[_Keys] = (("input_price",), ("output_price",), ("cached_price",), ("caching_price",))
_TABLES: Final = ("pricing", "price", "pricePerToken")


def read_prices(places: Sequence[Mapping[str, object]]) -> Prices:
    """The prices of one entry, by the first of its places that names any."""
    for place in places:
        for prices in _candidates(place):
            if prices.are_known:
                return prices
    return UNKNOWN


def _candidates(place: Mapping[str, object]) -> Iterator[Prices]:
    yield _scaled(_amounts(place, _PER_TOKEN), _MILLION)
    yield _scaled(_amounts(place, _CENTS_PER_100_MILLION), 1 / 10_000)
    for name in _TABLES:
        table = place.get(name)
        if isinstance(table, dict):
            yield _of_table(table)
        elif isinstance(table, list):
            yield _of_rows(table)
    amounts = _amounts(place, _BESIDE)
    yield _scaled(amounts, _unit(amounts, ""))


def _of_table(table: Mapping[str, object]) -> Prices:
    currency = table.get("currency")
    if isinstance(currency, str) and currency.strip().upper() not in ("USD", "$"):
        return UNKNOWN
    amounts = _amounts(table, _TABLE)
    unit = table.get("unit")
    return _scaled(amounts, _unit(amounts, unit if isinstance(unit, str) else ""))


def _of_rows(rows: Sequence[object]) -> Prices:
    """Rows such as `{"unit": "per M input tokens", "price": 0.3, "currency": "USD"}`."""
    found: dict[str, float | None] = {}
    for row in rows[:20]:
        if not isinstance(row, dict) or row.get("currency", "USD") != "USD":
            continue
        unit = row.get("unit")
        name = _ROWS.get(unit) if isinstance(unit, str) else None
        if name is not None:
            found[name] = _price(read_number(row.get("price")))
    return Prices(**found)


_ROWS: Final = {
    "per M input tokens": "input",
    "per M output tokens": "output",
    "per M cached input tokens": "cache_read",
}


def _amounts(place: Mapping[str, object], keys: _Keys) -> list[float | None]:
    return [next((n for name in names if (n := _amount(place.get(name))) is not None), None) for names in keys]


def _amount(value: object) -> float | None:
    """A number, or the `usd` of an object that names several currencies."""
    return read_number(value.get("usd") if isinstance(value, dict) else value)


def _unit(amounts: Sequence[float | None], said: str) -> float:
    """What one USD of the amounts is per million tokens: by the list's own words, else by their size."""
    words = said.lower().replace("_", " ")
    if "1m" in words or "million" in words:
        return 1.0
    if "1k" in words or "thousand" in words:
        return 1000.0
    largest = max((each for each in amounts if each is not None), default=0.0)
    return _MILLION if largest < _LEAST_PER_MILLION else 1.0


def _scaled(amounts: Sequence[float | None], factor: float) -> Prices:
    values = [None if each is None else _price(each * factor) for each in amounts]
    if any(each is not None and each < 0 for each in amounts[:2]):
        return UNKNOWN  # -1: a router's price depends on where it goes
    return Prices(*values)


def _price(amount: float | None) -> float | None:
    # Rounded: 8e-7 a token is 0.8 a million, not 0.7999999999999999.
    return round(amount, 9) + 0.0 if amount is not None and 0 <= amount <= _DEAREST else None

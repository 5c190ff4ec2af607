"""One step in the life of a tool call's argument.

Knows nothing of how it was found. Invariant: applied in order, the fields of an object rebuild it.
"""

import json
from math import isfinite
from typing import NoReturn, TypeAlias, Union

import msgspec

JsonValue: TypeAlias = Union[bool, int, float, str, list["JsonValue"], dict[str, "JsonValue"], None]  # noqa: UP007
Path: TypeAlias = tuple[str | int, ...]


class Field(msgspec.Struct, frozen=True, gc=False):
    """A step in one field's life: a string at `path` grows by `append`, or the field becomes `value`."""

    path: Path
    append: str | None
    value: JsonValue = None
    """Only when `append` is None: a scalar, or an empty "", [] or {} that what follows fills."""


def read_scalar(token: str) -> int | float | bool | None:
    """The number, true, false or null that a token is. Raises ValueError for any other."""
    try:
        value = json.loads(token, parse_constant=_refuse)
    except RecursionError as error:
        raise ValueError(token) from error
    if isinstance(value, float) and not isfinite(value):
        raise ValueError(token)
    if value is None or isinstance(value, bool | int | float):
        return value
    raise ValueError(token)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)

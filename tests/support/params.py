"""Params made from the registry's models: valid ones, ones with a single fault, and anything at all.

Knows pydantic's description of a model, no single method.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from tests.support.pictures import png

Json = dict[str, Any]

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(str.strip)
ANY_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(WORDS, parts, max_size=3),
    max_leaves=6,
)
PRINTABLE = st.text("abcdefghij é-._/", min_size=1, max_size=12).filter(str.strip)
MEANING: dict[str, st.SearchStrategy[Any]] = {
    "baseUrl": st.sampled_from(["http://127.0.0.1:1/v1", "https://example.invalid/v1/", "http://localhost:1"]),
    "proxy": st.sampled_from(["http://127.0.0.1:1", "https://u:p@example.invalid:8080"]),
    "apiKeyEnv": st.sampled_from(["A_KEY", "_x1"]),
    "azureApiVersion": st.sampled_from(["2024-10-21"]),
    "apiKey": st.text("abcXYZ019-_", max_size=20),
    "headers": st.dictionaries(st.text("abcxyz-", min_size=1, max_size=9), st.text("abc019", max_size=9), max_size=2),
    "extraBody": st.dictionaries(st.text("abcxyz", min_size=1, max_size=8).filter(lambda w: w != "z"), ANY_JSON),
    "cursor": st.sampled_from(["1:task_a", "99:"]),
    "name": PRINTABLE,
    "modelId": PRINTABLE,
    "id": PRINTABLE,
}
"""What a field must be beyond its type, by its name on the wire."""


def valid(model: type[BaseModel]) -> st.SearchStrategy[Json]:
    """Params that the model takes; optional fields are there or not."""
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, field in model.model_fields.items():
        alias = field.alias or name
        value = MEANING[alias] if alias in MEANING else _values(_annotated(field))
        if field.is_required() or alias == "type":  # what tells the members of a union apart is never left out
            required[alias] = value
        else:
            optional[alias] = st.none() | value
    whole = st.fixed_dictionaries(required, optional=optional)
    return whole.map(_with_one_source) if {"uri", "data"} <= optional.keys() else whole


def _with_one_source(image: Json) -> Json:
    """An image by its data: a URI and a ref would have to name something that is there."""
    kept = {key: value for key, value in image.items() if value is not None and key not in ("uri", "ref")}
    return {**kept, "data": base64.b64encode(png()).decode()}


def with_one_fault(model: type[BaseModel]) -> st.SearchStrategy[Json]:
    """Params in which one field is missing, or of a type that it cannot have."""
    faults: list[st.SearchStrategy[Json]] = []
    for name, field in model.model_fields.items():
        alias = field.alias or name
        if field.is_required():
            faults.append(valid(model).map(_without(alias)))
        faults.append(st.tuples(valid(model), st.sampled_from([object_of_none(field)])).map(_replacing(alias)))
    return st.one_of(faults)


def object_of_none(field: FieldInfo) -> Any:
    """A value that no field of the protocol has: a list in a list, or a number where lists may be."""
    return -0.5 if get_origin(_plain(field.annotation)) is list else [[[]]]


def _without(alias: str) -> Callable[[Json], Json]:
    return lambda params: {key: value for key, value in params.items() if key != alias}


def _replacing(alias: str) -> Callable[[tuple[Json, Any]], Json]:
    return lambda both: {**both[0], alias: both[1]}


def _annotated(field: FieldInfo) -> Any:
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _values(kind: Any) -> st.SearchStrategy[Any]:
    bounds: dict[str, Any] = {}
    while get_origin(kind) is Annotated:
        kind, *notes = get_args(kind)
        for note in notes:
            for each in (note, *getattr(note, "metadata", ())):
                bounds |= {
                    name: getattr(each, name)
                    for name in ("ge", "gt", "le", "lt", "min_length", "max_length")
                    if getattr(each, name, None) is not None
                }
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return st.one_of([_values(each) for each in arguments if each is not NoneType])
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is list:
        return st.lists(_values(arguments[0]), min_size=bounds.get("min_length", 0), max_size=2)
    if origin is dict:
        return st.dictionaries(WORDS, _values(arguments[1]), max_size=2)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return valid(kind)
    if kind is str:
        return WORDS
    if kind is bool:
        return st.booleans()
    if kind is int:
        return st.integers(bounds.get("ge", 0), min(bounds.get("le", 2**53), 2**53))
    if kind is float:
        return st.floats(bounds.get("ge", 0.001), bounds.get("le", 1e9), allow_nan=False) | st.integers(1, 1)
    return ANY_JSON

"""The types of fields as a small closed algebra, read from the models.

Knows pydantic's field infos; knows neither TypeScript nor Markdown. Invariant: an annotation outside the
subset raises `UnknownShape`; nothing is rendered by guess.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from types import NoneType, UnionType
from typing import Annotated, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from agentls.protocol.render.docs import model_docs
from agentls.protocol.wire import Wire


class UnknownShape(Exception):
    """A field has a type that the pages cannot show."""


@dataclass(frozen=True, slots=True)
class Plain:
    """`string`, `number`, `integer`, `boolean` or `JsonValue`."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of some strings."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListOf:
    """An array."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class MapOf:
    """An object with any keys."""

    item: "Shape"


@dataclass(frozen=True, slots=True)
class Ref:
    """A model."""

    model: type[Wire]


@dataclass(frozen=True, slots=True)
class OneOf:
    """A union."""

    options: tuple["Shape", ...]


Shape = Plain | Choice | ListOf | MapOf | Ref | OneOf

_PLAIN: dict[object, str] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    object: "JsonValue",
}


@dataclass(frozen=True, slots=True)
class Field:
    """A field as a page shows it."""

    name: str
    """As on the wire."""
    shape: Shape
    doc: str
    may_be_absent: bool
    """Its default is None: absent where there is nothing to say."""
    default: object
    """What absence means on input; None where `may_be_absent` or where it is required."""
    defaulted: bool
    """It has a default other than None."""

    @property
    def is_tag(self) -> bool:
        """A constant that tells the members of a union apart; never left out."""
        return self.defaulted and isinstance(self.shape, Choice) and len(self.shape.values) == 1

    def may_be_left_out(self, only_sent: bool) -> bool:
        """Whether it is optional in its model; what is received has its defaults written out."""
        return self.may_be_absent or (only_sent and self.defaulted and not self.is_tag)


def fields_of(model: type[Wire]) -> list[Field]:
    """The fields of a model in order. Raises UnknownShape and Undocumented."""
    docs = model_docs(model)
    return [_field(name, info, docs.fields[name]) for name, info in model.model_fields.items()]


def refs_in(shape: Shape) -> Iterator[type[Wire]]:
    """The models that a shape names."""
    match shape:
        case Ref(model):
            yield model
        case ListOf(item) | MapOf(item):
            yield from refs_in(item)
        case OneOf(options):
            for option in options:
                yield from refs_in(option)
        case Plain() | Choice():
            return


def shape_of(annotation: object) -> Shape:
    """The shape of an annotation without its None. Raises UnknownShape."""
    if annotation in _PLAIN:
        return Plain(_PLAIN[annotation])
    if isinstance(annotation, type) and issubclass(annotation, Wire):
        return Ref(annotation)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(arguments[0])
    if origin is Literal and all(isinstance(value, str) for value in arguments):
        return Choice(arguments)
    if origin is list:
        return ListOf(shape_of(arguments[0]))
    if origin is dict and arguments[0] is str:
        return MapOf(shape_of(arguments[1]))
    if origin in (Union, UnionType):
        return _union([shape_of(argument) for argument in arguments if argument is not NoneType])
    raise UnknownShape(repr(annotation))


def _union(options: list[Shape]) -> Shape:
    if len(options) == 1:
        return options[0]
    if all(isinstance(option, Choice) for option in options):
        return Choice(tuple(value for option in options if isinstance(option, Choice) for value in option.values))
    return OneOf(tuple(options))


def _field(name: str, info: FieldInfo, doc: str) -> Field:
    default = info.get_default(call_default_factory=True, validated_data={})
    required = default is PydanticUndefined
    try:
        shape = shape_of(info.annotation)
    except UnknownShape as error:
        raise UnknownShape(f"{name}: {error}") from None
    return Field(
        name=info.alias or name,
        shape=shape,
        doc=doc,
        may_be_absent=not required and default is None,
        default=None if required else default,
        defaulted=not required and default is not None,
    )

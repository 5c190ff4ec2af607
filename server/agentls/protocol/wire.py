"""Base classes of everything on the wire.

Knows how a field is spelled in JSON (camelCase) and what null means; knows no method.
Invariant: a null on input is the same as an absent field, at every level; nothing is coerced (strict).
Serialise with `model_dump_json(by_alias=True, exclude_none=True)`.
"""

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import core_schema

ALWAYS_ALLOWED = frozenset({"_meta", "workDoneToken"})


def to_camel(name: str) -> str:
    """`first_byte_s` → `firstByteS`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


class Wire(BaseModel):
    """A value on the wire: frozen, camelCase in JSON, unknown fields ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        strict=True,
        defer_build=True,
        hide_input_in_errors=True,
    )

    # Not a model_validator: pydantic collects those anew for each of the 130 classes at import,
    # which is a sixth of the import's cost; this runs when a model is first used.
    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_before_validator_function(cls._present, handler(source))

    @classmethod
    def _present(cls, data: object) -> object:
        if isinstance(data, dict) and None in data.values():
            return {key: value for key, value in data.items() if value is not None}
        return data


class StrictWire(Wire):
    """A value in which an unknown field is an error: providers and settings, where a typo must not pass."""

    model_config = ConfigDict(extra="forbid")

    @classmethod
    def _present(cls, data: object) -> object:
        if isinstance(data, dict) and not ALWAYS_ALLOWED.isdisjoint(data):
            data = {key: value for key, value in data.items() if key not in ALWAYS_ALLOWED}
        return super()._present(data)


class Empty(Wire):
    """An object without fields of its own."""

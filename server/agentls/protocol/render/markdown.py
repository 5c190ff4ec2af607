"""The generated blocks of protocol.md: tables of methods, fields, codes, defaults, and the examples.

Knows the catalogue and the examples; knows no file. Invariant: every block is a pure function of the models.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import assert_never

from agentls.protocol.commands import ADVERTISED
from agentls.protocol.errors import REQUEST_ERRORS
from agentls.protocol.event import Envelope
from agentls.protocol.opening import AgentCapabilities, AgentOptions
from agentls.protocol.provider import Provider, ProviderModel, ProviderView, Timeouts
from agentls.protocol.registry import NOTIFICATIONS, REQUESTS
from agentls.protocol.render.catalogue import catalogue
from agentls.protocol.render.codes import NUMERIC_CODES, TURN_ERRORS
from agentls.protocol.render.docs import model_docs
from agentls.protocol.render.notification_examples import NOTIFICATION_EXAMPLES
from agentls.protocol.render.request_examples import REQUEST_EXAMPLES
from agentls.protocol.render.shapes import (
    Choice,
    Field,
    ListOf,
    MapOf,
    OneOf,
    Plain,
    Ref,
    Shape,
    fields_of,
    refs_in,
)
from agentls.protocol.settings import Settings, SettingsPatch
from agentls.protocol.wire import Wire

Row = tuple[str, ...]
_WIDTH = 110


def blocks() -> Mapping[str, str]:
    """Every generated block by its name, without the markers."""
    makers: dict[str, Callable[[], str]] = {
        "opening": lambda: _model_sections([AgentOptions, AgentCapabilities]),
        "envelope": lambda: _fields(Envelope),
        "request-list": _request_list,
        "notification-list": _notification_list,
        "command-list": lambda: _table(("command", "what it does"), _pairs(ADVERTISED)),
        "requests": _requests,
        "notifications": _notifications,
        "values": _values,
        "choices": _choices,
        "numeric-codes": lambda: _table(("code", "when"), ((str(c), text) for c, text in NUMERIC_CODES.items())),
        "request-errors": _request_errors,
        "turn-errors": lambda: _table(("code", "when"), ((f"`{code}`", text) for code, text in TURN_ERRORS.items())),
        "settings": _settings,
        "provider": lambda: _fields(Provider),
        "provider-parts": lambda: _model_sections([Timeouts, ProviderModel]),
        "provider-view": lambda: _fields(ProviderView, without=Provider),
    }
    return {name: make() for name, make in makers.items()}


def _request_list() -> str:
    rows = ((f"[`{m}`](#{_anchor(m)})", row.summary, str(row.since)) for m, row in REQUESTS.items())
    return _table(("method", "what it does", "since"), rows)


def _notification_list() -> str:
    rows = (
        (f"[`{m}`](#{_anchor(m)})", "stored" if row.stored else "live", row.summary, str(row.since))
        for m, row in NOTIFICATIONS.items()
    )
    return _table(("method", "kind", "what it says", "since"), rows)


def _requests() -> str:
    parts: list[str] = []
    for method, row in REQUESTS.items():
        params, result = REQUEST_EXAMPLES[method]
        parts += [f"### {method}", f"{row.summary} Since version {row.since}."]
        parts += [_titled("Params", row.params), _example(method, "params", params)]
        parts += [_titled("Result", row.result), _example(method, "result", result)]
    return "\n\n".join(parts)


def _notifications() -> str:
    parts: list[str] = []
    for method, row in NOTIFICATIONS.items():
        kind = "Stored" if row.stored else "Live"
        where = f"{kind}." if row.in_task else f"{kind}; outside tasks, without envelope."
        parts += [f"### {method}", f"{row.summary} {where} Since version {row.since}."]
        parts += [_titled("Payload", row.params), _example(method, "params", NOTIFICATION_EXAMPLES[method])]
    return "\n\n".join(parts)


def _values() -> str:
    shown_elsewhere = {AgentOptions, AgentCapabilities, Envelope}
    shown_elsewhere |= {Provider, ProviderView, Timeouts, ProviderModel}
    return _model_sections(model for model in catalogue().shared if model not in shown_elsewhere | _settings_models())


def _settings_models() -> set[type[Wire]]:
    sections = {model for field in fields_of(Settings) for model in refs_in(field.shape)}
    return {Settings, SettingsPatch, *sections}


def _choices() -> str:
    book = catalogue()
    rows = (
        (f"`{name}`", _type(shape, expand=True))
        for shape, name in book.named.items()
        if name not in ("TurnErrorCode", "RequestErrorCode")
    )
    return _table(("name", "one of"), rows)


def _request_errors() -> str:
    rows = (
        (f"`{code}`", row.title, row.advice, "yes" if row.retryable else "no") for code, row in REQUEST_ERRORS.items()
    )
    return _table(("`data.code`", "meaning", "`data.advice` (where nothing better is known)", "retryable"), rows)


def _settings() -> str:
    rows = [
        (f"`{section.name}.{field.name}`", _type(field.shape), _default(field), field.doc)
        for section in fields_of(Settings)
        if isinstance(section.shape, Ref)
        for field in fields_of(section.shape.model)
    ]
    return _table(("setting", "type", "default", "meaning"), rows)


def _model_sections(models: Iterable[type[Wire]]) -> str:
    return "\n\n".join(f"#### {model.__name__}\n\n{model_docs(model).text}\n\n{_fields(model)}" for model in models)


def _titled(title: str, model: type[Wire]) -> str:
    if not fields_of(model):
        return f"**{title}**: `{{}}`"
    return f"**{title}**: {model_docs(model).text}\n\n{_fields(model)}"


def _fields(model: type[Wire], without: type[Wire] | None = None) -> str:
    left_out = {field.name for field in fields_of(without)} if without is not None else set()
    only_sent = model not in catalogue().received
    rows = []
    for field in fields_of(model):
        if field.name not in left_out:
            default = "" if field.is_tag else _default(field)
            doc = field.doc + (f" Default: {default}." if default else "")
            rows.append((f"`{field.name}{'?' if field.may_be_left_out(only_sent) else ''}`", _type(field.shape), doc))
    return _table(("field", "type", "meaning"), rows) if rows else "No fields."


def _default(field: Field) -> str:
    if not field.defaulted or isinstance(field.default, Wire):
        return ""
    return f"`{json.dumps(field.default, ensure_ascii=False)}`"


def _type(shape: Shape, *, expand: bool = False) -> str:
    name = catalogue().named.get(shape)
    if name is not None and not expand:
        return f"[`{name}`](#names)"
    match shape:
        case Plain(plain):
            return "any JSON" if plain == "JsonValue" else plain
        case Choice(values):
            return " | ".join(f"`{value}`" for value in values)
        case ListOf(item):
            return f"array of {_type(item)}"
        case MapOf(item):
            return f"object of {_type(item)}"
        case Ref(model):
            return f"[`{model.__name__}`](#{_model_anchor(model)})"
        case OneOf(options):
            return " | ".join(_type(option) for option in options)
        case _:
            assert_never(shape)


def _example(method: str, part: str, value: object) -> str:
    return f"```json {method} {part}\n{_json(value)}\n```"


def _json(value: object, indent: str = "", taken: int = 0) -> str:
    """JSON with whatever fits on a line on one line; `taken`: characters before it on its line."""
    flat = json.dumps(value, ensure_ascii=False)
    if taken + len(flat) <= _WIDTH:
        return flat
    inner = indent + "  "
    match value:
        case dict():
            keys = [f"{inner}{json.dumps(key)}: " for key in value]
            parts = [key + _json(item, inner, len(key)) for key, item in zip(keys, value.values(), strict=True)]
            return "{\n" + ",\n".join(parts) + f"\n{indent}}}"
        case list():
            return "[\n" + ",\n".join(inner + _json(item, inner, len(inner)) for item in value) + f"\n{indent}]"
        case _:
            return flat


def _pairs(rows: Mapping[str, str]) -> Iterable[Row]:
    return ((f"`{name}`", text) for name, text in rows.items())


def _model_anchor(model: type[Wire]) -> str:
    if model in _settings_models():
        return "settings"
    for method, row in NOTIFICATIONS.items():
        if row.params is model:
            return _anchor(method)
    return model.__name__.lower()


def _anchor(method: str) -> str:
    return method.lower().replace("/", "")


def _table(head: Row, rows: Iterable[Row]) -> str:
    def line(cells: Row) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    return "\n".join([line(head), "|" + "---|" * len(head), *(line(row) for row in rows)])

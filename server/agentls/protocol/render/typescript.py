"""The TypeScript types: one interface per model, named unions, and the two maps from method to types.

Knows the catalogue; knows no file. Invariant: what it writes passes `tsc --strict` and depends on nothing.
"""

import json
from collections.abc import Iterable
from typing import assert_never

from agentls.protocol.registry import NOTIFICATIONS, PROTOCOL_VERSION, REQUESTS, class_name
from agentls.protocol.render.catalogue import Catalogue, catalogue
from agentls.protocol.render.docs import model_docs
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
)
from agentls.protocol.wire import Wire

_HEAD = """\
// Generated from the models of the server by `agentls protocol --write`. Do not edit.

export const PROTOCOL_VERSION = {version};

/** Any JSON value. */
export type JsonValue = null | boolean | number | string | JsonValue[] | {{ [key: string]: JsonValue }};
"""
_FRAMES = """\
/** Params of a task's notification: its payload and the envelope. */
export type Framed<Payload> = Envelope & Payload;

/** A notification of a task, told apart by `method`. */
export type TaskNotification = {
  [Method in keyof TaskNotifications]: { method: Method; params: TaskNotifications[Method] };
}[keyof TaskNotifications];

export type RequestMethod = keyof Requests;
export type ParamsOf<Method extends RequestMethod> = Requests[Method]["params"];
export type ResultOf<Method extends RequestMethod> = Requests[Method]["result"];
"""


def typescript() -> str:
    """The whole file."""
    book = catalogue()
    models = sorted(book.sent | book.received, key=lambda model: model.__name__)
    parts = [_HEAD.format(version=PROTOCOL_VERSION)]
    parts += [
        f"export type {name} = {_type(shape, book, sent=False, expand=True)};\n" for shape, name in book.named.items()
    ]
    parts += [_interface(model, book) for model in models]
    parts += [_requests(), _notifications("TaskNotifications", in_task=True)]
    parts += [_notifications("OtherNotifications", in_task=False), _deliveries(), _FRAMES]
    return "\n".join(parts)


def _interface(model: type[Wire], book: Catalogue) -> str:
    comment = _comment([model_docs(model).text], "")
    fields = fields_of(model)
    if not fields:
        return f"{comment}export type {model.__name__} = Record<string, never>;\n"
    lines = [line for field in fields for line in _field(model, field, book)]
    return f"{comment}export interface {model.__name__} {{\n" + "\n".join(lines) + "\n}\n"


def _field(model: type[Wire], field: Field, book: Catalogue) -> Iterable[str]:
    only_sent = model not in book.received
    sentences = [field.doc]
    if field.defaulted and not field.is_tag and isinstance(field.default, str | int | float):
        sentences.append(f"Default: {json.dumps(field.default)}.")
    yield _comment(sentences, "  ").rstrip("\n")
    mark = "?" if field.may_be_left_out(only_sent) else ""
    yield f"  {field.name}{mark}: {_type(field.shape, book, sent=only_sent)};"


def _type(shape: Shape, book: Catalogue, *, sent: bool, expand: bool = False) -> str:
    if not expand and shape in book.named:
        return book.named[shape]
    match shape:
        case Plain(name):
            return "number" if name == "integer" else name
        case Choice(values):
            return " | ".join(json.dumps(value) for value in values)
        case ListOf(item):
            inner = _type(item, book, sent=sent)
            return f"({inner})[]" if " | " in inner else f"{inner}[]"
        case MapOf(item):
            return f"Record<string, {_type(item, book, sent=sent)}>"
        case Ref(model):
            if sent and book.all_optional_when_sent(shape):
                return f"Partial<{model.__name__}>"
            return model.__name__
        case OneOf(options):
            return " | ".join(_type(option, book, sent=sent) for option in options)
        case _:
            assert_never(shape)


def _requests() -> str:
    rows = "".join(
        _comment([row.summary], "  ")
        + f'  "{method}": {{ params: {class_name(method)}Params; result: {class_name(method)}Result }};\n'
        for method, row in REQUESTS.items()
    )
    return f"/** Requests to the server. */\nexport interface Requests {{\n{rows}}}\n"


def _notifications(name: str, *, in_task: bool) -> str:
    of = "of a task, params with the envelope" if in_task else "outside tasks, params without envelope"
    rows = ""
    for method, row in NOTIFICATIONS.items():
        if row.in_task == in_task:
            params = f"Framed<{class_name(method)}>" if in_task else class_name(method)
            rows += _comment([row.summary], "  ") + f'  "{method}": {params};\n'
    return f"/** Notifications {of}. */\nexport interface {name} {{\n{rows}}}\n"


def _deliveries() -> str:
    rows = "".join(f'  "{method}": "{"stored" if row.stored else "live"}",\n' for method, row in NOTIFICATIONS.items())
    return (
        "/** `stored` is journalled before it is sent; `live` may be missed without harm. */\n"
        f"export const DELIVERY = {{\n{rows}}} as const;\n"
    )


def _comment(sentences: list[str], indent: str) -> str:
    lines = " ".join(sentences).replace("*/", "* /").split("\n")
    if len(lines) == 1:
        return f"{indent}/** {lines[0]} */\n"
    return f"{indent}/**\n" + "".join(f"{indent} * {line}".rstrip() + "\n" for line in lines) + f"{indent} */\n"

"""The registry against the models, the page, and the frozen list of what version 1 has."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest

from agentls.protocol import events
from agentls.protocol.errors import REQUEST_ERRORS, RequestErrorCode
from agentls.protocol.event import Envelope, TaskEvent
from agentls.protocol.opening import AgentCapabilities, AgentOptions
from agentls.protocol.registry import EVENT_TYPES, NOTIFICATIONS, PROTOCOL_VERSION, REQUESTS, class_name
from agentls.protocol.render.catalogue import catalogue
from agentls.protocol.render.codes import NUMERIC_CODES, TURN_ERRORS
from agentls.protocol.render.shapes import Choice, fields_of, shape_of
from agentls.protocol.values import TurnErrorCode
from agentls.protocol.wire import Wire
from tests.contract.page import headings
from tests.contract.source_tree import ROOT

FROZEN = ROOT / "tests" / "fixtures" / "protocol" / f"v{PROTOCOL_VERSION}.json"

STORED = [
    "task/status",
    "prompt",
    "turn/started",
    "turn/completed",
    "request/started",
    "request/completed",
    "message/started",
    "message/completed",
    "reasoning/started",
    "reasoning/completed",
    "toolCall/started",
    "toolCall/ready",
    "toolCall/status",
    "toolResult",
    "approval/requested",
    "approval/resolved",
    "question/requested",
    "question/resolved",
    "edit/applied",
    "todo/updated",
    "notice",
]
LIVE = ["request/retrying", "request/waiting", "message/delta", "reasoning/delta", "toolCall/delta", "toolCall/output"]
OUTSIDE_TASKS = ["provider/changed", "provider/checkStep"]
SERVED = [
    "provider/list",
    "provider/set",
    "provider/setKey",
    "provider/remove",
    "provider/select",
    "provider/check",
    "provider/models",
    "settings/get",
    "settings/set",
    "task/start",
    "task/list",
    "task/get",
    "task/delete",
    "task/export",
    "task/events",
    "turn/start",
    "turn/steer",
    "turn/interrupt",
    "queue/list",
    "queue/update",
    "queue/remove",
    "content/read",
    "approval/respond",
    "question/respond",
    "tools/list",
    "workspace/setTrust",
]


def test_the_methods_are_those_of_the_design() -> None:
    assert set(REQUESTS) == {f"agent/{name}" for name in SERVED}
    assert {(row.method, row.stored, row.in_task) for row in NOTIFICATIONS.values()} == {
        *((f"agent/{name}", True, True) for name in STORED),
        *((f"agent/{name}", False, True) for name in LIVE),
        *((f"agent/{name}", False, False) for name in OUTSIDE_TASKS),
    }


@pytest.mark.parametrize("method", REQUESTS)
def test_a_request_has_models_named_after_it(method: str) -> None:
    row = REQUESTS[method]
    assert (row.params.__name__, row.result.__name__) == (
        f"{class_name(method)}Params",
        f"{class_name(method)}Result",
    )
    assert row.since <= PROTOCOL_VERSION
    assert row.summary.endswith(".")


@pytest.mark.parametrize("method", NOTIFICATIONS)
def test_a_notification_has_a_model_named_after_it(method: str) -> None:
    row = NOTIFICATIONS[method]
    assert row.params.__name__ == class_name(method)
    assert row.since <= PROTOCOL_VERSION
    if row.in_task:
        event = EVENT_TYPES[method]
        assert (method, row.stored) == (event.METHOD, event.STORED)


def test_every_event_is_in_the_registry() -> None:
    exported = {getattr(events, name) for name in events.__all__} - {Envelope, TaskEvent}
    assert set(EVENT_TYPES.values()) == exported
    assert len(EVENT_TYPES) == len(exported)


def test_an_unknown_event_has_no_type() -> None:
    assert EVENT_TYPES.get("agent/provider/changed") is None


def test_no_field_of_a_payload_is_one_of_the_envelope() -> None:
    envelope = set(Envelope.model_fields)
    assert {
        (method, name) for method, event in EVENT_TYPES.items() for name in event.model_fields if name in envelope
    } == set()


def test_every_method_has_one_heading_and_no_heading_is_without_a_method() -> None:
    found = [heading for heading in headings() if heading.startswith("agent/")]
    assert sorted(found) == sorted([*REQUESTS, *NOTIFICATIONS])


def test_a_key_is_in_the_params_of_one_method_only() -> None:
    holders = {
        model.__name__
        for model in catalogue().sent | catalogue().received
        for field in fields_of(model)
        if re.search(r"apikey|password|secret", field.name.lower())
        and field.name not in ("apiKeySet", "apiKeyHint", "apiKeyEnv")
    }
    assert holders == {"ProviderSetKeyParams"}


def test_there_is_a_sentence_for_every_error_code() -> None:
    assert set(REQUEST_ERRORS) == set(get_args(RequestErrorCode))
    assert set(TURN_ERRORS) == set(get_args(TurnErrorCode))
    assert len(NUMERIC_CODES) == 8


def test_the_numeric_codes_are_those_of_the_contract() -> None:
    assert set(NUMERIC_CODES) == {-32700, -32600, -32601, -32602, -32603, -32002, -32803, -32800}


def current() -> dict[str, object]:
    """What must never lose anything: methods, fields, and values of choices."""
    models: set[type[Wire]] = {AgentOptions, AgentCapabilities, *catalogue().sent, *catalogue().received}
    return {
        "requests": sorted(REQUESTS),
        "notifications": {method: "stored" if row.stored else "live" for method, row in NOTIFICATIONS.items()},
        "fields": {
            model.__name__: sorted(field.name for field in fields_of(model))
            for model in sorted(models, key=lambda model: model.__name__)
        },
        "required": {
            model.__name__: sorted(
                field.name for field in fields_of(model) if not (field.defaulted or field.may_be_absent)
            )
            for model in sorted(catalogue().sent, key=lambda model: model.__name__)
        },
        "choices": {
            name: sorted(shape.values) for shape, name in catalogue().named.items() if isinstance(shape, Choice)
        },
        "requestErrors": sorted(REQUEST_ERRORS),
        "turnErrors": sorted(TURN_ERRORS),
    }


def lost(frozen: object, now: object, path: str = "") -> list[str]:
    """What `frozen` has and `now` has not; and, for what a client must send, what it had not to."""
    match frozen, now:
        case dict(), dict():
            return [
                line
                for key, value in frozen.items()
                for line in (lost(value, now[key], f"{path}/{key}") if key in now else [f"{path}/{key}"])
            ]
        case list(), list() if path.startswith("/required/"):
            return [f"{path}/{name} is required now" for name in now if name not in frozen]
        case list(), list():
            return [f"{path}/{name}" for name in frozen if name not in now]
        case _:
            return [] if frozen == now else [f"{path}: {frozen} became {now}"]


def test_nothing_of_this_version_was_removed_or_renamed() -> None:
    frozen = json.loads(FROZEN.read_text(encoding="utf-8"))
    assert lost(frozen, current()) == []


def test_what_was_added_is_frozen_too() -> None:
    frozen = json.loads(FROZEN.read_text(encoding="utf-8"))
    assert frozen == current(), f"add what is new to {FROZEN.name}: python -m tests.contract.freeze"


def test_a_loss_is_noticed() -> None:
    assert lost({"a": ["x", "y"], "b": "stored"}, {"a": ["y", "z"], "b": "live"}) == [
        "/a/x",
        "/b: stored became live",
    ]
    assert lost({"required": {"M": ["a"]}}, {"required": {"M": ["a", "b"]}}) == ["/required/M/b is required now"]


def test_the_choices_of_the_design_are_whole() -> None:
    assert isinstance(shape_of(TurnErrorCode), Choice)
    assert len(get_args(TurnErrorCode)) == 21

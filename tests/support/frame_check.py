"""Holds every frame that a test saw to the registry: known method, known fields, right types, right marks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentls.protocol.event import Envelope
from agentls.protocol.registry import NOTIFICATIONS, REQUESTS

_ENVELOPE = {"taskId", "turnId", "seq", "time", "part", "replay"}


def check_notification(method: str, params: Mapping[str, Any]) -> None:
    """Fails unless `params` is exactly what the registry says of `method`."""
    row = NOTIFICATIONS.get(method)
    assert row is not None, f"{method} is not in the registry"
    payload = dict(params)
    if row.in_task:
        envelope = {name: payload.pop(name) for name in _ENVELOPE & payload.keys()}
        Envelope.model_validate(envelope)
        assert ("part" in envelope) == (not row.stored), f"{method}: stored={row.stored}, {envelope}"
    model = row.params.model_validate(payload)
    again = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    if method == "agent/toolCall/delta":  # a field whose value is null is told by its absence
        payload["fields"] = [{k: v for k, v in each.items() if v is not None} for each in payload["fields"]]
    assert again == payload, f"{method}: {payload} is read back as {again}"


def check_result(method: str, result: Mapping[str, Any]) -> None:
    """Fails unless `result` is exactly a result of `method`."""
    model = REQUESTS[method].result.model_validate(dict(result))
    again = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    assert again == result, f"{method}: {result} is read back as {again}"

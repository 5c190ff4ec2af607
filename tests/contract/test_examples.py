"""Every example of protocol.md, as a reader sees it there, against the models."""

from __future__ import annotations

import json

import pytest
from pydantic import BaseModel

from agentls.protocol.event import Envelope
from agentls.protocol.reading import read_params
from agentls.protocol.registry import NOTIFICATIONS, REQUESTS
from tests.contract.page import Example, examples


def dumped(model: BaseModel, *, exclude_unset: bool = False) -> object:
    return json.loads(model.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=exclude_unset))


def test_every_method_has_its_examples() -> None:
    wanted = [(method, part) for method in REQUESTS for part in ("params", "result")]
    wanted += [(method, "params") for method in NOTIFICATIONS]
    assert [(example.method, example.part) for example in examples()] == wanted


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"{example.method} {example.part}")
def test_an_example_comes_back_as_it_is(example: Example) -> None:
    value = json.loads(example.text)
    if example.method in NOTIFICATIONS:
        row = NOTIFICATIONS[example.method]
        envelope = dumped(Envelope.model_validate(value)) if row.in_task else {}
        assert isinstance(envelope, dict)
        payload = dumped(row.params.model_validate(value, by_alias=True, by_name=False))
        assert isinstance(payload, dict)
        assert {**envelope, **payload} == value
        assert not envelope or ("part" in envelope) is not row.stored
    elif example.part == "result":
        result = REQUESTS[example.method].result.model_validate(value, by_alias=True, by_name=False)
        assert dumped(result) == value
    else:
        params = read_params(REQUESTS[example.method].params, value)
        assert dumped(params, exclude_unset=True) == value

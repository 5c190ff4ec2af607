"""Arguments that are settled can be read again by anybody, strictly."""

from __future__ import annotations

import json

import pytest

from agentls.chat.arguments import ArgumentFields
from agentls.chat.settle import Settled, Unsettled, settle


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('{"a":"x\ny"}', {"a": "x\ny"}),
        ('{"a":"\\ud800"}', {"a": "\ufffd"}),
        (' {"a": 1e5} ', {"a": 1e5}),
        ('{"a":1}}', {"a": 1}),
        ('{}{"a":1}', {"a": 1}),
    ],
)
def test_what_a_lenient_reader_accepts_is_written_anew_as_strict_json(text: str, arguments: object) -> None:
    settled = settle(text, None)

    assert isinstance(settled, Settled)
    assert (settled.arguments, json.loads(settled.raw)) == (arguments, arguments)


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
def test_a_number_that_is_none_is_refused(number: str) -> None:
    text = f'{{"a": {{"b": {number}}}}}'

    assert isinstance(settle(text, None), Unsettled)
    assert all(field.value is None for field in ArgumentFields().feed(text))

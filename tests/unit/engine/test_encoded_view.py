"""Encoding a conversation once."""

from __future__ import annotations

import json

from agentls.chat.dialect import DEFAULT, Dialect
from agentls.engine.encoded_view import EncodedView
from tests.unit.conversation.build import Story


def _story(replies: int) -> Story:
    story = Story().turn()
    for number in range(replies):
        story.request(f"req_{number}").calls(f"call_{number}").replied(f"req_{number}").result(f"call_{number}")
    return story


def test_growing_step_by_step_equals_encoding_afresh() -> None:
    view = EncodedView()
    records = _story(6).records
    for end in range(1, len(records) + 1):
        story = Story()
        story.records = records[:end]
        items = story.state.items

        assert view.messages(items, DEFAULT) == EncodedView().messages(items, DEFAULT)


def test_what_was_encoded_is_not_encoded_again() -> None:
    view = EncodedView()
    items = _story(5).state.items
    before = view.messages(items, DEFAULT)
    after = view.messages(items, DEFAULT)

    assert all(one is other for one, other in zip(before, after, strict=True))


def test_another_dialect_is_encoded_anew() -> None:
    view = EncodedView()
    items = _story(1).state.items
    view.messages(items, DEFAULT)
    nine = [json.loads(message) for message in view.messages(items, Dialect(call_id_rule="nine"))]

    call_id = nine[1]["tool_calls"][0]["id"]
    assert len(call_id) == 9
    assert call_id.isalnum()
    assert nine[2]["tool_call_id"] == call_id


def test_ids_that_a_provider_repeats_are_told_apart() -> None:
    story = Story().turn()
    for number in range(2):
        story.request(f"req_{number}").calls("call_0" if number == 0 else "call_1").replied(f"req_{number}")
        story.result("call_0" if number == 0 else "call_1")
    for record in story.records:
        if hasattr(record.event, "provider_call_id"):
            object.__setattr__(record.event, "provider_call_id", "0")
    sent = [json.loads(message) for message in EncodedView().messages(story.state.items, DEFAULT)]

    ids = [message["tool_calls"][0]["id"] for message in sent if "tool_calls" in message]
    assert len(set(ids)) == 2
    assert [message["tool_call_id"] for message in sent if message["role"] == "tool"] == ids

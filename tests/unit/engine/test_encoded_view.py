"""Encoding a conversation once."""

from __future__ import annotations

import json

import pytest

from agentls.chat.dialect import DEFAULT, Dialect
from agentls.chat.message import ImagePart, SystemMessage
from agentls.chat.presets import PRESETS
from agentls.chat.request import RequestOptions, encode_message, encode_request
from agentls.engine.encoded_view import EncodedView
from agentls.protocol import events as e
from agentls.protocol.values import Content, ImageBlock, ImageContent, TextContent
from agentls.world.scripted.strict import refuse_messages
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


class _Pictures:
    """Every ref is an image."""

    are_taken = True

    def show(self, ref: str, mime_type: str) -> ImagePart | str:
        return ImagePart(mime_type, ref)


def _with_images() -> Story:
    """A prompt with an image, two calls of which the second brings one, and a prompt right after their results."""
    story = Story().turn(text="Look").request().calls("call_1").calls("call_2", index=1).replied()
    image = ImageContent(ref="two", mime_type="image/png")
    content: list[Content] = [TextContent(text="seen"), image]
    story.result("call_1")
    story.add(e.ToolResult(call_id="call_2", name="read_file", status="ok", content=content, duration_ms=1))
    block = ImageBlock(ref="three", mime_type="image/gif")
    return story.add(e.Prompt(prompt_id="p2", content=[block], source="steer", state="delivered"))


@pytest.mark.parametrize(
    "dialect",
    dict.fromkeys([*PRESETS.values(), Dialect(merge_same_role=True, bridge_tool_to_user=True, system_role="user")]),
)
def test_images_stand_in_user_messages_only_in_every_dialect(dialect: Dialect) -> None:
    encoded = EncodedView(images=_Pictures()).messages(_with_images().state.items, dialect)
    system = encode_message(SystemMessage("Be brief."), dialect)
    body = encode_request(model="m", messages=[system, *encoded], tools=None, options=RequestOptions(), dialect=dialect)
    messages = json.loads(body)["messages"]

    assert refuse_messages(messages) is None
    urls = [
        part["image_url"]["url"]
        for message in messages
        if message["role"] == "user" and isinstance(message["content"], list)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    assert urls == ["data:image/png;base64,two", "data:image/gif;base64,three"]


def test_images_follow_the_last_result_of_the_group() -> None:
    view = EncodedView(images=_Pictures())
    sent = [json.loads(each) for each in view.messages(_with_images().state.items, DEFAULT)]

    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool", "user", "user"]
    assert [part["type"] for part in sent[4]["content"]] == ["text", "image_url"]
    assert sent[4]["content"][0]["text"] == "[The image of tool result 2 above:]"
    assert view.image_bytes == len("two") + len("three")
    view.messages(_with_images().state.items, Dialect(send_images=False))
    assert view.image_bytes == 0

"""What the model is sent."""

from __future__ import annotations

import pytest

from agentls.chat.message import AssistantMessage, CallMessage, ImagePart, TextPart, ToolMessage, UserMessage
from agentls.chat.schema.tool_name import tool_name_problem
from agentls.conversation.state import Call, CallResult, PromptItem, Reply
from agentls.conversation.view import image_refs, is_settled, messages_of
from agentls.protocol import events as e
from agentls.protocol.documents import DiagnosticItem, DocumentPosition, DocumentRange
from agentls.protocol.values import (
    Content,
    DiagnosticsBlock,
    FileBlock,
    ImageBlock,
    ImageContent,
    TextBlock,
    TextContent,
)
from tests.unit.conversation.build import Story


def _shown(ref: str, mime_type: str) -> ImagePart | str:
    return "not sent: its file is gone" if ref == "gone" else ImagePart(mime_type, ref)


def _messages(story: Story) -> list[object]:
    return [message for item in story.state.items for message in messages_of(item)]


def test_a_prompt_and_an_answer_with_calls_and_results() -> None:
    story = Story().turn().request().says("Looking.").calls("call_1").calls("call_2", index=1).replied()
    story.result("call_1", "one").result("call_2", "two")

    assert _messages(story) == [
        UserMessage((TextPart("Fix it"),)),
        AssistantMessage(
            "Looking.",
            calls=(
                CallMessage("p_call_1", "read_file", '{"path":"a"}'),
                CallMessage("p_call_2", "read_file", '{"path":"a"}'),
            ),
        ),
        ToolMessage("p_call_1", "one"),
        ToolMessage("p_call_2", "two"),
    ]


def test_every_call_has_a_result_even_before_it_ran() -> None:
    story = Story().turn().request().calls("call_1").replied()

    assert _messages(story)[-1] == ToolMessage("p_call_1", "Not run.")
    assert not is_settled(story.state.items[-1])


def test_a_malformed_call_goes_back_with_an_empty_object_and_what_was_wrong() -> None:
    story = Story().turn().request().calls("call_1", arguments=None)
    story.result("call_1", "Not run: bad JSON", "invalid").replied()

    assert _messages(story)[1:] == [
        AssistantMessage("", calls=(CallMessage("p_call_1", "read_file", "{}"),)),
        ToolMessage("p_call_1", "Not run: bad JSON"),
    ]


def test_a_call_that_was_cut_off_is_left_out() -> None:
    story = Story().turn().request().says("Wait").calls("call_1", arguments=None)
    story.result("call_1", "cancelled", "cancelled").replied()

    assert _messages(story)[1:] == [AssistantMessage("Wait")]


def test_what_the_user_attached_is_named_relative_to_the_workspace() -> None:
    place = DocumentRange(start=DocumentPosition(line=2, character=0), end=DocumentPosition(line=8, character=0))
    item = PromptItem(
        "p",
        "t",
        (
            FileBlock(uri="file:///w/src/a%20b.py", range=place),
            ImageBlock(ref="image:1", mime_type="image/png"),
            ImageBlock(uri="file:///w/a%20b.png", ref="image:2", mime_type="image/jpeg"),
            DiagnosticsBlock(
                uri="file:///w/src/c.py",
                items=[DiagnosticItem(range=place, message="unused", severity=2, source="ruff", code="F401")],
            ),
        ),
    )

    assert messages_of(item, "file:///w", _shown) == (
        UserMessage(
            (
                TextPart("[The user points at the file src/a b.py, lines 3-9.]"),
                ImagePart("image/png", "image:1"),
                TextPart("[The user attached the image a b.png:]"),
                ImagePart("image/jpeg", "image:2"),
                TextPart("The editor reports:\nsrc/c.py:3: warning: unused (ruff F401)"),
            )
        ),
    )


def test_images_that_are_not_sent_are_told_in_words() -> None:
    item = PromptItem(
        "p",
        "t",
        (ImageBlock(ref="image:1", mime_type="image/png"), ImageBlock(uri="file:///w/a.png", mime_type="image/png")),
    )

    assert messages_of(item, "file:///w") == (
        UserMessage(
            (
                TextPart("[The user attached an image, not sent: this model takes no images.]"),
                TextPart("[The user attached the image a.png, not kept.]"),
            )
        ),
    )
    assert image_refs(item) == ("image:1",)
    assert image_refs(PromptItem("p", "t", (TextBlock(text="Go"),))) == ()


def test_the_images_of_a_result_go_with_it_and_one_that_is_gone_is_told() -> None:
    story = Story().turn().request().calls("call_1").replied()
    content: list[Content] = [
        TextContent(text="two"),
        *(ImageContent(ref=ref, mime_type="image/png") for ref in ("image:1", "gone")),
    ]
    story.add(e.ToolResult(call_id="call_1", name="read_file", status="ok", content=content, duration_ms=1))
    reply = story.state.items[-1]

    assert messages_of(reply, None, _shown)[1:] == (
        ToolMessage(
            "p_call_1", "two\n[The image is not sent: its file is gone.]", (ImagePart("image/png", "image:1"),)
        ),
    )
    assert messages_of(reply)[1:] == (
        ToolMessage("p_call_1", "two" + "\n[The image is not sent: this model takes no images.]" * 2),
    )
    assert image_refs(reply) == ("image:1", "gone")


def test_what_only_one_model_understands_is_not_told_to_one_that_nobody_named() -> None:
    extra = {"extra_content": {"google": {"thought_signature": "s"}}}
    call = Call("call_1", 0, "read_file", "p1", "{}", extra, result=CallResult("ok", "done"))

    def replayed(came_from: str | None, asked: str | None) -> object:
        said = messages_of(Reply("r", "t", calls=(call,), spoken_to=came_from), spoken_to=asked)[0]
        assert isinstance(said, AssistantMessage)
        return said.calls[0].extra

    assert [replayed("a", "a"), replayed("a", "b"), replayed(None, "a"), replayed("a", None)] == [
        extra,
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("read_file", "read_file"),
        ("functions.read file", "functions_read_file"),
        ("_x", "tool__x"),
        ("1", "tool_1"),
        ("", "unknown"),
        ("é" * 99, "tool_" + "_" * 59),
        ("<|x|>", "tool___x__"),
    ],
)
def test_a_name_that_the_model_made_up_goes_back_as_every_endpoint_takes_it(name: str, sent: str) -> None:
    said = messages_of(Reply("r", "t", calls=(Call("call_1", 0, name, None, "{}"),)))[0]

    assert isinstance(said, AssistantMessage)
    assert said.calls[0].name == sent
    assert tool_name_problem(sent) is None

"""What the model is sent."""

from __future__ import annotations

from agentls.chat.message import AssistantMessage, CallMessage, ImagePart, TextPart, ToolMessage, UserMessage
from agentls.conversation.state import PromptItem
from agentls.conversation.view import is_settled, messages_of
from agentls.protocol.documents import DiagnosticItem, DocumentPosition, DocumentRange
from agentls.protocol.values import DiagnosticsBlock, FileBlock, ImageBlock
from tests.unit.conversation.build import Story


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
            ImageBlock(data="aGk=", mime_type="image/png"),
            DiagnosticsBlock(
                uri="file:///w/src/c.py",
                items=[DiagnosticItem(range=place, message="unused", severity=2, source="ruff", code="F401")],
            ),
        ),
    )

    assert messages_of(item, "file:///w") == (
        UserMessage(
            (
                TextPart("[The user points at the file src/a b.py, lines 3-9.]"),
                ImagePart("image/png", "aGk="),
                TextPart("The editor reports:\nsrc/c.py:3: warning: unused (ruff F401)"),
            )
        ),
    )

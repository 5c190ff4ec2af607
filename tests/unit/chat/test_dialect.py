"""What a dialect says of itself."""

import pytest

from agentls.chat.dialect import DEFAULT, Dialect, differences


def test_the_default_differs_in_nothing() -> None:
    assert differences(DEFAULT) == []


def test_every_difference_is_a_sentence() -> None:
    dialect = Dialect(
        max_tokens_param=None,
        send_stream_options=False,
        send_temperature=False,
        send_reasoning_effort=False,
        tool_choice="auto",
        required_word="any",
        streaming="always",
        system_role="user",
        merge_same_role=True,
        bridge_tool_to_user=True,
        empty_content="omit",
        call_id_rule="nine",
        name_tool_results=True,
        send_images=False,
        replay_reasoning="reasoning_content",
        fill_reasoning=True,
        replayed_keys=frozenset(),
        fill_signatures=True,
        cache_marks="never",
        schema_form="plain",
        schema_refused=frozenset({"oneOf", "const"}),
        null_form="nullable",
        max_tools=128,
        dropped=frozenset({"seed", "temperature"}),
    )
    assert differences(dialect) == [
        "The output limit is not sent.",
        "reasoning_effort is not sent.",
        "seed is not sent.",
        "stream_options is not sent.",
        "temperature is not sent.",
        "Answers are always streamed.",
        "The instructions open the first user message.",
        "Messages of one role that follow each other are joined.",
        "An assistant message is put between tool results and prompts.",
        "A message of calls only has no content.",
        "Tool call ids are sent as nine letters and digits.",
        "Tool results carry the name of their tool.",
        "Images are left out.",
        "Earlier reasoning is sent back as reasoning_content.",
        "A message without reasoning has a blank one.",
        "Keys that the provider adds to messages are not sent back.",
        "Calls without a thought signature are marked as such.",
        "Cache marks are not sent.",
        "Tool schemas are sent in a plain form, without references and rare keywords.",
        "Tool schemas are sent without const, oneOf.",
        "A value that may be null is written in tool schemas as nullable: true.",
        "A tool call cannot be forced; tool_choice is auto.",
        'The word for "call some tool" is any.',
        "At most 128 tools are sent.",
    ]


@pytest.mark.parametrize(
    ("dialect", "plain", "with_tools"),
    [
        (DEFAULT, (True, False), (True, False)),
        (Dialect(streaming="always"), (True, True), (True, True)),
        (Dialect(streaming="never"), (False, False), (False, False)),
        (Dialect(stream_with_tools=False), (True, False), (False, False)),
        (Dialect(streaming="always", stream_with_tools=False), (True, True), (True, True)),
    ],
)
def test_the_dialect_knows_better_than_the_user_what_can_be_streamed(
    dialect: Dialect, plain: tuple[bool, bool], with_tools: tuple[bool, bool]
) -> None:
    assert tuple(dialect.streams(asked, with_tools=False) for asked in (True, False)) == plain
    assert tuple(dialect.streams(asked, with_tools=True) for asked in (True, False)) == with_tools

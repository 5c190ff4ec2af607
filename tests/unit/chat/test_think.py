"""A <think> block at the start of an answer is reasoning, where that is asked for."""

import itertools

import pytest

from agentls.chat.events import Finished
from agentls.chat.stream import ChatStream
from agentls.chat.think import ThinkSplitter, ThinkTags
from tests.unit.chat.told import Told, fold


def split(*pieces: str, is_opened: bool = False) -> tuple[str, str]:
    splitter = ThinkSplitter(is_opened=is_opened)
    parts = [part for piece in pieces for part in splitter.feed(piece)] + splitter.close()
    return "".join(text for yes, text in parts if yes), "".join(text for yes, text in parts if not yes)


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("<think>hm</think>\n\nyes", "hm", "yes"),
        ("\n<think>a < b </thin k</think>yes <think> no", "a < b </thin k", "yes <think> no"),
        ("plain <think>x</think>", "", "plain <think>x</think>"),
        ("<think>never closed </th", "never closed </th", ""),
        ("<thin", "", "<thin"),
        ("<thinking>hm</think></thinking>\r\nyes", "hm</think>", "yes"),
        ("<seed:think>hm</seed:think>yes", "hm", "yes"),
        ("<think>", "", ""),
        ("<thinks>x", "", "<thinks>x"),
        ("", "", ""),
    ],
)
def test_any_split_gives_the_same_parts(text: str, reasoning: str, answer: str) -> None:
    assert split(text) == (reasoning, answer)
    assert split(*text) == (reasoning, answer)
    for first, second in itertools.combinations(range(len(text)), 2):
        assert split(text[:first], text[first:second], text[second:]) == (reasoning, answer)


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("hm\n</think>\n\nyes", "hm\n", "yes"),
        ("</think>yes", "", "yes"),
        ("<think>hm</think>yes", "hm", "yes"),
        ("hm </thin> </think>yes </think> no", "hm </thin> ", "yes </think> no"),
        ("never closed </thi", "never closed </thi", ""),
        (" <th", " <th", ""),
        ("", "", ""),
    ],
)
def test_where_the_template_opened_the_block_the_answer_begins_inside(text: str, reasoning: str, answer: str) -> None:
    assert split(text, is_opened=True) == (reasoning, answer)
    assert split(*text, is_opened=True) == (reasoning, answer)
    for first, second in itertools.combinations(range(len(text)), 2):
        assert split(text[:first], text[first:second], text[second:], is_opened=True) == (reasoning, answer)


@pytest.mark.parametrize("blanks", [4000, 4096, 4097, 9000])
def test_many_blanks_before_a_tag_are_the_same_however_they_come(blanks: int) -> None:
    text = " " * blanks + "<think>a</think>b"
    whole = split(text)
    assert whole == (("a", "b") if blanks <= 4096 else ("", text))
    assert split(*text) == whole


def told(think_tags: ThinkTags, *deltas: str) -> Told:
    stream = ChatStream(think_tags=think_tags)
    body = "".join(f'data: {{"choices":[{{"delta":{delta}}}]}}\n\n' for delta in deltas) + "data: [DONE]\n\n"
    return fold([*stream.feed(body.encode()), *stream.close()])


@pytest.mark.parametrize(
    ("think_tags", "reasoning", "text"),
    [("off", "", "<think>a</think>b"), ("tagged", "a", "b"), ("opened", "a", "b")],
)
def test_a_stream_splits_as_the_profile_says(think_tags: ThinkTags, reasoning: str, text: str) -> None:
    one = told(think_tags, '{"content":"<thi"}', '{"content":"nk>a</"}', '{"content":"think>b"}')
    assert (one.reasoning, one.text, one.finished) == (reasoning, text, Finished("stop", True))


def test_reasoning_in_its_own_field_means_that_the_answer_is_the_answer() -> None:
    one = told("opened", '{"reasoning_content":"hm"}', '{"content":"yes"}')
    assert (one.reasoning, one.text) == ("hm", "yes")


def test_a_call_inside_an_open_block_is_a_call() -> None:
    call = '{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}'
    one = told("opened", '{"content":"hm"}', call)
    assert (one.reasoning, one.text, [each.name for each in one.calls]) == ("hm", "", ["f"])

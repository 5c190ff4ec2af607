"""A <think> block at the start of an answer is reasoning, where that is asked for."""

import itertools

import pytest

from agentls.chat.think import ThinkSplitter


def split(*pieces: str) -> tuple[str, str]:
    splitter = ThinkSplitter()
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
        ("", "", ""),
    ],
)
def test_any_split_gives_the_same_parts(text: str, reasoning: str, answer: str) -> None:
    assert split(text) == (reasoning, answer)
    assert split(*text) == (reasoning, answer)
    for first, second in itertools.combinations(range(len(text)), 2):
        assert split(text[:first], text[first:second], text[second:]) == (reasoning, answer)

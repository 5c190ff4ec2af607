"""One answer, told in the ways of all servers, is always the same answer."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.property.server_style import Answer, Style, answers, possible, styles
from tests.property.server_styles import expected, render
from tests.unit.chat.told import Told, tell


def come_to(told: Told) -> dict:
    if told.failed is not None:
        return {"failure": told.failed.failure.code}
    assert told.finished is not None
    return {
        "reasoning": told.reasoning,
        "text": told.text,
        "calls": [(call.id, call.name, call.arguments) for call in told.calls],
        "reason": told.finished.reason,
        "usage": told.usage,
    }


@settings(deadline=None, max_examples=1500)
@given(answers(), styles, st.integers(0, 2**32))
def test_every_style_of_telling_an_answer_comes_to_that_answer(answer: Answer, style: Style, seed: int) -> None:
    chance = random.Random(seed)
    style = possible(answer, style)
    body = render(answer, style, chance)
    assert come_to(tell(body)) == expected(answer, style)
    cuts = sorted(chance.choices(range(len(body) + 1), k=chance.choice((1, 5, 50))))
    assert come_to(tell(body, cuts)) == expected(answer, style)


@settings(deadline=None, max_examples=300)
@given(answers(), styles, st.integers(0, 2**32))
def test_no_style_completes_a_call_early_that_is_another_when_whole(answer: Answer, style: Style, seed: int) -> None:
    chance = random.Random(seed)
    style = possible(answer, style)
    if style.finish == "before the last call":
        return  # without an end mark, nobody could know that a call follows the finish reason
    body = render(answer, style, chance)
    whole = [(call.id, call.name, call.arguments) for call in tell(body).calls]
    for _ in range(5):
        for place, call in enumerate(tell(body[: chance.randrange(len(body) + 1)]).calls):
            assert call.arguments is None or (call.id, call.name, call.arguments) == whole[place]

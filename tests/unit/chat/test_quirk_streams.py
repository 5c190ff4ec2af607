"""One small stream per quirk, named after it, with what a right client comes to; cut at every offset."""

import json
from pathlib import Path

import pytest

from tests.unit.chat.told import Told, apply, tell

STREAMS = Path(__file__).parents[2] / "fixtures" / "streams"
REPAIRED = ("B7-null", "B8", "B12")
"""What only the end makes readable: the fields told before it are not the object."""
TOOLS = {"A17-": ("read_file", "find"), "A18-": ("read_file", "find")}
"""What was sent along with the request, where the quirk is one of names; elsewhere the stream stands for itself."""
NAMES = sorted(path.stem for path in STREAMS.glob("*.sse"))


def body_of(name: str) -> bytes:
    return (STREAMS / f"{name}.sse").read_bytes()


def tools_of(name: str) -> tuple[str, ...]:
    return next((tools for quirk, tools in TOOLS.items() if name.startswith(quirk)), ())


def seen(told: Told) -> dict:
    """What was told, in the words of the fixtures."""
    shown = {
        "text": told.text,
        "reasoning": told.reasoning,
        "refusal": told.refusal,
        "calls": [{"id": call.id, "name": call.name, "arguments": call.arguments} for call in told.calls],
        "finish": told.finished.reason if told.finished else None,
        "inferred": told.finished.inferred if told.finished else False,
        "usage": told.usage,
        "failure": told.failed.failure.code if told.failed else None,
    }
    return shown if told.extra is None else {**shown, "extra": told.extra}


def test_there_is_a_stream_for_every_quirk_that_a_stream_can_show() -> None:
    # The transport (D22 on) has tests of its own, and so has what is read in the text (E16 to E18) or sent (E25).
    elsewhere = {"D22", "D23", "D24", "D25", "D29", "D30", "E16", "E17", "E18", "E25"}
    last = {"A": 23, "B": 15, "C": 17, "D": 30, "E": 27}
    every = {f"{section}{number}" for section, count in last.items() for number in range(1, count + 1)}
    assert every - {name.partition("-")[0] for name in NAMES} == elsewhere
    assert len(NAMES) > 170


@pytest.mark.parametrize("name", NAMES)
def test_a_quirk_gives_what_is_meant(name: str) -> None:
    told = tell(body_of(name), (), tools_of(name))
    assert seen(told) == json.loads((STREAMS / f"{name}.json").read_text(encoding="utf-8"))
    for call in told.calls:
        if call.arguments is not None and not name.startswith(REPAIRED):
            assert apply(call.fields) == call.arguments


@pytest.mark.parametrize("name", NAMES)
def test_any_split_gives_the_same_events(name: str) -> None:
    body, tools = body_of(name), tools_of(name)
    whole = tell(body, (), tools)
    assert tell(body, range(1, len(body)), tools) == whole
    for cut in range(1, len(body)):
        assert tell(body, [cut], tools) == whole


@pytest.mark.parametrize("name", NAMES)
def test_a_cut_stream_never_completes_a_call_that_the_whole_one_does_not(name: str) -> None:
    body, tools = body_of(name), tools_of(name)
    whole = [call.arguments for call in tell(body, (), tools).calls]
    for cut in range(len(body)):
        for index, call in enumerate(tell(body[:cut], (), tools).calls):
            assert call.arguments is None or call.arguments == whole[index]

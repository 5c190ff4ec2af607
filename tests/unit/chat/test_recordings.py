"""Recorded streams and error bodies of real providers, where they are at hand: whole, split, framed anew and cut."""

import copy
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentls.chat.events import StreamEvent
from agentls.chat.stream import ChatStream
from tests.unit.chat.recordings import (
    Recording,
    error_verdict,
    errors,
    find_recordings,
    public,
    real_servers,
    verdict,
)
from tests.unit.chat.told import Told, fold, tell

FOLDER = find_recordings()
PUBLIC = public(FOLDER)
BODIES = PUBLIC + real_servers(FOLDER)
ERRORS = errors(FOLDER)
SPLITS = 64
MOST_SINGLE_BYTES = 120_000
"""Bodies up to this size are also fed byte by byte."""
KEEP_ALIVES = (b": keep-alive", b":", b": ping - 2026-11-22", b"data: : PROCESSING", b"", b"event: ping\ndata: {}")

if os.environ.get("CI") == "true":

    def test_ci_has_the_recordings() -> None:
        assert PUBLIC, "the recorded streams are not beside the project; set AGENTLS_STREAMS"
        assert ERRORS


def name_of(recording: Recording) -> str:
    return recording.name


def cuts_of(body: bytes, chance: random.Random) -> list[int]:
    """A random split: from two pieces to some hundred."""
    return sorted(chance.choices(range(len(body) + 1), k=min(len(body), chance.choice((1, 2, 7, 30, 120)))))


def framings(body: bytes, chance: random.Random) -> dict[str, bytes]:
    """The same stream with other line ends, and with comments between its events."""
    lines = body.replace(b"\r\n", b"\n")
    if not lines.lstrip().startswith((b"data", b"event", b":")):
        return {"as it is": body}
    events = lines.split(b"\n\n")
    commented = b"\n\n".join(
        piece for event in events for piece in (event, chance.choice(KEEP_ALIVES)) if event.strip() or piece
    )
    return {
        "LF": lines,
        "CRLF": lines.replace(b"\n", b"\r\n"),
        "CR": lines.replace(b"\n", b"\r"),
        "comments": commented,
        "comments, CRLF": commented.replace(b"\n", b"\r\n"),
    }


def boundaries(body: bytes) -> list[int]:
    """The offset behind every event."""
    ends = [at + 2 for at in range(len(body)) if body.startswith((b"\n\n", b"\r\r"), at)]
    return ends + [at + 4 for at in range(len(body)) if body.startswith(b"\r\n\r\n", at)]


def truncations(body: bytes, cuts: list[int]) -> Iterator[Told]:
    """What is told when the body ends at each of these offsets: one stream is fed, and a copy of it is closed."""
    stream = ChatStream()
    events: list[StreamEvent] = []
    start = 0
    for cut in sorted(cuts):
        events += stream.feed(body[start:cut])
        start = cut
        twin = copy.deepcopy(stream)
        yield fold([*events, *twin.close()])


def holds(told: Told, whole: Told) -> None:
    """No call is completed that the whole stream does not have, just so."""
    for index, call in enumerate(told.calls):
        if call.arguments is not None:
            same = whole.calls[index]
            assert (call.id, call.name, call.arguments) == (same.id, same.name, same.arguments)


if PUBLIC:

    @pytest.mark.parametrize("recording", PUBLIC, ids=name_of)
    def test_a_recording_gives_what_was_recorded(recording: Recording) -> None:
        assert verdict(recording) == []

    @pytest.mark.parametrize("recording", BODIES, ids=name_of)
    def test_a_recording_is_the_same_however_it_is_split_and_framed(recording: Recording) -> None:
        chance = random.Random(recording.name)
        body = recording.body
        whole = tell(body)
        for framing, framed in framings(body, chance).items():
            for _ in range(SPLITS):
                cuts = cuts_of(framed, chance)
                assert tell(framed, cuts) == whole, (framing, cuts)
        if len(body) <= MOST_SINGLE_BYTES:
            assert tell(body, range(1, len(body))) == whole

    @pytest.mark.parametrize("recording", BODIES, ids=name_of)
    def test_a_cut_recording_completes_no_call_that_the_whole_one_does_not(recording: Recording) -> None:
        chance = random.Random(recording.name)
        body = recording.body
        whole = tell(body)
        for told in truncations(body, boundaries(body)):
            holds(told, whole)
        for cut in chance.choices(range(len(body) + 1), k=64):
            holds(tell(body[:cut]), whole)

    @pytest.mark.parametrize("recording", BODIES[::17], ids=name_of)
    def test_closing_a_copy_is_ending_there(recording: Recording) -> None:
        body = recording.body
        cuts = boundaries(body)[::29]
        assert list(truncations(body, cuts)) == [tell(body[:cut]) for cut in sorted(cuts)]

    @pytest.mark.parametrize("recording", BODIES[::5], ids=name_of)
    def test_a_damaged_recording_has_one_end_however_it_is_split(recording: Recording) -> None:
        chance = random.Random(recording.name)
        for _ in range(8):
            body = bytearray(recording.body[: chance.randrange(4000) + 1])
            for _ in range(chance.choice((1, 3, 20))):
                if body:
                    body[chance.randrange(len(body))] ^= 1 << chance.randrange(8)
            assert tell(bytes(body), cuts_of(bytes(body), chance)) == tell(bytes(body))


if ERRORS:

    @pytest.mark.parametrize("path", ERRORS, ids=lambda path: path.stem)
    def test_a_recorded_error_has_its_name(path: Path) -> None:
        assert error_verdict(path) == []

"""Recorded streams and error bodies of real providers, where they are at hand: whole, split, framed anew and cut."""

import copy
import json
import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentls.chat.events import StreamEvent
from agentls.chat.failure import classify_stream_error
from agentls.chat.stream import ChatStream
from tests.unit.chat.plain_reading import plain_reading
from tests.unit.chat.recordings import (
    ROOT,
    Recording,
    classified,
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
ERRORS = errors(FOLDER)
RECORDED = json.loads((ROOT / "tests" / "fixtures" / "errors" / "recorded.json").read_text(encoding="utf-8"))
"""By name of a recorded error: its exact code, and where the advice is worded for the server, a word of it."""
REAL = real_servers(FOLDER)
BODIES = PUBLIC + REAL
SPLITS = 64
MOST_SINGLE_BYTES = 120_000
"""Bodies up to this size are also fed byte by byte."""
COUNTS = {
    "auth": 15,
    "badRequest": 38,
    "contentFilter": 2,
    "contextLength": 6,
    "endpointNotFound": 2,
    "modelNotFound": 17,
    "overloaded": 2,
    "quota": 4,
    "rateLimit": 4,
    "server": 5,
    "timeout": 1,
    "toolCallRejected": 3,
    "toolsUnsupported": 9,
}
"""How many recorded errors mean what."""
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


if REAL:

    @pytest.mark.parametrize("recording", REAL, ids=name_of)
    def test_a_real_server_is_understood_as_its_chunks_say(recording: Recording) -> None:
        told = tell(recording.body)
        finish = told.finished.reason if told.finished and not told.finished.inferred else None
        calls = [(call.id, call.name, call.text) for call in told.calls]
        plain = plain_reading(recording.body)
        assert (told.text, calls, finish, told.usage) == plain
        assert [call.arguments for call in told.calls] == [json.loads(text, strict=False) for _, _, text in plain[1]]


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

    @pytest.mark.parametrize("path", [path for path in ERRORS if path.stem in RECORDED], ids=lambda path: path.stem)
    def test_a_recorded_error_has_just_this_code_and_the_word_for_its_server(path: Path) -> None:
        failure, _ = classified(path)
        row = RECORDED[path.stem]
        said = {"says": row["says"]} if row.get("says", "") in failure.advice and "says" in row else {}
        assert {"code": failure.code, **said} == row, failure.advice

    @pytest.mark.parametrize("path", [path for path in ERRORS if path.stem in RECORDED], ids=lambda path: path.stem)
    def test_a_recorded_error_has_the_same_code_inside_a_stream_where_no_status_says_it(path: Path) -> None:
        body = json.loads(path.read_text(encoding="utf-8"))["body"]
        assert classify_stream_error(body).code == RECORDED[path.stem]["code"]


def test_every_category_of_recorded_errors_has_its_rows() -> None:
    assert Counter(row["code"] for row in RECORDED.values()) == COUNTS

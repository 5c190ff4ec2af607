"""The plan of a check: which steps there are, from which level on, and what needs what."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import get_args

import pytest

from agentls.engine.check.picture import SIDE, red_picture
from agentls.engine.check.plan import LEVELS, STEPS, steps_of
from agentls.protocol.check import CheckLevel, CheckStepId
from agentls.terminal.check import LEVELS as LEVELS_OFFERED
from agentls.terminal.check_table import UNDER_WAY


def test_the_plan_has_every_step_of_the_protocol_in_its_order() -> None:
    assert tuple(step.id for step in STEPS) == get_args(CheckStepId)
    assert get_args(CheckLevel) == LEVELS


def test_the_terminal_knows_every_step_and_level() -> None:
    assert tuple(UNDER_WAY) == get_args(CheckStepId)
    assert get_args(CheckLevel) == LEVELS_OFFERED


@pytest.mark.parametrize(
    ("level", "last"),
    [("reach", "key"), ("model", "streaming"), ("tools", "toolResult"), ("full", "contextWindow")],
)
def test_each_level_adds_steps_to_the_one_before(level: CheckLevel, last: str) -> None:
    steps = steps_of(level)
    assert steps == STEPS[: len(steps)]
    assert steps[-1].id == last


def test_a_step_stands_after_the_one_it_needs_and_not_above_its_level() -> None:
    seen: dict[str, CheckLevel] = {}
    for step in STEPS:
        if step.needs is not None:
            assert LEVELS.index(seen[step.needs]) <= LEVELS.index(step.level)
        seen[step.id] = step.level


def test_every_title_fits_its_column() -> None:
    assert max(len(step.title) for step in STEPS) == len("Streamed arguments")


def test_the_picture_is_a_whole_png_of_one_colour() -> None:
    data = base64.b64decode(red_picture())
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    position, chunks = 8, {}
    while position < len(data):
        (size,) = struct.unpack(">I", data[position : position + 4])
        kind, body = data[position + 4 : position + 8], data[position + 8 : position + 8 + size]
        (checksum,) = struct.unpack(">I", data[position + 8 + size : position + 12 + size])
        assert checksum == zlib.crc32(kind + body)
        chunks[kind] = body
        position += 12 + size
    assert struct.unpack(">IIBB", chunks[b"IHDR"][:10]) == (SIDE, SIDE, 8, 2)
    assert zlib.decompress(chunks[b"IDAT"]) == (b"\0" + b"\xff\0\0" * SIDE) * SIDE

"""The first conversation of protocol.md, played against the real server, frame by frame.

Ids are matched one to one, moments and durations are any number, and deltas of one thing count as one text: how it
is cut depends on the moment. Everything else is compared as it stands on the page, the order too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentls.world.scripted import Call, Calls, Script, ScriptedEndpoint, Text, Tokens
from tests.support.peer import SERVER, Peer

PAGE = Path(__file__).resolve().parents[2] / "protocol.md"
FOLDER, ADDRESS, MODEL = "file:///home/me/shop", "http://localhost:11434/v1", "qwen3-coder:30b"
MORE = "…"
MEASURED = {"time", "expiresAt", "durationMs", "firstTokenMs"}
LEFT_OUT = {"jsonrpc", "taskId", "turnId", "time"}
ID = re.compile(r"(?:task|turn|prompt|req|call|appr|msg)_\w+")

Json = dict[str, Any]


def conversation() -> list[tuple[str, str]]:
    """The frames of the page: who sends, and the JSON as it stands there."""
    [block] = re.findall(r"^```transcript\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    told = re.sub(r"^#.*\n", "", block, flags=re.MULTILINE)
    return re.findall(r"^([→←]) (.*?)(?=^[→←] |\Z)", told, re.MULTILINE | re.DOTALL)


def joined(frames: list[Json]) -> Json:
    """Deltas of one thing as one; any other frame is alone."""
    first, *others = frames
    params = first.get("params", {})
    for other in others:
        assert (other["method"], other["params"]["seq"]) == (first["method"], params["seq"])
        params["delta"] += other["params"]["delta"]
        for update in other["params"].get("fields", []):
            same = [field for field in params["fields"] if field["path"] == update["path"]]
            if same:
                same[0]["append"] += update["append"]
            else:
                params["fields"].append(update)
    return first


def is_delta(frame: Json) -> bool:
    return str(frame.get("method", "")).endswith("/delta")


class Comparison:
    """The page's frames against the server's; remembers which id stands for which."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}

    def compare(self, page: Any, real: Any, at: str) -> None:
        match page:
            case dict():
                assert isinstance(real, dict), at
                assert set(page) - {MORE} <= set(real), at
                if MORE not in page:
                    assert set(real) - set(page) <= LEFT_OUT, at
                for key in page.keys() - MEASURED - {MORE}:
                    self.compare(page[key], real[key], f"{at}.{key}")
                assert all(isinstance(real[key], int) for key in page.keys() & MEASURED), at
            case list():
                assert isinstance(real, list), at
                assert len(page) == len(real), at
                for position, (one, other) in enumerate(zip(page, real, strict=True)):
                    self.compare(one, other, f"{at}[{position}]")
            case str() if ID.fullmatch(page):
                assert self.ids.setdefault(page, real) == real, at
                assert list(self.ids.values()).count(real) == 1, at
            case _:
                assert page == real, at

    def with_real_ids(self, text: str) -> str:
        return ID.sub(lambda found: self.ids.get(found.group(), found.group()), text)


def grouped(frames: list[tuple[str, str]]) -> Iterator[tuple[str, str, Json]]:
    """The frames with adjacent deltas of one thing as one."""
    waiting: list[Json] = []
    for sender, text in frames:
        frame = json.loads(text)
        if waiting and not (is_delta(frame) and frame["method"] == waiting[0]["method"]):
            yield "←", "", joined(waiting)
            waiting = []
        if is_delta(frame):
            waiting.append(frame)
        else:
            yield sender, text, frame


def play(peer: Peer, frames: list[tuple[str, str]]) -> None:
    comparison = Comparison()
    for number, (sender, text, page) in enumerate(grouped(frames)):
        if sender == "→":
            peer.send(comparison.with_real_ids(text).encode())
            continue
        real = peer.receive()
        while is_delta(page) and len(real["params"]["delta"]) < len(page["params"]["delta"]):
            real = joined([real, peer.receive()])
        page.get("params", {}).pop("part", None)
        real.get("params", {}).pop("part", None)
        comparison.compare(page, real, f"frame {number} ({page.get('method', 'answer')})")
    assert peer.wait() == 0
    assert peer.rest() == [], "the page shows every frame"


async def test_the_first_conversation_of_the_page_works_frame_by_frame(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shop.mkdir()
    call = Call("write_to_file", {"path": "NOTES.md", "content": "Remember the milk.\n"})
    script = Script(
        [
            Calls([call], usage=Tokens(input=900, output=25)),
            Text(text="I wrote it into NOTES.md.", usage=Tokens(input=950, output=9, cached=896)),
        ]
    )
    async with ScriptedEndpoint(script, models=[MODEL]) as endpoint:
        frames = [
            (sender, text.replace(FOLDER, shop.as_uri()).replace(ADDRESS, endpoint.base_url))
            for sender, text in conversation()
        ]
        with Peer(SERVER, env={"AGENTLS_DATA_DIR": str(tmp_path / "data")}) as peer:
            await asyncio.to_thread(play, peer, frames)
    assert (shop / "NOTES.md").read_text() == "Remember the milk.\n"


@pytest.mark.parametrize(
    ("page", "real"),
    [
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ([1], [1, 2]),
        (["task_1", "task_1"], ["task_x", "task_y"]),
        (["task_1", "task_2"], ["task_x", "task_x"]),
        ({"time": 1}, {"time": "now"}),
    ],
)
def test_the_comparison_finds_what_differs(page: object, real: object) -> None:
    with pytest.raises(AssertionError):
        Comparison().compare(page, real, "here")

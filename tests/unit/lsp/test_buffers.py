"""Edits through the editor: the smallest range, the version, and what came back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentls.lsp import buffers as module
from agentls.lsp.buffers import EditorBuffers
from agentls.lsp.messages import Reply
from agentls.lsp.outgoing import Outgoing
from agentls.lsp.session import read_session
from agentls.world.buffers import Applied, Buffer
from agentls.world.content import text_digest
from agentls.world.paths import Place

OFFERS = {"applyEdit": True, "workspaceEdit": {"documentChanges": True}}


@dataclass
class Doc:
    uri: str
    version: int | None
    source: str


class Desk:
    """An editor in one hand, the buffers in the other."""

    def __init__(self, path: Path, text: str, offers: dict[str, Any] = OFFERS) -> None:
        self.posted: list[bytes] = []
        self.outgoing = Outgoing(self.posted.append)
        self.buffers = EditorBuffers(self.outgoing)
        self.buffers.begin(read_session({"capabilities": {"workspace": offers}}))
        self.path = path.resolve()
        self.document = Doc(self.path.as_uri(), 3, text)
        self.buffers.opened(self.document)
        self.place = Place(path.parent, path.name, self.path, self.path.as_uri(), None, path.name, "file", False)

    async def apply(self, text: str) -> asyncio.Future[Applied | None]:
        work = asyncio.ensure_future(self.buffers.apply(self.place, text, "Edit"))
        for _ in range(5):
            await asyncio.sleep(0)
        return work

    def answer(self, result: Any) -> None:
        self.outgoing.settle(Reply(1, result, None))

    def change(self, text: str) -> None:
        self.document.source = text
        self.buffers.changed()


async def test_an_edit_is_one_versioned_change_of_the_smallest_range(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a", "one\n😋 two\nthree\n")
    work = await desk.apply("one\n😋 2\nthree\n")
    params = json.loads(desk.posted[0])["params"]
    change = {
        "range": {"start": {"line": 1, "character": 3}, "end": {"line": 1, "character": 6}},
        "newText": "2",
    }
    document = {"uri": desk.document.uri, "version": 3}
    assert params == {"label": "Edit", "edit": {"documentChanges": [{"textDocument": document, "edits": [change]}]}}
    desk.answer({"applied": True})
    await asyncio.sleep(0)
    assert not work.done()
    desk.change("one\n😋 2\nthree\n")
    assert await work == Applied(accepted=True, text="one\n😋 2\nthree\n", saved=False)


async def test_an_editor_without_versions_gets_plain_changes(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a", "x", {"applyEdit": True})
    work = await desk.apply("y")
    assert list(json.loads(desk.posted[0])["params"]["edit"]) == ["changes"]
    desk.answer({"applied": False, "failureReason": "read-only"})
    assert await work == Applied(accepted=False, text="x", saved=False, reason="read-only")


@pytest.mark.parametrize("result", [None, {}, {"applied": "yes"}, 5])
async def test_anything_but_applied_is_a_refusal(tmp_path: Path, result: Any) -> None:
    desk = Desk(tmp_path / "a", "x")
    work = await desk.apply("y")
    desk.answer(result)
    assert await work == Applied(accepted=False, text="x", saved=False, reason="the editor refused the edit")


async def test_an_echo_that_never_comes_leaves_the_text_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ECHO_TIMEOUT_S", 0.01)
    desk = Desk(tmp_path / "a", "x")
    work = await desk.apply("y")
    desk.answer({"applied": True})
    assert await work == Applied(accepted=True, text=None, saved=False)


async def test_without_an_offer_or_an_open_document_the_disk_is_written(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a", "x", {})
    assert await desk.buffers.apply(desk.place, "y", "Edit") is None
    offered = Desk(tmp_path / "a", "x")
    offered.buffers.closed(offered.document.uri)
    assert await offered.buffers.apply(offered.place, "y", "Edit") is None
    assert (desk.posted, offered.posted) == ([], [])


async def test_a_buffer_is_dirty_until_it_is_saved(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "a", "x")
    desk.change("y")
    assert desk.buffers.get(desk.path) == Buffer("y", 3, text_digest("x"))
    desk.buffers.saved(desk.document.uri)
    assert desk.buffers.get(desk.path) == Buffer("y", 3, text_digest("y"))
    assert list(desk.buffers.paths()) == [desk.path]
    desk.buffers.opened(Doc("untitled:1", 1, "z"))
    assert list(desk.buffers.paths()) == [desk.path]

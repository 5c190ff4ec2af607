"""Tools at work on documents the editor holds open, and in a second workspace folder."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from agentls.policy.rules import EditAction
from agentls.protocol.events import EditApplied
from agentls.tools.tool import Prepared
from agentls.world.buffers import Applied, Buffer, NoBuffers
from agentls.world.content import text_digest
from agentls.world.files import Workspace
from agentls.world.paths import Place
from tests.unit.tools.bench import Bench


class OpenDocument:
    """An editor with one document; `rewrite` is what its format-on-edit makes of a text."""

    def __init__(self, path: Path, text: str, saved: str, suffix: str = "") -> None:
        self.path, self.text, self.saved, self.suffix = path, text, saved, suffix

    def get(self, absolute: Path) -> Buffer | None:
        return Buffer(self.text, 1, text_digest(self.saved)) if absolute == self.path else None

    def paths(self) -> Collection[Path]:
        return (self.path,)

    async def apply(self, place: Place, new_text: str, label: str) -> Applied | None:
        self.text = new_text + self.suffix
        return Applied(accepted=True, text=self.text, saved=False)


def opened(bench: Bench, document: OpenDocument) -> None:
    bench.desk = replace(bench.desk, workspace=Workspace([bench.root], document))


async def test_unsaved_text_is_what_is_read_and_edited(bench: Bench) -> None:
    file = bench.write("a.py", "saved\n")
    document = OpenDocument(file, "unsaved\n", "saved\n")
    opened(bench, document)

    shown = await bench.call("read_file", path="a.py")
    edited = await bench.call("edit_file", path="a.py", old_string="unsaved", new_string="edited")

    assert (shown.source, shown.text) == (
        "buffer",
        "a.py, lines 1-1 of 1, unsaved text of the editor\n\n1 | unsaved",
    )
    assert edited.effects == (
        EditApplied(call_id="call_1", uri=file.as_uri(), path="a.py", via="applyEdit", saved=False, verified=True),
    )
    assert "not saved yet: commands still see the old file" in edited.text
    assert (document.text, file.read_text()) == ("edited\n", "saved\n")


async def test_a_text_the_editor_changed_further_must_be_read_again(bench: Bench) -> None:
    file = bench.write("a.py", "one\n")
    opened(bench, OpenDocument(file, "one\n", "one\n", suffix="# formatted\n"))
    await bench.call("read_file", path="a.py")

    edited = await bench.call("edit_file", path="a.py", old_string="one", new_string="two")
    again = await bench.call("write_to_file", path="a.py", content="three\n")

    assert "The editor changed the text further: read a.py again" in edited.text
    assert again.status == "error"


async def test_unsaved_text_and_a_change_on_disk_are_a_conflict(bench: Bench) -> None:
    file = bench.write("a.py", "changed on disk\n")
    opened(bench, OpenDocument(file, "unsaved\n", "saved\n"))

    shown = await bench.call("read_file", path="a.py")
    edited = await bench.call("edit_file", path="a.py", old_string="unsaved", new_string="x")

    assert "[Conflict: the editor has unsaved changes" in shown.text
    assert edited.status == "error"
    assert file.read_text() == "changed on disk\n"


async def test_a_second_folder_is_named_by_its_absolute_path(bench: Bench) -> None:
    second = bench.root.parent / "second"
    second.mkdir()
    second = second.resolve()
    (second / "a.py").write_text("x = 1\n")
    bench.desk = replace(bench.desk, workspace=Workspace([bench.root, second], NoBuffers()))
    path = f"{second}/a.py"

    shown = await bench.call("read_file", path=path)
    listed = await bench.call("list_files", path=str(second))
    found = await bench.call("search_files", path=str(second), regex="x")
    prepared = await bench.prepare("edit_file", {"path": path, "old_string": "1", "new_string": "2"})

    assert shown.text.startswith(f"{path}, lines 1-1 of 1")
    assert listed.text.split("\n")[1:] == [path]
    assert f"# {path}" in found.text
    assert isinstance(prepared, Prepared)
    assert prepared.action == EditAction(path=path, relative=path)

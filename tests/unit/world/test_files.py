"""Reading, writing and listing the workspace: styles, races, the editor's buffers, what is never overwritten."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from agentls.world.buffers import Applied, Buffer, NoBuffers
from agentls.world.content import decode, encode, text_digest
from agentls.world.files import (
    FileChanged,
    FileContent,
    FileMissing,
    Listing,
    PathRefused,
    Place,
    Workspace,
    WriteReceipt,
)


class Editor:
    """Buffers as a face would keep them; `answers` decides what an edit comes to."""

    def __init__(self) -> None:
        self.open: dict[Path, Buffer] = {}
        self.edits: list[tuple[str, str, str]] = []
        self.answer: Applied | None = None
        self.echoes = True

    def get(self, absolute: Path) -> Buffer | None:
        return self.open.get(absolute)

    def paths(self) -> Collection[Path]:
        return tuple(self.open)

    async def apply(self, place: Place, new_text: str, label: str) -> Applied | None:
        self.edits.append((place.relative, new_text, label))
        return Applied(accepted=True, text=new_text, saved=False) if self.echoes else self.answer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "w"
    folder.mkdir()
    return folder


@pytest.fixture
def editor() -> Editor:
    return Editor()


@pytest.fixture
def workspace(root: Path, editor: Editor) -> Workspace:
    return Workspace([root], editor)


def on_disk(text: str, size_bytes: int | None = None) -> FileContent:
    return FileContent(
        text=text,
        digest=text_digest(text),
        source="disk",
        encoding="utf-8",
        newline="\n",
        is_binary=False,
        size_bytes=len(text.encode()) if size_bytes is None else size_bytes,
        conflict=False,
        complete=True,
        hard_linked=False,
    )


def names(folder: Path) -> list[str]:
    return [entry.name for entry in folder.iterdir()]


def temporary_files(root: Path) -> list[str]:
    return [entry.name for entry in root.rglob("*.tmp")]


# Reading


async def test_a_text_file_is_read_with_its_digest(workspace: Workspace, root: Path) -> None:
    (root / "a.txt").write_text("one\ntwö\n")
    assert await workspace.read(workspace.resolve("a.txt")) == on_disk("one\ntwö\n")


STYLES = [
    (b"a\nb\n", "utf-8", "\n", "a\nb\n"),
    (b"a\r\nb\r\n", "utf-8", "\r\n", "a\nb\n"),
    (b"a\r\nb\n", "utf-8", "mixed", "a\r\nb\n"),
    (b"a\rb\r\n", "utf-8", "mixed", "a\rb\r\n"),
    (b"", "utf-8", "\n", ""),
    (b"\xef\xbb\xbfa\r\n", "utf-8-bom", "\r\n", "a\n"),
    (b"\xff\xfea\0\n\0", "utf-16-le", "\n", "a\n"),
    (b"\xfe\xff\0a\0\r\0\n", "utf-16-be", "\r\n", "a\n"),
]


@pytest.mark.parametrize(("data", "encoding", "newline", "text"), STYLES)
async def test_a_file_keeps_its_style_when_it_is_written(
    workspace: Workspace, root: Path, data: bytes, encoding: str, newline: str, text: str
) -> None:
    (root / "f").write_bytes(data)
    place = workspace.resolve("f")
    read = await workspace.read(place)
    assert (read.encoding, read.newline, read.text) == (encoding, newline, text)
    await workspace.write(place, read.text, expect_digest=read.digest)
    assert (root / "f").read_bytes() == data
    await workspace.write(place, read.text + "new\n", expect_digest=read.digest)
    assert decode((root / "f").read_bytes()) == replace(decode(data), text=text + "new\n")


@pytest.mark.parametrize("data", [b"caf\xe9\n", b"\xff\xfea", b"\xfe\xff\xd8\0"])
async def test_an_unknown_encoding_can_be_read_but_not_written(workspace: Workspace, root: Path, data: bytes) -> None:
    (root / "f").write_bytes(data)
    place = workspace.resolve("f")
    read = await workspace.read(place)
    assert (read.encoding, read.is_binary, "\ufffd" in read.text) == ("lossy", False, True)
    with pytest.raises(PathRefused, match="is not text in UTF-8 or UTF-16"):
        await workspace.write(place, "x", expect_digest=read.digest)
    assert (root / "f").read_bytes() == data


async def test_a_binary_file_has_no_text_and_cannot_be_written(workspace: Workspace, root: Path) -> None:
    (root / "f").write_bytes(b"\x7fELF\0\0")
    place = workspace.resolve("f")
    read = await workspace.read(place)
    assert (read.text, read.is_binary, read.size_bytes) == ("", True, 6)
    with pytest.raises(PathRefused):
        await workspace.write(place, "x", expect_digest=read.digest)
    assert await workspace.read_raw(place, 6) == b"\x7fELF\0\0"
    with pytest.raises(PathRefused, match="larger than 5 bytes"):
        await workspace.read_raw(place, 5)


async def test_a_long_file_is_read_to_its_last_whole_line_and_cannot_be_written(
    workspace: Workspace, root: Path
) -> None:
    (root / "f").write_text("höö\nlong line")
    place = workspace.resolve("f")
    read = await workspace.read(place, limit_bytes=8)
    assert (read.text, read.complete, read.size_bytes) == ("höö\n", False, 15)
    assert read.digest != text_digest("höö\n")
    with pytest.raises(FileChanged):
        await workspace.write(place, "x", expect_digest=read.digest)
    (root / "f").write_text("é" * 10)
    assert (await workspace.read(place, limit_bytes=5)).text == "éé"


def test_what_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown"):
        encode("a", "lossy", "\n")
    with pytest.raises(ValueError):
        encode("\ud800", "utf-8", "\n")


async def test_what_is_no_file_is_refused_with_a_sentence(workspace: Workspace, root: Path) -> None:
    (root / "folder").mkdir()
    os.mkfifo(root / "fifo")
    reasons = []
    for name in ("folder", ".", "fifo"):
        with pytest.raises(PathRefused) as caught:
            await workspace.read(workspace.resolve(name))
        reasons.append(caught.value.reason)
    assert reasons == [
        "folder is a folder, not a file. Use list_files for folders.",
        ". is a folder, not a file. Use list_files for folders.",
        "fifo is a named pipe, not a file.",
    ]
    with pytest.raises(FileMissing, match=r"There is no gone\.txt\."):
        await workspace.read(workspace.resolve("gone.txt"))


async def test_a_hard_link_is_told_and_writing_leaves_the_other_name_alone(
    workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("old")
    (root / "twin").hardlink_to(tmp_path / "outside")
    place = workspace.resolve("twin")
    read = await workspace.read(place)
    assert read == replace(on_disk("old"), hard_linked=True)
    await workspace.write(place, "new", expect_digest=read.digest)
    assert ((root / "twin").read_text(), (tmp_path / "outside").read_text()) == ("new", "old")


# Writing to disk


async def test_a_new_file_is_created_with_its_folders(workspace: Workspace, root: Path) -> None:
    receipt = await workspace.write(workspace.resolve("a/b/c.txt"), "x\r\ny\n", expect_digest=None)
    assert receipt == WriteReceipt(
        digest=text_digest("x\ny\n"), created=True, via="disk", saved=True, verified=True, size_bytes=5
    )
    assert (root / "a/b/c.txt").read_bytes() == b"x\r\ny\n"
    mask = os.umask(0)
    os.umask(mask)
    assert stat.S_IMODE((root / "a/b/c.txt").stat().st_mode) == 0o666 & ~mask
    assert temporary_files(root) == []


async def test_a_file_that_exists_is_not_created_over(workspace: Workspace, root: Path) -> None:
    place = workspace.resolve("f")
    (root / "f").write_text("theirs")
    with pytest.raises(FileChanged, match="exists already"):
        await workspace.write(place, "mine", expect_digest=None)
    (root / "f").unlink()
    (root / "f").symlink_to("elsewhere")
    with pytest.raises(FileChanged, match="exists already"):
        await workspace.write(place, "mine", expect_digest=None)
    assert (names(root), (root / "f").is_symlink()) == (["f"], True)


async def test_of_two_that_create_the_same_file_one_wins(workspace: Workspace, root: Path) -> None:
    place = workspace.resolve("f")
    results = await asyncio.gather(
        *(workspace.write(place, str(number), expect_digest=None) for number in range(8)), return_exceptions=True
    )
    created = [number for number, result in enumerate(results) if isinstance(result, WriteReceipt)]
    assert [type(result) for result in results].count(FileChanged) == 7
    assert (root / "f").read_text() == str(created[0])
    assert temporary_files(root) == []


async def test_a_file_system_without_hard_links_still_creates_exclusively(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("agentls.world.beneath.os.link", link)
    await workspace.write(workspace.resolve("f"), "new", expect_digest=None)
    with pytest.raises(FileChanged):
        await workspace.write(workspace.resolve("f"), "again", expect_digest=None)
    assert ((root / "f").read_text(), temporary_files(root)) == ("new", [])


async def test_replacing_keeps_the_mode_and_is_atomic(workspace: Workspace, root: Path) -> None:
    (root / "run.sh").write_text("old")
    (root / "run.sh").chmod(0o754)
    before = (root / "run.sh").open()
    place = workspace.resolve("run.sh")
    receipt = await workspace.write(place, "new", expect_digest=text_digest("old"))
    assert receipt == WriteReceipt(text_digest("new"), False, "disk", saved=True, verified=True, size_bytes=3)
    with before:
        assert before.read() == "old"  # whoever had it open still sees the whole old file
    assert ((root / "run.sh").read_text(), stat.S_IMODE((root / "run.sh").stat().st_mode)) == ("new", 0o754)


async def test_a_file_that_changed_since_it_was_read_is_not_overwritten(workspace: Workspace, root: Path) -> None:
    (root / "f").write_text("theirs")
    place = workspace.resolve("f")
    with pytest.raises(FileChanged, match="changed since it was read"):
        await workspace.write(place, "mine", expect_digest=text_digest("as read"))
    (root / "f").unlink()
    with pytest.raises(FileChanged, match="no longer there"):
        await workspace.write(place, "mine", expect_digest=text_digest("as read"))
    assert names(root) == []


async def test_a_change_between_check_and_replace_is_seen(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "f").write_text("old")
    real = os.fsync

    def fsync(fd: int) -> None:
        real(fd)
        (root / "f").write_text("theirs, just now")

    monkeypatch.setattr("agentls.world.replace.os.fsync", fsync)
    with pytest.raises(FileChanged, match="while it was being written"):
        await workspace.write(workspace.resolve("f"), "new", expect_digest=text_digest("old"))
    assert ((root / "f").read_text(), temporary_files(root)) == ("theirs, just now", [])


async def test_a_full_disk_leaves_the_old_file_and_no_rest(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fsync(fd: int) -> None:
        raise OSError(28, "No space left on device")

    (root / "f").write_text("old")
    monkeypatch.setattr("agentls.world.replace.os.fsync", fsync)
    for name, digest in (("f", text_digest("old")), ("new", None)):
        with pytest.raises(PathRefused, match="No space left on device"):
            await workspace.write(workspace.resolve(name), "x", expect_digest=digest)
    assert (names(root), (root / "f").read_text()) == (["f"], "old")


async def test_the_temporary_file_is_private_and_its_name_is_not_predictable(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "f").write_text("old")
    (root / "f").chmod(0o644)
    seen: list[tuple[str, int]] = []
    real = os.write

    def write(fd: int, data: bytes) -> int:
        (name,) = set(names(root)) - {"f"}
        seen.append((name, stat.S_IMODE(os.fstat(fd).st_mode)))
        return real(fd, data)

    monkeypatch.setattr("agentls.world.replace.os.write", write)
    await workspace.write(workspace.resolve("f"), "a", expect_digest=text_digest("old"))
    await workspace.write(workspace.resolve("f"), "b", expect_digest=text_digest("a"))
    assert [mode for _, mode in seen] == [0o600, 0o600]
    assert len({name for name, _ in seen}) == 2
    assert all(len(name) == 29 for name, _ in seen)


async def test_a_read_only_file_is_not_replaced(workspace: Workspace, root: Path) -> None:
    (root / "f").write_text("old")
    (root / "f").chmod(0o444)
    with pytest.raises(PathRefused, match="read-only"):
        await workspace.write(workspace.resolve("f"), "x", expect_digest=text_digest("old"))


async def test_a_file_behind_a_link_inside_is_written_and_the_link_stays(workspace: Workspace, root: Path) -> None:
    (root / "real").write_text("old")
    (root / "link").symlink_to("real")
    await workspace.write(workspace.resolve("link"), "new", expect_digest=text_digest("old"))
    assert ((root / "real").read_text(), (root / "link").is_symlink()) == ("new", True)


async def test_lone_surrogates_are_refused(workspace: Workspace, root: Path) -> None:
    with pytest.raises(PathRefused, match="lone surrogates"):
        await workspace.write(workspace.resolve("f"), "\ud800", expect_digest=None)
    assert names(root) == []


def test_a_workspace_has_at_least_one_folder() -> None:
    with pytest.raises(ValueError):
        Workspace([], NoBuffers())


# The editor's buffers


def opened(root: Path, editor: Editor, text: str, saved: str | None, disk: str | None) -> None:
    if disk is not None:
        (root / "f").write_text(disk)
    digest = None if saved is None else text_digest(saved)
    editor.open[root / "f"] = Buffer(text=text, version=1, saved_text_digest=digest)


@pytest.mark.parametrize(
    ("text", "saved", "disk", "expected"),
    [
        pytest.param("unsaved", "old", "old", ("unsaved", "buffer", False), id="unsaved text wins"),
        pytest.param("old", "old", "new", ("new", "disk", False), id="clean buffer, changed file: the disk"),
        pytest.param("old", "old", "old", ("old", "disk", False), id="clean and unchanged"),
        pytest.param("unsaved", "old", "new", ("unsaved", "buffer", True), id="both changed: a conflict"),
        pytest.param("same", "old", "same", ("same", "disk", False), id="both changed to the same"),
        pytest.param("unsaved", "old", None, ("unsaved", "buffer", True), id="unsaved and deleted: a conflict"),
        pytest.param("fresh", None, None, ("fresh", "buffer", False), id="never saved"),
        pytest.param("a\r\nb", "a\nb", "a\nb", ("a\nb", "disk", False), id="newlines are no change"),
    ],
)
async def test_the_editor_and_the_disk(
    workspace: Workspace,
    root: Path,
    editor: Editor,
    text: str,
    saved: str | None,
    disk: str | None,
    expected: tuple[str, str, bool],
) -> None:
    opened(root, editor, text, saved, disk)
    read = await workspace.read(workspace.resolve("f"))
    assert (read.text, read.source, read.conflict) == expected
    assert read.digest == text_digest(expected[0])


async def test_a_clean_buffer_of_a_deleted_file_has_nothing_to_read(
    workspace: Workspace, root: Path, editor: Editor
) -> None:
    opened(root, editor, "old", "old", None)
    with pytest.raises(FileMissing):
        await workspace.read(workspace.resolve("f"))
    await workspace.write(workspace.resolve("f"), "new", expect_digest=None)
    assert ((root / "f").read_text(), editor.edits) == ("new", [])


async def test_an_open_file_is_changed_through_the_editor(workspace: Workspace, root: Path, editor: Editor) -> None:
    opened(root, editor, "unsaved\r\n", "old", "old")
    receipt = await workspace.write(
        workspace.resolve("f"), "new\n", expect_digest=text_digest("unsaved\n"), label="edit_file f"
    )
    assert receipt == WriteReceipt(text_digest("new\n"), False, "applyEdit", saved=False, verified=True, size_bytes=5)
    assert editor.edits == [("f", "new\r\n", "edit_file f")]
    assert (root / "f").read_text() == "old"


async def test_what_the_editor_made_of_the_edit_is_compared(workspace: Workspace, root: Path, editor: Editor) -> None:
    opened(root, editor, "old", "old", "old")
    editor.echoes = False
    for came_back, verified in (("formatted", False), (None, False)):
        editor.answer = Applied(accepted=True, text=came_back, saved=True)
        receipt = await workspace.write(workspace.resolve("f"), "new", expect_digest=text_digest("old"))
        expected = came_back or "new"
        assert receipt == WriteReceipt(text_digest(expected), False, "applyEdit", True, verified, len(expected))


async def test_an_edit_that_the_editor_refuses_changes_nothing(
    workspace: Workspace, root: Path, editor: Editor
) -> None:
    opened(root, editor, "old", "old", "old")
    editor.echoes, editor.answer = False, Applied(accepted=False, text=None, saved=False, reason="version")
    with pytest.raises(FileChanged, match=r"refused the edit \(version\)"):
        await workspace.write(workspace.resolve("f"), "new", expect_digest=text_digest("old"))
    assert (root / "f").read_text() == "old"


async def test_a_face_without_edits_leaves_a_clean_file_to_the_disk_but_never_an_unsaved_one(
    workspace: Workspace, root: Path, editor: Editor
) -> None:
    editor.echoes = False
    opened(root, editor, "old", "old", "old")
    receipt = await workspace.write(workspace.resolve("f"), "new", expect_digest=text_digest("old"))
    assert (receipt.via, (root / "f").read_text()) == ("disk", "new")
    opened(root, editor, "unsaved", "old", "old")
    with pytest.raises(FileChanged, match="unsaved changes and the editor takes no edits"):
        await workspace.write(workspace.resolve("f"), "new", expect_digest=text_digest("unsaved"))
    assert (root / "f").read_text() == "old"


@pytest.mark.parametrize(
    ("text", "saved", "disk", "expect", "reason"),
    [
        ("unsaved", "old", "old", "old", "changed since it was read"),
        ("unsaved", "old", "old", None, "open in the editor with unsaved text"),
        ("unsaved", "old", "new", "unsaved", "also changed on disk"),
        ("old", "old", "new", "old", "changed since it was read"),
        ("old", "old", "old", None, "exists already"),
    ],
)
async def test_an_open_file_that_is_not_what_was_read_is_not_changed(
    workspace: Workspace,
    root: Path,
    editor: Editor,
    text: str,
    saved: str,
    disk: str,
    expect: str | None,
    reason: str,
) -> None:
    opened(root, editor, text, saved, disk)
    with pytest.raises(FileChanged, match=reason):
        await workspace.write(
            workspace.resolve("f"), "mine", expect_digest=None if expect is None else text_digest(expect)
        )
    assert (editor.edits, (root / "f").read_text()) == ([], disk)


# Listing


def fill(root: Path, *files: str) -> None:
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text("x")


async def test_a_folder_is_listed_breadth_first_without_git(workspace: Workspace, root: Path) -> None:
    fill(root, "b.txt", "a/deep/x", "a/y", ".git/config", "a/.git", ".hidden")
    (root / "link").symlink_to("a")
    flat = await workspace.walk(workspace.resolve("."), recursive=False, limit=10)
    assert flat == Listing((".hidden", "a/", "b.txt", "link"), truncated=False, notes=())
    deep = await workspace.walk(workspace.resolve("."), recursive=True, limit=10)
    assert deep == Listing((".hidden", "a/", "b.txt", "link", "a/deep/", "a/y", "a/deep/x"), False, ())
    below = await workspace.walk(workspace.resolve("link"), recursive=True, limit=10)
    assert below == Listing(("a/deep/", "a/y", "a/deep/x"), False, ())


async def test_a_listing_is_capped_and_says_so(workspace: Workspace, root: Path) -> None:
    fill(root, "a", "b", "c")
    place = workspace.resolve(".")
    assert await workspace.walk(place, recursive=True, limit=2) == Listing(("a", "b"), truncated=True, notes=())
    assert await workspace.walk(place, recursive=True, limit=3) == Listing(("a", "b", "c"), truncated=False, notes=())


async def test_only_folders_can_be_listed(workspace: Workspace, root: Path) -> None:
    fill(root, "a")
    with pytest.raises(PathRefused, match="a is not a folder"):
        await workspace.walk(workspace.resolve("a"), recursive=False, limit=5)
    with pytest.raises(FileMissing):
        await workspace.walk(workspace.resolve("b"), recursive=False, limit=5)


async def test_a_name_that_is_no_utf8_is_listed_escaped(workspace: Workspace, root: Path) -> None:
    (root / os.fsdecode(b"caf\xe9")).write_text("x")
    assert (await workspace.walk(workspace.resolve("."), recursive=True, limit=5)).entries == ("caf\\xe9",)


async def test_a_folder_that_becomes_a_link_during_the_walk_is_not_entered(
    workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("x")
    fill(root, "a/x", "b")
    walk = workspace.walk_from(workspace.resolve("."), recursive=True)
    entries = walk.entries()
    first = next(entries)
    (root / "a").rename(root / "moved")
    (root / "a").symlink_to(tmp_path / "outside")
    assert [first.relative, *(entry.relative for entry in entries)] == ["a/", "b"]
    assert walk.notes == ["a/ cannot be read (Not a directory)."]


async def test_a_walk_can_be_stopped(workspace: Workspace, root: Path) -> None:
    fill(root, "a/b/c", "d")
    walk = workspace.walk_from(workspace.resolve("."), recursive=True)
    entries = walk.entries()
    assert next(entries).relative == "a/"
    walk.stop.set()
    assert [entry.relative for entry in entries] == ["d"]

"""write_to_file and edit_file: nothing is guessed, nothing unseen is overwritten."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agentls.policy.redact import Redactor
from agentls.policy.rules import EditAction, ReadAction
from agentls.protocol.events import EditApplied
from agentls.protocol.values import ChangedFile, Diff, EditSubject
from agentls.tools.outcome import Outcome
from agentls.tools.tool import Prepared
from tests.unit.tools.bench import run

if TYPE_CHECKING:
    from tests.unit.tools.bench import Bench


async def test_a_new_file_is_created_with_its_folders(bench: Bench) -> None:
    outcome = await bench.call("write_to_file", path="src/new/a.py", content="x = 1\ny = 2\n")

    file = bench.root / "src/new/a.py"
    uri = file.as_uri()
    assert file.read_text() == "x = 1\ny = 2\n"
    assert outcome == Outcome(
        status="ok",
        text="Created src/new/a.py with 2 lines (+2 −0 lines).",
        diff=Diff(unified="--- /dev/null\n+++ b/src/new/a.py\n@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n", added=2, removed=0),
        changed=(ChangedFile(uri=uri, path="src/new/a.py", change="created"),),
        effects=(EditApplied(call_id="call_1", uri=uri, path="src/new/a.py", via="disk", saved=True, verified=True),),
    )


async def test_replacing_a_file_that_was_not_read_is_refused(bench: Bench) -> None:
    file = bench.write("a.py", "old\n")

    outcome = await bench.call("write_to_file", path="a.py", content="new\n")

    assert outcome.status == "error"
    assert 'First: read_file {"path": "a.py"}' in outcome.text
    assert file.read_text() == "old\n"


async def test_a_file_that_was_read_is_replaced(bench: Bench) -> None:
    file = bench.write("a.py", "old\nsame\n")
    await bench.call("read_file", path="a.py")

    outcome = await bench.call("write_to_file", path="a.py", content="new\nsame\n")
    again = await bench.call("write_to_file", path="a.py", content="newer\nsame\n")

    assert (outcome.status, again.status) == ("ok", "ok")
    assert outcome.text == "Replaced the text of a.py (+1 −1 lines)."
    assert outcome.changed == (ChangedFile(uri=file.as_uri(), path="a.py", change="modified"),)
    assert file.read_text() == "newer\nsame\n"


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [("write_to_file", {"content": "mine\n"}), ("edit_file", {"old_string": "theirs", "new_string": "mine"})],
)
async def test_a_file_that_changed_since_it_was_read_is_refused(
    bench: Bench, tool: str, arguments: dict[str, str]
) -> None:
    file = bench.write("a.py", "old\n")
    await bench.call("read_file", path="a.py")
    file.write_text("theirs\n")

    outcome = await bench.call(tool, path="a.py", **arguments)

    assert outcome == Outcome(
        status="error",
        text="a.py changed since you read it. Nothing was written. Read it again, then change it.",
    )
    assert file.read_text() == "theirs\n"


async def test_a_file_that_changes_while_the_approval_is_open_is_refused(bench: Bench) -> None:
    file = bench.write("a.py", "old\n")
    prepared = await bench.prepare("edit_file", {"path": "a.py", "old_string": "old", "new_string": "new"})
    assert isinstance(prepared, Prepared)
    file.write_text("old, theirs\n")

    outcome = await run(prepared)

    assert outcome.status == "error"
    assert "Nothing was written." in outcome.text
    assert file.read_text() == "old, theirs\n"


async def test_a_file_that_appears_while_the_approval_is_open_is_refused(bench: Bench) -> None:
    prepared = await bench.prepare("write_to_file", {"path": "a.py", "content": "mine\n"})
    assert isinstance(prepared, Prepared)
    file = bench.write("a.py", "theirs\n")

    outcome = await run(prepared)

    assert outcome.status == "error"
    assert file.read_text() == "theirs\n"


async def test_writing_the_same_text_changes_nothing_and_asks_nothing(bench: Bench) -> None:
    bench.write("a.py", "same\n")
    await bench.call("read_file", path="a.py")

    prepared = await bench.prepare("write_to_file", {"path": "a.py", "content": "same\n"})

    assert isinstance(prepared, Prepared)
    assert prepared.action == ReadAction()
    assert await run(prepared) == Outcome(status="ok", text="a.py already has exactly this text. Nothing was written.")


async def test_an_edit_says_what_it_would_do_before_it_does_it(bench: Bench) -> None:
    file = bench.write("a.py", "a\nb\nc\n")

    prepared = await bench.prepare("edit_file", {"path": "a.py", "old_string": "b", "new_string": "B"})

    assert isinstance(prepared, Prepared)
    diff = Diff(unified="--- a/a.py\n+++ b/a.py\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", added=1, removed=1)
    assert prepared.title == "Edit a.py"
    assert prepared.action == EditAction(path=str(file), relative="a.py")
    assert prepared.subject == EditSubject(path="a.py", diff=diff)
    assert prepared.preview is not None
    assert prepared.preview.diff == diff
    assert file.read_text() == "a\nb\nc\n"
    outcome = await run(prepared)
    assert outcome.text == f"Edited a.py: 1 replacement (+1 −1 lines).\n\n{diff.unified}"
    assert file.read_text() == "a\nB\nc\n"


async def test_text_that_occurs_twice_is_refused_with_the_places(bench: Bench) -> None:
    file = bench.write("a.py", "x\ny\nx\n")

    outcome = await bench.call("edit_file", path="a.py", old_string="x", new_string="z")

    assert outcome == Outcome(
        status="error",
        text=(
            "old_string occurs 2 times in a.py, in lines 1, 3. Nothing was written. "
            "Add lines around it until it is unique, or set replace_all to replace every one."
        ),
    )
    assert file.read_text() == "x\ny\nx\n"


async def test_places_that_overlap_are_not_unique(bench: Bench) -> None:
    bench.write("a.py", "aaa\n")

    outcome = await bench.call("edit_file", path="a.py", old_string="aa", new_string="b")

    assert outcome.status == "error"


async def test_replace_all_replaces_every_one(bench: Bench) -> None:
    file = bench.write("a.py", "x\ny\nx\n")

    outcome = await bench.call("edit_file", path="a.py", old_string="x", new_string="z", replace_all=True)

    assert outcome.text.startswith("Edited a.py: 2 replacements (+2 −2 lines).")
    assert file.read_text() == "z\ny\nz\n"


@pytest.mark.parametrize(
    ("old", "says"),
    [
        ("def total(itms):\n    return sum(items)", "in lines 3-4 ("),
        ("def total(items):\n  return sum(items)", "in lines 3-4 (differs only in blanks or line breaks):\n3 | def"),
        ("3 | def total(items):\n4 |     return sum(items)", "line numbers"),
        ("zzz qqq", "Nothing in the file resembles it"),
        ("          ", "Nothing in the file resembles it"),
    ],
)
async def test_text_that_is_not_there_is_refused_with_the_nearest(bench: Bench, old: str, says: str) -> None:
    bench.write("a.py", "import os\n\ndef total(items):\n    return sum(items)\n\nprint(total([1]))\n")

    outcome = await bench.call("edit_file", path="a.py", old_string=old, new_string="x")

    assert outcome.status == "error"
    assert outcome.text.startswith("old_string is not in a.py. Nothing was written.")
    assert says in outcome.text


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
async def test_newlines_and_a_byte_order_mark_are_kept(bench: Bench, newline: str) -> None:
    text = newline.join(["\ufeffone", "two", "three", ""])
    file = bench.write("a.txt", text)

    outcome = await bench.call("edit_file", path="a.txt", old_string="two\r\nthree", new_string="2\n3\n4")

    assert outcome.status == "ok"
    assert file.read_bytes().decode() == newline.join(["\ufeffone", "2", "3", "4", ""])


async def test_mixed_newlines_are_edited_where_they_stand(bench: Bench) -> None:
    file = bench.write("a.txt", "one\r\ntwo\r\nthree\nfour\n")

    outcome = await bench.call("edit_file", path="a.txt", old_string="one\ntwo", new_string="1\n2")

    assert outcome.status == "ok"
    assert file.read_bytes() == b"1\r\n2\r\nthree\nfour\n"


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        ({"path": "missing", "old_string": "a", "new_string": "b"}, "error"),
        ({"path": ".", "old_string": "a", "new_string": "b"}, "error"),
        ({"path": "b.bin", "old_string": "a", "new_string": "b"}, "error"),
        ({"path": "../out", "old_string": "a", "new_string": "b"}, "error"),
        ({"path": "a", "old_string": "a", "new_string": "a"}, "invalid"),
        ({"path": "a", "old_string": "", "new_string": "a"}, "invalid"),
    ],
)
async def test_what_cannot_be_edited_says_why(bench: Bench, arguments: dict[str, str], status: str) -> None:
    bench.write("b.bin", b"a\0b")

    outcome = await bench.call("edit_file", **arguments)

    assert outcome.status == status
    assert outcome.effects == ()


@pytest.mark.parametrize("path", ["../out.txt", "/tmp/out.txt", "link/out.txt", "sub"])
async def test_nothing_is_written_outside_or_over_a_folder(bench: Bench, path: str) -> None:
    outside = bench.root.parent / "outside"
    outside.mkdir()
    (bench.root / "link").symlink_to(outside)
    (bench.root / "sub").mkdir()

    outcome = await bench.call("write_to_file", path=path, content="x")

    assert outcome.status == "error"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("path", [".git/config", ".VSCODE/settings.json", "sub/AGENTS.md", "dir/hook"])
async def test_a_protected_file_says_so_in_any_spelling_and_through_links(bench: Bench, path: str) -> None:
    (bench.root / ".github").mkdir()
    (bench.root / "dir").symlink_to(".github")

    prepared = await bench.prepare("write_to_file", {"path": path, "content": "x"})

    assert isinstance(prepared, Prepared)
    assert isinstance(prepared.action, EditAction)
    assert prepared.action.protected_reason is not None


async def test_a_link_inside_shows_where_it_leads(bench: Bench) -> None:
    bench.write("real.txt", "x\n")
    (bench.root / "alias.txt").symlink_to("real.txt")

    prepared = await bench.prepare("edit_file", {"path": "alias.txt", "old_string": "x", "new_string": "y"})

    assert isinstance(prepared, Prepared)
    assert prepared.title == "Edit alias.txt (a link to real.txt)"
    assert isinstance(prepared.action, EditAction)
    assert prepared.action.relative == "real.txt"


async def test_a_hard_linked_file_says_so(bench: Bench) -> None:
    outside = bench.root.parent / "outside.txt"
    outside.write_text("x\n")
    os.link(outside, bench.root / "a.txt")

    prepared = await bench.prepare("edit_file", {"path": "a.txt", "old_string": "x", "new_string": "y"})

    assert isinstance(prepared, Prepared)
    assert isinstance(prepared.action, EditAction)
    assert prepared.action.hardlinked


async def test_a_secret_is_not_replaced_by_its_mask(bench: Bench) -> None:
    bench.desk = replace(bench.desk, redactor=Redactor(["sk-secret-12345"]))
    file = bench.write(".env", "KEY=sk-secret-12345\nPORT=1\n")
    await bench.call("read_file", path=".env")

    lost = await bench.call("write_to_file", path=".env", content="KEY=[redacted]\nPORT=2\n")
    kept = await bench.call("edit_file", path=".env", old_string="PORT=1", new_string="PORT=2")

    assert lost.status == "error"
    assert lost.text.endswith("Use edit_file on text that does not hold it.")
    assert kept.status == "ok"
    assert file.read_text() == "KEY=sk-secret-12345\nPORT=2\n"


async def test_a_repository_under_any_name_is_protected(bench: Bench) -> None:  # B085
    for folder in ("store/objects", "store/refs", "other/objects"):
        (bench.root / folder).mkdir(parents=True)
    bench.write("store/HEAD", "ref: refs/heads/main\n")

    reasons = {}
    for path in ("store/config", "store/worktrees/x/config", "other/config"):
        prepared = await bench.prepare("write_to_file", {"path": path, "content": "x"})
        assert isinstance(prepared, Prepared)
        assert isinstance(prepared.action, EditAction)
        reasons[path] = prepared.action.protected_reason

    belongs = "belongs to version control, whose configuration and hooks can run programs."
    assert reasons == {
        "store/config": f"store/config {belongs}",
        "store/worktrees/x/config": f"store/worktrees/x/config {belongs}",
        "other/config": None,
    }

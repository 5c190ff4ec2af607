"""list_files, read_file and search_files: what the model is shown, and what it is told about the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from agentls.policy.rules import ReadAction
from agentls.protocol.settings import ReadSettings
from agentls.protocol.values import LineRange
from agentls.tools.outcome import Cut, Outcome
from agentls.tools.read_file import MAX_SHOWN_BYTES
from agentls.tools.tool import Prepared

if TYPE_CHECKING:
    from tests.unit.tools.bench import Bench


async def test_a_file_is_shown_with_line_numbers(bench: Bench) -> None:
    bench.write("src/a.py", "one\ntwo\nthree")

    assert await bench.call("read_file", path="src/a.py") == Outcome(
        status="ok",
        text="src/a.py, lines 1-3 of 3\n\n1 | one\n2 | two\n3 | three",
        range=LineRange(start_line=1, end_line=3, total_lines=3),
        source="disk",
    )


async def test_a_range_shows_those_lines_only(bench: Bench) -> None:
    bench.write("a.txt", "".join(f"line {n}\n" for n in range(1, 21)))

    outcome = await bench.call("read_file", path="a.txt", start_line=9, end_line=10)

    assert outcome.text == "a.txt, lines 9-10 of 20\n\n9 | line 9\n10 | line 10"
    assert outcome.range == LineRange(start_line=9, end_line=10, total_lines=20)
    assert outcome.truncated is None


async def test_an_end_beyond_the_file_stops_at_its_end(bench: Bench) -> None:
    bench.write("a.txt", "x\ny\n")

    outcome = await bench.call("read_file", path="a.txt", start_line=2, end_line=99)

    assert outcome.text == "a.txt, lines 2-2 of 2\n\n2 | y"


async def test_a_truncation_names_the_exact_next_call_which_goes_on(bench: Bench) -> None:
    bench.write("a.txt", "".join(f"{n}\n" for n in range(1, 8)))
    bench.settings(read=ReadSettings(max_lines=3))

    first = await bench.call("read_file", path="a.txt")
    last = await bench.call("read_file", path="a.txt", start_line=4, end_line=6)

    following = 'read_file {"path": "a.txt", "start_line": 4}'
    assert first.text == (
        f"a.txt, lines 1-3 of 7\n\n1 | 1\n2 | 2\n3 | 3\n\n[Truncated: lines 4-7 are not shown. Next: {following}]"
    )
    assert first.truncated == Cut(shown_bytes=6, total_bytes=14, next=following)
    assert last.truncated is None


async def test_the_next_call_keeps_the_wanted_end(bench: Bench) -> None:
    bench.write("a.txt", "x\n" * 9)
    bench.settings(read=ReadSettings(max_lines=2))

    outcome = await bench.call("read_file", path="a.txt", start_line=2, end_line=8)

    assert outcome.truncated == Cut(4, 18, 'read_file {"path": "a.txt", "start_line": 4, "end_line": 8}')


async def test_long_lines_are_cut_with_a_notice(bench: Bench) -> None:
    bench.write("a.txt", "abcdefgh\nxy\n")
    bench.settings(read=ReadSettings(max_line_length=5))

    outcome = await bench.call("read_file", path="a.txt")

    assert outcome.text == (
        "a.txt, lines 1-2 of 2\n\n1 | abcde… [+3 characters]\n2 | xy\n\n"
        "[1 line is longer than 5 characters and cut; search_files finds text in long lines]"
    )
    assert outcome.truncated == Cut(shown_bytes=9, total_bytes=12)


async def test_one_result_is_bounded_whatever_the_settings(bench: Bench) -> None:
    bench.write("a.txt", ("x" * 1999 + "\n") * 1000)

    outcome = await bench.call("read_file", path="a.txt")

    assert len(outcome.text) < MAX_SHOWN_BYTES + 4000
    assert outcome.truncated is not None
    assert outcome.truncated.next == 'read_file {"path": "a.txt", "start_line": 132}'


async def test_a_start_past_the_end_is_an_error_that_says_how_long_the_file_is(bench: Bench) -> None:
    bench.write("a.txt", "x\ny\n")

    outcome = await bench.call("read_file", path="a.txt", start_line=3)

    assert outcome == Outcome(status="error", text="start_line 3 is past the end: a.txt has 2 lines.")


async def test_an_empty_file_says_so(bench: Bench) -> None:
    bench.write("a.txt", "")

    assert await bench.call("read_file", path="a.txt", start_line=1) == Outcome(
        status="ok", text="a.txt is empty.", source="disk"
    )


async def test_crlf_and_odd_separators_do_not_shift_line_numbers(bench: Bench) -> None:
    bench.write("a.txt", "a\u2028b\r\nc\x0cd\r\n")

    outcome = await bench.call("read_file", path="a.txt")

    assert outcome.text == "a.txt, lines 1-2 of 2\n\n1 | a\u2028b\n2 | c\x0cd"


@pytest.mark.parametrize(
    ("path", "data", "says"),
    [
        ("a.bin", b"\0\1\2", "binary files (a.bin, 3 bytes)"),
        ("a.heic", b"\0\0\0\x18ftypheic", "images other than PNG, JPEG, GIF and WebP (a.heic, 12 bytes)"),
        ("a.pdf", b"%PDF-1.7 text", "PDF documents (a.pdf, 13 bytes)"),
        ("a.docx", b"PK\0", "Word documents (a.docx, 3 bytes)"),
    ],
)
async def test_what_is_not_text_is_not_supported_yet(bench: Bench, path: str, data: bytes, says: str) -> None:
    bench.write(path, data)

    assert await bench.call("read_file", path=path) == Outcome(
        status="error", text=f"not supported yet: {says}. Nothing of it was read."
    )


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "sub/../../x", "a\0b", "", "missing.txt", "link"])
async def test_what_is_outside_or_missing_is_an_error(bench: Bench, path: str) -> None:
    (bench.root / "link").symlink_to("/etc/passwd")

    for name in ("read_file", "list_files", "search_files"):
        arguments = {"path": path, "regex": "x"} if name == "search_files" else {"path": path}
        outcome = await bench.call(name, **arguments)

        assert outcome.status == "error", (name, outcome)
        assert "root:" not in outcome.text


async def test_a_folder_is_not_read_and_a_file_is_not_listed(bench: Bench) -> None:
    bench.write("src/a.py", "")

    assert await bench.call("read_file", path="src") == Outcome(status="error", text="src is a folder. Use list_files.")
    assert await bench.call("list_files", path="src/a.py") == Outcome(
        status="error", text="src/a.py is a file, not a folder. Use read_file."
    )


async def test_an_end_before_the_start_is_invalid(bench: Bench) -> None:
    outcome = await bench.call("read_file", path="a", start_line=5, end_line=2)

    assert outcome == Outcome(status="invalid", text="end_line (2) is before start_line (5).")


async def test_preparing_a_read_shows_nothing_and_needs_no_approval(bench: Bench) -> None:
    file = bench.write("a.txt", "x")

    prepared = await bench.prepare("read_file", {"path": "a.txt", "start_line": 1})

    assert isinstance(prepared, Prepared)
    assert (prepared.title, prepared.action, prepared.subject) == ("Read a.txt, from line 1", ReadAction(), None)
    assert [(each.uri, each.line) for each in prepared.locations] == [(file.as_uri(), 1)]
    assert bench.desk.seen.digest(bench.desk.workspace.resolve("a.txt")) is None


async def test_a_folder_is_listed_with_paths_that_can_be_handed_back(bench: Bench) -> None:
    bench.write("src/pkg/a.py", "")
    bench.write("src/b.py", "")
    bench.write("c.md", "")

    flat = await bench.call("list_files", path="src")
    deep = await bench.call("list_files", path=".", recursive=True)

    assert flat == Outcome(status="ok", text="In src: 2 entries\nsrc/b.py\nsrc/pkg/")
    assert deep.text.split("\n")[0] == "In the workspace folder: 5 entries"
    assert sorted(deep.text.split("\n")[1:]) == ["c.md", "src/", "src/b.py", "src/pkg/", "src/pkg/a.py"]


async def test_an_empty_folder_says_so(bench: Bench) -> None:
    (bench.root / "empty").mkdir()

    outcome = await bench.call("list_files", path="empty")

    assert outcome.text == "In empty: nothing, or everything in it is ignored."


async def test_a_long_listing_is_capped_and_says_so(bench: Bench) -> None:
    for number in range(510):
        bench.write(f"d/{number:03}", "")

    outcome = await bench.call("list_files", path="d")

    lines = outcome.text.split("\n")
    assert lines[0] == "In d: the first 500 entries, there are more. List a subfolder, or use search_files."
    assert len(lines) == 501


async def test_matches_come_with_context_and_line_numbers(bench: Bench) -> None:
    bench.write("src/a.py", "import x\n\ndef f():\n    return 1\n\n\n\ndef g():\n    pass\n")
    bench.write("src/b.txt", "def h\n")

    outcome = await bench.call("search_files", path=".", regex=r"def \w", file_pattern="*.py")

    assert outcome == Outcome(
        status="ok",
        text=(
            "2 matching lines in 1 file.\n\n# src/a.py\n  2 | \n> 3 | def f():\n  4 |     return 1\n----\n"
            "  7 | \n> 8 | def g():\n  9 |     pass"
        ),
    )


async def test_no_match_and_a_bad_expression_say_so(bench: Bench) -> None:
    bench.write("a.py", "x\n")

    nothing = await bench.call("search_files", path=".", regex="zzz")
    broken = await bench.call("search_files", path=".", regex="a(")

    assert nothing.text == "No matches."
    assert broken.status == "invalid"


async def test_every_entry_is_one_line_whatever_its_name(bench: Bench) -> None:
    bench.write("a\nb.txt", "x\n")

    listed = await bench.call("list_files", path=".")
    found = await bench.call("search_files", path=".", regex="x")
    read = await bench.call("read_file", path="a\nb.txt")

    assert listed.text == 'In the workspace folder: 1 entry\n"a\\nb.txt"'
    assert found.text == '1 matching line in 1 file.\n\n# "a\\nb.txt"\n> 1 | x'
    assert read.text == '"a\\nb.txt", lines 1-1 of 1\n\n1 | x'

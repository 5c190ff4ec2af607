"""Searching: what is found and shown, limits, hostile expressions, and ripgrep making no difference."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Collection
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.world.buffers import Applied, Buffer
from agentls.world.content import text_digest
from agentls.world.files import (
    FileMatches,
    FileMissing,
    Matches,
    PathRefused,
    PatternRefused,
    Place,
    SearchLine,
    Workspace,
)
from agentls.world.ripgrep import find_ripgrep, sieve, widened
from agentls.world.scan import compile_pattern, is_safe_on_whole_text, matching_lines


class Editor:
    def __init__(self) -> None:
        self.open: dict[Path, Buffer] = {}

    def get(self, absolute: Path) -> Buffer | None:
        return self.open.get(absolute)

    def paths(self) -> Collection[Path]:
        return tuple(self.open)

    async def apply(self, place: Place, new_text: str, label: str) -> Applied | None:
        return None


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
    return Workspace([root], editor, program_path="")


def fill(root: Path, files: dict[str, str | bytes]) -> None:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def hits(matches: Matches) -> dict[str, list[int]]:
    return {file.path: [line.number for line in file.lines if line.is_match] for file in matches.files}


async def find(
    workspace: Workspace, regex: str, file_pattern: str | None = None, at: str = "."
) -> dict[str, list[int]]:
    return hits(await workspace.search(workspace.resolve(at), regex, file_pattern, context_lines=0))


async def test_matches_come_with_context_each_line_once(workspace: Workspace, root: Path) -> None:
    fill(root, {"b/x.py": "one\nneedle\nthree\nneedle\nfive\nsix\nseven\nneedle", "a.py": "no\n"})
    found = await workspace.search(workspace.resolve("."), r"need\w+")
    shown = ((1, "one"), (2, "needle"), (3, "three"), (4, "needle"), (5, "five"), (7, "seven"), (8, "needle"))
    assert found == Matches(
        files=(
            FileMatches(
                "b/x.py",
                tuple(SearchLine(number, text, is_match=text == "needle", cut=False) for number, text in shown),
            ),
        ),
        count=3,
        truncated=False,
        notes=(),
    )


async def test_the_search_keeps_to_the_files_that_a_listing_shows(
    workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").write_text("needle")
    fill(root, {".gitignore": "out\n", ".agentignore": "*.key\n", "out/a": "needle", "b.key": "needle", ".c": "needle"})
    fill(root, {".git/config": "needle", "bin": b"needle\0", "d/e": "needle"})
    (root / "link").symlink_to(tmp_path / "outside")
    os.mkfifo(root / "fifo")
    assert await find(workspace, "needle") == {".c": [1], "d/e": [1]}
    assert await find(workspace, "needle", at="d/e") == {"d/e": [1]}
    assert await find(workspace, "needle", at="out") == {"out/a": [1]}


async def test_all_encodings_and_newlines_that_can_be_read_are_searched(workspace: Workspace, root: Path) -> None:
    fill(root, {"crlf": "a\r\nend\r\n", "mixed": "a\r\nend\nx", "bom": b"\xef\xbb\xbfend", "lossy": b"\xff end\n"})
    fill(root, {"utf16": "\ufeffa\nend\n".encode("utf-16-le"), "last": "x\nend", "cr": "a\rend"})
    assert await find(workspace, "(^|. |\r)end$") == {
        "bom": [1],
        "cr": [1],
        "crlf": [2],
        "last": [2],
        "lossy": [1],
        "mixed": [2],
        "utf16": [2],
    }


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*.py", ["a.py", "src/b.py", "src/deep/c.py"]),
        ("src/*.py", ["src/b.py"]),
        ("src/**", ["src/b.py", "src/d.ts", "src/deep/c.py"]),
        ("src/", ["src/b.py", "src/d.ts", "src/deep/c.py"]),
        ("**/c.*", ["src/deep/c.py"]),
        ("*.{ts,py}", ["a.py", "src/b.py", "src/d.ts", "src/deep/c.py"]),
        ("{a,src/{b,d}}.{py,ts}", ["a.py", "src/b.py", "src/d.ts"]),
        ("!*.py", ["#x", "src/d.ts"]),
        ("#x", ["#x"]),
        ("*.none", []),
    ],
)
async def test_a_file_pattern_chooses_files(
    workspace: Workspace, root: Path, pattern: str, expected: list[str]
) -> None:
    fill(root, dict.fromkeys(("a.py", "src/b.py", "src/deep/c.py", "src/d.ts", "#x"), "needle"))
    assert sorted(await find(workspace, "needle", pattern)) == expected


async def test_a_file_pattern_counts_from_the_searched_folder_or_the_root(workspace: Workspace, root: Path) -> None:
    fill(root, dict.fromkeys(("src/x/a", "src/b"), "needle"))
    assert await find(workspace, "needle", "x/*", at="src") == {"src/x/a": [1]}
    assert await find(workspace, "needle", "src/x/*", at="src") == {"src/x/a": [1]}


@pytest.mark.parametrize("pattern", ["", "!", "[a", "a\nb", "{a,b}" * 7])
async def test_an_unusable_file_pattern_is_refused(workspace: Workspace, pattern: str) -> None:
    with pytest.raises(PatternRefused):
        await find(workspace, "x", pattern)


@pytest.mark.parametrize(
    ("regex", "reason", "position"),
    [
        ("", "The regular expression is empty.", None),
        ("x" * 5001, "The regular expression is longer than 5000 characters.", None),
        ("a(b", "The regular expression is not valid: missing ), unterminated subpattern.", 1),
        (r"\p{L}", r"The regular expression is not valid: bad escape \p.", 0),
        ("[[:alpha:]]", "The regular expression is not valid: Possible nested set at position 1.", None),
        ("a{99999999999}", "The regular expression is not valid: the repetition number is too large.", None),
    ],
)
async def test_an_unusable_expression_is_refused_with_its_place(
    workspace: Workspace, root: Path, regex: str, reason: str, position: int | None
) -> None:
    with pytest.raises(PatternRefused) as caught:
        await find(workspace, regex)
    assert (caught.value.reason, caught.value.position) == (reason, position)


async def test_what_cannot_be_searched_is_refused(workspace: Workspace, root: Path) -> None:
    os.mkfifo(root / "fifo")
    with pytest.raises(FileMissing):
        await find(workspace, "x", at="gone")
    with pytest.raises(PathRefused, match="neither a file nor a folder"):
        await find(workspace, "x", at="fifo")


async def test_matches_are_capped_and_it_says_so(workspace: Workspace, root: Path) -> None:
    fill(root, {"a": "n\n" * 3, "b": "n\n" * 3})
    place = workspace.resolve(".")
    capped = await workspace.search(place, "n", limit=4)
    assert (hits(capped), capped.count, capped.truncated) == ({"a": [1, 2, 3], "b": [1]}, 4, True)
    assert [line.number for line in capped.files[1].lines] == [1]
    exact = await workspace.search(place, "n", limit=6)
    assert (exact.count, exact.truncated) == (6, False)


async def test_a_long_line_is_cut_around_its_match(workspace: Workspace, root: Path) -> None:
    fill(root, {"a": "x" * 1000 + "needle" + "y" * 1000 + "\n" + "z" * 600 + "\nneedle" + "w" * 600})
    found = await workspace.search(workspace.resolve("."), "needle", line_limit=100)
    assert found.files[0].lines == (
        SearchLine(1, "…" + "x" * 60 + "needle" + "y" * 34 + "…", is_match=True, cut=True),
        SearchLine(2, "z" * 100 + "…", is_match=False, cut=True),
        SearchLine(3, "needle" + "w" * 94 + "…", is_match=True, cut=True),
    )


async def test_a_file_that_is_too_large_is_left_out_and_counted(workspace: Workspace, root: Path) -> None:
    fill(root, {"big": b"needle\n" + b"x" * (8 << 20), "small": "needle"})
    found = await workspace.search(workspace.resolve("."), "needle")
    assert (hits(found), found.notes) == ({"small": [1]}, ("Not searched: 1 file over 8 MiB.",))


async def test_unsaved_text_is_searched_instead_of_the_file(workspace: Workspace, root: Path, editor: Editor) -> None:
    fill(root, {"dirty": "old", "clean": "old", ".gitignore": "hidden", "hidden": "old"})
    editor.open = {
        root / "dirty": Buffer("x\nnew", 2, text_digest("old")),
        root / "clean": Buffer("old", 1, text_digest("old")),
        root / "hidden": Buffer("new", 2, text_digest("old")),
        root.parent / "outside": Buffer("new", 2, None),
    }
    assert await find(workspace, "new") == {"dirty": [2]}
    assert await find(workspace, "old") == {"clean": [1]}


async def test_an_exponential_expression_is_stopped_in_time(workspace: Workspace, root: Path) -> None:
    fill(root, {"a": "first aab", "b": "a" * 60 + "!"})
    found = await workspace.search(workspace.resolve("."), "(a|aa)+[b]$", timeout_s=2)
    assert (hits(found), found.truncated) == ({"a": [1]}, True)
    assert found.notes == ("The search was stopped after 2 seconds; narrow it down.",)


async def test_a_cancelled_search_leaves_no_worker(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
    real = asyncio.create_subprocess_exec

    async def spawn(*arguments: str, **options: object) -> asyncio.subprocess.Process:
        process = await real(*arguments, **options)  # type: ignore[arg-type]
        started.put_nowait(process)
        return process

    monkeypatch.setattr(asyncio, "create_subprocess_exec", spawn)
    fill(root, {"b": "a" * 60 + "!"})
    search = asyncio.ensure_future(workspace.search(workspace.resolve("."), "(a|aa)+[b]$"))
    process = await asyncio.wait_for(started.get(), 10)
    search.cancel()
    with pytest.raises(asyncio.CancelledError):
        await search
    assert process.returncode == -9


TOKENS = st.sampled_from(
    [
        r"a",
        r"b",
        r"ab",
        r".",
        r"\w",
        r"\s",
        r"\S",
        r"\b",
        r"^",
        r"$",
        r"(",
        r")",
        r"(?:",
        r"|",
        r"*",
        r"+",
        r"?",
        r"{1,2}",
        r"[ab]",
        r"[^a]",
        r"[\w-]",
        r"[\s\]]",
        r"\n",
        r"-",
        r"(?i)",
        r"(?!a)",
        r"(?=b)",
        r"\Z",
        r"\A",
        r"*+",
        r"(?>",
        r"é",
        r"\W",
        r"[^\n]",
    ]
)
TEXTS = st.lists(st.sampled_from(["a", "b", "A", " ", "\n", "\r\n", "\r", "-", "é", "\u2028", ""]), max_size=12).map(
    "".join
)


@given(regex=st.lists(TOKENS, min_size=1, max_size=5).map("".join), text=TEXTS)
def test_looking_at_the_whole_text_first_never_loses_a_line(regex: str, text: str) -> None:
    try:
        pattern = compile_pattern(regex)
    except ValueError:
        return
    lines = text.replace("\r\n", "\n").split("\n")
    lines = lines if lines[-1] else lines[:-1]
    expected = [index for index, line in enumerate(lines) if pattern.search(line)]
    assert matching_lines(text, pattern) == ((lines, expected) if expected else ([], []))


def test_ordinary_expressions_take_the_fast_way() -> None:
    ordinary = ["foo", r"def \w+\(", "TODO|FIXME", r"^import\s+(?:os|sys)$", r"(?i)error.*code", r"[\w.]+@x", "a{2,3}"]
    assert [regex for regex in ordinary if not is_safe_on_whole_text(regex)] == []


# ripgrep


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        ("foo_1 bar", "foo_1 bar"),
        (r"a\.b-c", r"a\x{2E}b\x{2D}c"),
        (r"def \w+\(", r"def [\w\p{N}]+\x{28}"),
        (r"\bx\b", "(?:)x(?:)"),
        ("^a$", r"^a(?:\r?$)"),
        ("(a|b)+?c{2,}", "(a|b)+?c{2,}"),
        ("a{,3}", "a{0,3}"),
        (".", r"(?:.|(?-u:[\x80-\xFF]){1,3})"),
        ("[a-z_.]", r"[a-z_\x{2E}]"),
        ("[^a]", r"(?:[^a]|(?-u:[\x80-\xFF]){1,3})"),
        (r"[\w-]", r"[\w\p{N}-]"),
        ("(?i)error", "(?i)error"),
        ("naïve", "naïve"),
        ("(?i)naïve", None),
        ("a{2000}", None),
        ("a{", None),
        ("a++", None),
        ("(?=a)", None),
        ("(?P<n>a)", None),
        (r"(a)\1", None),
        (r"\W", None),
        (r"\n", None),
        ("[[]", None),
        ("[a&&b]", None),
        (r"[^\w]", None),
        (r"\Aa", None),
        ("$^", None),
        ("a\nb", None),
    ],
)
def test_an_expression_is_widened_for_ripgrep_or_kept_from_it(regex: str, expected: str | None) -> None:
    assert widened(regex) == expected


def program(folder: Path, body: str) -> Path:
    """An executable `rg` that is a Python program."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rg"
    path.write_text(f"#!{sys.executable} -IS\nimport os, sys\n{body}\n")
    path.chmod(0o755)
    return path


LISTING = """
files = sys.argv[sys.argv.index("--") + 1 :]
open(os.path.join(os.path.dirname(sys.argv[0]), "asked"), "a").write("%d " % len(files))
found = [name for name in files if b"needle" in open(name, "rb").read()]
sys.stdout.write("".join(name + "\\0" for name in found))
sys.exit(0 if found else 1)
"""


async def test_ripgrep_changes_nothing_but_what_is_looked_at(
    root: Path, editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentls.world.search.SIEVE_FROM_FILES", 3)
    fill(root, {"a": "needle\n", "b/c": "no", "d": "x\nneedle", "e": "old"})
    editor.open = {root / "e": Buffer("needle", 2, text_digest("old"))}
    rg = program(tmp_path / "bin", LISTING)
    plain, sieved = Workspace([root], editor, program_path=""), Workspace([root], editor, program_path=str(rg.parent))
    for regex in ("needle", r"\W?needle"):  # the second is not for ripgrep
        assert await find(sieved, regex) == await find(plain, regex) == {"a": [1], "d": [2], "e": [1]}
    assert (rg.parent / "asked").read_text() == "4 "


async def test_a_ripgrep_that_fails_is_left_out(root: Path, editor: Editor, tmp_path: Path) -> None:
    fill(root, {"a": "needle"})
    broken = program(tmp_path / "bin", "sys.exit(2)")
    assert await sieve(broken, "needle", root, ["a"]) is None


async def test_many_files_are_handed_over_in_batches(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentls.world.ripgrep._BATCH_BYTES", 25)
    names = [f"f{number}" for number in range(5)]
    fill(root, dict.fromkeys(names, "needle"))
    rg = program(tmp_path / "bin", LISTING)
    assert await sieve(rg, "needle", root, names) == frozenset(names)
    assert (rg.parent / "asked").read_text() == "2 2 1 "


def test_a_ripgrep_inside_the_workspace_is_never_run(root: Path, tmp_path: Path) -> None:
    inside, outside = program(root / "bin", ""), program(tmp_path / "bin", "")
    (tmp_path / "alias").mkdir()
    (tmp_path / "alias" / "rg").symlink_to(inside)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "rg").write_text("not executable")
    bad = ["", ".", "bin", str(inside.parent), str(tmp_path / "alias"), str(tmp_path / "plain"), str(tmp_path / "none")]
    assert find_ripgrep(os.pathsep.join(bad), [root]) is None
    assert find_ripgrep(os.pathsep.join([*bad, str(outside.parent)]), [root]) == outside.resolve()

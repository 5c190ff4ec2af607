"""Ignore files: gitignore's language against git's own rules, nesting, and failing closed."""

from __future__ import annotations

from pathlib import Path

import pathspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.world.buffers import NoBuffers
from agentls.world.files import PathRefused, Workspace
from agentls.world.ignore_rules import IgnoreRules

FOLDER, FILE, BOTH = "folder", "file", "both"


def ignored(lines: list[str], path: str, *, is_folder: bool = False, fold: bool = False) -> bool:
    """Judge a path as a walk does: a folder that is ignored hides all below it."""
    rules = IgnoreRules(lines, fold=fold)
    parts = path.split("/")
    verdict = None
    for depth in range(1, len(parts) + 1):
        verdict = rules.verdict("/".join(parts[:depth]), is_folder=is_folder or depth < len(parts))
        if verdict:
            return True
    return False


@pytest.mark.parametrize(
    ("lines", "hidden", "shown"),
    [
        (["*.log"], ["a.log", "x/a.log", ".log"], ["a.log2", "log"]),
        (["/top"], ["top", "top/x"], ["x/top"]),
        (["a/b"], ["a/b", "a/b/c"], ["x/a/b", "a/c"]),
        (["build/"], ["build/x", "x/build/y"], ["build"]),
        (["**/foo"], ["foo", "a/foo", "a/b/foo"], ["foox"]),
        (["foo/**"], ["foo/a", "foo/a/b"], ["foo", "x/foo/a"]),
        (["a/**/b"], ["a/b", "a/x/b", "a/x/y/b"], ["ab", "x/a/b"]),
        (["a/**/b/**/c"], ["a/b/c", "a/1/b/2/3/c"], ["a/c", "a/b"]),
        (["*", "!*.py"], ["a.txt", "d/a.py"], ["a.py"]),
        (["*.log", "!keep.log"], ["a.log"], ["keep.log", "x/keep.log"]),
        (["!a", "a"], ["a"], []),
        (["a", "!a"], [], ["a"]),
        (["d/", "!d/x"], ["d/x"], []),
        (["# a", "\\#a", "\\!b"], ["#a", "!b"], ["a", "# a", "b"]),
        (["a  ", "b\\ "], ["a", "b "], ["a  ", "b"]),
        (["a\r", "\ufeffb"], ["a"], []),
        (["file?.[ch]"], ["file1.c", "x/fileX.h"], ["file.c", "file1.o", "file12.c"]),
        (["[a-c]1", "[!x]2", "[[:digit:]]3"], ["a1", "c1", "y2", "43"], ["d1", "x2", "a3"]),
        (["a[/]b", "x[^q]y"], ["xzy"], ["a/b", "x/y"]),
        (["[]]", "[a\\]]z"], ["]", "]z", "az"], ["[]]"]),
        (["*a*b*c"], ["abc", "xaybzc"], ["acb"]),
        (["a***b"], ["ab", "axb"], ["a/b"]),
        (["Ünï"], ["Ünï"], ["ünï"]),
        (["", "   ", "/", "!"], [], ["a", " "]),
        (["[abc", "tail\\", "a//b"], [], ["[abc", "a", "tail\\", "a/b"]),
    ],
)
def test_patterns_mean_what_git_means(lines: list[str], hidden: list[str], shown: list[str]) -> None:
    assert [path for path in hidden if not ignored(lines, path)] == []
    assert [path for path in shown if ignored(lines, path)] == []


def test_folder_patterns_spare_files() -> None:
    assert (ignored(["x/"], "x", is_folder=True), ignored(["x/"], "x")) == (True, False)


def test_lines_that_are_no_pattern_are_numbered() -> None:
    assert IgnoreRules(["ok", "[open", "# fine", "end\\", "[z-a]"], fold=False).broken_lines == (2, 4)


def test_folding_ignores_case_and_unicode_form() -> None:
    assert ignored(["Secret.TXT", "caf\u00e9"], "sECRET.txt", fold=True)
    assert ignored(["caf\u00e9"], "cafe\u0301", fold=True)


@pytest.mark.timeout(20)
def test_hostile_patterns_do_not_take_exponential_time() -> None:
    stars, name = "*a" * 40 + "b", "a" * 250
    deep = "/".join(["a"] * 120)
    assert not ignored([stars], name)
    assert not ignored(["/".join(["**", "a"] * 30) + "/b"], deep)
    assert not ignored([f"**/{stars}"], f"{name}/{name}")


PIECES = st.sampled_from(["a", "b", "ab", "*", "**", "/", "?", "[ab]", "[!a]", ".", "!"])
NAMES = st.sampled_from(["a", "b", "ab", "ba", "a.b", "abc", "."[:0] + "c"])


@given(
    lines=st.lists(st.lists(PIECES, min_size=1, max_size=6).map("".join), min_size=1, max_size=3),
    path=st.lists(NAMES, min_size=1, max_size=4).map("/".join),
)
def test_a_well_known_library_agrees(lines: list[str], path: str) -> None:
    """Where patterns are ordinary: no empty names, no `**` glued to something, no `!!`, no `[!x]`."""
    plain = [line for line in lines if "//" not in line and "!!" not in line and "[!" not in line and ordinary(line)]
    spec = pathspec.GitIgnoreSpec.from_lines(plain)
    parts = path.split("/")
    theirs = False
    for depth in range(1, len(parts) + 1):
        at = "/".join(parts[:depth]) + ("/" if depth < len(parts) else "")
        theirs = bool(spec.check_file(at).include)
        if theirs:
            break
    assert ignored(plain, path) == theirs


def ordinary(line: str) -> bool:
    body = line.removeprefix("!").strip("/")
    return bool(body) and all(part == "**" or "**" not in part for part in body.split("/")) and body != "**"


# In the workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "w"
    folder.mkdir()
    return folder


@pytest.fixture
def workspace(root: Path) -> Workspace:
    return Workspace([root], NoBuffers())


def fill(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


async def entries(workspace: Workspace, at: str = ".") -> tuple[str, ...]:
    return (await workspace.walk(workspace.resolve(at), recursive=True, limit=100)).entries


def refused(workspace: Workspace, text: str) -> str | None:
    try:
        workspace.resolve(text)
    except PathRefused as error:
        return error.reason
    return None


async def test_gitignore_hides_from_listings_but_not_from_reading(workspace: Workspace, root: Path) -> None:
    fill(root, **{".gitignore": "out/\n*.tmp\n", "out__x": "", "a.tmp": "", "a": "", "sub__b.tmp": "", "sub__c": ""})
    assert await entries(workspace) == (".gitignore", "a", "sub/", "sub/c")
    assert (await workspace.read(workspace.resolve("out/x"))).text == ""


async def test_nested_gitignores_override_outer_ones(workspace: Workspace, root: Path) -> None:
    fill(root, **{".gitignore": "*.log\n", "a__.gitignore": "!keep.log\n/x\n", "a__keep.log": "", "a__no.log": ""})
    fill(root, **{"a__x": "", "a__b__x": "", "keep.log": ""})
    expected = (".gitignore", "a/", "a/.gitignore", "a/b/", "a/keep.log", "a/b/x")
    assert await entries(workspace) == expected
    assert await entries(workspace, "a") == expected[2:]


async def test_an_ignored_folder_that_is_asked_for_by_name_is_listed(workspace: Workspace, root: Path) -> None:
    fill(root, **{".gitignore": "vendor\n*.o\n", "vendor__x.o": "", "vendor__.gitignore": "y\n", "vendor__y": ""})
    assert await entries(workspace, "vendor") == ("vendor/.gitignore", "vendor/x.o")


async def test_agentignore_forbids_everything_everywhere_below(workspace: Workspace, root: Path) -> None:
    fill(
        root,
        **{".agentignore": "secrets/\n*.pem\n!ca.pem\n", "secrets__k": "", "a.pem": "", "ca.pem": "", "d__e.pem": ""},
    )
    (root / "alias").symlink_to("secrets")
    (root / "key").symlink_to("d/e.pem")
    reason = "The path is off limits: .agentignore excludes it."
    for text in ("secrets", "secrets/k", "secrets/new", "a.pem", "new.pem", "d/e.pem", "alias/k", "alias", "key"):
        assert refused(workspace, text) == reason
    assert [refused(workspace, text) for text in ("ca.pem", "d", "secrets2")] == [None, None, None]
    assert await entries(workspace) == (".agentignore", "alias", "ca.pem", "d/", "key")


async def test_nested_agentignores_count_from_their_folder(workspace: Workspace, root: Path) -> None:
    fill(root, **{".agentignore": "*.env\n", "a__.agentignore": "!ok.env\n/top\n", "a__ok.env": "", "a__top": ""})
    assert refused(workspace, "a/ok.env") is None
    assert refused(workspace, "a/b/top") is None
    assert refused(workspace, "a/top") == "The path is off limits: a/.agentignore excludes it."
    assert refused(workspace, "a/b/x.env") == "The path is off limits: .agentignore excludes it."


def test_a_folder_that_is_forbidden_cannot_allow_itself(workspace: Workspace, root: Path) -> None:
    fill(root, **{".agentignore": "a/\n", "a__.agentignore": "!*\n", "a__x": ""})
    assert refused(workspace, "a/x") == "The path is off limits: .agentignore excludes it."


def test_a_changed_ignore_file_counts_at_once(workspace: Workspace, root: Path) -> None:
    assert refused(workspace, "x") is None
    (root / ".agentignore").write_text("x\n")
    assert refused(workspace, "x") is not None
    (root / ".agentignore").write_text("yy\n")
    assert [refused(workspace, "x"), refused(workspace, "yy") is None] == [None, False]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"ok\n[open\n", "line 2 of .agentignore is not a valid pattern"),
        (b"\xff\xfe", ".agentignore is not UTF-8"),
        (b"x\n" * 20_000, ".agentignore is longer than 32768 bytes"),
        (b"a*" * 4000, "line 1 of .agentignore is not a valid pattern"),
    ],
)
async def test_an_agentignore_that_cannot_be_understood_closes_its_folder(
    workspace: Workspace, root: Path, content: bytes, reason: str
) -> None:
    fill(root, a="", sub__b="")
    (root / ".agentignore").write_bytes(content)
    assert refused(workspace, "a") == refused(workspace, "sub/b") == f"The path is off limits: {reason}."
    listing = await workspace.walk(workspace.resolve("."), recursive=True, limit=10)
    assert (listing.entries, listing.notes) == ((), (f"The contents of . are left out: {reason}.",))


async def test_an_ignore_file_that_is_no_file_closes_its_folder(workspace: Workspace, root: Path) -> None:
    fill(root, a__x="", b__y="", c__z="")
    (root / "a" / ".agentignore").mkdir()
    (root / "b" / ".gitignore").symlink_to("/etc/passwd")
    (root / "c" / ".agentignore").symlink_to("nothing")
    listing = await workspace.walk(workspace.resolve("."), recursive=True, limit=10)
    assert listing.entries == ("a/", "b/", "c/")
    assert listing.notes == (
        "The contents of a are left out: a/.agentignore cannot be read (folder).",
        "The contents of b are left out: b/.gitignore is a link that leads out of the workspace.",
        "The contents of c are left out: c/.agentignore is a link to something that is not a file.",
    )
    assert [refused(workspace, text) is None for text in ("a/x", "b/y", "c/z")] == [False, True, False]


async def test_an_ignore_file_may_be_a_link_inside(workspace: Workspace, root: Path) -> None:
    fill(root, shared="*.o\n", a__x="", **{"a__y.o": ""})
    (root / "a" / ".gitignore").symlink_to("../shared")
    assert await entries(workspace, "a") == ("a/.gitignore", "a/x")

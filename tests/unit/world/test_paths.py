"""The path gate: rows B061 to B081 of the checklist, spelled and linked in every way, and opening after the check."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from agentls.world.beneath import Folder, NotRegular, open_folder
from agentls.world.buffers import NoBuffers
from agentls.world.files import Workspace
from agentls.world.paths import PathRefused, Place
from agentls.world.replace import read_regular
from agentls.world.windows_names import windows_refusal

OUTSIDE = "The path is outside the workspace. Only files in the workspace folder can be used."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A workspace `R` with one file, a sibling `R-evil` and a secret outside."""
    folder = tmp_path.resolve() / "R"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "a.py").write_text("a\n")
    (tmp_path / "R-evil").mkdir()
    (tmp_path / "R-evil" / "x").write_text("evil")
    (tmp_path / "secret").write_text("secret")
    return folder


@pytest.fixture
def workspace(root: Path) -> Workspace:
    return Workspace([root], NoBuffers())


def refusal(workspace: Workspace, text: str) -> str:
    with pytest.raises(PathRefused) as caught:
        workspace.resolve(text)
    return caught.value.reason


def file_place(root: Path, relative: str) -> Place:
    return Place(
        root=root,
        relative=relative,
        absolute=root / relative,
        uri=(root / relative).as_uri(),
        link_target=None,
        named=relative,
        kind="file",
        hard_linked=False,
    )


@pytest.mark.parametrize(
    "text", ["src/a.py", "./src//a.py", "src/./a.py", "src/../src/a.py", "{root}/src/a.py", "{uri}/src/a.py"]
)
def test_every_spelling_of_a_file_inside_is_the_same_place(workspace: Workspace, root: Path, text: str) -> None:
    assert workspace.resolve(text.format(root=root, uri=root.as_uri())) == file_place(root, "src/a.py")


def test_the_root_itself_is_a_folder_called_dot(workspace: Workspace, root: Path) -> None:
    place = workspace.resolve(".")
    assert (place.relative, place.absolute, place.kind, place.parts) == (".", root, "directory", ())


def test_a_missing_file_has_a_place_even_in_missing_folders(workspace: Workspace, root: Path) -> None:
    assert workspace.resolve("new/deep/file.txt") == replace(file_place(root, "new/deep/file.txt"), kind="missing")


@pytest.mark.parametrize(
    "text",
    [
        "..",
        "../secret",
        "src/../../secret",
        "src/../../R-evil/x",
        "{root}-evil/x",
        "{root}/../secret",
        "/etc/passwd",
        "/",
        "//etc/passwd",
        "/proc/self/environ",
        "/dev/zero",
        "/no/such/place",
        "/root/.ssh/../../etc/shadow",
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "file://localhost/etc/passwd",
        "{uri}/%2e%2e/secret",
        "{uri}/..%2Fsecret",
    ],
)
def test_a_path_that_leads_outside_is_refused(workspace: Workspace, root: Path, text: str) -> None:
    assert refusal(workspace, text.format(root=root, uri=root.as_uri())) == OUTSIDE


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", 'The path is empty. Use "." for the workspace folder.'),
        ("a\0b", "The path contains a NUL character."),
        ("a\ud800", "The path contains characters that are not valid Unicode."),
        ("x/" * 2048 + "y", "The path is longer than 4096 bytes."),
        ("n" * 256, "A name in the path is longer than 255 bytes."),
        ("é" * 128, "A name in the path is longer than 255 bytes."),
        ("src/a.py/b", "'a.py' in the path is not a folder. Use list_files to see what is there."),
        ("src/a.py/..", "'a.py' in the path is not a folder. Use list_files to see what is there."),
        ("src/a.py/", "'a.py' in the path is not a folder. Use list_files to see what is there."),
        ("missing/../src/a.py", "The path goes up from a folder that is not there. Write it without `..`."),
        ("file:src/a.py", "A file URI must have the form file:///absolute/path."),
        ("file://host/share/x", "The file URI names another machine."),
        ("file:///x?query", "A file URI has no query and no fragment."),
        ("file:///%ff", "The file URI is not valid UTF-8."),
        ("file:///a%00", "The path contains a NUL character."),
    ],
)
def test_an_unusable_path_is_refused_with_its_reason(workspace: Workspace, text: str, reason: str) -> None:
    assert refusal(workspace, text) == reason


@pytest.mark.parametrize("name", ["~", "$HOME", "%USERPROFILE%", "~root", "a b", "*", "%2e%2e", "C:", "back\\slash"])
def test_nothing_is_expanded(workspace: Workspace, root: Path, name: str) -> None:
    assert workspace.resolve(name).absolute == root / name


def test_a_uri_is_decoded_once(workspace: Workspace, root: Path) -> None:
    assert workspace.resolve(f"{root.as_uri()}/%252e%252e/x").relative == "%2e%2e/x"


def test_a_link_out_is_refused_whether_final_or_in_the_middle(workspace: Workspace, root: Path) -> None:
    (root / "final").symlink_to(root.parent / "secret")
    (root / "middle").symlink_to(root.parent)
    (root / "dangling").symlink_to(root.parent / "not-there-yet")
    (root / "relative").symlink_to("../secret")
    (root / "chain").symlink_to("final")
    for text in ("final", "middle/secret", "middle/new", "dangling", "relative", "chain", "src/../middle/R-evil/x"):
        assert refusal(workspace, text) == OUTSIDE


def test_a_link_inside_is_followed_and_tells_its_target(workspace: Workspace, root: Path) -> None:
    (root / "alias").symlink_to("src")
    (root / "absolute").symlink_to(root / "src" / "a.py")
    followed = replace(file_place(root, "src/a.py"), link_target="src/a.py")
    assert workspace.resolve("alias/a.py") == replace(followed, named="alias/a.py")
    assert workspace.resolve("absolute") == replace(followed, named="absolute")


def test_dots_after_a_link_go_up_from_its_target(workspace: Workspace, root: Path) -> None:
    (root / "x" / "y").mkdir(parents=True)
    (root / "deep").symlink_to("x/y")
    assert workspace.resolve("deep/../z").relative == "x/z"


def test_a_way_out_and_back_in_is_inside(workspace: Workspace, root: Path) -> None:
    assert workspace.resolve("../R/src/a.py").relative == "src/a.py"


def test_loops_and_endless_chains_are_refused(workspace: Workspace, root: Path) -> None:
    (root / "loop").symlink_to("loop")
    (root / "ping").symlink_to("pong")
    (root / "pong").symlink_to("ping")
    for number in range(60):
        (root / f"chain{number}").symlink_to(f"chain{number + 1}")
    (root / "chain60").symlink_to("src/a.py")
    for text in ("loop", "ping", "loop/x", "chain0"):
        assert refusal(workspace, text) == "The path runs through too many links (a loop?)."
    assert workspace.resolve("chain30").relative == "src/a.py"


def test_a_path_that_cannot_be_looked_at_is_refused(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.lstat

    def lstat(path: str) -> os.stat_result:
        if str(path).endswith("/src"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr("agentls.world.paths.os.lstat", lstat)
    assert refusal(workspace, "src/a.py") == "The path cannot be resolved (Permission denied)."


def test_a_root_that_is_itself_a_link_is_known_by_both_names(tmp_path: Path, root: Path) -> None:
    (tmp_path / "short").symlink_to(root)
    workspace = Workspace([tmp_path / "short"], NoBuffers())
    assert workspace.resolve(f"{tmp_path}/short/src/a.py") == file_place(root, "src/a.py")
    assert workspace.resolve(f"{root}/src/a.py") == file_place(root, "src/a.py")


def test_an_absolute_path_may_lie_in_any_root_and_a_relative_one_in_the_first(tmp_path: Path, root: Path) -> None:
    second = tmp_path.resolve() / "second"
    second.mkdir()
    (second / "b").write_text("b")
    workspace = Workspace([root, second], NoBuffers())
    assert workspace.resolve(str(second / "b")) == file_place(second, "b")
    assert workspace.resolve("b").absolute == root / "b"


def test_a_hard_linked_file_says_so(workspace: Workspace, root: Path) -> None:
    (root / "twin").hardlink_to(root.parent / "secret")
    assert [workspace.resolve(name).hard_linked for name in ("twin", "src/a.py", "src")] == [True, False, False]


@pytest.fixture
def socket_path(root: Path) -> Iterator[Path]:
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.open(root, os.O_RDONLY)
        try:  # a socket's path is short, a test's folder is not
            listener.bind(f"/proc/self/fd/{folder}/socket" if Path("/proc/self/fd").exists() else str(root / "socket"))
        finally:
            os.close(folder)
        yield root / "socket"


@pytest.mark.usefixtures("socket_path")
def test_what_is_no_regular_file_is_an_error_at_once(root: Path) -> None:
    os.mkfifo(root / "fifo")
    (root / "link").symlink_to("src/a.py")
    kinds = []
    for name in ("fifo", "socket", "src", "link"):
        with pytest.raises(NotRegular) as caught:
            read_regular(str(root), [name], 100)
        kinds.append(caught.value.kind)
    with pytest.raises(NotRegular) as caught:
        read_regular("/dev", ["zero"], 100)
    assert [*kinds, caught.value.kind] == ["named pipe", "socket", "folder", "link", "device"]


def test_a_fifo_that_takes_the_place_of_a_file_after_the_look_does_not_hang(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(root / "fifo")
    regular = (root / "src" / "a.py").stat()
    monkeypatch.setattr(Folder, "stat", lambda *_: regular)
    with pytest.raises(NotRegular):
        read_regular(str(root), ["fifo"], 100)


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\0b"])
def test_an_open_folder_takes_single_names_only(root: Path, name: str) -> None:
    with open_folder(str(root), []) as folder:
        for use in (folder.child, folder.stat, folder.open_file, folder.remove, folder.make_folder):
            with pytest.raises(OSError, match="not a single name"):
                use(name)


async def test_a_link_swapped_in_after_the_check_never_leads_out(workspace: Workspace, root: Path) -> None:
    """B074: the check says yes, then the folder becomes a link to the outside; a thousand rounds of both kinds."""
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "f").write_text("stolen")
    inside = root / "d"
    for number in range(1000):
        inside.mkdir()
        (inside / "f").write_text("mine")
        place = workspace.resolve("d/f")
        if number % 2:
            (inside / "f").unlink()
            (inside / "f").symlink_to(outside / "f")
        else:
            inside.rename(root / "moved")
            inside.symlink_to(outside)
        with pytest.raises(OSError):
            read_regular(str(place.root), place.parts, 100)
        if number % 100 == 0:
            with pytest.raises(PathRefused):
                await workspace.write(place, "x", expect_digest=None)
        if number % 2:
            (inside / "f").unlink()
            inside.rmdir()
        else:
            inside.unlink()
            (root / "moved" / "f").unlink()
            (root / "moved").rmdir()
    assert (outside / "f").read_text() == "stolen"
    assert [entry.name for entry in outside.iterdir()] == ["f"]


@pytest.mark.parametrize(
    "text",
    [
        "a.",
        "a ",
        "dir./x",
        "x:stream",
        "x::$DATA",
        "PROGRA~1/x",
        "\\\\server\\share",
        "//server/share",
        "\\\\?\\C:\\x",
        "\\??\\C:\\x",
        "con",
        "NUL.txt",
        "com1",
        "a/lpt9.log",
        "a\\aux",
        "C:x",
    ],
)
def test_windows_spellings_that_lie_are_refused(text: str) -> None:
    assert windows_refusal(text) is not None


@pytest.mark.parametrize("text", ["a", "a/b\\c", "C:\\w\\a.txt", "c:/w/a", "..\\x", "console", "com10", "a~b", ".git"])
def test_plain_windows_names_pass(text: str) -> None:
    assert windows_refusal(text) is None


def test_above_the_workspace_not_even_the_cause_is_told(workspace: Workspace, root: Path) -> None:
    (root.parent / "a-loop").symlink_to("a-loop")

    for path in ("../secret/x", "../a-loop/x", "../nothing/x"):
        assert refusal(workspace, path) == OUTSIDE

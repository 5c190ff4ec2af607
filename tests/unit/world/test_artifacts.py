"""Kept command output: what is shown, what is in the file, reading it back, failing disks."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.world import artifacts as artifacts_module
from agentls.world.artifacts import Artifacts, ArtifactText, ArtifactUnknown, OutputKeeper


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "artifacts"


@pytest.fixture
def artifacts(folder: Path) -> Artifacts:
    return Artifacts(folder)


def kept(artifacts: Artifacts, output_bytes: int, *pieces: str) -> OutputKeeper:
    keeper = artifacts.keeper(output_bytes)
    for piece in pieces:
        keeper.append(piece)
    keeper.close()
    return keeper


def test_output_that_fits_is_shown_whole_and_leaves_no_file(artifacts: Artifacts, folder: Path) -> None:
    keeper = kept(artifacts, 10, "12345", "", "67890")
    assert (keeper.text(), keeper.truncated, keeper.artifact_id) == ("1234567890", False, None)
    assert (keeper.total_bytes, keeper.shown_bytes, folder.exists()) == (10, 10, False)


def test_long_output_shows_head_and_tail_and_is_kept_whole(artifacts: Artifacts) -> None:
    keeper = kept(artifacts, 10, "abc", "defg", "hij", "klm\n", "nopq")
    assert keeper.text() == "abcde\n[… 8 bytes omitted …]\n\nnopq"
    assert (keeper.truncated, keeper.total_bytes, keeper.shown_bytes) == (True, 18, 10)
    assert keeper.artifact_id is not None
    assert artifacts.read(keeper.artifact_id) == ArtifactText("abcdefghijklm\nnopq", 0, None, 18)


def test_files_are_private_and_their_names_unpredictable(artifacts: Artifacts, folder: Path) -> None:
    names = [kept(artifacts, 2, "long").artifact_id, kept(artifacts, 2, "long").artifact_id]
    assert [name and name[:6] for name in names] == ["cmd-1-", "cmd-2-"]
    assert [len(name or "") for name in names] == [18, 18]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in folder.iterdir()} == {0o600}


@given(
    pieces=st.lists(st.text(alphabet=st.sampled_from("aé€😀\n"), max_size=12), max_size=12),
    output_bytes=st.integers(1, 40),
)
def test_any_pieces_make_the_same_text_in_bounded_memory(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str], output_bytes: int
) -> None:
    artifacts = Artifacts(tmp_path_factory.getbasetemp() / "any")
    keeper, at_once = kept(artifacts, output_bytes, *pieces), kept(artifacts, output_bytes, "".join(pieces))
    whole = "".join(pieces)
    assert keeper.text() == at_once.text()
    assert "\ufffd" not in keeper.text()
    assert keeper.shown_bytes <= max(output_bytes, 2)
    if keeper.artifact_id:
        assert artifacts.read(keeper.artifact_id).text == whole
    else:
        assert keeper.text() == whole


def test_endless_output_stays_bounded_in_memory_and_on_disk(
    artifacts: Artifacts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artifacts_module, "FILE_LIMIT_BYTES", 5000)
    keeper = artifacts.keeper(1000)
    for _ in range(2000):
        keeper.append("x" * 100)
    keeper.append("end")
    assert keeper.text().endswith("xend")
    assert (keeper.total_bytes, keeper.shown_bytes, keeper.kept_bytes) == (200_003, 1000, 5000)
    assert [entry.stat().st_size for entry in folder.iterdir()] == [5000]
    keeper.close()


def test_lone_surrogates_do_no_harm(artifacts: Artifacts) -> None:
    assert kept(artifacts, 10, "a\ud800b").text() == "a?b"


def test_a_full_disk_costs_the_file_and_not_the_command(
    artifacts: Artifacts, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(fd: int, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", write)
    keeper = kept(artifacts, 4, "abcdef", "ghij")
    assert (keeper.text(), keeper.artifact_id) == ("ab\n[… 6 bytes omitted …]\nij", None)
    assert list(folder.iterdir()) == []


def test_a_piece_ends_where_a_character_ends(artifacts: Artifacts) -> None:
    artifact_id = kept(artifacts, 2, "aé€😀!").artifact_id
    assert artifact_id is not None
    pieces, offset = [], 0
    while True:
        piece = artifacts.read(artifact_id, offset_bytes=offset, limit_bytes=4)
        pieces.append(piece.text)
        if piece.next_offset_bytes is None:
            break
        offset = piece.next_offset_bytes
    assert pieces == ["aé", "€", "😀", "!"]


def test_a_search_gives_the_lines_that_hold_the_text(artifacts: Artifacts) -> None:
    artifact_id = kept(artifacts, 2, "one ERROR\ntwo\nthree error\nfour\nerror\n").artifact_id
    assert artifact_id is not None
    assert artifacts.read(artifact_id, "Error") == ArtifactText("one ERROR\nthree error\nerror\n", 0, None, 37)
    first = artifacts.read(artifact_id, "error", limit_bytes=5)
    assert first == ArtifactText("one ERROR\n", 0, 14, 37)
    assert artifacts.read(artifact_id, "error", offset_bytes=14, limit_bytes=20).text == "three error\nerror\n"
    assert artifacts.read(artifact_id, offset_bytes=10**12) == ArtifactText("", 37, None, 37)


@pytest.mark.parametrize(
    "artifact_id", ["", "cmd-1-000000000000", "../secret", "cmd-1-00000000000/../x", "cmd-1-00000000000g", "x" * 5000]
)
def test_an_unknown_artifact_is_an_error(artifacts: Artifacts, folder: Path, artifact_id: str) -> None:
    folder.mkdir(parents=True)
    (folder.parent / "secret").write_text("x")
    with pytest.raises(ArtifactUnknown) as caught:
        artifacts.read(artifact_id)
    assert len(caught.value.reason) < 200


def test_a_link_in_the_place_of_an_artifact_is_not_followed(artifacts: Artifacts, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder.parent / "secret").write_text("x")
    (folder / "cmd-1-000000000000").symlink_to("../secret")
    with pytest.raises(ArtifactUnknown):
        artifacts.read("cmd-1-000000000000")

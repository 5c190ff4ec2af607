"""A private file is there whole or not at all."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from agentls.world.private_file import write_private


def test_it_replaces_what_was_there_for_this_user_only(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    for data in (b"first", b"second\r\n"):
        write_private(file, data)
    assert [entry.name for entry in tmp_path.iterdir()] == ["kept"]
    assert file.read_bytes() == b"second\r\n"
    if os.name != "nt":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    other, link = tmp_path / "other", tmp_path / "kept"
    other.write_bytes(b"not ours")
    link.symlink_to(other)
    write_private(link, b"ours")
    assert (other.read_bytes(), link.read_bytes(), link.is_symlink()) == (b"not ours", b"ours", False)


def test_what_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "kept"
    write_private(file, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_private(file, b"new")
    assert [(entry.name, entry.read_bytes()) for entry in tmp_path.iterdir()] == [("kept", b"old")]

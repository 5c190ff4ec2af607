"""What is exported can be read by its owner alone."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from agentls.world.text_files import write_private


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX's")
def test_a_private_file_and_its_folder_are_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "exports" / "task.md"

    write_private(path, "long text\n")
    write_private(path, "text\n")

    assert path.read_text() == "text\n"
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]

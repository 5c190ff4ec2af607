"""Images as they are kept."""

from __future__ import annotations

import base64
import os
import stat
from pathlib import Path

import pytest

from agentls.world.images import Image, ImageUnknown, KeptImages, read_image, size_text
from tests.support.pictures import png


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "task"


def test_an_image_says_its_type_and_sizes() -> None:
    assert read_image(png(640, 480, padding=11_000)).text == "image/png, 640×480, 12 KB"


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 bytes"), (1023, "1023 bytes"), (1024, "1 KB"), (5 * 1024 * 1024, "5 MB"), (5_500_000, "5.2 MB")],
)
def test_a_size_is_told_as_people_read_it(size_bytes: int, text: str) -> None:
    assert size_text(size_bytes) == text


def test_what_was_kept_comes_back_after_a_restart(folder: Path) -> None:
    image = read_image(png())
    ref = KeptImages(folder).keep(image)
    again = KeptImages(folder)

    assert base64.b64decode(again.base64(ref)) == image.data
    assert again.image(ref) == image


def test_the_same_bytes_are_kept_once_and_privately(folder: Path) -> None:
    kept = KeptImages(folder)

    assert kept.keep(read_image(png())) == kept.keep(read_image(png()))
    [file] = folder.iterdir()
    if os.name == "posix":
        assert (stat.S_IMODE(folder.stat().st_mode), stat.S_IMODE(file.stat().st_mode)) == (0o700, 0o600)


def test_every_page_of_the_base64_is_a_piece_of_the_whole(folder: Path) -> None:
    kept = KeptImages(folder)
    for padding in (1, 2, 3):
        ref = kept.keep(read_image(png(padding=padding)))
        whole = kept.base64(ref)

        for offset in range(len(whole) + 3):
            for limit in (1, 2, 3, 4, 5, 1000):
                assert kept.piece(ref, offset, limit) == (whole[offset : offset + limit], len(whole))


@pytest.mark.parametrize("ref", ["", "image:", "image:../../x", "image:" + "0" * 64, "image:" + "A" * 64, "result:1"])
def test_what_is_not_kept_is_unknown(folder: Path, ref: str) -> None:
    KeptImages(folder).keep(read_image(png()))

    with pytest.raises(ImageUnknown):
        KeptImages(folder).base64(ref)


def test_a_file_that_was_cut_is_written_again(folder: Path) -> None:
    kept = KeptImages(folder)
    image: Image = read_image(png())
    ref = kept.keep(image)
    next(folder.iterdir()).write_bytes(b"")

    assert kept.keep(image) == ref
    assert kept.image(ref) == image


def test_a_folder_that_cannot_be_made_is_an_os_error_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(OSError, match=r"Not a directory|cannot find"):
        KeptImages(tmp_path / "file" / "task").keep(read_image(png()))

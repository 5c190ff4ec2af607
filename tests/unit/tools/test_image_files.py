"""read_file of an image."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from agentls.protocol.values import ImageContent
from agentls.tools.outcome import Outcome
from agentls.world.images import LIMIT_BYTES
from tests.support.pictures import gif, jpeg, png, webp
from tests.unit.tools.bench import Bench


def _ref(data: bytes) -> str:
    return f"image:{hashlib.sha256(data).hexdigest()}"


@pytest.mark.parametrize(
    ("path", "data", "mime_type"),
    [
        ("logo.png", png(640, 480), "image/png"),
        ("logo.jpg", png(640, 480), "image/png"),  # the bytes count, not the name
        ("logo", jpeg(640, 480), "image/jpeg"),
        ("a/logo.gif", gif(640, 480), "image/gif"),
        ("logo.webp", webp(640, 480), "image/webp"),
    ],
)
async def test_an_image_is_shown_with_its_type_and_sizes(bench: Bench, path: str, data: bytes, mime_type: str) -> None:
    bench.with_images()
    bench.write(path, data)

    outcome = await bench.call("read_file", path=path, start_line=1)

    size = f"{len(data)} bytes" if len(data) < 1024 else f"{round(len(data) / 1024)} KB"
    assert outcome == Outcome(
        status="ok",
        text=f"{path}: {mime_type}, 640×480, {size}",
        images=(ImageContent(ref=_ref(data), mime_type=mime_type),),
        source="disk",
    )
    assert bench.desk.images.image(_ref(data)).data == data


async def test_a_model_that_takes_no_images_is_told_so_and_what_the_user_can_set(bench: Bench) -> None:
    data = png()
    bench.write("logo.png", data)

    assert await bench.call("read_file", path="logo.png") == Outcome(
        status="error",
        text=f"logo.png is an image (image/png, 2×3, {len(data)} bytes), and this model takes no images: nothing of "
        "it was read. If the model does take images, the user can turn on imageSupport in its model configuration.",
    )


@pytest.mark.parametrize(
    ("path", "data", "says"),
    [
        ("a.png", png()[:40], "a.png cannot be shown: the image is cut off (40 bytes)."),
        ("a.bin", png(0, 1), "a.bin cannot be shown: the image has no width or no height (66 bytes)."),
        ("a.png", b"\0\1\2", "a.png cannot be shown: the image is neither PNG, JPEG, GIF nor WebP (3 bytes)."),
        ("a.webp", b"\xff\xd8", "a.webp cannot be shown: the image is neither PNG, JPEG, GIF nor WebP (2 bytes)."),
    ],
)
async def test_a_broken_image_is_an_error_result(bench: Bench, path: str, data: bytes, says: str) -> None:
    bench.with_images()
    bench.write(path, data)

    assert await bench.call("read_file", path=path) == Outcome(status="error", text=says)


async def test_the_size_limit_is_said(bench: Bench) -> None:
    bench.with_images()
    bench.write("big.png", png(padding=LIMIT_BYTES))
    bench.write("big.bin", png(padding=LIMIT_BYTES))

    assert await bench.call("read_file", path="big.png") == Outcome(
        status="error",
        text="big.png is too large: 5,242,970 bytes; images of at most 5,242,880 bytes are read. Make a smaller copy.",
    )
    assert (await bench.call("read_file", path="big.bin")).text.startswith("not supported yet: binary files (big.bin")


@pytest.mark.parametrize("path", ["drawing.svg", "pointer.png"])
async def test_text_is_text_whatever_it_is_called(bench: Bench, path: str) -> None:
    bench.with_images()
    bench.write(path, "<svg/>\n")

    outcome = await bench.call("read_file", path=path)

    assert (outcome.text, outcome.images) == (f"{path}, lines 1-1 of 1\n\n1 | <svg/>", ())


async def test_an_image_that_cannot_be_kept_is_an_error_result(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "artifacts").write_text("in the way")
    bench.with_images()
    bench.write("logo.png", png())

    outcome = await bench.call("read_file", path="logo.png")

    assert outcome.status == "error"
    assert outcome.text.startswith("logo.png cannot be kept: ")


async def test_an_image_beyond_what_a_task_may_hold_is_an_error_result(bench: Bench) -> None:
    data = png()
    bench.write("logo.png", data)
    bench.with_images(len(data) - 1)

    assert await bench.call("read_file", path="logo.png") == Outcome(
        status="error",
        text=f"logo.png (image/png, 2×3, {len(data)} bytes) cannot be shown: the images of this task fill 32 MB with "
        "it, which is the most. Go on without it, or ask for a new task.",
    )

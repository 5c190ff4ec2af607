"""The images of a prompt, taken when the prompt is accepted: read, checked, and kept under a ref.

Knows no turn. Invariant: a block that is accepted carries no bytes, so a notification of it stays small; what cannot
be an image is refused by the path of its block, before anything is recorded.
"""

from __future__ import annotations

import asyncio
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentls.engine.images import TaskImages
from agentls.protocol.errors import InvalidParams, RequestFailed
from agentls.protocol.values import Block, ImageBlock
from agentls.world.files import Workspace
from agentls.world.image_header import BadImage
from agentls.world.images import (
    LIMIT_BYTES,
    TASK_LIMIT_BYTES,
    Image,
    ImageUnknown,
    KeptImages,
    read_image,
    size_text,
)
from agentls.world.paths import FileMissing, FileTooLarge, PathRefused

KEEP_ADVICE = (
    "Make room in the data folder or make it writable (AGENTLS_DATA_DIR names another), or send the prompt without it."
)
_TOO_LARGE = f"is larger than {size_text(LIMIT_BYTES)}; make the image smaller"
_NO_ROOM = f"is one image too many: those of a task fill {size_text(TASK_LIMIT_BYTES)} at most; start a new task"
_LONGEST_DATA = (LIMIT_BYTES + 2) // 3 * 4


@dataclass(frozen=True, slots=True)
class PromptContent:
    """A prompt's blocks, and the images that they bring, by place."""

    blocks: list[Block]
    images: Mapping[int, Image]

    @property
    def has_images(self) -> bool:
        """Whether a block brings an image or names one that is kept."""
        return any(isinstance(block, ImageBlock) for block in self.blocks)

    async def kept_by(self, task_images: TaskImages) -> list[Block]:
        """The blocks with every image by its ref, as they are recorded. Raises InvalidParams, RequestFailed."""
        blocks = list(self.blocks)
        room_bytes = task_images.room_bytes if self.has_images else 0
        for place, block in enumerate(self.blocks):
            if not isinstance(block, ImageBlock):
                continue
            path = f"prompt[{place}]"
            image = self.images.get(place)
            if image is None:
                image = await asyncio.to_thread(_kept, block.ref or "", f"{path}.ref", task_images.kept)
            room_bytes -= len(image.data)
            if room_bytes < 0:
                raise InvalidParams(f"{path} {_NO_ROOM}", path)
            try:
                ref = await asyncio.to_thread(task_images.kept.keep, image)
            except OSError as error:
                why = f"The image cannot be kept: {error.strerror or type(error).__name__}."
                raise RequestFailed("journal.unavailable", why, KEEP_ADVICE) from None
            blocks[place] = ImageBlock(uri=block.uri, ref=ref, mime_type=image.facts.mime_type)
        return blocks


async def read_prompt(blocks: list[Block], workspace: Callable[[], Workspace]) -> PromptContent:
    """The blocks with the images that they bring; one with a ref brings none. Raises InvalidParams."""
    images: dict[int, Image] = {}
    room_bytes = TASK_LIMIT_BYTES
    for place, block in enumerate(blocks):
        if isinstance(block, ImageBlock) and block.ref is None:
            path = f"prompt[{place}]"
            images[place] = await _read(block, path, workspace)
            room_bytes -= len(images[place].data)
            if room_bytes < 0:
                raise InvalidParams(f"{path} {_NO_ROOM}", path)
    return PromptContent(blocks, images)


async def _read(block: ImageBlock, path: str, workspace: Callable[[], Workspace]) -> Image:
    if block.data is not None:
        path = f"{path}.data"
        data = await asyncio.to_thread(_decoded, block.data, path)
    else:
        path = f"{path}.uri"
        data = await _file(block.uri or "", path, workspace)
    try:
        return await asyncio.to_thread(read_image, data)
    except BadImage as bad:
        raise InvalidParams(f"{path} is no image that can be sent: it {bad.reason}", path) from None


def _decoded(text: str, path: str) -> bytes:
    if len(text) > _LONGEST_DATA:
        raise InvalidParams(f"{path} {_TOO_LARGE}", path)
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except ValueError:  # characters that are no ASCII too
        raise InvalidParams(f"{path} must be base64, without line breaks and without a data: prefix", path) from None
    if len(data) > LIMIT_BYTES:
        raise InvalidParams(f"{path} {_TOO_LARGE}", path)
    return data


async def _file(uri: str, path: str, workspace: Callable[[], Workspace]) -> bytes:
    """The bytes of a file inside the workspace that no ignore rule hides."""
    if uri[:5].lower() != "file:":
        raise InvalidParams(f"{path} must be a file: URI", path)
    try:
        folders = workspace()
        return await folders.read_raw(folders.resolve(uri), LIMIT_BYTES)
    except FileMissing:
        raise InvalidParams(f"{path} names no file", path) from None
    except FileTooLarge:
        raise InvalidParams(f"{path} {_TOO_LARGE}", path) from None
    except (PathRefused, OSError):  # the reason may quote the path
        raise InvalidParams(f"{path} must name a file inside the workspace that the agent may read", path) from None


def _kept(ref: str, path: str, kept: KeptImages) -> Image:
    try:
        return kept.image(ref)
    except (ImageUnknown, BadImage):
        raise InvalidParams(f"{path} names no image that is kept for this task", path) from None

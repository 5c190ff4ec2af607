"""An image file as the result of `read_file`: its facts as text, the image itself by a ref.

It must not know how images are sent. Invariant: the bytes decide what is an image, and an image that is told by a
ref is whole, small enough, and kept.
"""

from __future__ import annotations

import asyncio
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from agentls.protocol.values import ImageContent
from agentls.tools.outcome import Outcome, ToolFailure
from agentls.tools.titles import path_text
from agentls.world.image_header import BadImage, image_type
from agentls.world.images import LIMIT_BYTES, TASK_LIMIT_BYTES, read_image, size_text
from agentls.world.paths import PathRefused

if TYPE_CHECKING:
    from agentls.tools.desk import Desk
    from agentls.world.contents import FileContent
    from agentls.world.paths import Place

_SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
"""What is called so and is no text is meant to be an image: what is wrong with it is said in those words."""


async def image_outcome(place: Place, content: FileContent, desk: Desk) -> Outcome | None:
    """The file, whose bytes are no text, as an image; None where it is none. Raises ToolFailure."""
    name = desk.name_of(place)
    shown = path_text(name)
    is_meant = PurePosixPath(name).suffix.lower() in _SUFFIXES
    if content.size_bytes > LIMIT_BYTES:
        if not is_meant:
            return None
        sizes = f"{content.size_bytes:,} bytes; images of at most {LIMIT_BYTES:,} bytes are read"
        raise ToolFailure(f"{shown} is too large: {sizes}. Make a smaller copy.")
    try:
        data = await desk.workspace.read_raw(place, LIMIT_BYTES)
    except PathRefused as refused:
        raise ToolFailure(refused.reason) from None
    if image_type(data) is None and not is_meant:
        return None
    try:
        image = await asyncio.to_thread(read_image, data)
    except BadImage as bad:
        raise ToolFailure(f"{shown} cannot be shown: the image {bad.reason} ({size_text(len(data))}).") from None
    if desk.take_image_room is None:
        raise ToolFailure(
            f"{shown} is an image ({image.text}), and this model takes no images: nothing of it was read. "
            "If the model does take images, the user can turn on imageSupport in its model configuration."
        )
    if not desk.take_image_room(len(data)):
        full = f"the images of this task fill {size_text(TASK_LIMIT_BYTES)} with it, which is the most"
        raise ToolFailure(f"{shown} ({image.text}) cannot be shown: {full}. Go on without it, or ask for a new task.")
    try:
        ref = await asyncio.to_thread(desk.images.keep, image)
    except OSError as error:
        raise ToolFailure(f"{shown} cannot be kept: {error.strerror or type(error).__name__}.") from None
    return Outcome(
        status="ok",
        text=f"{shown}: {image.text}",
        images=(ImageContent(ref=ref, mime_type=image.facts.mime_type),),
        source=content.source,
    )

"""The images of one task, kept as private files that are named by their content.

Knows neither prompts nor tools; `image_header.py` says what an image is. Invariant: what has a ref is on the disk
before the ref is told, under a name that cannot lead out of the folder, and the same bytes are kept once.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentls.world.image_header import ImageFacts, image_facts
from agentls.world.private_file import FLAGS, write_private

LIMIT_BYTES: Final = 5 * 1024 * 1024
"""The largest image that is taken; nothing is made smaller here."""
TASK_LIMIT_BYTES: Final = 32 * 1024 * 1024
"""All images of one conversation: they are sent again with every request, and endpoints bound a request."""
REF_PREFIX: Final = "image:"
_REF: Final = re.compile(r"image:([0-9a-f]{64})")


class ImageUnknown(Exception):
    """No image has this ref, or its file is gone."""


@dataclass(frozen=True, slots=True)
class Image:
    """A whole image of a type that models take."""

    data: bytes
    facts: ImageFacts

    @property
    def text(self) -> str:
        """Its type and sizes, for the model and the timeline: `image/png, 640×480, 12 KB`."""
        return f"{self.facts.mime_type}, {self.facts.width}×{self.facts.height}, {size_text(len(self.data))}"


def read_image(data: bytes) -> Image:
    """The image that the bytes are; raises BadImage. Size limits are the caller's, who knows what to say."""
    return Image(data, image_facts(data))


def size_text(size_bytes: int) -> str:
    """A size as people read it: bytes, KB or MB of 1024."""
    if size_bytes < 1024:
        return f"{size_bytes} bytes"
    if size_bytes < 1024 * 1024:
        return f"{round(size_bytes / 1024)} KB"
    return f"{size_bytes / 1024 / 1024:.1f} MB".replace(".0 MB", " MB")


class KeptImages:
    """The images of one folder."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when it is first needed."""
        self._folder = folder

    def keep(self, image: Image) -> str:
        """Keep the bytes and return their ref. Blocking; raises OSError when they cannot be saved."""
        digest = hashlib.sha256(image.data).hexdigest()
        path = self._folder / f"img-{digest}"
        if not path.is_file() or path.stat().st_size != len(image.data):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(path, image.data)
        return f"{REF_PREFIX}{digest}"

    def image(self, ref: str) -> Image:
        """The image as it was kept. Blocking; raises ImageUnknown, and BadImage where its file was changed."""
        return read_image(base64.b64decode(self.base64(ref)))

    def size_bytes(self, ref: str) -> int:
        """How large the image is; 0 for one that is not here."""
        name = _REF.fullmatch(ref)
        try:
            return 0 if name is None else (self._folder / f"img-{name[1]}").stat().st_size
        except OSError:
            return 0

    def base64(self, ref: str) -> str:
        """The whole image in base64. Blocking; raises ImageUnknown."""
        return self.piece(ref, 0, None)[0]

    def piece(self, ref: str, offset: int, limit: int | None) -> tuple[str, int]:
        """`limit` characters of the image's base64 from `offset` on, and the length of the whole.

        Reads no more of the file than that. Blocking; raises ImageUnknown.
        """
        name = _REF.fullmatch(ref)
        if name is None:
            raise ImageUnknown(ref)
        try:
            with os.fdopen(os.open(self._folder / f"img-{name[1]}", os.O_RDONLY | FLAGS), "rb") as file:
                total = (os.fstat(file.fileno()).st_size + 2) // 3 * 4
                start = min(offset, total)
                end = total if limit is None else min(start + limit, total)
                file.seek(start // 4 * 3)
                data = file.read((end + 3) // 4 * 3 - start // 4 * 3)
        except OSError:
            raise ImageUnknown(ref) from None
        return base64.b64encode(data)[start % 4 : start % 4 + end - start].decode("ascii"), total

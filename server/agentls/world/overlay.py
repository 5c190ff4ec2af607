"""Which text is a file's: the editor's or the disk's. Pure.

The rules of the design: unsaved text in the editor wins over the disk; a clean buffer yields the disk; unsaved text
over a file that changed on disk is a conflict, which is reported and never resolved here.
"""

from __future__ import annotations

from agentls.world.buffers import Buffer
from agentls.world.content import Decoded, decode, normalise, text_digest, whole_lines
from agentls.world.contents import FileContent
from agentls.world.replace import Seen


def content_of(buffer: Buffer | None, seen: Seen | None) -> FileContent:
    """Choose between the editor and the disk: unsaved wins; clean yields the disk; both changed is a conflict."""
    old = None if seen is None else decode(seen.data if seen.complete else whole_lines(seen.data))
    disk_digest = None if old is None or seen is None else disk_digest_of(old, seen)
    if buffer is not None and buffer.dirty and disk_digest != (digest := text_digest(buffer.text)):
        text, newline = normalise(buffer.text)
        return FileContent(
            text=text,
            digest=digest,
            source="buffer",
            encoding=old.encoding if old else "utf-8",
            newline=newline,
            is_binary=False,
            size_bytes=len(buffer.text.encode("utf-8", "surrogatepass")),
            conflict=buffer.saved_text_digest is not None and disk_digest != buffer.saved_text_digest,
            complete=True,
            hard_linked=seen is not None and seen.status.st_nlink > 1,
        )
    if seen is None or old is None or disk_digest is None:
        raise AssertionError("a file that is neither open nor on disk has no content")
    return FileContent(
        text=old.text,
        digest=disk_digest,
        source="disk",
        encoding=old.encoding,
        newline=old.newline,
        is_binary=old.is_binary,
        size_bytes=seen.status.st_size,
        conflict=False,
        complete=seen.complete,
        hard_linked=seen.status.st_nlink > 1,
    )


def disk_digest_of(old: Decoded, seen: Seen) -> str:
    """Return the digest of what was read from disk, for the buffers to be compared with and for `write`."""
    if old.is_binary or old.encoding == "lossy":
        return text_digest(seen.data.decode("latin-1"))
    # The digest of a part must never pass for that of a whole.
    return text_digest(old.text if seen.complete else f"{old.text}\0incomplete")

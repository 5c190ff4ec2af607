"""The output of commands: head and tail for the model, the whole in a private file when it is long.

Knows no command and no task. The invariant: memory stays within `output_bytes` whatever is appended, and files are
0600 in a 0700 folder under names that cannot be guessed; no secret that is known reaches either (B136).
"""

from __future__ import annotations

import codecs
import os
import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from agentls.policy.redact import NO_SECRETS, RedactedStream, Redactor

FILE_LIMIT_BYTES: Final = 32 * 1024 * 1024
_ID: Final = re.compile(r"cmd-[0-9]{1,9}-[0-9a-f]{12}")
_FLAGS: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
_PIECE_BYTES: Final = 64 * 1024
_WHERE_IDS_ARE: Final = "Results of execute_command name the ids; run the command again for a new one."
_LINE_LIMIT_BYTES: Final = 2000


class ArtifactUnknown(Exception):
    """No artifact has this id, or its file is gone."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        """A sentence for the model."""


@dataclass(frozen=True, slots=True)
class ArtifactText:
    """A piece of a kept output."""

    text: str
    offset_bytes: int
    """Where the piece begins (with `search`: where looking began)."""
    next_offset_bytes: int | None
    """Where to go on; None at the end."""
    total_bytes: int
    """The size of what was kept."""


class OutputKeeper:
    """The output of one command, in order of arrival. `close` it when the command has ended."""

    def __init__(self, output_bytes: int, folder: Path, artifact_id: str, redactor: Redactor = NO_SECRETS) -> None:
        """Show at most `output_bytes`; overflow goes to the file `artifact_id` in `folder`, without secrets."""
        self._masked = RedactedStream(redactor)
        self._head_limit = max(output_bytes // 2, 1)
        self._tail_limit = max(output_bytes - self._head_limit, 1)
        self._folder = folder
        self._id = artifact_id
        self._head = bytearray()
        self._tail: deque[bytes] = deque()
        self._tail_bytes = 0
        self._file: int | None = None
        self._kept_bytes = 0
        self._failed = False
        self.total_bytes = 0
        """UTF-8 bytes appended so far."""

    @property
    def truncated(self) -> bool:
        """Return whether the output did not fit."""
        return self.total_bytes > self._head_limit + self._tail_limit

    @property
    def shown_bytes(self) -> int:
        """Return how many bytes of the output `text` shows."""
        head, tail = self._shown()
        return len(head) + len(tail)

    @property
    def artifact_id(self) -> str | None:
        """Return the id under which the rest can be read; None when all is shown or nothing could be kept."""
        return self._id if self.truncated and self._kept_bytes and not self._failed else None

    @property
    def kept_bytes(self) -> int:
        """Return how much of the output the file holds, at most `FILE_LIMIT_BYTES`."""
        return self._kept_bytes

    def append(self, text: str) -> None:
        """Add text; bounded memory, never raises (a full disk costs the artifact, not the command)."""
        self._add(self._masked.feed(text))

    def _add(self, text: str) -> None:
        data = text.encode("utf-8", "replace")
        if not data:
            return
        self.total_bytes += len(data)
        if self.truncated and not self._failed and self._kept_bytes < FILE_LIMIT_BYTES:
            self._keep(data)
        room = self._head_limit - len(self._head)
        if room > 0:
            self._head += data[:room]
        if len(data) > max(room, 0):
            self._append_tail(data[max(room, 0) :])

    def text(self) -> str:
        """Return what is shown: all of it, or head, a line that says how much is left out, and tail."""
        head, tail = self._shown()
        if not self.truncated:
            return (head + tail).decode("utf-8", "replace")
        omitted = self.total_bytes - len(head) - len(tail)
        before = "" if head.endswith(b"\n") else "\n"
        return f"{_decode(head)}{before}[… {omitted} bytes omitted …]\n{_decode(tail)}"

    def close(self) -> None:
        """Take in what is held back and close the file, if any; idempotent."""
        self._add(self._masked.close())
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _shown(self) -> tuple[bytes, bytes]:
        """Return head and tail; when something is left out they are cut where characters end."""
        tail = b"".join(self._tail)
        if not self.truncated:
            return bytes(self._head), tail
        tail = tail[-self._tail_limit :]
        start = 0
        while start < min(3, len(tail)) and 0x80 <= tail[start] < 0xC0:
            start += 1
        head = bytes(self._head)
        for back in range(1, min(4, len(head)) + 1):
            if head[-back] >= 0xC0:
                width = 2 if head[-back] < 0xE0 else 3 if head[-back] < 0xF0 else 4
                head = head if back == width else head[:-back]
                break
            if head[-back] < 0x80:
                break
        return head, tail[start:]

    def _append_tail(self, data: bytes) -> None:
        data = data[-self._tail_limit :]
        # Small pieces are gathered: a command that prints byte by byte must not cost a deque entry per byte.
        if self._tail and len(self._tail[-1]) + len(data) <= 4096:
            self._tail[-1] += data
        else:
            self._tail.append(data)
        self._tail_bytes += len(data)
        while self._tail_bytes - len(self._tail[0]) >= self._tail_limit:
            self._tail_bytes -= len(self._tail.popleft())

    def _keep(self, data: bytes) -> None:
        try:
            if self._file is None:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                self._file = os.open(self._folder / self._id, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _FLAGS, 0o600)
                # Head and tail hold all that came before `data`: nothing was dropped until now.
                data = b"".join((self._head, *self._tail, data))
            view = memoryview(data)[: FILE_LIMIT_BYTES - self._kept_bytes]
            while view:
                written = os.write(self._file, view)
                self._kept_bytes += written
                view = view[written:]
        except OSError:
            self._failed = True
            self.close()
            with suppress(OSError):
                (self._folder / self._id).unlink()


class Artifacts:
    """The kept outputs of one data folder."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when it is first needed."""
        self._folder = folder
        self._numbers = count(1)

    def keeper(self, output_bytes: int, redactor: Redactor = NO_SECRETS) -> OutputKeeper:
        """Return a keeper for the next command."""
        return OutputKeeper(output_bytes, self._folder, f"cmd-{next(self._numbers)}-{os.urandom(6).hex()}", redactor)

    def read(
        self, artifact_id: str, search: str | None = None, offset_bytes: int = 0, limit_bytes: int = 30_000
    ) -> ArtifactText:
        """Return a piece of a kept output, or with `search` its lines that hold that text (case ignored).

        Blocking but bounded by `FILE_LIMIT_BYTES`. Raises ArtifactUnknown.
        """
        if not _ID.fullmatch(artifact_id):
            raise ArtifactUnknown(f"There is no artifact {artifact_id[:80]!r}. {_WHERE_IDS_ARE}")
        try:
            fd = os.open(self._folder / artifact_id, os.O_RDONLY | _FLAGS)
        except OSError:
            raise ArtifactUnknown(f"There is no artifact {artifact_id!r} (any more). {_WHERE_IDS_ARE}") from None
        with os.fdopen(fd, "rb") as file:
            total = os.fstat(fd).st_size
            start = min(max(offset_bytes, 0), total)
            file.seek(start)
            if search is None:
                piece = file.read(max(limit_bytes, 1))
                decoder = codecs.getincrementaldecoder("utf-8")("replace")
                text = decoder.decode(piece)
                end = start + len(piece) - (len(decoder.getstate()[0]) if text else 0)
            else:
                found, end = _matching(iter(lambda: file.readline(_PIECE_BYTES), b""), search, start, limit_bytes)
                text = "".join(found)
        return ArtifactText(text, start, end if end < total else None, total)


def _matching(lines: Iterator[bytes], search: str, offset: int, limit_bytes: int) -> tuple[list[str], int]:
    wanted = search.casefold()
    found: list[str] = []
    size = 0
    for raw in lines:
        line = raw.decode("utf-8", "replace")
        if wanted in line.casefold():
            shown = line.rstrip("\n")[:_LINE_LIMIT_BYTES] + "\n"
            size += len(shown.encode())
            if found and size > limit_bytes:
                break
            found.append(shown)
        offset += len(raw)
    return found, offset


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")

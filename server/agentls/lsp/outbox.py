"""The engine's Publisher: one queue between everything that sends and stdout, and the thread that writes.

Knows threads and a descriptor; what may merge or wait is the queue's matter (send_queue.py).
Invariant: nobody who queues ever waits for the client. `stored` comes from the journal's thread, the rest
from the loop's; one lock guards the queue, and it is never held while writing.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
import time
from collections.abc import Callable

from agentls.engine.publisher import LiveFrame, StoredFrame
from agentls.lsp.merge import LiveEntry
from agentls.lsp.send_queue import LIMIT_BYTES, Item, Plain, SendQueue

logger = logging.getLogger(__name__)

LARGE_BYTES = 16 * 1024


class Outbox:
    """The outgoing half of one connection."""

    def __init__(
        self,
        fd: int,
        *,
        load: Callable[[str, int], bytes | None],
        on_broken: Callable[[], None] = lambda: None,
        observe: Callable[[StoredFrame], None] = lambda frame: None,
        monotonic_s: Callable[[], float] = time.monotonic,
        limit_bytes: int = LIMIT_BYTES,
    ) -> None:
        """`load(task_id, seq)` returns the params of a stored frame; called on the writer's thread.

        `on_broken` is called there too, once; `observe` sees every stored frame, on the journal's thread.
        """
        self._fd = fd
        self._load = load
        self._on_broken = on_broken
        self._observe = observe
        self._now_s = monotonic_s
        self._lock = threading.Lock()
        self._queue = SendQueue(limit_bytes)
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._asleep = False
        self._events_wanted = False
        self._opted_out: frozenset[str] = frozenset()
        self._closing = False
        self._broken = False
        self._thread = threading.Thread(target=self._run, name="agentls-outbox", daemon=True)

    def start(self) -> None:
        """Start the writer thread."""
        self._thread.start()

    def opt_in(self, opted_out: frozenset[str]) -> None:
        """Let notifications of our own through, but those the client named. Until then none is sent."""
        with self._lock:
            self._events_wanted = True
            self._opted_out = opted_out

    @property
    def queued_bytes(self) -> int:
        """What is queued or being written, about."""
        return self._queue.queued_bytes

    # The engine's Publisher.

    def stored(self, frame: StoredFrame) -> None:
        """Queue a stored frame; over the limit only its number is kept. Any thread."""
        self._observe(frame)
        with self._lock:
            self._queue.stored(frame, self._wants(frame.method))
            self._wake()

    def live(self, frame: LiveFrame) -> None:
        """Queue a live frame or add it to one that still waits."""
        with self._lock:
            if self._wants(frame.method):
                held = self._queue.is_held
                self._queue.live(frame, self._now_s())
                if self._asleep:
                    self._wake(new_time=self._queue.is_held and not held)

    def barrier(self, task_id: str) -> tuple[int, int]:
        """Give the next (seq, part) to a frame sent by another way; nothing merges across it."""
        with self._lock:
            return self._queue.barrier(task_id)

    def outside(self, method: str, params: bytes) -> None:
        """Queue a notification of ours that belongs to no task."""
        with self._lock:
            if self._wants(method):
                self._queue.append(Plain(self._queue.prefix(method), params))
                self._wake()

    # What belongs to LSP itself.

    def post(self, body: bytes) -> None:
        """Queue a whole body: an answer, a request of ours, a notification of LSP."""
        with self._lock:
            if not self._broken and not self._closing:
                self._queue.append(Plain(b"", body))
                self._wake()

    def drain(self, timeout_s: float) -> bool:
        """Take nothing more, write what is queued, end the thread. False when the client did not take it."""
        with self._lock:
            self._closing = True
            self._queue.flush()
            self._wake(new_time=True)
        self._thread.join(timeout_s)
        return not self._thread.is_alive() and not self._broken

    def _wants(self, method: str) -> bool:
        if not self._events_wanted or self._broken or self._closing:
            return False
        return method not in self._opted_out

    def _wake(self, new_time: bool = False) -> None:
        """Wake the writer if it sleeps and there is something for it."""
        if self._asleep and (new_time or self._queue.is_due):
            self._asleep = False
            self._wakes.put(None)

    # The writer's thread.

    def _run(self) -> None:
        try:
            while True:
                batch, size_bytes = self._next_batch()
                if not batch:
                    return
                self._write_batch(batch)
                with self._lock:
                    self._queue.written(size_bytes)
        except OSError as error:
            logger.info("stdout is closed: %s", error.strerror)
            self._break()
        except Exception:  # the rim of the writer: without it nobody is answered, so the session ends
            logger.exception("the writer failed")
            self._break()

    def _next_batch(self) -> tuple[list[Item], int]:
        """Wait for frames that may go and take them; an empty list means the end."""
        while True:
            with self._lock:
                now_s = self._now_s()
                timeout_s = self._queue.release(now_s)
                if self._queue.is_due:
                    return self._queue.take(now_s)
                if self._closing:
                    return [], 0
                self._asleep = True
            try:
                self._wakes.get(timeout=timeout_s)
            except queue.Empty:
                with self._lock:
                    if not self._asleep:  # woken in this very moment: take the token too
                        self._wakes.get()
                    self._asleep = False

    def _write_batch(self, batch: list[Item]) -> None:
        """Small frames together in one write; a large one by itself, because copying it costs more."""
        parts: list[bytes] = []
        for item in batch:
            encoded = self._encode(item)
            if encoded is None:
                continue
            prefix, params = encoded
            if prefix:
                parts += (b"Content-Length: %d\r\n\r\n" % (len(prefix) + len(params) + 1), prefix, params, b"}")
            else:
                parts += (b"Content-Length: %d\r\n\r\n" % len(params), params)
            if len(params) > LARGE_BYTES:
                for part in parts:
                    self._write(part)
                parts.clear()
        self._write(b"".join(parts))

    def _encode(self, item: Item) -> tuple[bytes, bytes] | None:
        """What stands before the params, and the params; the prefix is empty when it is the whole body."""
        if isinstance(item, LiveEntry):
            try:
                return b"", item.encode()
            except (TypeError, ValueError):
                logger.error("a live frame of %s cannot be encoded; left out", item.frame.method)
                return None
        if isinstance(item, Plain):
            return item.prefix, item.params
        loaded = self._load(item.task_id, item.seq)
        if loaded is None:
            logger.warning("frame %d of a task is no longer in the journal", item.seq)
            return None
        return self._queue.prefix(item.method), loaded

    def _write(self, data: bytes) -> None:
        written = os.write(self._fd, data) if data else 0
        if written == len(data):
            return
        rest = memoryview(data)[written:]
        while rest:
            rest = rest[os.write(self._fd, rest) :]

    def _break(self) -> None:
        with self._lock:
            self._broken = True
            self._queue.clear()
        self._on_broken()

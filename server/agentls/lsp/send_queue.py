"""What waits to be written: order, numbers, merging, holding back, and what a stalled client is spared.

Sans I/O, no thread, no clock of its own (`now_s` comes in). Not locked: its owner is (outbox.py).
Invariant: items leave in the order they came, live ones numbered by (seq, part) as they came; all that
may grow without bound is cut at `limit_bytes`.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TypeAlias

import msgspec
from msgspec import structs

from agentls.engine.publisher import LiveFrame, StoredFrame
from agentls.lsp.merge import CAP_BYTES, FULL_AT_BYTES, OUTPUT_METHOD, LiveEntry, ThingKey, size_of, split

LIMIT_BYTES = 8 * 1024 * 1024
RESERVE_SHARE = 8
"""Stored frames leave one part in this many of the limit free, for answers and the newest output."""
OUTPUT_TAIL_BYTES = CAP_BYTES
PERIOD_S = 1 / 30
BATCH_BYTES = 256 * 1024
BATCH_FRAMES = 512
_TURN_COMPLETED = "agent/turn/completed"


class Plain(msgspec.Struct, frozen=True, gc=False):
    """A frame as bytes; in two pieces, so that a large payload is not copied when it is queued."""

    prefix: bytes
    """What stands before the params (a closing brace follows them); empty when `params` is the whole body."""
    params: bytes


class Spilled(msgspec.Struct, frozen=True, gc=False):
    """A stored frame of which only the number is kept; it is read back when its turn comes."""

    task_id: str
    seq: int
    method: str


Item: TypeAlias = Plain | Spilled | LiveEntry


@dataclass(slots=True)
class _TaskNumbers:
    """Where a task is: the last stored frame queued, the last part given after it, what may still merge."""

    seq: int
    part: int
    open: dict[ThingKey, LiveEntry]
    cut: set[ThingKey]
    """Things whose deltas stopped because the client did not read; their last event tells the whole."""


class SendQueue:
    """The queue of one connection."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._items: deque[Item] = deque()
        self._head = 0
        """Items taken since the start; the index of the first one queued."""
        self._flush_to = 0
        """Items below this index may be written at once."""
        self._held: deque[LiveEntry] = deque()
        self._bytes = 0
        self._tasks: dict[str, _TaskNumbers] = {}
        self._prefixes: dict[str, bytes] = {}

    @property
    def queued_bytes(self) -> int:
        """About what is queued or was taken and is not yet reported as `written`."""
        return self._bytes

    @property
    def is_due(self) -> bool:
        """Whether something may be written now."""
        return self._flush_to > self._head

    @property
    def is_held(self) -> bool:
        """Whether something waits for its time."""
        return bool(self._held)

    def append(self, item: Item) -> None:
        """Put an item at the end and let everything up to it go."""
        self._items.append(item)
        self._bytes += weight(item)
        self.flush()

    def flush(self) -> None:
        """Let everything go that is queued now."""
        self._flush_to = self._head + len(self._items)

    def stored(self, frame: StoredFrame, wanted: bool) -> None:
        """Queue a stored frame; over the limit only its number is kept. Numbers count also when unwanted."""
        numbers = self._numbers(frame.task_id)
        numbers.seq = frame.seq
        numbers.part = 0
        numbers.open.clear()
        if frame.method == _TURN_COMPLETED:
            numbers.cut.clear()
        if not wanted:
            return
        limit_bytes = self._limit_bytes - self._limit_bytes // RESERVE_SHARE
        if self._bytes + len(frame.params) > limit_bytes:
            self.append(Spilled(frame.task_id, frame.seq, frame.method))
        else:
            self.append(Plain(self.prefix(frame.method), frame.params))

    def live(self, frame: LiveFrame, now_s: float) -> None:
        """Queue a live frame, or add it to one of the same thing that still waits."""
        numbers = self._tasks.get(frame.task_id) or self._numbers(frame.task_id)
        payload = frame.payload
        delta = payload.get("delta")
        if not isinstance(delta, str):
            self.append(_numbered(frame, numbers, 0))
            return
        thing = (frame.method, payload.get("callId") or payload.get("messageId"), payload.get("stream"))
        for piece in split(payload, delta):
            self._delta(frame if piece is payload else structs.replace(frame, payload=piece), thing, numbers, now_s)

    def _delta(self, frame: LiveFrame, thing: ThingKey, numbers: _TaskNumbers, now_s: float) -> None:
        if numbers.cut and thing in numbers.cut:
            return
        payload = frame.payload
        delta = str(payload["delta"])
        size_bytes = size_of(delta)
        over = self._bytes + size_bytes > self._limit_bytes
        if over and frame.method != OUTPUT_METHOD:
            numbers.cut.add(thing)
            return
        entry = numbers.open.get(thing)
        if entry is not None and entry.sent_at_s is None and (over or entry.takes(size_bytes)):
            entry.add(payload, delta, size_bytes)
            self._bytes += size_bytes
        else:
            quiet_since_s = None
            if entry is not None:  # one that is full and still waits counts as sent now
                quiet_since_s = now_s if entry.sent_at_s is None else entry.sent_at_s
            entry = numbers.open[thing] = _numbered(frame, numbers, size_bytes)
            self._hold(entry, quiet_since_s, now_s)
        if over:
            self._shorten(entry)
        if entry.size_bytes >= FULL_AT_BYTES and entry.index >= self._flush_to:
            self._flush_to = entry.index + 1

    def barrier(self, task_id: str) -> tuple[int, int]:
        """Give the next (seq, part) to a frame sent by another way; nothing merges across it."""
        numbers = self._numbers(task_id)
        numbers.open.clear()
        numbers.part += 1
        return numbers.seq, numbers.part

    def prefix(self, method: str) -> bytes:
        """What stands before the params of a notification."""
        prefix = self._prefixes.get(method)
        if prefix is None:
            prefix = self._prefixes[method] = b'{"jsonrpc":"2.0","method":"%b","params":' % method.encode()
        return prefix

    def release(self, now_s: float) -> float | None:
        """Let go what is held and due; return the seconds until the next one is, None when there is none."""
        while self._held and self._held[0].index < self._flush_to:
            self._held.popleft()
        next_s: float | None = None
        for entry in self._held:
            if entry.due_at_s <= now_s:
                self._flush_to = max(self._flush_to, entry.index + 1)
            elif next_s is None or entry.due_at_s < next_s:
                next_s = entry.due_at_s
        return None if next_s is None else next_s - now_s

    def take(self, now_s: float) -> tuple[list[Item], int]:
        """Take a batch of what may be written, and its weight: to be reported to `written`."""
        batch: list[Item] = []
        size_bytes = 0
        take = self._items.popleft
        for _ in range(min(self._flush_to - self._head, BATCH_FRAMES)):
            item = take()
            batch.append(item)
            if type(item) is LiveEntry:
                item.sent_at_s = now_s
                size_bytes += item.size_bytes
            else:
                size_bytes += weight(item)
            if size_bytes >= BATCH_BYTES:
                break
        self._head += len(batch)
        return batch, size_bytes

    def written(self, size_bytes: int) -> None:
        """A batch of this weight has left."""
        self._bytes -= size_bytes

    def clear(self) -> None:
        """Forget what is queued: nobody will read it."""
        self._items.clear()
        self._held.clear()
        self._bytes = 0
        self._head = self._flush_to

    def _numbers(self, task_id: str) -> _TaskNumbers:
        numbers = self._tasks.get(task_id)
        if numbers is None:
            numbers = self._tasks[task_id] = _TaskNumbers(0, 0, {}, set())
        return numbers

    def _hold(self, entry: LiveEntry, quiet_since_s: float | None, now_s: float) -> None:
        """Put a delta at the end: at once when its thing was quiet for a period, else a little later."""
        entry.index = self._head + len(self._items)
        self._items.append(entry)
        self._bytes += entry.size_bytes
        if quiet_since_s is None or now_s >= quiet_since_s + PERIOD_S:
            self._flush_to = entry.index + 1
        else:
            entry.due_at_s = quiet_since_s + PERIOD_S
            self._held.append(entry)

    def _shorten(self, entry: LiveEntry) -> None:
        """Keep the newest output only; none at all when even that does not fit."""
        before = entry.size_bytes
        others = self._bytes - before
        entry.keep_newest(OUTPUT_TAIL_BYTES if others + OUTPUT_TAIL_BYTES <= self._limit_bytes else 0)
        self._bytes += entry.size_bytes - before


def _numbered(frame: LiveFrame, numbers: _TaskNumbers, size_bytes: int) -> LiveEntry:
    numbers.part += 1
    return LiveEntry(frame, numbers.seq, numbers.part, size_bytes)


def weight(item: Item) -> int:
    """The bytes an item counts for in the queue."""
    if type(item) is Plain:
        return len(item.params)
    return item.size_bytes if type(item) is LiveEntry else 0

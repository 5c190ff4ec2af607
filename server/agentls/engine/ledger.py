"""The head of one task's journal: numbers events, folds them, appends them, publishes them after the commit.

Knows neither what the events are for nor who reads them. Invariant: `state` is the fold of every event recorded,
no stored frame is published before it is committed, and after one that could not be saved none is recorded.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec
from pydantic_core import PydanticSerializationError

from agentls.conversation.record import Private, Record, encode_private
from agentls.conversation.reduce import reduce
from agentls.conversation.state import TaskState
from agentls.conversation.text import well_formed_json
from agentls.engine.publisher import LiveFrame, Publisher, StoredFrame
from agentls.protocol.events import TaskEvent
from agentls.world.clock import Clock
from agentls.world.journal import Journal, JournalError, Row, TaskSummaryRow

Entry = TaskEvent | tuple[TaskEvent, Private | None]


@dataclass(slots=True, eq=False)
class _Batch:
    """Events that are committed together, and the live ones that came after them."""

    frames: list[StoredFrame]
    lives: list[LiveFrame] = field(default_factory=list)


class Ledger:
    def __init__(self, state: TaskState, journal: Journal, publisher: Publisher, clock: Clock) -> None:
        self.state = state
        self.turn_id: str | None = None
        """The turn that recorded events belong to."""
        self.committed_seq = state.last_seq
        """The last event that is saved and published."""
        self.failure: JournalError | None = None
        """Why nothing more can be recorded; `state` may then be ahead of the journal."""
        self._lock = threading.Lock()
        self._uncommitted: deque[_Batch] = deque()
        self._journal = journal
        self._publisher = publisher
        self._clock = clock

    def submit(self, *entries: Entry, sync: bool = False) -> asyncio.Future[None]:
        """Record events now; the future resolves when they are committed and published.

        With `sync` it resolves only when they would survive a power cut. Raises (through the future) JournalError
        when they cannot be saved; they are told all the same, as live ones.
        """
        if self.failure is not None:
            for entry in entries:
                event = entry[0] if isinstance(entry, tuple) else entry
                self.live(event.METHOD, event.model_dump(mode="json", by_alias=True, exclude_none=True))
            return _failed(self.failure)
        time_ms = self._clock.now_ms()
        state = self.state
        rows: list[Row] = []
        frames: list[StoredFrame] = []
        for entry in entries:
            event, private = entry if isinstance(entry, tuple) else (entry, None)
            seq = state.last_seq + 1
            state = reduce(state, Record(seq, time_ms, self.turn_id, event, private))
            params = encode_params(state.task_id, self.turn_id, seq, time_ms, event)
            kept = _encode_private(private)
            rows.append(Row(state.task_id, seq, time_ms, self.turn_id, event.METHOD, params, kept))
            frames.append(StoredFrame(state.task_id, seq, event.METHOD, params))
        self.state = state  # only now: an event that cannot be written down leaves no trace
        batch = _Batch(frames)
        with self._lock:
            self._uncommitted.append(batch)
        saved = self._journal.append(rows, summary=self._summary(), on_commit=lambda: self._committed(batch), sync=sync)
        saved.add_done_callback(lambda done: self._settled(batch, done))
        return saved

    async def record(self, *entries: Entry, sync: bool = False) -> None:
        """`submit` and wait. Cancelling the wait does not take the events back."""
        await asyncio.shield(self.submit(*entries, sync=sync))

    def has_saved(self, seq: int) -> bool:
        """Whether everything recorded is saved and published, and is no later than `seq`."""
        with self._lock:
            return not self._uncommitted and self.committed_seq <= seq

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits to be saved."""
        return self.has_saved(self.state.last_seq) or self.failure is not None

    def live(self, method: str, payload: Mapping[str, object]) -> None:
        """Publish an event that is not stored, after the stored ones before it."""
        frame = LiveFrame(self.state.task_id, self.turn_id, self._clock.now_ms(), method, payload)
        with self._lock:
            if self._uncommitted:
                self._uncommitted[-1].lives.append(frame)
            else:
                self._publisher.live(frame)

    def _committed(self, batch: _Batch) -> None:
        """On the journal's thread: publish what was saved, and the live events that waited behind it."""
        with self._lock:
            for frame in batch.frames:
                self.committed_seq = frame.seq
                self._publisher.stored(frame)
            self._let_go(batch)

    def _settled(self, batch: _Batch, saved: asyncio.Future[None]) -> None:
        """Events that could not be saved are told without numbers of their own, so that nothing stays open.

        A failure that nobody waits for is told by the next append, which fails too.
        """
        failure = None if saved.cancelled() else saved.exception()
        if failure is None:
            return
        if self.failure is None:
            self.failure = failure if isinstance(failure, JournalError) else JournalError(str(failure))
        with self._lock:
            for frame in batch.frames:
                self._publisher.live(_unsaved(frame))
            self._let_go(batch)

    def _let_go(self, batch: _Batch) -> None:
        if batch in self._uncommitted:
            self._uncommitted.remove(batch)
            for live in batch.lives:
                self._publisher.live(live)

    def live_envelope(self) -> dict[str, object]:
        """The envelope of a live event that is replayed now."""
        envelope: dict[str, object] = {"taskId": self.state.task_id}
        if self.turn_id is not None:
            envelope["turnId"] = self.turn_id
        seq, part = self._publisher.barrier(self.state.task_id)
        return envelope | {"seq": seq, "part": part, "time": self._clock.now_ms()}

    def _summary(self) -> TaskSummaryRow:
        state = self.state
        return TaskSummaryRow(
            task_id=state.task_id,
            title=state.title,
            status=state.phase,
            updated_ms=state.updated_ms,
            usage=state.usage.model_dump_json(by_alias=True, exclude_none=True).encode(),
            cost=state.cost,
        )


def _unsaved(frame: StoredFrame) -> LiveFrame:
    payload: dict[str, object] = msgspec.json.decode(frame.params)
    turn_id, time_ms = payload.pop("turnId", None), payload.pop("time", 0)
    del payload["taskId"], payload["seq"]
    return LiveFrame(
        frame.task_id,
        turn_id if isinstance(turn_id, str) else None,
        time_ms if isinstance(time_ms, int) else 0,
        frame.method,
        payload,
    )


def _failed(failure: JournalError) -> asyncio.Future[None]:
    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    future.set_exception(failure)
    future.exception()  # told by whoever waits; not waiting is no fault
    return future


def encode_params(task_id: str, turn_id: str | None, seq: int, time_ms: int, event: TaskEvent) -> bytes:
    """The notification's params as JSON: the envelope, then the payload."""
    try:
        payload = event.model_dump_json(by_alias=True, exclude_none=True).encode()
    except (PydanticSerializationError, UnicodeEncodeError):  # a lone surrogate is not UTF-8
        payload = msgspec.json.encode(well_formed_json(event.model_dump(by_alias=True, exclude_none=True)))
    turn = f'"turnId":"{turn_id}",' if turn_id is not None else ""
    envelope = f'{{"taskId":"{task_id}",{turn}"seq":{seq},"time":{time_ms}'.encode()
    return envelope + (b"}" if payload == b"{}" else b"," + payload[1:])


def _encode_private(private: Private | None) -> bytes | None:
    try:
        return encode_private(private)
    except UnicodeEncodeError:
        return msgspec.json.encode(well_formed_json(msgspec.to_builtins(private)))

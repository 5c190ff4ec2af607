"""A publisher for tests: keeps every frame in the order of publishing and lets a test wait for one.

Honest about numbers: stored frames must come gapless per task, live ones get (seq, part) as the outbox gives them.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agentls.engine.publisher import LiveFrame, StoredFrame


@dataclass(frozen=True, slots=True)
class Frame:
    method: str
    params: dict[str, Any]
    stored: bool

    def __getitem__(self, key: str) -> Any:
        return self.params[key]


class Recorder:
    def __init__(self) -> None:
        self.frames: list[Frame] = []
        self._numbers: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()
        self._loop = asyncio.get_running_loop()
        self._changed = asyncio.Event()
        self.on_frame: Callable[[Frame], None] | None = None
        """Called on the loop, soon after each frame of a task."""

    def _add(self, frame: Frame) -> None:
        self.frames.append(frame)
        if self.on_frame is not None:
            self._loop.call_soon_threadsafe(self.on_frame, frame)

    def stored(self, frame: StoredFrame) -> None:
        with self._lock:
            seq, _ = self._numbers.get(frame.task_id, (frame.seq - 1, 0))
            assert frame.seq == seq + 1, f"{frame.method}: seq {frame.seq} after {seq}"
            self._numbers[frame.task_id] = (frame.seq, 0)
            params = json.loads(frame.params)
            assert (params["taskId"], params["seq"]) == (frame.task_id, frame.seq)
            self._add(Frame(frame.method, params, stored=True))
        self._loop.call_soon_threadsafe(self._changed.set)

    def live(self, frame: LiveFrame) -> None:
        seq, part = self.barrier(frame.task_id)
        with self._lock:
            envelope = {"taskId": frame.task_id, "seq": seq, "part": part, "time": frame.time_ms}
            self._add(Frame(frame.method, {**envelope, **frame.payload}, stored=False))
        self._changed.set()

    def barrier(self, task_id: str) -> tuple[int, int]:
        with self._lock:
            seq, part = self._numbers.get(task_id, (0, 0))
            self._numbers[task_id] = (seq, part + 1)
            return seq, part + 1

    def outside(self, method: str, params: bytes) -> None:
        self.frames.append(Frame(method, json.loads(params), stored=False))
        self._changed.set()

    def of(self, method: str, task_id: str | None = None) -> list[Frame]:
        """The frames of a method so far."""
        return [
            frame
            for frame in list(self.frames)
            if frame.method == method and task_id in (None, frame.params.get("taskId"))
        ]

    async def wait(self, is_it: Callable[[Frame], bool], after: int = 0) -> Frame:
        """The first frame from index `after` on that is it, once it is there."""
        while True:
            self._changed.clear()
            for frame in self.frames[after:]:
                if is_it(frame):
                    return frame
            await self._changed.wait()

    async def wait_method(self, method: str, count: int = 1, task_id: str | None = None) -> Frame:
        """The `count`-th frame of a method, once it is there."""
        while len(self.of(method, task_id)) < count:
            self._changed.clear()
            if len(self.of(method, task_id)) < count:
                await self._changed.wait()
        return self.of(method, task_id)[count - 1]

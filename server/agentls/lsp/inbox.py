"""stdin → messages on the loop: a thread reads, cuts frames and decodes, the loop takes what is whole.

Knows bytes and messages; knows no method. Invariant: messages arrive in order, and the thread stops
reading while the loop is behind by more than a few reads.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agentls.lsp.frames import Body, FrameDecoder, FrameFault
from agentls.lsp.messages import Message, read_message

READ_BYTES = 256 * 1024
READS_AHEAD = 8
LOOK_AGAIN_S = 0.02


@dataclass(frozen=True, slots=True)
class Ended:
    """No more bytes come."""

    inside_frame: bool


Arrival: TypeAlias = Message | FrameFault | Ended


class Inbox:
    """The reader thread of one connection."""

    def __init__(
        self,
        fd: int,
        loop: asyncio.AbstractEventLoop,
        deliver: Callable[[Sequence[Arrival]], None],
        crowded: Callable[[], bool],
    ) -> None:
        """`deliver` and `crowded` run on the loop; while it is crowded no more is read."""
        self._fd = fd
        self._loop = loop
        self._deliver = deliver
        self._crowded = crowded
        self._room = threading.Semaphore(READS_AHEAD)
        self._thread = threading.Thread(target=self._run, name="agentls-inbox", daemon=True)

    def start(self) -> None:
        """Start reading."""
        self._thread.start()

    def _run(self) -> None:
        decoder = FrameDecoder()
        while True:
            try:
                data = os.read(self._fd, READ_BYTES)
            except OSError:
                data = b""
            if not data:
                self._hand_over([Ended(decoder.inside_frame)])
                return
            arrivals: list[Arrival] = []
            for item in decoder.feed(data):
                arrivals.append(read_message(item.data) if isinstance(item, Body) else item)
            if arrivals:
                self._room.acquire()
                self._hand_over(arrivals)

    def _hand_over(self, arrivals: list[Arrival]) -> None:
        try:
            self._loop.call_soon_threadsafe(self._take, arrivals)
        except RuntimeError:
            return  # the loop is closed: the connection is over

    def _take(self, arrivals: list[Arrival]) -> None:
        self._deliver(arrivals)
        self._make_room()

    def _make_room(self) -> None:
        if self._crowded():
            self._loop.call_later(LOOK_AGAIN_S, self._make_room)
        else:
            self._room.release()

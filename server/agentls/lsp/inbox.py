"""stdin → messages on the loop: a thread reads, cuts frames and decodes, the loop takes what is whole.

Knows bytes and messages; knows no method. Invariant: messages arrive in order, the thread stops reading
while the loop is behind by more than a few reads, and the end of the input is noticed all the same.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from agentls.lsp.frames import Body, FrameDecoder, FrameFault
from agentls.lsp.messages import Message, read_message

READ_BYTES = 256 * 1024
READS_AHEAD = 8
LOOK_AGAIN_S = 0.02
LOOK_FOR_END_S = 0.25


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
        left = False
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
                left = left or not self._wait_for_room()
                self._hand_over(arrivals)

    def _wait_for_room(self) -> bool:
        """Wait until more may be handed over; False when the client has left: what it sent is all there is."""
        while not self._room.acquire(timeout=LOOK_FOR_END_S):
            if has_hung_up(self._fd):
                return False
        return True

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


def has_hung_up(fd: int) -> bool:
    """Whether nobody can write to the other end any more, although there may be bytes to read."""
    if sys.platform == "win32":
        return False
    watch = select.poll()
    watch.register(fd, select.POLLHUP | getattr(select, "POLLRDHUP", 0))
    return bool(watch.poll(0))

"""The reader thread with a pipe for a client."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence

from agentls.lsp.inbox import READ_BYTES, READS_AHEAD, Arrival, Ended, Inbox, has_hung_up
from agentls.lsp.messages import Notification

BODY = b'{"jsonrpc":"2.0","method":"x"}'
FRAME = b"Content-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


async def test_the_end_is_noticed_while_the_client_is_held_back() -> None:
    ours, theirs = os.pipe()
    taken: list[Arrival] = []
    arrived, ended = asyncio.Event(), asyncio.Event()

    def deliver(arrivals: Sequence[Arrival]) -> None:
        taken.extend(arrivals)
        arrived.set()
        if isinstance(arrivals[-1], Ended):
            ended.set()

    Inbox(ours, asyncio.get_running_loop(), deliver, lambda: True).start()
    count = READS_AHEAD * 4
    for number in range(count):
        os.write(theirs, FRAME)
        if number < READS_AHEAD:  # one frame a read, until it reads no more
            await arrived.wait()
            arrived.clear()
    os.close(theirs)
    await asyncio.wait_for(ended.wait(), 5)
    assert taken == [*[Notification("x", None)] * count, Ended(inside_frame=False)]
    os.close(ours)


def test_a_pipe_is_hung_up_when_its_writer_is_gone() -> None:
    ours, theirs = os.pipe()
    assert has_hung_up(ours) is False
    os.write(theirs, b"x" * min(READ_BYTES, 1000))
    os.close(theirs)
    assert has_hung_up(ours) is (sys.platform != "win32")
    os.close(ours)

"""`agentls --stdio`: one process, one client, one exit code.

Puts the parts together and takes them apart in order. Imports as little as it can until it is called.
Invariant: whatever happens after `serve` began, the process is gone within 3 s of the end of its session.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

    from agentls.engine.publisher import Publisher
    from agentls.lsp.engine_slot import ServedEngine
    from agentls.lsp.session import Session

DRAIN_TIMEOUT_S = 0.8
_SIGNAL_BASE = 128


def serve(
    environment: Mapping[str, str],
    *,
    build: Callable[[Publisher, Mapping[str, str]], ServedEngine] | None = None,
) -> int:
    """Serve the client on stdin and stdout until it leaves; return the exit code.

    Ends the process itself, with the same code, when threads are left that would keep it alive.
    """
    # No cyclic garbage worth collecting arises while modules load; the collector costs a sixth of that time.
    gc.disable()
    # Writer, journal and loop share one interpreter: the default of 5 ms is the longest any of them waits for it.
    sys.setswitchinterval(0.0005)
    from agentls.lsp.stdio import take_stdin, take_stdout

    stdin, stdout = take_stdin(), take_stdout()

    import asyncio

    from agentls.lsp.log import log_to_stderr

    log = log_to_stderr()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        code = loop.run_until_complete(_serve(stdin, stdout, environment, build or _build_engine))
        _cancel_rest(loop)
    finally:
        asyncio.set_event_loop(None)
        loop.close()
    log.drain(0.1)
    _leave_if_threads_linger(code)
    return code


def _build_engine(publisher: Publisher, environment: Mapping[str, str]) -> ServedEngine:
    from agentls.engine.build import build_engine  # imported here: after `initialize` was answered

    return build_engine(publisher, environment)


async def _serve(
    stdin: int,
    stdout: int,
    environment: Mapping[str, str],
    build: Callable[[Publisher, Mapping[str, str]], ServedEngine],
) -> int:
    import asyncio

    from agentls.lsp.commands import Latest
    from agentls.lsp.connection import Connection
    from agentls.lsp.inbox import Inbox
    from agentls.lsp.outbox import Outbox
    from agentls.lsp.parent import ParentWatch

    loop = asyncio.get_running_loop()
    latest = Latest()
    watches: list[ParentWatch] = []

    def watch_parent(session: Session) -> None:
        if session.parent_id is not None:
            watch = ParentWatch(session.parent_id, lambda: connection.end(1))
            watches.append(watch)
            watch.start()

    outbox = Outbox(
        stdout,
        load=lambda task_id, seq: connection.engine.stored_params(task_id, seq),
        on_broken=lambda: _call_on(loop, lambda: connection.end(1)),
        observe=latest.observe,
    )
    connection = Connection(
        outbox, latest, lambda: build(outbox, environment), on_session=watch_parent, on_ready=_settle_memory
    )
    inbox = Inbox(stdin, loop, connection.receive, lambda: connection.crowded)
    _catch_signals(loop, connection.end)
    outbox.start()
    inbox.start()
    code = await connection.ended
    for watch in watches:
        watch.stop()
    await connection.aclose()
    outbox.drain(DRAIN_TIMEOUT_S)
    return code


def _settle_memory() -> None:
    """What is loaded by now stays: take it out of the collector's sight and let it work again."""
    gc.freeze()
    gc.enable()


def _catch_signals(loop: asyncio.AbstractEventLoop, end: Callable[[int], None]) -> None:
    """SIGTERM and SIGINT end the session with 128 + their number; a second one ends the process."""
    import signal  # imported here: asyncio has loaded it by now

    def caught(number: int) -> None:
        code = _SIGNAL_BASE + number
        for each in numbers:
            signal.signal(each, lambda *_: os._exit(code))
        end(code)

    numbers = (signal.SIGTERM, signal.SIGINT)
    for number in numbers:
        try:
            loop.add_signal_handler(number, caught, number)
        except NotImplementedError:  # Windows
            signal.signal(number, lambda received, _: _call_on(loop, lambda: caught(received)))


def _call_on(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        return  # the loop is closed: the session is over anyway


def _cancel_rest(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel the tasks that are left and give them one chance to end."""
    import asyncio

    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    if tasks:
        loop.run_until_complete(asyncio.wait(tasks, timeout=0.2))


def _leave_if_threads_linger(code: int) -> None:
    """End the process now when a worker thread still runs: the interpreter would wait for it (row B053)."""
    own = threading.current_thread()
    if any(thread is not own and not thread.daemon for thread in threading.enumerate()):
        try:
            sys.stderr.flush()
        finally:
            os._exit(code)

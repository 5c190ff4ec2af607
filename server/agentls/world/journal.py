"""The journal: every stored event of every task, in one SQLite file shared by all server processes.

Must not know what the events mean. An append resolves only after its commit; appends commit in the
order they were made; a task is written by the one process that holds its lease.
"""

import asyncio
import base64
import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self, TypeVar

from agentls.world import journal_queries as queries
from agentls.world.journal_rows import JournalError, Row, TaskEntry, TaskHeader, TaskSummaryRow
from agentls.world.journal_schema import Store, connect, is_damage, mark_damaged, open_store
from agentls.world.journal_writer import Job, JournalWriter
from agentls.world.lease import OwnerLock

__all__ = ["Journal", "JournalError", "Row", "TaskEntry", "TaskHeader", "TaskSummaryRow"]

_FILE_NAME = "journal.sqlite3"
_OWNERS_FOLDER = "owners"
_CLAIM_LIMIT_S = 10.0

T = TypeVar("T")


class Journal:
    """Appends on a thread of its own, reads beside it; made by `Journal.open`."""

    def __init__(self, store: Store, lock: OwnerLock | None, warning: str | None) -> None:
        self.warning = warning
        """What the user must know about this journal (in memory only, damage, read-only), or None."""
        self._lock = lock
        self._owner = lock.owner if lock is not None else _new_owner()
        self._path = store.path if store.mode != "memory" else None
        self._reader = store.reader
        self._glance: sqlite3.Connection | None = None
        self._reading = threading.Lock()
        self._owned: set[str] = set()
        self._settled: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[None], JournalError | None]]] = {}
        self._is_closed = False
        self._writer = JournalWriter(
            store.writer,
            self._path,
            refusal=store.warning if store.mode == "readOnly" else None,
            after_group=self._wake_loops,
        )

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open `journal.sqlite3` in the data folder, creating both (0700, 0600) where they are missing.

        Never raises: where nothing can be written the journal is in memory and `warning` says so; a
        damaged file is set aside; one of a newer version is opened for reading only.
        """
        store = open_store(folder / _FILE_NAME)
        warning = store.warning
        lock: OwnerLock | None = None
        if store.mode == "shared":
            try:
                lock = OwnerLock(folder / _OWNERS_FOLDER, _new_owner())
                lock.sweep()
            except OSError as error:
                warning = f"Tasks cannot be guarded against a second server: no file locks ({error.strerror})."
        return cls(store, lock, warning)

    @property
    def fail_point(self) -> Callable[[int], None] | None:
        """Called on the writer thread before each commit with its ordinal from 1; for the kill harness."""
        return self._writer.fail_point

    @fail_point.setter
    def fail_point(self, call: Callable[[int], None] | None) -> None:
        self._writer.fail_point = call

    def append(
        self,
        rows: Sequence[Row],
        *,
        summary: TaskSummaryRow | None = None,
        on_commit: Callable[[], None] | None = None,
        sync: bool = False,
    ) -> asyncio.Future[None]:
        """Queue rows (and the task list's line) to be committed together, in the order of the calls.

        `on_commit` runs on the writer thread after the commit and before the future resolves. `sync`
        waits until the commit survives a loss of power. JournalError: not saved, and after a failure of
        the disk nothing will be.
        """
        kept = tuple(rows)

        def work(connection: sqlite3.Connection) -> None:
            queries.insert_rows(connection, kept)
            if summary is not None:
                queries.update_summary(connection, summary)

        return self._submit(work, on_commit=on_commit, sync=sync)

    def create_task(self, header: TaskHeader) -> asyncio.Future[None]:
        """Queue a new task; this process holds its lease from now on."""
        self._owned.add(header.task_id)
        return self._submit(lambda connection: queries.insert_task(connection, header, self._owner))

    async def flush(self) -> None:
        """Return once everything that was appended before is committed; JournalError where it is not."""
        await self._submit(lambda connection: None)

    async def rows(self, task_id: str, since_seq: int = 0, limit: int | None = None) -> list[Row]:
        """Return the committed rows of the task after `since_seq`, by seq."""
        return await self._read(lambda connection: queries.read_rows(connection, task_id, since_seq, limit))

    def params(self, task_id: str, seq: int) -> bytes | None:
        """Return the params of one committed row, or None; blocks, on any thread but the writer's own."""

        def query(connection: sqlite3.Connection) -> list[Row]:
            return queries.read_rows(connection, task_id, seq - 1, 1)

        try:
            if self._is_closed:
                rows = self._read_anew(query)
            else:
                rows = self._read_beside(query) if self._reader is not None else self._read_blocking(query)
        except (sqlite3.Error, JournalError):
            return None
        return rows[0].params if rows and rows[0].seq == seq else None

    def _read_anew(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """By a connection of its own: a client that reads slowly gets the last frames after everything is closed."""
        if self._path is None:
            raise JournalError("the journal was in memory")
        with contextlib.closing(connect(self._path, read_only=True)) as connection:
            return query(connection)

    async def header(self, task_id: str) -> TaskHeader | None:
        """Return the task's header, or None for an unknown task."""
        return await self._read(lambda connection: queries.read_header(connection, task_id))

    async def entries(self, cursor: str | None, limit: int) -> tuple[list[TaskEntry], str | None]:
        """Return one page of the task list, latest change first, and the cursor of the next page."""
        page = await self._read(lambda connection: queries.read_entries(connection, cursor, limit, self._is_alive))
        return page.entries, page.next_cursor

    async def delete(self, task_id: str) -> None:
        """Remove the task and its events; JournalError while another running process owns it."""

        def work(connection: sqlite3.Connection) -> None:
            if self._is_others(queries.read_owner(connection, task_id)):
                raise JournalError("the task is open in another window")
            queries.delete_task(connection, task_id)

        await self._submit(work)
        self._owned.discard(task_id)

    def claim(self, task_id: str) -> bool:
        """Take the task's lease; true where this process has it then.

        False for an unknown task, a journal that cannot be written, and while the process that owns it
        runs. Blocks for one commit the first time; at once after that.
        """
        if task_id in self._owned:
            return True
        done = threading.Event()
        outcome: list[JournalError | None] = []

        def work(connection: sqlite3.Connection) -> None:
            if self._is_others(queries.read_owner(connection, task_id)):
                raise JournalError("the task is open in another window")
            queries.take_owner(connection, task_id, self._owner)

        def settle(error: JournalError | None) -> None:
            outcome.append(error)
            done.set()

        if self._is_closed:
            return False
        self._writer.put(Job(work, settle))
        if not done.wait(_CLAIM_LIMIT_S) or outcome[0] is not None:
            return False
        self._owned.add(task_id)
        return True

    def owner_alive(self, task_id: str) -> bool:
        """Say whether a running process, this one included, holds the task's lease; one look-up."""
        if task_id in self._owned:
            return True
        if self._path is None or self._is_closed:
            return False
        try:
            # A connection of its own: the reading one may be busy with a long task on another thread.
            if self._glance is None:
                self._glance = connect(self._path, read_only=True)
            owner = queries.read_owner(self._glance, task_id)
        except (sqlite3.Error, JournalError):
            return False
        return self._is_alive(owner)

    def release(self, task_id: str) -> asyncio.Future[None]:
        """Give the task's lease up, so that another process can take it."""
        self._owned.discard(task_id)
        return self._submit(lambda connection: queries.drop_owner(connection, task_id, self._owner))

    async def aclose(self) -> None:
        """Commit what is queued, close the file and give every lease up; idempotent."""
        if self._is_closed:
            return
        self._is_closed = True
        await asyncio.to_thread(self._writer.stop)
        with self._reading:
            for connection in (self._reader, self._glance):
                if connection is not None:
                    connection.close()
        if self._lock is not None:
            self._lock.release()

    def _is_alive(self, owner: str | None) -> bool:
        if self._lock is None:
            return owner == self._owner
        return self._lock.is_alive(owner)

    def _is_others(self, owner: str | None) -> bool:
        return owner is not None and owner != self._owner and self._is_alive(owner)

    def _submit(
        self,
        work: Callable[[sqlite3.Connection], None],
        *,
        on_commit: Callable[[], None] | None = None,
        sync: bool = False,
    ) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if self._is_closed:
            future.set_exception(JournalError("the journal is closed"))
            return future

        def settle(error: JournalError | None) -> None:
            self._settled.setdefault(loop, []).append((future, error))

        self._writer.put(Job(work, settle, on_commit, sync))
        return future

    def _wake_loops(self) -> None:
        """Hand a whole group's results to the loop with one wake-up; on the writer thread."""
        settled, self._settled = self._settled, {}
        for loop, results in settled.items():
            with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
                loop.call_soon_threadsafe(_resolve, results)

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        if self._is_closed:
            raise JournalError("the journal is closed")
        if self._reader is None:
            return await self._read_on_writer(query)
        return await asyncio.to_thread(self._read_beside, query)

    def _read_beside(self, query: Callable[[sqlite3.Connection], T]) -> T:
        with self._reading:
            if self._reader is None or self._is_closed:
                raise JournalError("the journal is closed")
            try:
                return query(self._reader)
            except sqlite3.Error as error:
                if is_damage(error) and self._path is not None:
                    mark_damaged(self._path)
                raise JournalError(f"The journal cannot be read: {error}.") from error

    def _read_blocking(self, query: Callable[[sqlite3.Connection], T]) -> T:
        found: list[T] = []
        done = threading.Event()
        self._writer.put(Job(lambda connection: found.append(query(connection)), lambda error: done.set()))
        if not done.wait(_CLAIM_LIMIT_S) or not found:
            raise JournalError("the journal cannot be read")
        return found[0]

    async def _read_on_writer(self, query: Callable[[sqlite3.Connection], T]) -> T:
        found: list[T] = []
        await self._submit(lambda connection: found.append(query(connection)))
        return found[0]


def _resolve(results: Sequence[tuple[asyncio.Future[None], JournalError | None]]) -> None:
    for future, error in results:
        if future.done():  # the waiter was cancelled; the rows are saved all the same
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def _new_owner() -> str:
    return base64.b32encode(os.urandom(10)).decode("ascii").lower()

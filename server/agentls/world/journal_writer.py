"""The journal's writing thread: takes jobs in order and commits them in groups.

Must not know asyncio's tasks or what the rows mean. Jobs are committed in the order they were put;
after a group that could not be committed nothing is committed any more.
"""

import logging
import os
import queue
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from agentls.world.journal_rows import JournalError
from agentls.world.journal_schema import is_busy, is_damage, mark_damaged

logger = logging.getLogger(__name__)

_GROUP_LIMIT = 512
_BUSY_LIMIT_S = 15.0
_STOP = None

_OWN_FAULTS = (
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
    sqlite3.InterfaceError,
    sqlite3.DataError,
    ValueError,
    TypeError,
    OverflowError,
)
"""What a record that cannot be stored raises, as against a file that cannot be written."""

Work = Callable[[sqlite3.Connection], None]
Settle = Callable[[JournalError | None], None]


@dataclass(frozen=True, slots=True)
class Job:
    """One unit that is committed whole or not at all."""

    work: Work
    settle: Settle
    """Called on the writer thread with None after the commit, or with what went wrong."""
    on_commit: Callable[[], None] | None = None
    """Called on the writer thread right after the commit, before any `settle` of the group."""
    sync: bool = False
    """The commit must survive a loss of power, not only of the process."""


@dataclass(slots=True)
class _Group:
    jobs: list[Job] = field(default_factory=list)
    ends: bool = False


class JournalWriter:
    """Owns the writing connection; nothing else writes through it."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path | None,
        *,
        refusal: str | None = None,
        after_group: Callable[[], None] = lambda: None,
    ) -> None:
        """`path`: the file to watch, None in memory. `refusal`: why nothing can be saved from the start."""
        self._connection = connection
        self._path = path
        self._identity = _identity(path) if path is not None else None
        self._after_group = after_group
        self._queue: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._commits = 0
        self.fail_point: Callable[[int], None] | None = None
        """Called before each commit with its ordinal from 1; tests fail or die in it."""
        self.failure: JournalError | None = JournalError(refusal) if refusal is not None else None
        self._thread = threading.Thread(target=self._run, name="agentls-journal", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> None:
        """Queue a job; thread-safe."""
        self._queue.put(job)

    def stop(self) -> None:
        """Commit what is queued and end the thread; blocks until it has ended."""
        self._queue.put(_STOP)
        self._thread.join()

    def _run(self) -> None:
        while True:
            group = self._take_group()
            if group.jobs:
                self._settle(group.jobs)
                self._after_group()
            if group.ends:
                self._connection.close()
                return

    def _take_group(self) -> _Group:
        """Wait for one job and take along what is queued behind it, up to the first that needs a sync."""
        group = _Group()
        job = self._queue.get()
        while True:
            if job is None:
                group.ends = True
                return group
            group.jobs.append(job)
            if job.sync or len(group.jobs) >= _GROUP_LIMIT:
                return group
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return group

    def _settle(self, jobs: Sequence[Job]) -> None:
        results = self._commit(jobs)
        for job, error in zip(jobs, results, strict=True):
            if error is None and job.on_commit is not None:
                try:
                    job.on_commit()
                except Exception:  # a rim: a listener's bug must not end the only thread that saves
                    logger.exception("journal: a commit listener failed")
        for job, error in zip(jobs, results, strict=True):
            job.settle(error)

    def _commit(self, jobs: Sequence[Job]) -> list[JournalError | None]:
        """Commit the jobs as one; where one of them breaks a rule of the tables, each by itself."""
        if self.failure is not None:
            return [self.failure] * len(jobs)
        try:
            self._transaction(jobs)
        except (JournalError, *_OWN_FAULTS) as error:
            # One job broke a rule of the tables, or refused by itself: it alone fails.
            if len(jobs) > 1:
                return [self._commit([job])[0] for job in jobs]
            if isinstance(error, JournalError):
                return [error]
            logger.error("journal: a record was refused: %s", type(error).__name__)
            return [JournalError(f"The record was refused by the journal ({type(error).__name__}).")]
        except Exception as error:  # a rim: whatever it was, the thread lives on and says that it cannot save
            self.failure = self._describe(error)
            logger.error("journal: %s", self.failure)
            return [self.failure] * len(jobs)
        return [None] * len(jobs)

    def _transaction(self, jobs: Sequence[Job]) -> None:
        sync = any(job.sync for job in jobs)
        deadline_s = time.monotonic() + _BUSY_LIMIT_S
        while True:
            try:
                self._attempt(jobs, sync=sync)
            except sqlite3.OperationalError as error:
                # Another server process is writing, longer than one busy time-out.
                if not is_busy(error) or time.monotonic() > deadline_s:
                    raise
            else:
                return

    def _attempt(self, jobs: Sequence[Job], *, sync: bool) -> None:
        connection = self._connection
        if self._identity is not None and self._path is not None and _identity(self._path) != self._identity:
            raise OSError("the journal's file was moved or removed")
        if sync:
            connection.execute("PRAGMA synchronous=FULL")
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in jobs:
                job.work(connection)
            self._commits += 1
            if self.fail_point is not None:
                self.fail_point(self._commits)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        finally:
            if sync:
                connection.execute("PRAGMA synchronous=NORMAL")

    def _describe(self, error: Exception) -> JournalError:
        if isinstance(error, sqlite3.Error) and is_damage(error) and self._path is not None:
            mark_damaged(self._path)
        return JournalError(f"The task cannot be saved: {error}.")


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells this file from another at the same path; None where it is gone."""
    try:
        found = os.stat(path)  # noqa: PTH116 - called for every group: pathlib would double its cost
    except OSError:
        return None
    return found.st_dev, found.st_ino

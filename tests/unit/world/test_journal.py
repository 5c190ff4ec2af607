import asyncio
import os
import random
import sqlite3
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from agentls.world.journal import Journal, JournalError, Row, TaskEntry, TaskHeader, TaskSummaryRow
from agentls.world.journal_schema import MIGRATIONS, filesystem_of

HEADER = TaskHeader("task_a", 1000, "file:///w")


def row(seq: int, task_id: str = "task_a", params: bytes = b'{"x":1}') -> Row:
    return Row(task_id, seq, 1000 + seq, "turn_1" if seq % 2 else None, "agent/prompt", params, b"p")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Journal]:
    journal = Journal.open(folder)
    try:
        yield journal
    finally:
        await journal.aclose()


def journal_file(folder: Path) -> Path:
    return folder / "journal.sqlite3"


async def test_rows_come_back_as_they_were_appended(tmp_path: Path) -> None:
    rows = [row(1), row(2, params='{"é":"\\ud800"}'.encode()), Row("task_a", 3, 5, None, "m", b"", None)]
    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)
        await journal.append(rows[:1])
        await journal.append(rows[1:])
    async with opened(tmp_path) as journal:
        assert await journal.rows("task_a") == rows
        assert await journal.rows("task_a", since_seq=1, limit=1) == rows[1:2]
        assert (await journal.header("task_a"), await journal.header("task_b")) == (HEADER, None)


async def test_commits_keep_the_order_of_the_appends_and_listeners_run_before_their_futures(
    tmp_path: Path,
) -> None:
    heard: list[tuple[int, bool]] = []
    futures: list[asyncio.Future[None]] = []
    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)

        def listener(seq: int) -> None:
            heard.append((seq, futures[seq - 1].done()))

        for seq in range(1, 201):
            futures.append(journal.append([row(seq)], on_commit=lambda seq=seq: listener(seq)))
        await asyncio.gather(*futures)
        assert heard == [(seq, False) for seq in range(1, 201)]
        assert [found.seq for found in await journal.rows("task_a")] == list(range(1, 201))


async def test_appends_made_together_share_a_commit(tmp_path: Path) -> None:
    commits: list[int] = []
    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)
        journal.fail_point = commits.append
        await asyncio.gather(*[journal.append([row(seq)]) for seq in range(1, 301)])
    assert 1 <= len(commits) < 100


async def test_a_failing_listener_stops_nothing(tmp_path: Path) -> None:
    def fail() -> None:
        raise RuntimeError("a listener's bug")

    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)
        await journal.append([row(1)], on_commit=fail)
        await journal.append([row(2)])
        assert len(await journal.rows("task_a")) == 2


async def test_a_cancelled_waiter_does_not_unsave_its_rows(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)
        journal.append([row(1)]).cancel()
        await journal.flush()
        assert await journal.rows("task_a") == [row(1)]


async def test_a_synced_append_is_saved(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)
        await asyncio.gather(journal.append([row(1)]), journal.append([row(2)], sync=True), journal.append([row(3)]))
        assert len(await journal.rows("task_a")) == 3


async def test_the_task_list_shows_the_latest_change_first_page_by_page(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        for number in range(1, 6):
            name = f"task_{number}"
            await journal.create_task(TaskHeader(name, number, None))
            summary = TaskSummaryRow(name, f"title {number}\ud800", "running", 100 - number // 2, b"{}", 0.5)
            await journal.append([row(1, name), row(2, name)], summary=summary)
        first, cursor = await journal.entries(None, 2)
        second, cursor = await journal.entries(cursor, 2)
        third, end = await journal.entries(cursor, 2)
    assert [entry.task_id for entry in [*first, *second, *third]] == [
        "task_1",
        "task_3",
        "task_2",
        "task_5",
        "task_4",
    ]
    assert end is None
    assert first[0] == TaskEntry("task_1", 1, None, "title 1?", "running", 100, 2, b"{}", 0.5, owner_alive=True)


@pytest.mark.parametrize("cursor", ["", "x", ":", "9" * 30 + ":a", "-1:a", "²:a"])
async def test_a_strange_cursor_is_refused(tmp_path: Path, cursor: str) -> None:
    async with opened(tmp_path) as journal:
        with pytest.raises(JournalError, match="cursor"):
            await journal.entries(cursor, 5)


async def test_a_deleted_task_is_gone(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)
        await journal.append([row(1)])
        await journal.delete("task_a")
        assert (await journal.rows("task_a"), await journal.header("task_a")) == ([], None)
        with pytest.raises(JournalError, match="no such task"):
            await journal.delete("task_a")


@pytest.mark.parametrize(
    "bad",
    [
        row(1),
        Row("task_a", 2**70, 1, None, "m", b"", None),
        Row("task_\ud800", 1, 1, None, "m", b"", None),
        Row("task_a", 2, 1, None, None, b"", None),  # type: ignore[arg-type]
        Row("task_a", 2, 1, None, "m", object(), None),  # type: ignore[arg-type]
    ],
)
async def test_a_record_that_cannot_be_stored_fails_alone(tmp_path: Path, bad: Row) -> None:
    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)
        await journal.append([row(1)])
        together = [journal.append([row(7)]), journal.append([row(8), bad]), journal.append([row(9)])]
        results = await asyncio.gather(*together, return_exceptions=True)
        assert [type(result) for result in results] == [type(None), JournalError, type(None)]
        assert [found.seq for found in await journal.rows("task_a")] == [1, 7, 9]


async def test_after_a_failed_commit_nothing_is_saved_any_more(tmp_path: Path) -> None:
    def full(ordinal: int) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    heard: list[str] = []
    async with opened(tmp_path) as journal:
        await journal.create_task(HEADER)
        await journal.append([row(1)])
        journal.fail_point = full
        with pytest.raises(JournalError, match="cannot be saved: database or disk is full"):
            await journal.append([row(2)], on_commit=lambda: heard.append("never"))
        journal.fail_point = None
        with pytest.raises(JournalError, match="cannot be saved"):
            await journal.append([row(3)], on_commit=lambda: heard.append("never"))
        assert await journal.rows("task_a") == [row(1)]
        assert (heard, journal.claim("task_other")) == ([], False)


def start(program: str, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)


FULL_DISK = """
import asyncio, resource, sys
from pathlib import Path
from agentls.world.journal import Journal, JournalError, Row, TaskHeader

async def main():
    journal = Journal.open(Path(sys.argv[1]))
    await journal.create_task(TaskHeader("task_a", 1, None))
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
    seq = 0
    try:
        while True:
            await journal.append([Row("task_a", seq + 1, 1, None, "m", b"x" * 20_000, None)])
            seq += 1
    except JournalError:
        print(seq)
    await journal.aclose()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="file size limits are POSIX")
async def test_a_disk_that_really_fills_up_loses_no_acknowledged_row(tmp_path: Path) -> None:
    with start(FULL_DISK, str(tmp_path)) as child:
        acknowledged = int(child.communicate()[0])
    assert acknowledged > 2
    async with opened(tmp_path) as journal:
        assert len(await journal.rows("task_a")) == acknowledged


async def test_a_removed_folder_is_noticed_before_the_next_record_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with opened(folder) as journal:
        await journal.create_task(HEADER)
        journal_file(folder).rename(tmp_path / "elsewhere")
        with pytest.raises(JournalError, match="moved or removed"):
            await journal.append([row(1)])


async def test_folder_and_files_are_private(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "data"
    async with opened(folder) as journal:
        await journal.create_task(HEADER)
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir() if path.is_file()}
        assert journal.warning is None
    if sys.platform != "win32":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert modes == {f"journal.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm")}


async def test_where_nothing_can_be_written_tasks_live_in_memory_with_a_warning(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    async with opened(blocked / "data") as journal:
        assert journal.warning is not None
        assert "in memory only" in journal.warning
        await journal.create_task(HEADER)
        await journal.append([row(1)], sync=True)
        assert (await journal.rows("task_a"), await journal.header("task_a")) == ([row(1)], HEADER)
        assert (await journal.entries(None, 5))[0][0].owner_alive
        assert (journal.claim("task_a"), journal.owner_alive("task_a"), journal.owner_alive("x")) == (
            True,
            True,
            False,
        )
        with pytest.raises(JournalError, match="no such task"):
            await journal.delete("task_b")


async def make_tasks(folder: Path, *, events: int) -> None:
    async with opened(folder) as journal:
        for name in ("task_a", "task_b"):
            await journal.create_task(TaskHeader(name, 1, None))
            await journal.append([row(seq, name, b"y" * 900) for seq in range(1, events + 1)])


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
async def test_a_file_that_is_no_journal_is_set_aside(tmp_path: Path, content: bytes) -> None:
    journal_file(tmp_path).write_bytes(content)
    async with opened(tmp_path) as journal:
        assert journal.warning is not None
        assert "journal.damaged-1.sqlite3" in journal.warning
        await journal.create_task(HEADER)
        assert await journal.header("task_a") == HEADER
    assert (tmp_path / "journal.damaged-1.sqlite3").read_bytes() == content


async def test_of_a_damaged_file_what_opens_is_kept_without_gaps(tmp_path: Path) -> None:
    await make_tasks(tmp_path, events=60)
    data = bytearray(journal_file(tmp_path).read_bytes())
    middle = len(data) // 2 // 4096 * 4096
    data[middle : middle + 4096] = os.urandom(4096)
    journal_file(tmp_path).write_bytes(data)

    async with opened(tmp_path) as journal:
        assert journal.warning is not None
        assert "2 tasks could be read" in journal.warning
        kept = {name: [found.seq for found in await journal.rows(name)] for name in ("task_a", "task_b")}
    assert all(seqs == list(range(1, len(seqs) + 1)) for seqs in kept.values())
    assert 20 <= sum(len(seqs) for seqs in kept.values()) < 120


async def test_a_truncated_file_is_set_aside_and_what_opens_is_kept(tmp_path: Path) -> None:
    await make_tasks(tmp_path, events=60)
    whole = journal_file(tmp_path).read_bytes()
    journal_file(tmp_path).write_bytes(whole[: len(whole) // 2 // 4096 * 4096])
    async with opened(tmp_path) as journal:
        assert journal.warning is not None
        await journal.create_task(TaskHeader("task_c", 1, None))
        for entry in (await journal.entries(None, 10))[0]:
            assert [found.seq for found in await journal.rows(entry.task_id)] == list(range(1, entry.last_seq + 1))
    assert len((tmp_path / "journal.damaged-1.sqlite3").read_bytes()) == len(whole) // 2 // 4096 * 4096


async def test_damage_met_while_running_is_an_error_and_is_repaired_at_the_next_start(tmp_path: Path) -> None:
    await make_tasks(tmp_path, events=60)
    async with opened(tmp_path) as journal:
        data = bytearray(journal_file(tmp_path).read_bytes())
        middle = len(data) // 2 // 4096 * 4096
        data[middle : middle + 4096] = b"\xff" * 4096
        journal_file(tmp_path).write_bytes(data)
        failures = 0
        for name in ("task_a", "task_b"):
            try:
                await journal.rows(name)
            except JournalError:
                failures += 1
        assert failures
    assert journal_file(tmp_path).with_name("journal.sqlite3.check").exists()
    async with opened(tmp_path) as journal:
        assert journal.warning is not None
    assert not journal_file(tmp_path).with_name("journal.sqlite3.check").exists()


async def test_a_newer_schema_is_read_and_never_written(tmp_path: Path) -> None:
    await make_tasks(tmp_path, events=3)
    with sqlite3.connect(journal_file(tmp_path)) as connection:
        connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    connection.close()
    async with opened(tmp_path) as journal:
        assert journal.warning is not None
        assert "newer version" in journal.warning
        assert len(await journal.rows("task_a")) == 3
        assert journal.claim("task_a") is False
        with pytest.raises(JournalError, match="nothing can be saved"):
            await journal.append([row(4)])
        with pytest.raises(JournalError, match="nothing can be saved"):
            await journal.create_task(TaskHeader("task_z", 1, None))


async def test_a_closed_journal_refuses_and_closes_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as journal:
        queued = journal.create_task(HEADER)
        await journal.aclose()
        await queued
        with pytest.raises(JournalError, match="closed"):
            await journal.append([row(1)])
        with pytest.raises(JournalError, match="closed"):
            await journal.rows("task_a")
        assert (journal.claim("task_b"), journal.owner_alive("task_b")) == (False, False)


def test_the_file_system_of_a_folder_is_the_deepest_mount() -> None:
    mounts = (
        "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "30 21 0:40 / /home rw shared:1 - nfs4 server:/home rw\n"
        "31 30 0:41 / /home/me/local\\040disk rw - xfs /dev/sdb rw\n"
        "garbage\n - \n"
    )
    folders = ["/var/x", "/home/me", "/home/me/local disk/data", "/homely"]
    assert [filesystem_of(Path(folder), mounts) for folder in folders] == ["ext4", "nfs4", "xfs", "ext4"]
    assert filesystem_of(Path("/x"), "") == ""


WRITER = """
import asyncio, os, sys
from pathlib import Path
from agentls.world.journal import Journal, Row, TaskHeader, TaskSummaryRow

folder, kill_at, first = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def kill(ordinal):
    if ordinal == kill_at:
        os.kill(os.getpid(), 9)

async def main():
    journal = Journal.open(folder)
    journal.fail_point = kill
    if await journal.header("task_a") is None:
        await journal.create_task(TaskHeader("task_a", 1, None))
    print("ready", flush=True)
    seq = first
    while True:
        params = b"z" * (seq * 37 % 5000)
        rows = [Row("task_a", seq + step, 1, None, "m", params, None) for step in range(seq % 3 + 1)]
        summary = TaskSummaryRow("task_a", "t", "running", rows[-1].seq)
        await journal.append(rows, summary=summary, sync=seq % 4 == 0)
        seq = rows[-1].seq + 1
        sys.stdout.write(f"{rows[-1].seq}\\n")
        sys.stdout.flush()

asyncio.run(main())
"""


def start_writer(folder: Path, *, kill_at: int, first: int = 1) -> "subprocess.Popen[str]":
    return start(WRITER, str(folder), str(kill_at), str(first))


async def assert_nothing_acknowledged_is_lost(folder: Path, acknowledged: list[str]) -> int:
    async with opened(folder) as journal:
        assert journal.warning is None
        seqs = [found.seq for found in await journal.rows("task_a")]
        entries, _ = await journal.entries(None, 10)
        alive = journal.owner_alive("task_a")
    last = max((int(line) for line in acknowledged if line.strip().isdigit()), default=0)
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) >= last
    assert alive is False
    assert [entry.updated_ms for entry in entries] == ([len(seqs)] if seqs else [1] if entries else [])
    return len(seqs)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
async def test_a_kill_before_any_commit_loses_no_acknowledged_row(tmp_path: Path) -> None:
    """F42: the same journal is killed at one commit after another and is carried on each time."""
    written = 0
    for kill_at in (1, 2, 3, 5, 8):
        with start_writer(tmp_path, kill_at=kill_at, first=written + 1) as child:
            assert child.stdout is not None
            lines = child.stdout.readlines()
        assert child.returncode == -9
        written = await assert_nothing_acknowledged_is_lost(tmp_path, lines)
    assert written > 10


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
async def test_a_kill_at_any_moment_loses_no_acknowledged_row(tmp_path: Path) -> None:
    chooser = random.Random(8)
    written = 0
    for _ in range(4):
        with start_writer(tmp_path, kill_at=0, first=written + 1) as child:
            assert child.stdout is not None
            lines = [child.stdout.readline() for _ in range(chooser.randrange(1, 60))]
            child.kill()
            lines += child.stdout.readlines()
        written = await assert_nothing_acknowledged_is_lost(tmp_path, lines)
    assert written > 40


async def test_two_processes_write_the_same_journal_side_by_side(tmp_path: Path) -> None:
    script = """
import asyncio, sys
from pathlib import Path
from agentls.world.journal import Journal, Row, TaskHeader

async def main():
    journal = Journal.open(Path(sys.argv[1]))
    assert journal.warning is None, journal.warning
    name = sys.argv[2]
    await journal.create_task(TaskHeader(name, 1, None))
    for seq in range(1, 151):
        await journal.append([Row(name, seq, 1, None, "m", b"x" * 500, None)], sync=seq % 50 == 0)
    await journal.aclose()

asyncio.run(main())
"""
    names = [f"task_{number}" for number in range(3)]
    children = [start(script, str(tmp_path), name) for name in names]
    assert [(child.communicate()[0], child.returncode) for child in children] == [("", 0)] * 3
    async with opened(tmp_path) as journal:
        assert [len(await journal.rows(name)) for name in names] == [150, 150, 150]


async def test_where_write_ahead_logging_is_unsafe_two_servers_still_share_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentls.world.journal_schema.can_use_wal", lambda path: False)
    async with opened(tmp_path) as first, opened(tmp_path) as second:
        await first.create_task(HEADER)
        await second.create_task(TaskHeader("task_b", 1, None))
        await asyncio.gather(
            *[first.append([row(seq)], sync=seq == 5) for seq in range(1, 41)],
            *[second.append([row(seq, "task_b")]) for seq in range(1, 41)],
        )
        assert [len(await first.rows(name)) for name in ("task_a", "task_b")] == [40, 40]
        assert not (tmp_path / "journal.sqlite3-wal").exists()

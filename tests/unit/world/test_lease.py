import os
import subprocess
import sys
from pathlib import Path

import pytest

from agentls.world.journal import Journal, JournalError, TaskHeader
from agentls.world.lease import OwnerLock


def test_an_owner_is_alive_while_it_holds_its_lock(tmp_path: Path) -> None:
    mine, other = OwnerLock(tmp_path, "mine"), OwnerLock(tmp_path, "other")
    assert (mine.is_alive("mine"), mine.is_alive("other"), other.is_alive("mine")) == (True, True, True)
    assert (mine.is_alive("nobody"), mine.is_alive(None), mine.is_alive("")) == (False, False, False)
    other.release()
    other.release()
    assert (mine.is_alive("other"), other.is_alive("other")) == (False, False)
    mine.release()


def test_two_that_ask_at_once_do_not_take_each_other_for_the_owner(tmp_path: Path) -> None:
    (tmp_path / "dead.lock").touch()
    first, second = OwnerLock(tmp_path, "first"), OwnerLock(tmp_path, "second")
    fd = os.open(tmp_path / "dead.lock", os.O_RDWR)
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_SH)
    assert (first.is_alive("dead"), second.is_alive("dead")) == (False, False)
    os.close(fd)
    first.release()
    second.release()


def test_old_files_of_the_dead_are_swept_and_no_others(tmp_path: Path) -> None:
    living = OwnerLock(tmp_path, "living")
    for name in ("old", "young"):
        (tmp_path / f"{name}.lock").touch()
    for name in ("old", "living"):
        os.utime(tmp_path / f"{name}.lock", (1, 1))
    living.sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["living.lock", "young.lock"]
    living.release()


HOLDER = """
import asyncio, sys
from pathlib import Path
from agentls.world.journal import Journal, TaskHeader

async def main():
    journal = Journal.open(Path(sys.argv[1]))
    await journal.create_task(TaskHeader("task_a", 1, None))
    print("held", flush=True)
    sys.stdin.read()
    await journal.aclose()

asyncio.run(main())
"""


def start_holder(folder: Path) -> "subprocess.Popen[str]":
    child = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


@pytest.mark.parametrize("end", ["kill", "exit"])
async def test_a_task_has_one_owner_until_its_process_ends(tmp_path: Path, end: str) -> None:
    """F48: the other server reads, and takes over as soon as the owner is gone, however it went."""
    with start_holder(tmp_path) as child:
        journal = Journal.open(tmp_path)
        assert (journal.owner_alive("task_a"), journal.claim("task_a")) == (True, False)
        assert (await journal.entries(None, 5))[0][0].owner_alive
        assert await journal.header("task_a") == TaskHeader("task_a", 1, None)
        with pytest.raises(JournalError, match="another window"):
            await journal.delete("task_a")
        if end == "kill":
            child.kill()
        else:
            child.communicate("")
        child.wait()
        assert (journal.owner_alive("task_a"), journal.claim("task_a")) == (False, True)
        assert (journal.owner_alive("task_a"), journal.claim("task_a")) == (True, True)
        await journal.aclose()


async def test_a_released_task_can_be_taken_by_another_journal(tmp_path: Path) -> None:
    first, second = Journal.open(tmp_path), Journal.open(tmp_path)
    await first.create_task(TaskHeader("task_a", 1, None))
    assert (second.claim("task_a"), second.claim("task_unknown")) == (False, False)
    await first.release("task_a")
    assert (second.claim("task_a"), first.claim("task_a"), first.owner_alive("task_a")) == (True, False, True)
    await first.release("task_a")
    assert second.owner_alive("task_a")
    await first.aclose()
    await second.aclose()
    assert list((tmp_path / "owners").iterdir()) == []

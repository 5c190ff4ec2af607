import asyncio
import re

from agentls.world.clock import Clock, SystemClock
from agentls.world.data_dir import data_dir
from agentls.world.ids import CountingIds, Ids, RandomIds
from tests.support.clock import FakeClock


async def test_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    clock = FakeClock()
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *naps: float) -> None:
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, clock.monotonic_s()))

    async with asyncio.TaskGroup() as group:
        group.create_task(sleeper("late", 3.0))
        group.create_task(sleeper("twice", 1.0, 1.0))
        group.create_task(sleeper("first", 0.5))
        await clock.wait_for_sleepers(3)
        await clock.advance(2.0)
        assert woken == [("first", 0.5), ("twice", 1.0), ("twice", 2.0)]
        await clock.advance(1.0)

    assert woken[-1] == ("late", 3.0)
    assert clock.slept == [3.0, 1.0, 0.5, 1.0]


async def test_time_stands_still_until_it_is_told() -> None:
    clock = FakeClock()
    before = clock.now_ms()

    nap = asyncio.ensure_future(clock.sleep(0.001))
    await clock.wait_for_sleepers()
    clock.jump_wall_clock(-3_600_000)

    assert (clock.monotonic_s(), clock.now_ms() - before, nap.done()) == (0.0, -3_600_000, False)
    nap.cancel()
    await asyncio.wait([nap])
    assert clock.sleepers == 0


async def test_the_system_clock_goes_forward_and_sleeps_through_a_negative_wait() -> None:
    clock: Clock = SystemClock()
    started = clock.monotonic_s()
    await clock.sleep(-1)
    assert clock.monotonic_s() >= started
    assert clock.now_ms() > 1_700_000_000_000


def test_random_ids_carry_their_prefix_and_differ() -> None:
    ids: Ids = RandomIds()
    made = {ids.new("task") for _ in range(1000)}
    assert len(made) == 1000
    assert all(re.fullmatch(r"task_[a-z0-9]{12,}", name) for name in made)


def test_counting_ids_count_per_prefix() -> None:
    ids: Ids = CountingIds()
    assert [ids.new("call"), ids.new("turn"), ids.new("call")] == [
        "call_000000000001",
        "turn_000000000001",
        "call_000000000002",
    ]


def test_the_data_folder_is_the_named_one_made_absolute() -> None:
    assert data_dir({"AGENTLS_DATA_DIR": "some/where"}).is_absolute()
    assert data_dir({"AGENTLS_DATA_DIR": "some/where"}).parts[-2:] == ("some", "where")


def test_the_data_folder_without_a_name_is_the_users_own() -> None:
    assert data_dir({}) == data_dir({"AGENTLS_DATA_DIR": "  "})
    assert data_dir({}).name == "agentls"

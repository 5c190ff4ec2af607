"""What was learned of endpoints outlives the process, is shared by windows, and never fails."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentls.world.endpoint_file import (
    LIFETIME_MS,
    MOST_AHEAD_MS,
    MOST_ENTRIES,
    VERSION,
    Entry,
    Fact,
    Key,
    merge,
    read_entries,
    update,
)
from agentls.world.endpoint_memory import FILE_NAME, EndpointMemory
from tests.support.clock import FakeClock

HERE: Key = ("http://127.0.0.1:1", "coder", "")
THERE: Key = ("https://api.example.com", "coder", "2024-10-21")


async def _window(folder: Path, clock: FakeClock, lessons: Mapping[Key, list[str]]) -> None:
    memory = EndpointMemory(folder, clock)
    for key, taught in lessons.items():
        memory.learn(key, taught)
    await memory.aclose()


async def test_lessons_and_facts_outlive_the_process(tmp_path: Path) -> None:
    clock = FakeClock()
    memory = EndpointMemory(tmp_path / "new" / "data", clock)
    memory.learn(HERE, ["temperature"])
    assert memory.note(HERE, {"context_window": 4096, "input_price": 0.5, "image_support": False}) is True
    memory.learn(THERE, ["drop:strict"])
    await memory.aclose()

    later = EndpointMemory(tmp_path / "new" / "data", clock)
    now_ms = clock.now_ms()
    facts: dict[str, Fact] = {"context_window": 4096, "input_price": 0.5, "image_support": False}
    assert later.recall(HERE) == Entry({"temperature": now_ms}, facts, now_ms)
    assert later.recall(THERE) == Entry({"drop:strict": now_ms})
    assert later.recall(("http://127.0.0.1:1", "other", "")) == Entry()
    assert later.note(HERE, facts) is False
    await later.aclose()


async def test_two_windows_keep_each_others_lessons(tmp_path: Path) -> None:
    clock = FakeClock()
    first, second = EndpointMemory(tmp_path, clock), EndpointMemory(tmp_path, clock)
    assert (first.recall(HERE), second.recall(HERE)) == (Entry(), Entry())
    first.learn(HERE, ["temperature"])
    await first.aclose()
    second.learn(HERE, ["content"])
    second.learn(THERE, ["call_ids"])
    await second.aclose()
    first.learn(THERE, ["role_order"])
    await first.aclose()

    third = EndpointMemory(tmp_path, clock)
    assert set(third.recall(HERE).lessons) == {"temperature", "content"}
    assert set(third.recall(THERE).lessons) == {"call_ids", "role_order"}
    assert first.recall(HERE) == third.recall(HERE)


async def test_lessons_can_be_forgotten_in_every_window_while_the_facts_stay(tmp_path: Path) -> None:
    clock = FakeClock()
    first, second = EndpointMemory(tmp_path, clock), EndpointMemory(tmp_path, clock)
    first.learn(HERE, ["temperature", "images"])
    first.learn(THERE, ["temperature"])
    first.note(HERE, {"context_window": 4096})
    await first.aclose()
    assert set(second.recall(HERE).lessons) == {"temperature", "images"}

    first.forget(HERE)
    first.learn(HERE, ["content"])
    await first.aclose()
    second.learn(THERE, ["role_order"])
    await second.aclose()
    second.learn(HERE, ["call_ids"])
    await second.aclose()

    third = EndpointMemory(tmp_path, clock)
    for memory in (second, third):
        assert set(memory.recall(HERE).lessons) == {"content", "call_ids"}
        assert memory.recall(HERE).facts == {"context_window": 4096}
        assert set(memory.recall(THERE).lessons) == {"temperature", "role_order"}
    await clock.advance(LIFETIME_MS / 1000 + 1)
    assert third.recall(HERE) == Entry()


async def test_forgetting_what_was_never_learned_writes_nothing(tmp_path: Path) -> None:
    memory = EndpointMemory(tmp_path, FakeClock())
    memory.forget(HERE)
    await memory.aclose()
    assert list(tmp_path.iterdir()) == []


async def test_what_was_learned_is_forgotten_after_a_month(tmp_path: Path) -> None:
    clock = FakeClock()
    memory = EndpointMemory(tmp_path, clock)
    memory.learn(HERE, ["temperature"])
    await memory.aclose()
    clock.jump_wall_clock(LIFETIME_MS - 1000)
    memory.learn(HERE, ["temperature", "content"])
    await memory.aclose()
    assert set(memory.recall(HERE).lessons) == {"temperature", "content"}
    clock.jump_wall_clock(2000)

    assert set(memory.recall(HERE).lessons) == {"content"}
    assert set(EndpointMemory(tmp_path, clock).recall(HERE).lessons) == {"content"}


async def test_what_a_wrong_clock_learned_does_not_last_for_ever(tmp_path: Path) -> None:
    clock = FakeClock()
    clock.jump_wall_clock(2 * LIFETIME_MS)
    memory = EndpointMemory(tmp_path, clock)
    memory.learn(HERE, ["temperature"])
    memory.note(HERE, {"context_window": 5})
    await memory.aclose()
    clock.jump_wall_clock(-2 * LIFETIME_MS)

    assert memory.recall(HERE) == EndpointMemory(tmp_path, clock).recall(HERE) == Entry()
    memory.learn(HERE, ["content"])
    await memory.aclose()
    assert read_entries(tmp_path / FILE_NAME)[HERE] == Entry({"content": clock.now_ms()})


async def test_the_oldest_entries_make_room(tmp_path: Path) -> None:
    clock = FakeClock()
    memory = EndpointMemory(tmp_path, clock)
    for number in range(MOST_ENTRIES + 20):
        clock.jump_wall_clock(1)
        memory.learn(("http://127.0.0.1:1", f"m{number}", ""), ["temperature"])
    await memory.aclose()

    kept = {key[1] for key in read_entries(tmp_path / FILE_NAME)}
    assert kept == {f"m{number}" for number in range(20, MOST_ENTRIES + 20)}


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"\0\xff", b"[]", b'{"version": 1}', b'{"version": 1, "endpoints": [{"lessons": {"a": "b"}}]}'],
)
async def test_a_damaged_file_is_set_aside(tmp_path: Path, data: bytes, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).write_bytes(data)
    await _window(tmp_path, FakeClock(), {HERE: ["temperature"]})

    assert (tmp_path / "endpoints.damaged").read_bytes() == data
    assert set(EndpointMemory(tmp_path, FakeClock()).recall(HERE).lessons) == {"temperature"}
    assert ["damaged" in record.getMessage() for record in caplog.records] == [True]


async def test_a_newer_file_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data = json.dumps({"version": VERSION + 1, "places": "elsewhere"}).encode()
    (tmp_path / FILE_NAME).write_bytes(data)
    memory = EndpointMemory(tmp_path, FakeClock())
    memory.learn(HERE, ["temperature"])
    memory.learn(HERE, ["content"])
    await memory.aclose()

    assert set(memory.recall(HERE).lessons) == {"temperature", "content"}
    assert (tmp_path / FILE_NAME).read_bytes() == data
    assert ["newer version" in record.getMessage() for record in caplog.records] == [True]


async def test_a_folder_that_cannot_be_written_costs_only_the_next_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    memory = EndpointMemory(tmp_path / "file", FakeClock())
    memory.learn(HERE, ["temperature"])
    memory.note(THERE, {"context_window": 5})
    await memory.aclose()

    assert set(memory.recall(HERE).lessons) == {"temperature"}
    assert memory.recall(THERE).facts == {"context_window": 5}
    assert len(caplog.records) == 1


async def test_a_folder_in_the_files_place_is_a_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / FILE_NAME).mkdir()
    await _window(tmp_path, FakeClock(), {HERE: ["temperature"]})

    assert len(caplog.records) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
@pytest.mark.parametrize("name", [FILE_NAME, "endpoints.lock"])
async def test_a_link_to_another_file_is_neither_followed_nor_replaced(tmp_path: Path, name: str) -> None:
    theirs = tmp_path / "theirs.json"
    row = {"origin": HERE[0], "model": HERE[1], "lessons": {"content": FakeClock().now_ms()}}
    theirs.write_text(json.dumps({"version": VERSION, "endpoints": [row]}))
    before = theirs.read_bytes()
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / name).symlink_to(theirs)
    await _window(folder, FakeClock(), {HERE: ["temperature"]})

    assert theirs.read_bytes() == before
    assert (folder / name).is_symlink()
    assert set(EndpointMemory(folder, FakeClock()).recall(HERE).lessons) == set()


async def test_what_a_killed_process_left_behind_is_swept_up(tmp_path: Path) -> None:
    clock = FakeClock()
    for name, age_ms in (("old", 2 * 3600 * 1000), ("new", 0)):
        left = tmp_path / f".{FILE_NAME}.{name}"
        left.write_bytes(b'{"version": 1, "endpo')
        os.utime(left, ((clock.now_ms() - age_ms) / 1000,) * 2)
    await _window(tmp_path, clock, {HERE: ["temperature"]})

    assert sorted(path.name for path in tmp_path.iterdir()) == [f".{FILE_NAME}.new", FILE_NAME, "endpoints.lock"]


@pytest.mark.parametrize("name", [FILE_NAME, "endpoints.lock"])
async def test_only_the_user_may_read_the_files(tmp_path: Path, name: str) -> None:
    await _window(tmp_path, FakeClock(), {HERE: ["temperature"]})
    mode = (tmp_path / name).stat().st_mode & 0o777
    assert mode == (0o666 if sys.platform == "win32" else 0o600)
    assert sorted(path.name for path in tmp_path.iterdir()) == [FILE_NAME, "endpoints.lock"]


async def test_what_is_learned_while_saving_is_saved_too(tmp_path: Path) -> None:
    clock = FakeClock()
    memory = EndpointMemory(tmp_path, clock)
    for number in range(30):
        memory.learn(HERE, [f"drop:p{number}"])
        if number % 7 == 0:
            await memory.aclose()
    await memory.aclose()

    assert len(EndpointMemory(tmp_path, clock).recall(HERE).lessons) == 30


async def test_one_endpoint_cannot_fill_the_file(tmp_path: Path) -> None:
    clock = FakeClock()
    memory = EndpointMemory(tmp_path, clock)
    memory.learn(HERE, [f"drop:p{number}" for number in range(5000)])
    await memory.aclose()

    assert os.path.getsize(tmp_path / FILE_NAME) < 10_000  # noqa: PTH202


_ENTRY = st.builds(
    Entry,
    st.dictionaries(st.sampled_from("abc"), st.integers(0, 2 * LIFETIME_MS), max_size=3),
    st.dictionaries(st.sampled_from(["context_window", "server"]), st.integers(1, 9) | st.just("vllm")),
    st.integers(0, 2 * LIFETIME_MS),
)
_ENTRIES = st.dictionaries(st.tuples(st.sampled_from("xy"), st.sampled_from("mn"), st.just("")), _ENTRY)


@given(_ENTRIES, _ENTRIES, st.integers(0, 2 * LIFETIME_MS))
def test_merging_loses_no_lesson_that_has_not_expired(
    first: dict[Key, Entry], second: dict[Key, Entry], now_ms: int
) -> None:
    merged = merge(first, second, now_ms)
    wanted = {
        (key, name, when)
        for entries in (first, second)
        for key, entry in entries.items()
        for name, when in entry.lessons.items()
        if now_ms - LIFETIME_MS < when <= now_ms + MOST_AHEAD_MS
    }
    kept = {(key, name): when for key, entry in merged.items() for name, when in entry.lessons.items()}
    assert all(kept[key, name] >= when for key, name, when in wanted)
    assert len(kept) == len({(key, name) for key, name, _ in wanted})
    assert merge(merged, merged, now_ms) == merged


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=200))
def test_any_bytes_in_the_files_place_are_survived(tmp_path: Path, data: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(data)
    memory = EndpointMemory(tmp_path, FakeClock())
    assert memory.recall(HERE) == Entry()
    assert update(tmp_path / FILE_NAME, {}, 0) == {}

"""How a check behaves: what it waits for, how it ends, and that it disturbs nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentls.engine.check.inquiry import LONGEST_WAIT_S, Inquiry, hurried
from agentls.engine.check.probes import Probes
from agentls.engine.check.sound import Sound
from agentls.engine.check.tally import total
from agentls.protocol.errors import RequestFailed
from agentls.protocol.provider import Provider, Timeouts
from agentls.protocol.values import Usage
from agentls.world.scripted import Gate, HttpError, NoHeaders, Reply, Script, Text
from tests.support.check_endpoint import MODEL, Faults
from tests.support.checking import check, checked, checking, reached, said, statuses
from tests.support.clock import FakeClock
from tests.support.workshop import KEY, workshop

QUICK = {"connectS": 5, "firstByteS": 0.05, "idleS": 0.05}


def faults(**kinds: object) -> Faults:
    return Faults(key=KEY, **kinds)  # type: ignore[arg-type]


async def test_an_unknown_provider_is_the_usual_error(tmp_path: Path) -> None:
    async with checking(tmp_path, faults()) as shop:
        with pytest.raises(RequestFailed) as refused:
            await shop.ask("agent/provider/check", {"id": "nobody"})
    assert refused.value.code == "provider.unknown"


async def test_no_id_means_the_active_provider(tmp_path: Path) -> None:
    async with checking(tmp_path, faults()) as shop:
        result = await shop.ask("agent/provider/check", {"level": "reach"})
    assert statuses(result) == {}


async def test_each_step_is_told_as_it_ends(tmp_path: Path) -> None:
    gate = Gate()
    async with checking(tmp_path, faults(gate=gate)) as shop:
        running = asyncio.create_task(check(shop))
        await reached(gate, running)
        before = [frame["id"] for frame in shop.recorder.of("agent/provider/checkStep")]
        gate.open()
        result = await running
        told = [frame.params for frame in shop.recorder.of("agent/provider/checkStep")]
    assert before == ["reach", "key", "model", "streaming"]
    assert told == [{**step, "providerId": "p"} for step in result["checks"]]


async def test_a_cancelled_check_closes_its_connection_and_tells_no_more(tmp_path: Path) -> None:
    gate = Gate()
    async with checking(tmp_path, faults(gate=gate)) as shop:
        running = asyncio.create_task(check(shop))
        await reached(gate, running)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert await shop.endpoint.requests[1].wait_ended() is True
        told = len(shop.recorder.of("agent/provider/checkStep"))
    assert told == 4


async def test_two_checks_at_once_both_end(tmp_path: Path) -> None:
    async with checking(tmp_path, faults()) as shop:
        one, other = await asyncio.gather(check(shop), check(shop))
    assert [step["status"] for step in one["checks"]] == [step["status"] for step in other["checks"]]
    assert one["requests"] == other["requests"] == 3


async def test_a_check_works_while_a_turn_runs(tmp_path: Path) -> None:
    gate = Gate()

    def reply(request: object) -> Reply:
        return next(replies)

    replies = iter([Text("busy", gates={1: gate}), Text("one two three four")])
    async with workshop(tmp_path, Script(then=reply), provider={"timeouts": {}}) as shop:
        task_id = await shop.start()
        await gate.wait_reached()
        result = await check(shop, "model")
        gate.open()
        completed = await shop.ended(task_id)
    assert (statuses(result), completed["status"]) == ({}, "completed")


async def test_a_provider_that_is_removed_meanwhile_is_checked_to_the_end(tmp_path: Path) -> None:
    gate = Gate()
    async with checking(tmp_path, faults(gate=gate)) as shop:
        running = asyncio.create_task(check(shop, "tools"))
        await reached(gate, running)
        await shop.ask("agent/provider/remove", {"id": "p"})
        gate.open()
        result = await running
    assert result["checks"][4]["status"] == "ok"
    assert statuses(result) == {"toolResult": "fail"}  # its key is gone with it


async def test_a_server_that_says_nothing_ends_by_the_time_out(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=NoHeaders("stall")), provider={"timeouts": QUICK}) as shop:
        result = await check(shop)
    assert result["checks"][1]["status"] == "skipped"
    assert said(result, "key") == "It cannot be told: the request ended with “The server took too long”."
    assert "no answer within 0.05 s" in said(result, "model")


async def test_a_busy_server_is_asked_once_more_after_as_long_as_it_says(tmp_path: Path) -> None:
    busy = HttpError(429, {"error": {"message": "Rate limit reached"}}, {"retry-after": "0.01"})
    replies: Iterator[Reply] = iter([busy, Text("one two three four"), busy, busy])
    async with workshop(tmp_path, Script(then=lambda request: next(replies))) as shop:
        first = await check(shop, "model")
        second = await check(shop, "model")
    assert (statuses(first), first["requests"]) == ({}, 2)
    assert (statuses(second), second["requests"]) == ({"model": "fail", "streaming": "skipped"}, 2)


async def test_requests_keep_the_pace_of_the_provider(tmp_path: Path) -> None:
    clock = FakeClock()
    async with checking(tmp_path, faults(), clock=clock, rateLimitS=20) as shop:
        running = asyncio.create_task(check(shop))
        for _ in range(2):
            await clock.wait_for_sleepers()
            await clock.advance(20)
        result = await running
    assert (statuses(result), result["requests"]) == ({"images": "skipped"}, 3)
    assert [slept for slept in clock.slept if slept > 0] == [20, 20]


async def test_what_is_learned_is_there_for_real_work(tmp_path: Path) -> None:
    async with checking(tmp_path, faults(refuses=("stream_options",))) as shop:
        await check(shop, "model")
        await shop.run()
        bodies = [request.body for request in shop.endpoint.requests]
    assert [isinstance(body, dict) and "stream_options" in body for body in bodies] == [True, False, False, False]


async def test_a_check_with_calls_asks_anew_what_a_mended_server_takes_by_now(tmp_path: Path) -> None:
    spec = faults(refuses=("temperature",))
    async with checking(tmp_path, spec, temperature=0.5) as shop:
        first = await check(shop, "model")
        object.__setattr__(spec, "refuses", ())  # the server is mended
        second = await check(shop, "model")
        third = await check(shop, "tools")
        bodies = [request.body for request in shop.endpoint.requests]
    learned = [[lesson["id"] for lesson in each["dialect"]["learned"]] for each in (first, second, third)]
    assert learned == [["temperature"], ["temperature"], []]
    sent = [isinstance(body, dict) and "temperature" in body for body in bodies]
    assert (sent[:3], set(sent[3:])) == ([True, False, False], {True})


def test_a_check_waits_no_longer_than_a_person_would() -> None:
    patient = Provider(id="p", name="P", base_url="http://127.0.0.1/v1", model_id="m")
    hasty = patient.model_copy(update={"timeouts": Timeouts(first_byte_s=5, idle_s=3)})
    assert hurried(patient).timeouts == Timeouts(first_byte_s=LONGEST_WAIT_S, idle_s=LONGEST_WAIT_S)
    assert hurried(hasty).timeouts == hasty.timeouts


async def test_a_time_out_of_the_check_alone_says_that_work_would_wait_longer(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script(then=NoHeaders("stall")), provider={"timeouts": QUICK}) as shop:
        provider = shop.engine.connection.providers.get("p")
        probes = Probes(Inquiry(shop.engine.connection, shop.world, hurried(provider)), patience_s=600)
        timeout = probes.failure("timeout", "nothing came")
        other = probes.failure("badRequest", "no")
        assert "real work 600 s" in probes.hurry_advice(timeout)
        assert probes.hurry_advice(other) == ""


async def test_a_closed_port_is_told_without_a_single_request(tmp_path: Path) -> None:
    async with checking(tmp_path, faults()) as shop:
        await shop.endpoint.aclose()
        result = await check(shop)
    assert statuses(result) == {"reach": "fail"} | {step["id"]: "skipped" for step in result["checks"][1:]}
    assert result["requests"] == 0


def test_sums_keep_what_nobody_reported_absent() -> None:
    assert total([Usage(input_tokens=1, output_tokens=2), Usage(input_tokens=3, output_tokens=4)]) == Usage(
        input_tokens=4, output_tokens=6
    )
    assert total([Usage(input_tokens=1, output_tokens=2, estimated=True)]).estimated is True


STREAM = (
    b'data: {"choices":[{"index":0,"delta":{"content":"one "}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":"two"}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"a","function":{"name":"f"}}]}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}\n\n'
    b"data: [DONE]\n\n"
)


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_pieces_are_counted_alike_however_the_bytes_are_cut(places: list[int]) -> None:
    sound = Sound(FakeClock(), 0.0)
    ends = [*sorted(places), len(STREAM)]
    for start, end in zip([0, *ends], ends, strict=False):
        sound.take(STREAM[start:end])
    sound.end()
    assert (sound.text_pieces, sound.argument_pieces, sound.arguments) == (2, 1, "{}")
    assert (sound.says_done, sound.is_json) == (True, False)


@pytest.mark.parametrize(
    ("body", "is_json", "pieces"),
    [
        (STREAM.replace(b"data: ", b"").replace(b"\n\n", b"\n"), False, 2),
        (b'{"choices":[{"message":{"content":"one two"}}]}', True, 1),
        (b'{\n "choices": [\n  {"message": {"content": "one two"}}\n ]\n}\n', True, 0),
    ],
)
def test_one_document_is_told_from_a_stream_of_bare_lines(body: bytes, is_json: bool, pieces: int) -> None:
    sound = Sound(FakeClock(), 0.0)
    sound.take(body)
    sound.end()
    assert (sound.is_json, sound.text_pieces) == (is_json, pieces)


async def test_an_answer_that_comes_late_and_at_once_was_held_up() -> None:
    clock = FakeClock()
    slow, quick = (Sound(clock, clock.monotonic_s()) for _ in range(2))
    quick.take(STREAM)
    await clock.advance(2)
    slow.take(STREAM)
    assert (slow.came_late_and_at_once, quick.came_late_and_at_once) == (True, False)


async def test_a_provider_behind_a_list_that_needs_no_key_is_not_taken_for_open(tmp_path: Path) -> None:
    result = await checked(tmp_path, Faults(key="sk-another-0123456789", model_list="keyed"), level="reach")
    assert statuses(result) == {"key": "fail"}
    assert result["requests"] == 1
    assert result["dialect"]["modelId"] == MODEL


@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_a_server_that_closes_every_connection_unanswered_is_not_reached(
    tmp_path: Path, ending: Literal["close", "reset"]
) -> None:
    """The list and the completion alike: nothing at all came, so nothing is known of an API there."""
    closed = NoHeaders(ending)
    async with workshop(tmp_path, Script(then=closed), routes={"/v1/models": lambda request: closed}) as shop:
        result = await check(shop)
    assert result["checks"][0]["status"] == "fail"
    assert "before an answer came" in said(result, "reach")


async def test_a_connection_that_was_closed_while_idle_is_no_failure_of_the_check(tmp_path: Path) -> None:
    replies: Iterator[Reply | None] = iter([NoHeaders("close")])
    result = await checked(tmp_path, faults(says=lambda request: next(replies, None)), level="model")
    assert statuses(result) == {}


async def test_an_answer_without_end_ends_the_check(tmp_path: Path) -> None:
    endless = Text("word " * 100_000, piece=10_000)
    result = await checked(tmp_path, faults(says=lambda request: endless), level="model")
    assert said(result, "model").startswith("The answer cannot be read: 262,144 characters came")

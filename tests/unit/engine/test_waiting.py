"""Waiting for the endpoint is visible before it ends by a time-out."""

from pathlib import Path

from agentls.world.scripted import Gate, Raw, Script, Text
from tests.support.clock import FakeClock
from tests.support.workshop import Workshop, workshop

CHUNK = b'data: {"choices":[{"index":0,"delta":{"content":"ok"}}]}\n\n'


def told(shop: Workshop) -> list[tuple[object, object, object]]:
    return [(each["reason"], each["waitedMs"], each["limitMs"]) for each in shop.recorder.of("agent/request/waiting")]


async def test_silence_is_told_every_five_seconds_with_the_limit_that_ends_it(tmp_path: Path) -> None:
    clock, start, middle = FakeClock(), Gate(), Gate()
    script = Script([Raw([CHUNK, b"data: [DONE]\n\n"], gates={0: start, 1: middle})])
    async with workshop(tmp_path, script, clock=clock) as shop:
        task_id = await shop.start()
        await start.wait_reached()
        await clock.wait_for_sleepers()
        await clock.advance(4)
        before = told(shop)
        await clock.advance(7)
        waited = told(shop)
        start.open()
        await shop.recorder.wait_method("agent/message/delta")
        await clock.advance(5)
        await clock.advance(5)
        silent = told(shop)[len(waited) :]
        middle.open()
        completed = await shop.ended(task_id)

        assert before == []
        assert waited == [("firstByte", 5000, 600000), ("firstByte", 10000, 600000)]
        assert silent == [("idle", 5000, 120000), ("idle", 10000, 120000)]
        assert completed["status"] == "completed"
        assert clock.sleepers == 0


async def test_the_wait_that_rate_limit_asks_for_is_told(tmp_path: Path) -> None:
    clock = FakeClock()
    async with workshop(tmp_path, Script(then=Text(text="ok")), clock=clock, provider={"rateLimitS": 5}) as shop:
        await shop.run()
        task_id = await shop.start()
        await shop.recorder.wait_method("agent/request/waiting")
        waited = told(shop)
        await clock.advance(5)
        completed = await shop.ended(task_id)

        assert waited == [("rateLimit", 0, 5000)]
        assert completed["status"] == "completed"

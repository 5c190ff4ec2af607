"""What a check tells of peculiar endpoints, and that it tells no secret and no cost that it does not know."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path

import pytest

from agentls.chat.events import ChatUsage
from agentls.engine.check import inquiry
from agentls.engine.check.tally import Tally
from agentls.protocol.provider import EffectiveModel
from agentls.protocol.values import Usage
from agentls.world.scripted import Gate, HttpError, NoHeaders, Raw, Script, Text
from tests.support.check_endpoint import MODEL, Faults
from tests.support.checking import check, checked, checking, reached, said, statuses
from tests.support.clock import FakeClock
from tests.support.workshop import KEY, workshop

TEN = b"".join(
    b'data: {"choices":[{"index":0,"delta":{"content":"%s "}}]}\n\n' % word for word in b"one two three four".split()
)
END = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
FILTERED = Text("one two", finish_reason="content_filter")


def faults(**kinds: object) -> Faults:
    return Faults(key=KEY, **kinds)  # type: ignore[arg-type]


async def test_an_answer_that_comes_late_and_all_at_once_is_called_so(tmp_path: Path) -> None:
    clock, gate = FakeClock(), Gate()
    held_up = faults(says=lambda request: Raw([TEN + END], gates={0: gate}))
    async with checking(tmp_path, held_up, clock=clock) as shop:
        running = asyncio.create_task(check(shop, "model"))
        await reached(gate, running)
        await clock.advance(2)
        gate.open()
        result = await running
    assert statuses(result) == {"streaming": "warn"}
    assert said(result, "streaming").startswith("The answer's 4 pieces came all at once, after a wait. → It works.")


@pytest.mark.parametrize(
    ("text", "setting", "advice"),
    [
        ("<think>ten</think>one two", "off", 'Set thinkTags to "tagged"'),
        ("\n<thinking>ten</thinking>one two", "off", 'Set thinkTags to "tagged"'),
        ("ten words\n</think>\none two", "off", 'Set thinkTags to "opened"'),
        ("one <think> two </think>", "off", ""),
        ("<think>ten</think>one two", "tagged", ""),
        ("ten words\n</think>\none two", "opened", ""),
    ],
)
async def test_reasoning_that_is_left_in_the_answer_is_told_with_the_setting_for_it(
    text: str, setting: str, advice: str, tmp_path: Path
) -> None:
    result = await checked(tmp_path, faults(says=lambda request: Text(text)), level="model", thinkTags=setting)
    assert statuses(result) == ({"streaming": "warn"} if advice else {})
    assert advice in said(result, "streaming")


async def test_a_key_that_the_server_repeats_is_masked_in_advice(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(models=[f"river-{KEY}"]), level="model", modelId="brook")
    assert "The server lists river-" in said(result, "model")
    assert KEY not in json.dumps(result)


async def test_a_key_that_a_server_calls_a_parameter_is_masked_in_what_is_done_differently(tmp_path: Path) -> None:
    async with checking(tmp_path, faults()) as shop:
        connection = shop.engine.connection
        provider = connection.providers.get("p")
        known, dropped = connection.dialect(provider), frozenset({KEY})
        connection.learn(provider, replace(known, dropped=dropped, learned=frozenset({f"drop:{KEY}"})))
        result = await check(shop, "model")
    assert (len(result["dialect"]["differences"]), len(result["dialect"]["learned"])) == (1, 1)
    assert KEY not in json.dumps(result)


@pytest.mark.parametrize(
    ("prices", "is_known"),
    [({"inputPrice": 1, "outputPrice": 2}, True), ({"inputPrice": 1}, False), ({"outputPrice": 2}, False), ({}, False)],
)
async def test_a_cost_is_told_only_where_every_price_is_known(
    prices: dict[str, float], is_known: bool, tmp_path: Path
) -> None:
    result = await checked(tmp_path, faults(), level="model", model=prices)
    assert ("cost" in result) is is_known


def test_a_cost_that_one_answer_tells_is_not_that_of_all() -> None:
    untold = Usage(input_tokens=1, output_tokens=1)
    told = ChatUsage(
        input_tokens=10,
        cached_tokens=None,
        cache_write_tokens=None,
        output_tokens=5,
        reasoning_tokens=None,
        fresh_input_tokens=10,
        billed_output_tokens=5,
        reported_cost=0.25,
        raw={},
    )
    free, priced = EffectiveModel(), EffectiveModel(input_price=1_000_000, output_price=2_000_000)
    assert Tally(spent=[told, told]).cost(free) == 0.5
    assert Tally(spent=[told, untold]).cost(free) is None
    assert Tally(spent=[told, untold]).cost(priced) == 3.25


async def test_no_use_is_promised_of_counts_and_windows_that_nobody_told(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(context=None, usage=False))
    assert statuses(result) == {"usage": "warn", "images": "skipped", "contextWindow": "warn"}
    assert said(result, "usage").endswith(
        " → It works, but the tokens and costs that are shown are estimates, of four characters a token."
    )
    assert said(result, "contextWindow").endswith(
        " → Set the context window of the model in the settings: what is assumed may be far from it."
    )


async def test_a_silent_server_is_waited_for_as_long_as_a_check_may_and_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiry, "LONGEST_WAIT_S", 0.05)
    silent = Script(then=NoHeaders("stall"))
    async with workshop(tmp_path, silent, provider={"timeouts": {"firstByteS": 3}}) as shop:
        result = await check(shop, "model")
    assert "no answer within 0.05 s" in said(result, "model")
    assert "The check waits 0 s and real work 3 s" in said(result, "model")


async def test_a_proxy_is_named_where_nothing_came_through_it(tmp_path: Path) -> None:
    closing = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    async with closing, checking(tmp_path, faults()) as shop:
        port = closing.sockets[0].getsockname()[1]
        await shop.provider(baseUrl=shop.endpoint.base_url, modelId=MODEL, proxy=f"http://127.0.0.1:{port}")
        result = await check(shop, "reach")
    assert statuses(result) == {"reach": "fail", "key": "skipped"}
    assert said(result, "reach").startswith("Through the proxy that is set: The answer broke off")


@pytest.mark.parametrize(
    "refusal",
    [
        HttpError(402, {"error": {"message": "Insufficient balance", "code": "insufficient_balance"}}),
        HttpError(400, {"error": {"message": "Your prompt was blocked", "code": "content_filter"}}),
    ],
)
async def test_what_is_refused_only_to_somebody_who_is_known_proves_the_key(refusal: HttpError, tmp_path: Path) -> None:
    """The list, which anybody is given here, does not."""
    result = await checked(tmp_path, faults(model_list="keyed", status=refusal), level="model")
    assert statuses(result) == {"model": "fail", "streaming": "skipped"}
    assert said(result, "key") == "The key is accepted."


async def test_an_answer_that_a_content_filter_ended_is_not_fine(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(says=lambda request: FILTERED), level="model")
    assert statuses(result) == {"model": "fail", "streaming": "skipped"}
    assert said(result, "model").startswith("Blocked by a content filter")

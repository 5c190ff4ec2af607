"""What bounds one request to the model: its origin, its tries, its waits and its adaptations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agentls.engine.endpoint import Endpoint
from agentls.protocol.provider import Provider
from agentls.world.clock import SystemClock
from agentls.world.http import HttpClient
from agentls.world.scripted import HttpError, Raw, Reply, Script
from tests.support.clock import FakeClock
from tests.support.pages import Page, Pages
from tests.support.workshop import workshop

KEY = "sk-canary-0123456789abcdef"
ASKED_WAIT_S = 50.0
NEXT = ("agent/request/retrying", "agent/turn/completed")
BUSY = HttpError(503, {"error": {"message": "overloaded"}}, {"retry-after": "50"})


def _chunk(delta: dict[str, object], finish: str | None = None) -> bytes:
    chunk = {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


@pytest.mark.parametrize("method", ["get", "post_json"])
@pytest.mark.parametrize("same_host", [True, False])
async def test_another_origin_is_refused_before_anything_is_sent(method: str, same_host: bool) -> None:
    async with Pages({"/v1/models": Page(b"{}")}) as own, Pages({"/v1/models": Page(b"{}")}) as other:
        provider = Provider.model_validate({"id": "p", "name": "P", "baseUrl": f"{own.origin}/v1", "modelId": "m"})
        http = HttpClient()
        endpoint = Endpoint(provider, http, SystemClock(), KEY)
        # Another port is another origin; so is the same port under another name.
        url = f"{other.origin}/v1/models" if same_host else f"{own.origin.replace('127.0.0.1', 'localhost')}/v1/models"
        try:
            with pytest.raises(ValueError, match="the address is not the provider's own"):
                await (endpoint.get(url) if method == "get" else endpoint.post_json(url, b"{}"))
        finally:
            await http.aclose()

        assert (own.asked, other.asked) == ([], [])


@pytest.mark.parametrize("method", ["get", "post_json"])
async def test_the_own_origin_gets_the_request_with_the_key(method: str) -> None:
    async with Pages({"/other": Page(b"{}")}) as own:
        provider = Provider.model_validate({"id": "p", "name": "P", "baseUrl": f"{own.origin}/v1", "modelId": "m"})
        http = HttpClient()
        endpoint = Endpoint(provider, http, SystemClock(), KEY)
        url = f"{own.origin}/other"
        try:
            response = await (endpoint.get(url) if method == "get" else endpoint.post_json(url, b"{}"))
            await response.aclose()
        finally:
            await http.aclose()

        sent = [(each.method, each.target, each.headers.get("authorization"), each.body) for each in own.asked]
        assert sent == [
            ("GET", "/other", f"Bearer {KEY}", b"") if method == "get" else ("POST", "/other", f"Bearer {KEY}", b"{}")
        ]


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Raw([_chunk({}, "stop")]), "emptyResponse"),
        (Raw([_chunk({}, "tool_calls"), b"data: [DONE]\n\n"]), "emptyResponse"),
        (Raw([b"data: [DONE]\n\n"]), "emptyResponse"),
        (Raw([b"data: {not json}\n\n"]), "badStream"),
        (Raw([b"hello there, this is no stream\n\n"]), "badStream"),
    ],
)
async def test_an_answer_that_is_none_is_tried_once_more_and_no_more(tmp_path: Path, reply: Reply, code: str) -> None:
    async with workshop(tmp_path, Script(then=reply)) as shop:
        completed = await shop.run()

        assert completed["error"]["code"] == code
        assert len(shop.endpoint.requests) == 2
        retried = [(each["attempt"], each["error"]["code"]) for each in shop.recorder.of("agent/request/retrying")]
        assert retried == [(2, code)]


@pytest.mark.parametrize(("max_wait_s", "waits"), [(120, 2), (100, 2), (99, 1), (49, 0)])
async def test_the_waits_of_one_request_together_never_exceed_the_limit(
    tmp_path: Path, max_wait_s: int, waits: int
) -> None:
    clock = FakeClock()
    settings = {"retry": {"maxAttempts": 10, "maxWaitS": max_wait_s}}
    async with workshop(tmp_path, Script(then=BUSY), clock=clock, settings=settings) as shop:
        task_id = await shop.start()
        for told in range(1, waits + 1):
            await shop.recorder.wait_method("agent/request/retrying", told)
            await clock.wait_for_sleepers()
            await clock.advance(ASKED_WAIT_S)
        seen = shop.recorder.of("agent/request/retrying")
        # Whichever comes next: the end, or one wait too many.
        after = shop.recorder.frames.index(seen[-1]) + 1 if seen else 0
        last = await shop.recorder.wait(lambda frame: frame.method in NEXT, after)
        assert last.method == "agent/turn/completed"
        error = (await shop.ended(task_id))["error"]

        assert [seconds for seconds in clock.slept if seconds == ASKED_WAIT_S] == [ASKED_WAIT_S] * waits
        assert [each["delayMs"] for each in shop.recorder.of("agent/request/retrying")] == [50_000] * waits
        assert len(shop.endpoint.requests) == 1 + waits
        assert error["code"] == "overloaded"
        assert "the server asks to wait 50 s" in error["detail"]


async def test_a_server_that_refuses_one_parameter_after_another_is_adapted_to_eight_times(tmp_path: Path) -> None:
    names = [f"odd_setting_{place}" for place in range(20)]
    refusals = [
        HttpError(400, {"error": {"message": f"Unknown parameter: '{name}'.", "param": name}}) for name in names
    ]
    provider = {"extraBody": dict.fromkeys(names, 1)}
    async with workshop(tmp_path, Script(refusals), provider=provider) as shop:
        error = (await shop.run())["error"]

        notices = [each["code"] for each in shop.recorder.of("agent/notice")]
        sent = [sorted(names.index(key) for key in each.body if key in names) for each in shop.endpoint.requests]
        assert notices == ["dialect.adapted"] * 8
        assert sent == [list(range(first, 20)) for first in range(9)]
        assert (error["code"], "odd_setting_8" in error["detail"]) == ("badRequest", True)
        assert shop.recorder.of("agent/request/retrying") == []

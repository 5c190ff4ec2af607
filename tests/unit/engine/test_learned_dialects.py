"""What a connection learned of endpoints: dialects and facts, kept, shown, and never secret."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from agentls.chat.dialect import DEFAULT
from agentls.chat.models.model_facts import ModelFacts
from agentls.engine.connection import Connection
from agentls.engine.discovery import FRESH_MS, Discovery, spoken_to
from agentls.engine.endpoint import Endpoint
from agentls.engine.engine import Engine
from agentls.engine.model_list import ModelListing
from agentls.engine.providers import Providers
from agentls.protocol.errors import RequestFailed
from agentls.protocol.provider import Provider, ProviderModel
from agentls.world.buffers import NoBuffers
from agentls.world.clock import SystemClock
from agentls.world.endpoint_memory import EndpointMemory
from agentls.world.http import HttpClient, HttpResponse, TransportError
from agentls.world.scripted import Script, Text
from tests.support.clock import FakeClock
from tests.support.pages import Page, Pages, as_json
from tests.support.recorder import Recorder
from tests.support.workshop import KEY, Workshop, workshop

LIST = {
    "data": [
        {
            "id": "lab/coder",
            "context_length": 200000,
            "architecture": {"input_modalities": ["text", "image"]},
            "pricing": {"prompt": "0.000001", "completion": "0.000002", "input_cache_read": "0.0000001"},
            "top_provider": {"max_completion_tokens": 64000},
        }
    ]
}


def _provider(base_url: str, model_id: str = "lab/coder", **fields: object) -> Provider:
    return Provider.model_validate({"id": "x", "name": "X", "baseUrl": base_url, "modelId": model_id, **fields})


def _connection(shop: Workshop) -> Connection:
    """Another connection with the same data folder, as after a restart or of another window."""
    return Connection(shop.world, Providers(shop.world.environment))


async def test_a_dialect_is_learned_by_origin_and_model(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        provider = _provider("https://api.example.com/v1")
        learned = replace(DEFAULT, send_temperature=False, dropped=frozenset({"temperature"}))
        connection = shop.engine.connection
        connection.learn(provider, replace(learned, learned=frozenset({"temperature"})))
        await connection.aclose()
        later = _connection(shop)

        assert later.dialect(provider).send_temperature is False
        assert later.dialect(provider).learned == {"temperature"}
        assert later.dialect(_provider("https://api.example.com:443/other")).learned == {"temperature"}
        assert later.dialect(_provider("https://api.example.com/v1", "other")).learned == frozenset()
        assert later.dialect(_provider("https://elsewhere.example/v1")).learned == frozenset()
        assert later.dialect(_provider("https://api.example.com/v1", azureApiVersion="1")).learned == frozenset()


async def test_a_lesson_of_another_version_is_ignored(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        provider = _provider("https://api.example.com/v1")
        shop.engine.connection.learn(provider, replace(DEFAULT, learned=frozenset({"of_the_future"})))
        await shop.engine.connection.aclose()

        assert replace(_connection(shop).dialect(provider), learned=frozenset()) == DEFAULT


async def test_no_secret_is_ever_kept(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        provider = shop.engine.connection.providers.get("p")
        shop.engine.connection.learn(provider, replace(DEFAULT, learned=frozenset({f"drop:{KEY}", "temperature"})))
        await shop.engine.connection.aclose()
        kept = (tmp_path / "data" / "endpoints.json").read_text()

        assert KEY not in kept
        assert "temperature" in kept


async def test_the_model_list_answers_and_fills_what_is_open(tmp_path: Path) -> None:
    async with Pages({"/v1/models": as_json(LIST)}) as pages, workshop(tmp_path, Script()) as shop:
        fields = {"id": "x", "name": "X", "baseUrl": f"{pages.origin}/v1", "modelId": "lab/coder"}
        set_fields = {**fields, "model": {"inputPrice": 9.0}}
        await shop.ask("agent/provider/set", {"provider": set_fields})
        before = len(shop.recorder.of("agent/provider/changed"))
        result = await shop.ask("agent/provider/models", {"id": "x"})
        listed = await shop.ask("agent/provider/list")

        assert result == {
            "models": [
                {
                    "id": "lab/coder",
                    "contextWindow": 200000,
                    "maxOutputTokens": 64000,
                    "inputPrice": 1.0,
                    "outputPrice": 2.0,
                    "cacheReadPrice": 0.1,
                    "imageSupport": True,
                }
            ],
            "source": "/v1/models",
        }
        effective = next(each["effective"] for each in listed["providers"] if each["id"] == "x")
        assert effective == {
            "contextWindow": 200000,
            "maxOutputTokens": 64000,
            "inputPrice": 9.0,
            "outputPrice": 2.0,
            "cacheReadPrice": 0.1,
            "imageSupport": True,
            "computerUse": False,
            "sources": {
                "contextWindow": "discovered",
                "maxOutputTokens": "discovered",
                "inputPrice": "set",
                "outputPrice": "discovered",
                "cacheReadPrice": "discovered",
                "imageSupport": "discovered",
                "computerUse": "default",
            },
        }
        changed = shop.recorder.of("agent/provider/changed")[before:]
        assert [each["providers"] for each in changed] == [listed["providers"]]
        assert shop.engine.connection.providers.get("x").model.max_output_tokens is None

        await shop.ask("agent/provider/models", {"id": "x"})
        assert len(shop.recorder.of("agent/provider/changed")) == before + 1


def _listing(window: int) -> ModelListing:
    return ModelListing((ModelFacts("coder", window),), "/v1/models")


async def _discovered(
    tmp_path: Path, routes: Mapping[str, Page], model: Mapping[str, object], times: int = 1
) -> tuple[ProviderModel | None, list[str]]:
    async with Pages(routes) as pages, workshop(tmp_path, Script()) as shop:
        connection = shop.engine.connection
        provider = _provider(f"{pages.origin}/v1", "coder", model=model)
        for _ in range(times):
            await connection.discovery.discover(connection.endpoint(provider))
        return connection.discovery.model(provider), pages.paths


async def test_what_is_open_is_discovered_once(tmp_path: Path) -> None:
    routes = {"/v1/models": as_json({"data": [{"id": "coder", "max_model_len": 4096}]})}
    found, asked = await _discovered(tmp_path, routes, {}, times=3)

    assert found == ProviderModel(context_window=4096)
    assert asked == ["GET /v1/models"]


async def test_nothing_is_asked_when_nothing_is_open(tmp_path: Path) -> None:
    whole = {"contextWindow": 1000, "imageSupport": False, "inputPrice": 1.0, "outputPrice": 2.0}
    assert await _discovered(tmp_path, {}, whole) == (None, [])


async def test_discovery_is_quiet_when_there_is_no_list(tmp_path: Path) -> None:
    assert await _discovered(tmp_path, {}, {}, times=2) == (None, ["GET /v1/models"])


async def test_a_local_servers_own_word_is_what_counts(tmp_path: Path) -> None:
    routes = {
        "/v1/models": as_json({"data": [{"id": "m.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072}}]}),
        "/props": as_json({"default_generation_settings": {"n_ctx": 2048}, "modalities": {"vision": True}}),
    }
    found, asked = await _discovered(tmp_path, routes, {})

    assert found == ProviderModel(context_window=2048, image_support=True)
    assert asked == ["GET /v1/models", "GET /props"]


async def test_the_kind_of_server_that_told_itself_decides_how_it_is_spoken_to(tmp_path: Path) -> None:
    routes = {"/v1/models": as_json({"data": [{"id": "coder:latest", "owned_by": "library"}]})}
    async with Pages(routes) as pages, workshop(tmp_path, Script()) as shop:
        connection = shop.engine.connection
        provider = _provider(f"{pages.origin}/v1", "coder")
        await connection.discovery.discover(connection.endpoint(provider))
        await connection.aclose()
        known = _provider("http://localhost:11434/v1", "coder")

        assert _connection(shop).dialect(provider) == _connection(shop).dialect(known) != DEFAULT


class _Unreachable(HttpClient):
    """Counts what is asked of it and answers nothing."""

    asked = 0

    async def get(self, *_: object, **__: object) -> HttpResponse:
        self.asked += 1
        raise TransportError("refused", "nothing listens there")


@pytest.mark.parametrize(
    ("base_url", "later"),
    [("https://api.example.com/v1", 0), ("http://127.0.0.1:1/v1", 1), ("http://192.168.1.20:8080/v1", 1)],
)
async def test_facts_of_a_service_are_fresh_for_a_day(tmp_path: Path, base_url: str, later: int) -> None:
    clock, http = FakeClock(), _Unreachable()
    memory = EndpointMemory(tmp_path, clock)
    endpoint = Endpoint(_provider(base_url), http, clock)
    memory.note(spoken_to(endpoint.provider), {"context_window": 1000})
    await Discovery(memory, clock).discover(endpoint)
    assert http.asked == later

    clock.jump_wall_clock(FRESH_MS)
    again = Discovery(memory, clock)
    await again.discover(endpoint)
    await again.discover(endpoint)
    assert http.asked == later + 1
    assert again.model(endpoint.provider) == ProviderModel(context_window=1000)
    await memory.aclose()


async def test_a_list_that_echoes_the_key_neither_shows_nor_keeps_it(tmp_path: Path) -> None:
    entries = [{"id": KEY}, {"id": f"for-{KEY}"}, {"id": "coder", "max_model_len": 4096, "owned_by": KEY}]
    async with Pages({"/v1/models": as_json({"data": entries})}) as pages, workshop(tmp_path, Script()) as shop:
        await shop.provider(baseUrl=f"{pages.origin}/v1", modelId="coder")
        result = await shop.ask("agent/provider/models", {"id": "p"})
        await shop.engine.connection.aclose()
        kept = (tmp_path / "data" / "endpoints.json").read_text()

    assert result == {"models": [{"id": "coder", "contextWindow": 4096}], "source": "/v1/models"}
    assert "4096" in kept
    assert KEY not in kept


async def test_what_is_found_belongs_to_the_server_that_was_asked_wherever_the_profile_points_by_then(
    tmp_path: Path,
) -> None:
    held = Page(b'{"data": [', holds=True)
    async with Pages({"/v1/models": held}) as first, Pages({}) as second, workshop(tmp_path, Script()) as shop:
        connection = shop.engine.connection
        await shop.provider(baseUrl=f"{first.origin}/v1", modelId="coder")
        before = connection.providers.get("p")
        asking = asyncio.create_task(connection.discover(connection.endpoint(before)))
        await first.wait_asked(1)
        await shop.ask("agent/provider/set", {"provider": {**before.model_dump(), "base_url": f"{second.origin}/v1"}})
        now = connection.providers.get("p")
        connection.discovery.note(before, _listing(4096))

        assert connection.discovery.model(before) == ProviderModel(context_window=4096)
        assert connection.discovery.model(now) is None
        assert second.asked == []
        await shop.ask("agent/provider/remove", {"id": "p"})
        connection.discovery.note(before, _listing(8192))
        assert shop.recorder.of("agent/provider/changed")[-1]["providers"] == []
        asking.cancel()


async def test_an_interrupted_turn_drops_a_list_that_never_comes(tmp_path: Path) -> None:
    held = {"/v1/models": Page(b"{", holds=True)}
    async with Pages(held) as pages, workshop(tmp_path, Script([Text(text="ok")])) as shop:
        connection = shop.engine.connection
        provider = _provider(f"{pages.origin}/v1", "coder")
        asking = asyncio.create_task(connection.discover(connection.endpoint(provider)))
        await pages.wait_asked(1)
        assert not pages.dropped.is_set()
        asking.cancel()  # as an interrupted turn does: nothing of it may meet the next answer
        await pages.dropped.wait()

    assert asking.cancelled()


async def test_what_a_cancel_cut_short_is_asked_again(tmp_path: Path) -> None:
    async with Pages({"/v1/models": Page(b"{", holds=True)}) as pages, workshop(tmp_path, Script()) as shop:
        connection = shop.engine.connection
        endpoint = connection.endpoint(_provider(f"{pages.origin}/v1", "coder"))
        cut = asyncio.create_task(connection.discovery.discover(endpoint))
        await pages.wait_asked(1)
        cut.cancel()
        await pages.dropped.wait()
        pages.routes["/v1/models"] = as_json({"data": [{"id": "coder", "max_model_len": 4096}]})
        await connection.discovery.discover(endpoint)

        assert cut.cancelled()
        assert connection.discovery.model(endpoint.provider) == ProviderModel(context_window=4096)


async def test_facts_outlive_the_connection(tmp_path: Path) -> None:
    routes = {"/v1/models": as_json({"data": [{"id": "coder", "max_model_len": 4096}]})}
    async with Pages(routes) as pages, workshop(tmp_path, Script()) as shop:
        provider = _provider(f"{pages.origin}/v1", "coder")
        connection = shop.engine.connection
        await connection.discovery.discover(connection.endpoint(provider))
        await connection.aclose()
        later = _connection(shop)

        assert later.discovery.model(provider) == ProviderModel(context_window=4096)
        # Of this machine: the server may have been started with other options since.
        await later.discovery.discover(later.endpoint(provider))
        assert pages.paths == ["GET /v1/models"] * 2
        await later.aclose()


async def test_a_file_that_somebody_edited_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    facts = {"facts": {"context_window": "many"}, "facts_ms": SystemClock().now_ms()}
    row = {"origin": "http://127.0.0.1:1", "model": "m", **facts}
    (tmp_path / "data" / "endpoints.json").write_text(json.dumps({"version": 1, "endpoints": [row]}))
    async with workshop(tmp_path, Script()) as shop:
        assert shop.engine.connection.discovery.model(_provider("http://127.0.0.1:1/v1", "m")) is None


async def test_a_model_list_that_is_refused_is_an_error_with_advice(tmp_path: Path) -> None:
    echo = {"error": {"message": f"Incorrect API key provided: {KEY}"}}
    async with Pages({"/v1/models": replace(as_json(echo), status=401)}) as pages, workshop(tmp_path, Script()) as shop:
        await shop.provider(baseUrl=f"{pages.origin}/v1")
        with pytest.raises(RequestFailed) as refused:
            await shop.ask("agent/provider/models", {"id": "p"})

    assert (refused.value.code, refused.value.retryable) == ("provider.auth", False)
    assert refused.value.advice
    assert KEY not in refused.value.message + refused.value.advice


async def test_a_key_that_the_environment_lacks_is_told_when_it_is_named_and_when_it_is_wanted(tmp_path: Path) -> None:
    denied = Page(b'{"error": {"message": "You did not provide an API key."}}', 401)
    async with Pages({"/v1/models": denied}) as pages, workshop(tmp_path, Script()) as shop:
        provider = _provider(f"{pages.origin}/v1", apiKeyEnv="NO_SUCH_KEY").model_dump(by_alias=True)
        told = await shop.ask("agent/provider/set", {"provider": provider})
        with pytest.raises(RequestFailed) as refused:
            await shop.ask("agent/provider/models", {"id": "x"})

    assert told["warnings"] == ["NO_SUCH_KEY is not set where the server runs: no key is sent."]
    assert refused.value.code == "provider.keyMissing"


async def test_the_engine_remembers_at_its_start_and_saves_at_its_end(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script()) as shop:
        provider = _provider("https://api.example.com/v1")
        shop.engine.connection.learn(provider, replace(DEFAULT, learned=frozenset({"temperature"})))
    engine = Engine(shop.world, Recorder())
    engine.open(roots=[shop.root], trusted=True, buffers=NoBuffers(), configuration={})
    await engine.connection.remember()
    (tmp_path / "data" / "endpoints.json").unlink()

    assert engine.connection.dialect(provider).learned == {"temperature"}

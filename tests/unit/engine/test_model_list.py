"""The list of models and the server's own word, asked over real HTTP on loopback."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from agentls.chat.models.model_facts import ModelFacts
from agentls.chat.models.model_list import MOST_MODELS
from agentls.chat.models.server_word import ServerWord
from agentls.engine.endpoint import Endpoint
from agentls.engine.model_list import MOST_BYTES, ModelListFailed, ModelListing, fetch_models
from agentls.engine.own_model import facts_in_force, with_word
from agentls.engine.server_word import server_word
from agentls.protocol.provider import Provider
from agentls.world.clock import SystemClock
from agentls.world.http import HttpClient
from tests.support.pages import Page, Pages, as_json

KEY = "sk-canary-0123456789abcdef"
PLAIN = as_json({"object": "list", "data": [{"id": "coder"}]})
HTML = Page(b"<!doctype html><title>Sign in</title>", headers={"content-type": "text/html"})


@asynccontextmanager
async def endpoint(pages: Pages, path: str = "/v1", model: str = "coder", **fields: object) -> AsyncIterator[Endpoint]:
    provider = Provider.model_validate(
        {"id": "p", "name": "P", "baseUrl": f"{pages.origin}{path}", "modelId": model, **fields}
    )
    http = HttpClient()
    try:
        yield Endpoint(provider, http, SystemClock(), KEY)
    finally:
        await http.aclose()


async def test_the_list_is_at_models_and_names_its_source() -> None:
    async with Pages({"/v1/models": PLAIN}) as pages, endpoint(pages) as server:
        assert await fetch_models(server) == ModelListing((ModelFacts("coder"),), "/v1/models")

    assert pages.paths == ["GET /v1/models"]
    assert pages.asked[0].headers["authorization"] == f"Bearer {KEY}"


async def test_an_honest_empty_list_is_no_error() -> None:
    async with Pages({"/v1/models": as_json({"data": []})}) as pages, endpoint(pages) as server:
        assert (await fetch_models(server)).models == ()


async def test_a_base_url_without_a_version_is_tried_with_one() -> None:
    async with Pages({"/v1/models": PLAIN}) as pages, endpoint(pages, "") as server:
        assert (await fetch_models(server)).source == "/v1/models"

    assert pages.paths == ["GET /models", "GET /v1/models"]


@pytest.mark.parametrize(
    ("page", "code", "words"),
    [
        (Page(b"404 page not found", 404), "endpointNotFound", "enter the model ID by hand"),
        (Page(b"Method Not Allowed", 405), "endpointNotFound", "enter the model ID by hand"),
        (HTML, "endpointNotFound", "enter the model ID by hand"),
        (as_json({"error": {"message": "Invalid API Key"}}), "auth", "key"),
        (Page(b'{"error": {"message": "Incorrect API key provided"}}', 401), "auth", "key"),
        (Page(b'{"error": "boom"}', 500), "server", "can also be entered by hand"),
        (Page(b"", 200), "badStream", "can also be entered by hand"),
        (Page(b"[1, 2]", 200), "badStream", "can also be entered by hand"),
        (Page(b'{"data": [', 200), "badStream", "can also be entered by hand"),
    ],
)
async def test_what_is_no_list_is_a_failure_with_advice(page: Page, code: str, words: str) -> None:
    async with Pages({"/v1/models": page}) as pages, endpoint(pages) as server:
        with pytest.raises(ModelListFailed) as failed:
            await fetch_models(server)

    assert failed.value.failure.code == code
    assert words in failed.value.failure.advice


async def test_a_list_beyond_the_limit_is_a_failure() -> None:
    page = Page(b'{"data": [' + b" " * MOST_BYTES + b"]}")
    async with Pages({"/v1/models": page}) as pages, endpoint(pages) as server:
        with pytest.raises(ModelListFailed) as failed:
            await fetch_models(server)

    assert failed.value.failure.code == "badStream"


async def test_a_small_body_that_unpacks_to_a_huge_one_is_a_failure() -> None:
    bomb = Page(gzip.compress(b" " * 8 * MOST_BYTES), headers={"content-encoding": "gzip"})
    async with Pages({"/v1/models": bomb}) as pages, endpoint(pages) as server:
        with pytest.raises(ModelListFailed) as failed:
            await fetch_models(server)

    assert len(bomb.body) < MOST_BYTES / 50
    assert failed.value.failure.code == "badStream"


async def test_a_large_list_is_read_whole() -> None:
    entries = [{"id": f"model-{number}", "description": "x" * 1000} for number in range(1000)]
    async with Pages({"/v1/models": as_json({"data": entries})}) as pages, endpoint(pages) as server:
        assert len((await fetch_models(server)).models) == 1000


async def test_a_redirect_is_not_followed_and_the_key_stays() -> None:
    async with Pages({"/v1/models": PLAIN}) as elsewhere:
        away = Page(status=302, headers={"location": f"{elsewhere.origin}/v1/models"})
        async with Pages({"/v1/models": away}) as pages, endpoint(pages) as server:
            with pytest.raises(ModelListFailed) as failed:
                await fetch_models(server)

        assert failed.value.failure.code == "endpointNotFound"
        assert elsewhere.asked == []


async def test_nothing_that_listens_is_a_connection_failure() -> None:
    async with Pages({}) as pages:
        pass
    async with endpoint(pages) as server:
        with pytest.raises(ModelListFailed) as failed:
            await fetch_models(server)

    assert failed.value.failure.code == "connection"


async def test_a_server_that_goes_silent_is_a_timeout() -> None:
    page = Page(b'{"data": [', holds=True)
    async with Pages({"/v1/models": page}) as pages, endpoint(pages, timeouts={"idleS": 0.05}) as server:
        with pytest.raises(ModelListFailed) as failed:
            await fetch_models(server)

    assert failed.value.failure.code == "timeout"


async def test_a_cancel_closes_the_connection() -> None:
    async with Pages({"/v1/models": Page(b"{", holds=True)}) as pages, endpoint(pages) as server:
        asking = asyncio.create_task(fetch_models(server))
        await pages.wait_asked(1)
        asking.cancel()
        await pages.dropped.wait()

    assert asking.cancelled()


async def test_pages_are_followed_to_the_end() -> None:
    routes = {
        "/v1/models": as_json({"data": [{"id": "a"}], "has_more": True, "last_id": "a"}),
        "/v1/models?after_id=a": as_json({"data": [{"id": "b"}], "has_more": True, "last_id": "b"}),
        "/v1/models?after_id=b": as_json({"data": [{"id": "c"}], "has_more": False, "last_id": "c"}),
    }
    async with Pages(routes) as pages, endpoint(pages) as server:
        assert [facts.id for facts in (await fetch_models(server)).models] == ["a", "b", "c"]


async def test_a_list_that_never_ends_is_left_when_it_repeats() -> None:
    routes = {"/v1/models": as_json({"data": [{"id": "a"}], "has_more": True, "last_id": "a"})}
    async with Pages(routes) as pages, endpoint(pages) as server:
        assert [facts.id for facts in (await fetch_models(server)).models] == ["a"]

    assert len(pages.asked) == 2


async def test_pages_end_where_the_list_is_as_long_as_it_may_be() -> None:
    routes = {
        f"/v1/models{query}": as_json(
            {"data": [{"id": f"{name}{n}"} for n in range(3000)], "has_more": True, "last_id": f"{name}2999"}
        )
        for query, name in (("", "a"), ("?after_id=a2999", "b"), ("?after_id=b2999", "c"), ("?after_id=c2999", "d"))
    }
    async with Pages(routes) as pages, endpoint(pages) as server:
        assert len((await fetch_models(server)).models) == MOST_MODELS

    assert len(pages.asked) <= 3


LM_STUDIO = {
    "data": [
        {
            "id": "coder",
            "type": "llm",
            "state": "loaded",
            "max_context_length": 131072,
            "loaded_context_length": 4096,
            "capabilities": ["tool_use"],
        },
    ]
}
LITELLM = {"data": [{"model_name": "coder", "model_info": {"max_input_tokens": 9000, "input_cost_per_token": 1e-6}}]}


async def test_a_fuller_list_is_read_too_where_the_shape_or_a_header_tells() -> None:
    routes = {
        "/v1/models": as_json({"data": [{"id": "coder", "owned_by": "organization_owner"}, {"id": "other"}]}),
        "/api/v0/models": as_json(LM_STUDIO),
    }
    async with Pages(routes) as pages, endpoint(pages) as server:
        listing = await fetch_models(server)
    assert listing == ModelListing(
        (ModelFacts("coder", 4096, image_support=False, tool_support=True), ModelFacts("other")),
        "/v1/models and /api/v0/models",
        "lmstudio",
    )

    plain = as_json({"data": [{"id": "coder", "owned_by": "openai"}]}, x_litellm_version="1.80.0")
    async with Pages({"/v1/models": plain, "/model/info": as_json(LITELLM)}) as pages, endpoint(pages) as server:
        listing = await fetch_models(server)
    assert listing == ModelListing((ModelFacts("coder", 9000, None, 1.0),), "/v1/models and /model/info", "litellm")


async def test_a_fuller_list_that_is_refused_changes_nothing() -> None:
    plain = as_json({"data": [{"id": "coder", "owned_by": "organization_owner"}]})
    async with Pages({"/v1/models": plain}) as pages, endpoint(pages) as server:
        assert await fetch_models(server) == ModelListing((ModelFacts("coder"),), "/v1/models", "lmstudio")


async def _word(server: Endpoint) -> ServerWord | None:
    return await server_word(server, (await fetch_models(server)).kind)


LLAMA_LIST = as_json({"data": [{"id": "m.gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072}}]})
PROPS = {
    "default_generation_settings": {"n_ctx": 2048},
    "chat_template_caps": {"supports_tools": True, "supports_tool_calls": True},
    "modalities": {"vision": False},
}
SHOW = {
    "capabilities": ["completion", "tools"],
    "model_info": {"general.architecture": "qwen3", "qwen3.context_length": 40960},
    "parameters": 'num_ctx                        8192\nstop                           "<|im_end|>"',
}


async def test_llama_cpp_says_the_window_of_a_slot() -> None:
    async with Pages({"/v1/models": LLAMA_LIST, "/props": as_json(PROPS)}) as pages, endpoint(pages) as server:
        word = await _word(server)

    assert word == ServerWord("/props", 2048, None, True, False, True)


@pytest.mark.parametrize(
    ("running", "expected"),
    [
        (
            {"models": [{"model": "coder:latest", "context_length": 4096}]},
            ServerWord("/api/ps", 4096, 40960, True, False, True),
        ),
        (
            {"models": [{"name": "coder:latest"}]},
            ServerWord("/api/show", 8192, 40960, True, False, True),
        ),
        ({"models": []}, ServerWord("/api/show", 8192, 40960, True, False, False)),
        ("nonsense", ServerWord("/api/show", 8192, 40960, True, False, False)),
    ],
)
async def test_ollama_says_the_window_that_was_loaded(running: object, expected: ServerWord) -> None:
    routes = {
        "/v1/models": as_json({"data": [{"id": "coder:latest", "owned_by": "library"}]}),
        "/api/show": as_json(SHOW),
        "/api/ps": as_json(running),
    }
    async with Pages(routes) as pages, endpoint(pages) as server:
        assert await _word(server) == expected

    assert pages.paths == ["GET /v1/models", "POST /api/show", "GET /api/ps"]
    assert json.loads(pages.asked[1].body) == {"model": "coder"}


async def test_lm_studio_says_what_is_loaded() -> None:
    async with Pages({"/api/v0/models": as_json(LM_STUDIO)}) as pages, endpoint(pages) as server:
        word = await server_word(server, "lmstudio")

    assert word == ServerWord("/api/v0/models", 4096, 131072, True, False, True)


@pytest.mark.parametrize("answer", [Page(b"no", 500), HTML, Page(b"[]"), Page(b'{"default_generation_settings": 5}')])
async def test_a_server_that_says_nothing_has_no_word(answer: Page) -> None:
    async with Pages({"/v1/models": LLAMA_LIST, "/props": answer}) as pages, endpoint(pages) as server:
        assert await _word(server) is None


async def test_no_other_address_is_asked_of_a_server_that_is_not_recognised() -> None:
    async with Pages({"/v1/models": PLAIN}) as pages, endpoint(pages) as server:
        assert await _word(server) is None

    assert pages.paths == ["GET /v1/models"]


@pytest.mark.parametrize(
    ("word", "facts"),
    [
        (None, ModelFacts("coder", 131072, input_price=1.0)),
        (ServerWord("/props", 2048, None, True, False), ModelFacts("coder", 2048, None, 1.0)),
        (ServerWord("/api/v0/models", None, 131072, is_loaded=False), ModelFacts("coder", None, None, 1.0)),
    ],
)
def test_the_servers_own_word_outranks_the_list(word: ServerWord | None, facts: ModelFacts) -> None:
    listing = ModelListing((ModelFacts("other"), ModelFacts("coder", 131072, input_price=1.0)), "/v1/models")
    found = facts_in_force(listing, word, "Coder")
    assert found is not None
    assert (found.context_window, found.input_price) == (facts.context_window, facts.input_price)
    shown = with_word(listing, word, "Coder")
    assert [each.id for each in shown.models] == ["other", "coder"]
    assert shown.models[1].context_window == facts.context_window
    assert shown.source == ("/v1/models" if word is None else f"/v1/models and {word.source}")

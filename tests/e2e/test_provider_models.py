"""The real server process: model lists of several shapes, errors that are errors, lessons that survive a restart."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest
from pygls.exceptions import JsonRpcException

from agentls.world.scripted import HttpError, Script, ScriptedEndpoint, Text
from tests.support.editor import Editor, editor
from tests.support.pages import Page, Pages, as_json
from tests.support.pictures import png

KEY = "sk-canary-0123456789abcdef"
HTML = Page(b"<!doctype html><title>Sign in</title>")
SHAPES: dict[str, tuple[dict[str, Page], dict[str, Any], str]] = {
    "a plain list": (
        {"/v1/models": as_json({"object": "list", "data": [{"id": "m"}]})},
        {"id": "m"},
        "/v1/models",
    ),
    "a router's list": (
        {
            "/v1/models": as_json(
                {
                    "data": [
                        {
                            "id": "m",
                            "context_length": 131072,
                            "pricing": {"prompt": "0.0000006", "completion": "0.0000022"},
                            "architecture": {"input_modalities": ["text"]},
                            "top_provider": {"max_completion_tokens": 8192},
                            "supported_parameters": ["tools"],
                        }
                    ]
                }
            )
        },
        {
            "id": "m",
            "contextWindow": 131072,
            "maxOutputTokens": 8192,
            "inputPrice": 0.6,
            "outputPrice": 2.2,
            "imageSupport": False,
            "toolSupport": True,
        },
        "/v1/models",
    ),
    "a bare list": (
        {"/v1/models": as_json([{"id": "m", "context_length": 8192, "pricing": {"input": 0.88, "output": 0.9}}])},
        {"id": "m", "contextWindow": 8192, "inputPrice": 0.88, "outputPrice": 0.9},
        "/v1/models",
    ),
    "a list of capabilities": (
        {
            "/v1/models": as_json(
                {
                    "data": [
                        {
                            "id": "m",
                            "max_context_length": 32768,
                            "capabilities": {"function_calling": True, "vision": True},
                        }
                    ]
                }
            )
        },
        {"id": "m", "contextWindow": 32768, "imageSupport": True, "toolSupport": True},
        "/v1/models",
    ),
    "llama.cpp": (
        {
            "/v1/models": as_json(
                {"data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131072}}], "models": []}
            ),
            "/props": as_json({"default_generation_settings": {"n_ctx": 4096}, "modalities": {"vision": False}}),
        },
        {"id": "m", "contextWindow": 4096, "imageSupport": False},
        "/v1/models and /props",
    ),
    "Ollama": (
        {
            "/v1/models": as_json({"data": [{"id": "m", "owned_by": "library"}]}),
            "/api/show": as_json({"capabilities": ["completion", "tools"], "model_info": {"x.context_length": 40960}}),
            "/api/ps": as_json({"models": [{"model": "m", "context_length": 4096}]}),
        },
        {"id": "m", "contextWindow": 4096, "imageSupport": False, "toolSupport": True},
        "/v1/models and /api/ps",
    ),
    "LM Studio": (
        {
            "/v1/models": as_json({"data": [{"id": "m", "owned_by": "organization_owner"}]}),
            "/api/v0/models": as_json(
                {
                    "data": [
                        {
                            "id": "m",
                            "type": "vlm",
                            "state": "loaded",
                            "max_context_length": 131072,
                            "loaded_context_length": 8192,
                        }
                    ]
                }
            ),
        },
        {"id": "m", "contextWindow": 8192, "imageSupport": True},
        "/v1/models and /api/v0/models",
    ),
}


async def _set(user: Editor, base_url: str, **fields: Any) -> None:
    provider = {"id": "p", "name": "P", "baseUrl": base_url, "modelId": "m", **fields}
    await user.request("agent/provider/set", {"provider": provider})
    await user.request("agent/provider/setKey", {"id": "p", "apiKey": KEY})


async def _effective(user: Editor) -> dict[str, Any]:
    (provider,) = (await user.request("agent/provider/list"))["providers"]
    effective: dict[str, Any] = provider["effective"]
    return effective


async def _refused(user: Editor) -> tuple[str, str, str]:
    """The code, the message and the advice of a model list that cannot be had."""
    with pytest.raises(JsonRpcException) as refused:
        await user.request("agent/provider/models", {"id": "p"})
    error = refused.value.to_response_error()
    data = error.data if isinstance(error.data, dict) else vars(error.data)
    return data["code"], error.message, data["advice"]


async def test_lists_of_every_shape_are_read_and_fill_what_is_open(tmp_path: Path) -> None:
    async with editor(tmp_path) as user:
        for routes, model, source in SHAPES.values():
            async with Pages(routes) as pages:
                await _set(user, f"{pages.origin}/v1")
                assert await user.request("agent/provider/models", {"id": "p"}) == {"models": [model], "source": source}
                effective = await _effective(user)
                told = {name for name, said in effective["sources"].items() if said == "discovered"}
                assert told == set(model) - {"id", "toolSupport"}
                assert {name: effective[name] for name in told} == {name: model[name] for name in told}
                assert {each.headers["authorization"] for each in pages.asked} == {f"Bearer {KEY}"}


PRICED = {
    "data": [
        {
            "id": "m",
            "context_length": 131072,
            "architecture": {"input_modalities": ["text", "image"]},
            "pricing": {"prompt": "0.000001", "completion": "0.000002"},
        }
    ]
}
ANSWER = (
    b'data: {"choices": [{"index": 0, "delta": {"content": "ok"}, "finish_reason": "stop"}]}\n\n'
    b'data: {"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 1000}}\n\ndata: [DONE]\n\n'
)


async def test_what_the_list_says_reaches_the_view_the_cost_and_the_images_of_a_task(tmp_path: Path) -> None:
    stream = Page(ANSWER, headers={"content-type": "text/event-stream"})
    routes = {"/v1/models": as_json(PRICED), "/v1/chat/completions": stream}
    image = {"type": "image", "data": base64.b64encode(png()).decode(), "mimeType": "image/png"}
    async with Pages(routes) as pages, editor(tmp_path) as user:
        await _set(user, f"{pages.origin}/v1")
        await user.wait("agent/provider/changed", 2)  # of the profile, and of its key
        started = await user.request("agent/task/start", {"prompt": "Go"})
        assert (await user.wait("agent/turn/completed"))["cost"] == 0.003
        (changed,) = user.of("agent/provider/changed")[2:]
        prompt = [{"type": "text", "text": "Look"}, image]
        await user.request("agent/turn/start", {"taskId": started["taskId"], "prompt": prompt})
        assert (await user.wait("agent/turn/completed", 2))["cost"] == 0.003
        status = user.of("agent/task/status")[-1]
        listed = await user.request("agent/provider/list")

    assert changed["providers"] == listed["providers"]
    assert changed["providers"][0]["effective"]["sources"]["inputPrice"] == "discovered"
    assert status["cost"] == 0.006
    completions = [each for each in pages.asked if each.method == "POST"]
    assert [b"image_url" in each.body for each in completions] == [False, True]
    assert pages.paths.count("GET /v1/models") == 1
    assert KEY not in (tmp_path / "data" / "endpoints.json").read_text()


async def test_a_list_that_never_comes_does_not_hold_up_the_end(tmp_path: Path) -> None:
    async with Pages({"/v1/models": Page(b"{", holds=True)}) as pages:
        async with editor(tmp_path) as user:
            await _set(user, f"{pages.origin}/v1")
            asking = asyncio.create_task(user.request("agent/provider/models", {"id": "p"}))
            await pages.wait_asked(1)
        await pages.dropped.wait()
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def test_a_list_that_cannot_be_had_is_an_error_and_never_empty(tmp_path: Path) -> None:
    async with Pages({}) as elsewhere, editor(tmp_path) as user:
        moved = Page(status=307, headers={"location": f"{elsewhere.origin}/v1/models"})
        denied = Page(f'{{"error": {{"message": "Invalid API key: {KEY}"}}}}'.encode(), 401)
        for page, code in (
            (Page(b"404 page not found", 404), "provider.endpointNotFound"),
            (HTML, "provider.endpointNotFound"),
            (moved, "provider.endpointNotFound"),
            (denied, "provider.auth"),
            (Page(b'{"error": "boom"}', 500), "provider.server"),
            (Page(b""), "provider.badStream"),
        ):
            async with Pages({"/v1/models": page}) as pages:
                await _set(user, f"{pages.origin}/v1")
                found, message, advice = await _refused(user)
                assert found == code
                assert advice
                assert KEY not in message + advice
        await _set(user, f"{pages.origin}/v1")
        assert (await _refused(user))[0] == "provider.connection"
        async with Pages({"/v1/models": as_json({"data": []})}) as pages:
            await _set(user, f"{pages.origin}/v1")
            empty = await user.request("agent/provider/models", {"id": "p"})

        assert empty == {"models": [], "source": "/v1/models"}
        assert elsewhere.asked == []


async def test_an_unknown_provider_is_named_so(tmp_path: Path) -> None:
    async with editor(tmp_path) as user:
        assert (await _refused(user))[0] == "provider.unknown"


async def test_a_learned_dialect_survives_a_restart(tmp_path: Path) -> None:
    refusal = HttpError(400, {"error": {"message": "Unsupported parameter: 'temperature' is not supported."}})
    async with ScriptedEndpoint(Script([refusal, Text(text="one"), Text(text="two")])) as endpoint:
        for turn in (1, 2):
            async with editor(tmp_path) as user:
                await _set(user, endpoint.base_url, modelId="scripted", temperature=0.5)
                await user.request("agent/task/start", {"prompt": "Go"})
                assert (await user.wait("agent/turn/completed"))["status"] == "completed"
            assert len(endpoint.requests) == turn + 1

    sent = ["temperature" in body for each in endpoint.requests if isinstance(body := each.body, dict)]
    assert sent == [True, False, False]
    kept = (tmp_path / "data" / "endpoints.json").read_text()
    assert KEY not in kept

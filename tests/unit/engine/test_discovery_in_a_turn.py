"""A turn finds out what its profile leaves open, and what came from one endpoint goes to no other."""

import json
from pathlib import Path

import pytest

from agentls.engine import discovery
from agentls.world.scripted import Call, Calls, Raw, Script, Text
from tests.support.pages import Page, Pages, as_json
from tests.support.workshop import workshop

LIST = Call("list_files", {"path": "."})


async def test_the_first_answer_makes_the_server_be_asked_for_what_the_profile_leaves_open(tmp_path: Path) -> None:
    async with workshop(tmp_path, Script([Calls([LIST]), Text(text="ok")])) as shop:
        await shop.run()
        await shop.recorder.wait(lambda frame: frame.method == "agent/turn/completed")

        asked = [request.path for request in shop.endpoint.all_requests]
        assert asked[0] == "/v1/chat/completions"
        assert asked.count("/v1/models") == 1
        assert all(request.headers["authorization"].startswith("Bearer ") for request in shop.endpoint.all_requests)


async def test_a_profile_that_leaves_nothing_open_is_not_asked_about(tmp_path: Path) -> None:
    model = {"contextWindow": 8000, "imageSupport": False, "inputPrice": 1, "outputPrice": 2}
    async with workshop(tmp_path, Script([Text(text="ok")]), provider={"model": model}) as shop:
        await shop.run()

        assert [request.path for request in shop.endpoint.all_requests] == ["/v1/chat/completions"]


def _answering(models: Page) -> Pages:
    """A server that answers every question with 1,000 tokens for 1,000, and has this list."""
    chunks = [
        {"choices": [{"index": 0, "delta": {"content": "ok"}, "finish_reason": "stop"}]},
        {"choices": [], "usage": {"prompt_tokens": 1000, "completion_tokens": 1000}},
    ]
    answer = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
    stream = Page(answer + b"data: [DONE]\n\n", headers={"content-type": "text/event-stream"})
    return Pages({"/v1/chat/completions": stream, "/v1/models": models})


async def test_the_first_answer_already_has_its_cost(tmp_path: Path) -> None:
    priced = as_json({"data": [{"id": "scripted", "pricing": {"prompt": "0.000001", "completion": "0.000002"}}]})
    async with _answering(priced) as pages, workshop(tmp_path, Script()) as shop:
        await shop.provider(baseUrl=f"{pages.origin}/v1")
        assert (await shop.run())["cost"] == 0.003

    assert pages.paths == ["POST /v1/chat/completions", "GET /v1/models"]


async def test_a_list_that_never_comes_holds_up_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "PATIENCE_S", 0.3)
    async with _answering(Page(b"{", holds=True)) as pages, workshop(tmp_path, Script()) as shop:
        await shop.provider(baseUrl=f"{pages.origin}/v1")
        completed = await shop.run()
        await pages.wait_asked(2)

    assert completed["status"] == "completed"
    assert "cost" not in completed.params


def _signed_call() -> Raw:
    call = {
        "index": 0,
        "id": "c1",
        "function": {"name": "list_files", "arguments": '{"path":"."}'},
        "extra_content": {"google": {"thought_signature": "c2ln"}},
    }
    chunks = [
        {"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]},
        {"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]},
    ]
    return Raw([b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks] + [b"data: [DONE]\n\n"])


async def test_a_signature_goes_back_to_the_model_it_came_from_and_to_no_other(tmp_path: Path) -> None:
    script = Script([_signed_call()], then=Text(text="ok"))
    async with workshop(tmp_path, script, models=("scripted", "other")) as shop:
        task_id = str((await shop.run())["taskId"])
        await shop.provider(modelId="other")
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "again"})
        await shop.ended(task_id, 2)
        await shop.provider(modelId="scripted")
        await shop.ask("agent/turn/start", {"taskId": task_id, "prompt": "and again"})
        await shop.ended(task_id, 3)

        sent = [b"c2ln" in request.raw for request in shop.endpoint.requests]
        assert sent == [False, True, False, True]

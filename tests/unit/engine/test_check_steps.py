"""What the steps of a check say of an endpoint, one peculiarity at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentls.world.scripted import HttpError
from tests.support.check_endpoint import MODEL, Faults
from tests.support.checking import check, checked, checking, said, statuses
from tests.support.workshop import KEY

OPEN = {"images": "skipped"}
"""What is other than `ok` where nothing is wrong."""


def faults(**kinds: object) -> Faults:
    return Faults(key=KEY, **kinds)  # type: ignore[arg-type]


async def test_streaming_that_is_off_is_skipped_and_tools_are_tried_without(tmp_path: Path) -> None:
    async with checking(tmp_path, faults(), streaming=False) as shop:
        result = await check(shop)
        assert {request.body["stream"] for request in shop.endpoint.requests} == {False}  # type: ignore[call-overload, index]
    assert statuses(result) == {**OPEN, "streaming": "skipped", "streamedArguments": "skipped"}
    assert said(result, "streaming") == "Streaming is off in the settings: answers come whole."


async def test_a_server_that_refuses_to_stream_is_asked_for_whole_answers(tmp_path: Path) -> None:
    never = await checked(tmp_path / "a", faults(stream="refused"), level="tools")
    tools = await checked(tmp_path / "b", faults(stream="refused with tools"), level="tools")
    assert statuses(never) == {"streaming": "warn", "streamedArguments": "warn"}
    assert statuses(tools) == {"streamedArguments": "warn"}
    assert said(never, "streaming").startswith("This server refuses to stream, so it is asked for whole answers.")
    assert [lesson["id"] for lesson in never["dialect"]["learned"]] == ["stream_never"]
    assert [lesson["id"] for lesson in tools["dialect"]["learned"]] == ["stream_with_tools"]


async def test_an_answer_in_one_piece_is_a_loss_and_one_without_an_end_fails(tmp_path: Path) -> None:
    whole = await checked(tmp_path / "a", faults(stream="one piece"), level="model")
    endless = await checked(tmp_path / "b", faults(stream="no end"), level="model")
    assert (statuses(whole), statuses(endless)) == ({"streaming": "warn"}, {"model": "fail", "streaming": "skipped"})
    assert "as one piece" in said(whole, "streaming")
    assert "broke off" in said(endless, "model")


async def test_a_model_that_calls_only_when_forced_is_warned_of(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(tools="forced"))
    assert statuses(result) == {**OPEN, "toolCall": "warn", "parallelCalls": "skipped"}
    assert "only when it was forced to" in said(result, "toolCall")
    assert said(result, "toolResult").startswith("The result is accepted, and the model went on with what it holds.")
    assert result["requests"] == 4


async def test_tools_that_are_ignored_even_when_forced_fail(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(tools="ignored"), level="tools")
    untried = dict.fromkeys(("streamedArguments", "parallelCalls", "toolResult"), "skipped")
    assert statuses(result) == {"toolCall": "fail", **untried}
    assert "even when a call was demanded" in said(result, "toolCall")
    assert said(result, "toolResult") == "Not tried, because “Tool call” failed."


async def test_results_that_are_refused_fail_with_the_servers_words(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(results="refused"), level="tools")
    assert statuses(result) == {"toolResult": "fail"}
    assert "The call and its results were refused" in said(result, "toolResult")
    assert "unexpected role tool" in said(result, "toolResult")


async def test_a_model_that_thinks_first_gets_through(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(thinks=200))
    assert statuses(result) == OPEN


async def test_an_answer_that_is_cut_while_the_model_thinks_is_said_and_fails_nothing(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(cut=True))
    assert statuses(result) == {
        **OPEN,
        "model": "warn",
        "toolCall": "warn",
        "streamedArguments": "skipped",
        "parallelCalls": "skipped",
        "toolResult": "skipped",
    }
    assert "the check cut it at 4,096 tokens" in said(result, "model")
    assert said(result, "toolCall").startswith("Not shown: the check cut the answer at 4,096 tokens")


async def test_a_server_that_ignores_names_says_which_model_runs(tmp_path: Path) -> None:
    one = await checked(tmp_path / "a", faults(names="ignored", models=("pond-1b",)), level="model")
    many = await checked(tmp_path / "b", faults(names="ignored", models=("pond-1b", "pool-1b")), level="model")
    assert (statuses(one), statuses(many)) == ({"model": "warn"}, {"model": "warn"})
    assert "has only the model pond-1b: it seems to ignore the name" in said(one, "model")
    assert f"“{MODEL}” is not among the server's 2 models" in said(many, "model")


async def test_without_a_model_list_a_completion_decides(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(model_list="missing"), level="model")
    assert statuses(result) == {}
    assert said(result, "reach").endswith("answers; it has no model list.")
    assert said(result, "model") == f"{MODEL} answers."


async def test_a_refused_parameter_is_dropped_once_and_shown_as_learned(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(refuses=("stream_options",)))
    assert statuses(result) == {**OPEN, "usage": "warn"}
    assert result["requests"] == 4
    assert "Learned on the way: " in said(result, "model")
    assert [lesson["id"] for lesson in result["dialect"]["learned"]] == ["stream_options"]
    assert result["dialect"]["differences"] != []
    assert result["usage"]["estimated"] is True


async def test_images_are_tried_only_where_they_are_on(tmp_path: Path) -> None:
    on = {"imageSupport": True}
    seen = await checked(tmp_path / "a", faults(), model=on)
    blind = await checked(tmp_path / "b", faults(images="blind"), model=on)
    refused = await checked(tmp_path / "c", faults(images="refused"), model=on)
    assert [statuses(each) for each in (seen, blind, refused)] == [{}, {"images": "warn"}, {"images": "fail"}]
    assert said(seen, "images") == "A red picture was seen as red."
    assert "A quiet river at dawn." in said(blind, "images")


@pytest.mark.parametrize(
    ("kinds", "settings", "status", "words"),
    [
        ({"context": 65_536}, {}, "ok", "The model list says: 65,536 tokens, and all of them are used."),
        ({"context": 65_536}, {"contextWindow": 32_000}, "ok", "65,536 tokens; the settings allow 32,000 of them."),
        ({"context": 65_536}, {"contextWindow": 131_072}, "fail", "but the settings say 131,072"),
        ({"context": None}, {"contextWindow": 131_072}, "skipped", "does not say how much it takes"),
        ({"context": None}, {}, "warn", "128,000 tokens are assumed"),
        ({"context": 8192}, {}, "warn", "too few for the agent's work"),
        ({"context": 65_536}, {"maxOutputTokens": 100_000}, "warn", "more than the 65,536 there are"),
        ({"word": 32_768}, {}, "ok", "The running server says (/props): 32,768 tokens"),
        ({"word": 32_768}, {"contextWindow": 65_536}, "fail", "--ctx-size 65536"),
    ],
)
async def test_the_context_window_is_held_to_the_servers_word(
    kinds: dict[str, object], settings: dict[str, object], status: str, words: str, tmp_path: Path
) -> None:
    result = await checked(tmp_path, faults(**kinds), model=settings)
    assert {step["id"]: step["status"] for step in result["checks"]}["contextWindow"] == status
    assert words in said(result, "contextWindow")


async def test_a_key_that_is_not_needed_is_no_fault(tmp_path: Path) -> None:
    async with checking(tmp_path, Faults(key=None)) as shop:
        with_key = await check(shop, "reach")
        await shop.ask("agent/provider/setKey", {"id": "p", "apiKey": ""})
        without = await check(shop, "reach")
    assert said(with_key, "key") == "The key is accepted."
    assert said(without, "key") == "No key is set, and the server asks for none."


async def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    async with checking(tmp_path, faults(), apiKeyEnv="RIVER_KEY") as shop:
        await shop.ask("agent/provider/setKey", {"id": "p", "apiKey": ""})
        result = await check(shop, "reach")
    assert statuses(result) == {"key": "fail"}
    assert "the environment variable RIVER_KEY is not set" in said(result, "key")


async def test_headers_of_the_provider_are_enough_for_a_gateway(tmp_path: Path) -> None:
    async with checking(tmp_path, faults(), headers={"Authorization": f"Bearer {KEY}"}) as shop:
        await shop.ask("agent/provider/setKey", {"id": "p", "apiKey": ""})
        result = await check(shop, "model")
    assert statuses(result) == {}
    assert said(result, "key") == "No key is set; the provider's own headers are enough."


async def test_what_a_server_echoes_of_the_key_is_masked(tmp_path: Path) -> None:
    secret = "quay-4711-harbour"
    echo = HttpError(400, {"error": {"message": f"bad request from {secret}"}})
    async with checking(tmp_path, Faults(key=secret, status=echo)) as shop:
        await shop.ask("agent/provider/setKey", {"id": "p", "apiKey": secret})
        result = await check(shop)
    assert "bad request from [redacted]" in said(result, "model")
    assert secret not in str(result) + str([frame.params for frame in shop.recorder.frames])


async def test_costs_are_told_where_prices_are_known(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(), model={"inputPrice": 1.0, "outputPrice": 10.0})
    assert result["usage"] == {"inputTokens": 630, "cachedTokens": 192, "outputTokens": 120}
    assert result["cost"] == pytest.approx((630 + 1200) / 1e6)

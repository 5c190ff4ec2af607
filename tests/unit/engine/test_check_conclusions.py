"""What a check must not conclude wrongly: each of these endpoints was, or could be, taken for another."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from agentls.engine.check import inquiry
from agentls.world.scripted import Call, Calls, Gate, HttpError, Raw, RecordedRequest, Reply, Script, Text, Tokens
from tests.support.check_endpoint import MODEL, NORTH, SOUTH, TOKENS, TOOL, Faults, has_image, has_results
from tests.support.checking import Json, check, checked, checking, said, statuses
from tests.support.workshop import KEY, workshop

OPEN = {"images": "skipped"}
"""What is other than `ok` where nothing is wrong."""
NO_CALL = {"streamedArguments": "skipped", "parallelCalls": "skipped", "toolResult": "skipped"}
BUSY = HttpError(429, {"error": {"message": "Slow down"}}, {"retry-after": "0.01"})
Says = Callable[[RecordedRequest], Reply | None]


def faults(says: Says, **kinds: object) -> Faults:
    return Faults(key=KEY, says=says, **kinds)  # type: ignore[arg-type]


def asked_for_tools(reply: Reply) -> Says:
    """The reply wherever a call is wanted."""
    return lambda request: reply if request.tool_names and not has_results(request) else None


def body(request: RecordedRequest) -> Json:
    assert isinstance(request.body, dict)
    return request.body


# answers that are cut, or empty


@pytest.mark.parametrize("thought", ["hm " * 400, ""])
async def test_a_model_that_thinks_long_is_asked_again_with_more_room_once(thought: str, tmp_path: Path) -> None:
    cut = Text("", reasoning=thought, usage=TOKENS, finish_reason="length")
    says = faults(lambda request: cut if body(request)["max_tokens"] < 2000 else None)
    async with checking(tmp_path, says) as shop:
        result = await check(shop)
        limits = [body(request)["max_tokens"] for request in shop.endpoint.requests]
    assert statuses(result) == OPEN
    assert limits == [1024, 4096, 4096, 4096]
    assert result["usage"]["outputTokens"] == 4 * TOKENS.output


async def test_the_limit_of_the_settings_is_named_where_it_cut_the_answer(tmp_path: Path) -> None:
    result = await checked(tmp_path, Faults(key=KEY, cut=True), model={"maxOutputTokens": 200})
    for step in ("model", "toolCall"):
        assert "at 200 tokens" in said(result, step)
        assert "Max Output Tokens is set to 200" in said(result, step)
    assert result["requests"] == 2


async def test_an_answer_that_goes_on_too_long_is_judged_by_what_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiry, "LONGEST_ANSWER_S", 0.2)
    begun = b'data: {"choices":[{"index":0,"delta":{"content":"one two three"}}]}\n\n'
    never = Gate()
    async with checking(tmp_path, faults(lambda request: Raw([begun, begun], gates={1: never}))) as shop:
        result = await check(shop, "tools")
    assert statuses(result) == {"toolCall": "warn", **NO_CALL}
    assert said(result, "model") == f"{MODEL} is in the list, and it answers."
    assert "the check cut the answer after 0 s" in said(result, "toolCall")
    assert "talks without end" in said(result, "toolCall")


async def test_an_answer_that_is_empty_only_when_streamed_works_in_one_piece_as_in_real_work(tmp_path: Path) -> None:
    blank = Text("", usage=TOKENS)
    says = faults(lambda request: blank if request.tool_names and body(request)["stream"] else None)
    result = await checked(tmp_path, says)
    assert statuses(result) == {**OPEN, "streamedArguments": "warn"}
    assert "answers with tools come in one piece" in said(result, "toolCall")
    assert result["requests"] == 4
    assert result["dialect"]["differences"] == ["Answers are not streamed when tools are sent."]


async def test_an_answer_of_reasoning_alone_is_called_so(tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(asked_for_tools(Text("", reasoning="I should call it."))))
    assert "answered with only reasoning and no call" in said(result, "toolCall")


async def test_text_without_a_single_piece_is_not_counted(tmp_path: Path) -> None:
    end = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}\n\ndata: [DONE]\n\n'
    result = await checked(tmp_path, faults(lambda request: Raw([end])), level="model")
    assert statuses(result) == {"model": "warn", "streaming": "skipped"}


# calls


async def test_words_before_a_call_and_more_calls_than_asked_for_are_fine(tmp_path: Path) -> None:
    calls = Calls([Call(TOOL, NORTH), Call(TOOL, SOUTH), Call(TOOL, NORTH)], text="I will do so.", usage=TOKENS)
    result = await checked(tmp_path, faults(asked_for_tools(calls)))
    assert statuses(result) == OPEN
    assert said(result, "parallelCalls").startswith("3 calls came in one answer")


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (Call(f"functions.{TOOL}", NORTH), f"it names “functions.{TOOL}”, and the tool is {TOOL}."),
        (Call(TOOL, {}), "its arguments have no station and no note"),
        (Call(TOOL, '{"station": "north'), "its arguments are no JSON object"),
    ],
)
async def test_a_call_that_cannot_be_run_is_no_call(call: Call, words: str, tmp_path: Path) -> None:
    result = await checked(tmp_path, faults(asked_for_tools(Calls([call]))), level="tools")
    assert statuses(result) == {"toolCall": "fail", **NO_CALL}
    assert words in said(result, "toolCall")
    assert "update the server, or try another model" in said(result, "toolCall")


async def test_a_call_that_was_never_forced_is_not_said_to_be(tmp_path: Path) -> None:
    talk = faults(lambda request: Text("No.") if body(request).get("tool_choice") in ("auto", "none") else None)
    auto = await checked(tmp_path / "a", talk, extraBody={"tool_choice": "auto"})
    none = await checked(tmp_path / "b", talk, extraBody={"tool_choice": "none"})
    assert (auto["requests"], none["requests"]) == (2, 2)
    assert "demanded" not in said(auto, "toolCall")
    assert said(none, "toolCall").endswith("→ The settings forbid calls: take tool_choice out of extraBody.")


async def test_calls_written_into_the_reasoning_are_called_so_without_a_further_request(tmp_path: Path) -> None:
    written = 'I do: <tool_call>{"name": "record_reading", "arguments": {"station": "north"}}</tool_call>'
    result = await checked(tmp_path, faults(asked_for_tools(Text("", reasoning=written))), level="tools")
    assert "as text (<tool_call>)" in said(result, "toolCall")
    assert result["requests"] == 2


# results


async def test_the_same_call_again_shows_that_results_are_not_seen(tmp_path: Path) -> None:
    calls = Calls([Call(TOOL, NORTH), Call(TOOL, SOUTH)])
    again = await checked(tmp_path / "a", faults(lambda request: calls if request.tool_names else None))
    other = Calls([Call(TOOL, {**NORTH, "station": "west"})])
    further = await checked(tmp_path / "b", faults(lambda request: other if has_results(request) else None))
    assert (statuses(again), statuses(further)) == ({**OPEN, "toolResult": "warn"}, OPEN)
    assert "made the same call again" in said(again, "toolResult")
    assert "went on with another call" in said(further, "toolResult")


# failures in the middle


async def test_a_busy_server_leaves_a_step_open_and_refuses_nothing(tmp_path: Path) -> None:
    calls = await checked(tmp_path / "a", faults(asked_for_tools(BUSY)), level="tools")
    results = await checked(tmp_path / "b", faults(lambda request: BUSY if has_results(request) else None))
    on = {"imageSupport": True}
    images = await checked(tmp_path / "c", faults(lambda request: BUSY if has_image(request) else None), model=on)
    assert statuses(calls) == {"toolCall": "warn", **NO_CALL}
    assert statuses(results) == {**OPEN, "toolResult": "warn"}
    assert statuses(images) == {"images": "warn"}
    for result, step in ((calls, "toolCall"), (results, "toolResult"), (images, "images")):
        assert said(result, step).startswith("Not shown: Rate limit reached (HTTP 429)")
        assert result["ok"] is True


async def test_an_empty_account_in_the_middle_is_no_refusal_of_the_results(tmp_path: Path) -> None:
    empty = HttpError(402, {"error": {"message": "Insufficient balance"}})
    result = await checked(tmp_path, faults(lambda request: empty if has_results(request) else None))
    assert said(result, "toolResult").startswith("Out of credits (HTTP 402)")


async def test_a_picture_that_crashes_the_server_was_refused(tmp_path: Path) -> None:
    crash = HttpError(500, {"error": {"message": "image processing crashed"}})
    on = {"imageSupport": True}
    result = await checked(tmp_path, faults(lambda request: crash if has_image(request) else None), model=on)
    assert statuses(result) == {"images": "fail"}
    assert said(result, "images").startswith("A small picture was refused: The server failed (HTTP 500)")


async def test_a_gateways_page_is_an_overloaded_server_and_says_nothing_of_the_key(tmp_path: Path) -> None:
    page = HttpError(502, b"<html><title>502 Bad Gateway</title></html>", {"content-type": "text/html"})
    async with workshop(tmp_path, Script(then=page), routes={"/v1/models": lambda request: page}) as shop:
        result = await check(shop, "model")
    assert statuses(result) == {"key": "skipped", "model": "fail", "streaming": "skipped"}
    assert "its model list failed (HTTP 502)" in said(result, "reach")


# the address, the list, the numbers


async def test_a_list_above_the_base_url_proves_no_path_to_completions(tmp_path: Path) -> None:
    async with checking(tmp_path, Faults(key=KEY)) as shop:
        origin = shop.endpoint.origin
        await shop.provider(baseUrl=origin, modelId=MODEL)
        result = await check(shop, "reach")
    assert statuses(result) == {"reach": "fail", "key": "skipped"}
    assert said(result, "reach").endswith(f"The base URL lacks a part of its path: set it to {origin}/v1.")


async def test_a_list_of_hundreds_that_leaves_the_model_out_is_no_failure(tmp_path: Path) -> None:
    many = [f"pond-{number}b" for number in range(400)]
    result = await checked(tmp_path, Faults(key=KEY, models=many, names="ignored"), level="model")
    assert statuses(result) == {"model": "warn"}  # on this machine; a service may well hide models that it has
    assert "and 395 more" in said(result, "model")


async def test_token_counts_of_nothing_are_none(tmp_path: Path) -> None:
    text = Text("N417 and S982", usage=Tokens(0, 0))
    calls = Calls([Call(TOOL, NORTH), Call(TOOL, SOUTH)], usage=Tokens(0, 0))
    free = faults(lambda request: calls if request.tool_names and not has_results(request) else text)
    result = await checked(tmp_path, free)
    assert statuses(result) == {**OPEN, "usage": "warn"}
    assert "0 tokens, which cannot be" in said(result, "usage")
    assert result["usage"]["estimated"] is True
    assert result["usage"]["inputTokens"] > 0


async def test_a_lesson_that_would_change_nothing_is_passed_over_for_one_that_does(tmp_path: Path) -> None:
    refusal = HttpError(400, {"error": {"message": "Unsupported parameter: 'max_tokens'", "param": "max_tokens"}})
    says = faults(lambda request: refusal if "max_tokens" in body(request) else None)
    result = await checked(tmp_path, says, level="model")
    assert statuses(result) == {}
    assert [lesson["id"] for lesson in result["dialect"]["learned"]] == ["max_tokens"]

"""`agentls check` as people run it: the real program, endpoints that are broken in one way each, what it says to do."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import pytest

from agentls.protocol.check import CheckStepId
from agentls.world.scripted import Gate
from tests.reports.broken_endpoints import SITUATIONS, WRONG_KEY, Situation, show
from tests.support.check_endpoint import KEY, MODEL, Faults, check_endpoint
from tests.support.frame_check import check_notification, check_result

STEPS: tuple[str, ...] = get_args(CheckStepId)
HANGS_S = 30.0
"""Nothing here takes a tenth of it."""
FINE = {"images": "skipped"}
"""How the steps of an endpoint end that nothing is wrong with, where that is not `ok`."""


@dataclass(frozen=True)
class Expected:
    """What is said in a situation."""

    steps: dict[str, str]
    """By id, where it is other than `ok`; what stands after `…` holds for every later step."""
    words: tuple[str, ...]
    """All of them stand in the detail or advice of the first step that is not ok."""
    requests: int = 3


def after(step: str, status: str = "fail", *, but: tuple[str, ...] = ()) -> dict[str, str]:
    """`step` ends so, and the ones after it are not tried."""
    later = STEPS[STEPS.index(step) + 1 :]
    return {step: status, **{each: "skipped" for each in later if each not in but}}


UNTRIED_TOOLS = after("toolCall", but=("usage", "contextWindow"))
EXPECTED = {
    "fine": Expected(FINE, ()),
    "wrong key": Expected(after("key"), ("Invalid API key", "(HTTP 401)", "enter the same one"), 1),
    "no key": Expected(after("key"), ("No key is set", "(HTTP 401)", "enter one"), 1),
    "unknown model": Expected(after("model"), ("Model not found", "Did you mean river-7b or river-70b?"), 1),
    "doubled v1": Expected(after("reach"), ("Endpoint not found", "twice", "/v1."), 1),
    "missing v1": Expected(after("reach"), ("Endpoint not found", "The model list answers at /v1/models.", "/v1."), 1),
    "tools refused": Expected(
        UNTRIED_TOOLS, ("Tool calling is not supported", "Restart vLLM", "--tool-call-parser"), 2
    ),
    "calls as text": Expected(UNTRIED_TOOLS, ("as text (<tool_call>)", "native tool calling"), 2),
    "arguments whole": Expected({**FINE, "streamedArguments": "warn"}, ("one piece", "only when they are whole")),
    "calls merged": Expected({**FINE, "parallelCalls": "fail"}, ("came out as one", '{"parallel_tool_calls": false}')),
    "one call": Expected({**FINE, "parallelCalls": "warn"}, ("One call came where two", "one after the other")),
    "strict ids": Expected(FINE, (), 4),
    "results unseen": Expected(
        {**FINE, "toolResult": "warn"}, ("says nothing of what they hold: “Which codes do you mean?”", "chat template")
    ),
    "no usage": Expected({**FINE, "usage": "warn"}, ("how many tokens", "estimates")),
    "small context": Expected(
        {**FINE, "contextWindow": "fail"},
        ("4,096", "131,072", "/props", "--ctx-size 131072", "to 4096 in the settings"),
    ),
    "web page": Expected(after("reach"), ("Endpoint not found", "River Chat", "web page"), 1),
    "refused": Expected(after("reach"), ("Cannot connect", "connection refused", "start the server"), 0),
    "proxy gone": Expected(after("reach"), ("The proxy failed", "cannot be reached", "proxy setting"), 0),
    "proxy refuses": Expected(after("reach"), ("The proxy failed", "407", "user name and password"), 0),
    "tls to http": Expected(after("reach"), ("secure connection", "no TLS is spoken", "http://"), 0),
    "images refused": Expected({"images": "fail"}, ("picture was refused", "imageSupport"), 5),
    "one document": Expected(
        {**FINE, "streaming": "warn", "streamedArguments": "warn"}, ("one JSON document", "only when it is whole")
    ),
    "think tags": Expected({**FINE, "streaming": "warn"}, ("think tag", 'Set thinkTags to "tagged"')),
    "no credits": Expected(after("model"), ("Out of credits", "(HTTP 402)", "Insufficient balance", "Add credits"), 1),
}


def test_every_situation_has_its_expectation() -> None:
    assert set(EXPECTED) == set(SITUATIONS)
    assert len(SITUATIONS) >= 9


@pytest.mark.parametrize("name", SITUATIONS)
async def test_a_situation_is_named_and_answered_with_what_to_do(name: str, tmp_path: Path) -> None:
    expected = EXPECTED[name]
    shown = await show(SITUATIONS[name], tmp_path, "--json")
    *told, last = [json.loads(line) for line in shown.out.splitlines()]
    result = last["result"]
    check_result("agent/provider/check", result)
    steps = result["checks"]
    assert {step["id"]: step["status"] for step in steps} == dict.fromkeys(STEPS, "ok") | expected.steps, shown.out
    assert [step["id"] for step in steps] == list(STEPS)
    assert [line["params"] for line in told] == [{**step, "providerId": "default"} for step in steps]
    for line in told:
        check_notification(line["method"], line["params"])
    assert result["requests"] == expected.requests
    bad = [step for step in steps if step["status"] in ("warn", "fail")]
    said = " ".join([bad[0]["detail"], bad[0].get("advice", "")]) if bad else ""
    assert [words for words in expected.words if words not in said] == [], said
    assert all("advice" in step for step in bad)
    assert all("advice" not in step for step in steps if step["status"] in ("ok", "skipped"))
    failed = any(step["status"] == "fail" for step in steps)
    assert (result["ok"], shown.code, shown.err) == (not failed, int(failed), "")


async def test_a_table_has_a_line_for_each_step_and_says_what_it_cost(tmp_path: Path) -> None:
    shown = await show(SITUATIONS["tools refused"], tmp_path)
    lines = shown.out.splitlines()
    assert lines[0].startswith("agentls check · http://127.0.0.1:")
    assert [line[0] for line in lines[2:] if line[:1] in "✓!✗–" and line] == [*"✓✓✓✓✗–––✓–✓"]
    assert lines[7].startswith("                      → Restart vLLM with --enable-auto-tool-choice")
    assert lines[-1].startswith("6 ok · 1 fail · 4 skipped · 2 requests · 210 tokens in, 40 out · ")
    assert (shown.code, shown.err) == (1, "")


@pytest.mark.parametrize(("form", "name"), [((), "fine"), (("--json",), "fine"), ((), "wrong key")])
async def test_the_key_is_in_no_output_and_in_no_file(form: tuple[str, ...], name: str, tmp_path: Path) -> None:
    shown = await show(SITUATIONS[name], tmp_path, *form)
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    for key in (KEY, WRONG_KEY):
        assert key not in shown.out + shown.err
        assert [data for data in written if key.encode() in data] == []


async def test_a_lesson_is_kept_by_a_check_without_calls_and_asked_anew_by_one_with_them(tmp_path: Path) -> None:
    situation = SITUATIONS["strict ids"]
    async with situation.serving() as (base_url, _):
        first = await _result(situation, tmp_path, base_url)
        small = await _result(replace(situation, level="model"), tmp_path, base_url)
        second = await _result(situation, tmp_path, base_url)
    assert [lesson["id"] for lesson in first["dialect"]["learned"]] == ["call_ids_nine"]
    assert small["dialect"] == second["dialect"] == first["dialect"]
    assert (first["requests"], small["requests"], second["requests"]) == (4, 1, 4)


async def test_the_level_reach_spends_nothing_where_the_list_proves_the_key(tmp_path: Path) -> None:
    async with check_endpoint() as endpoint:
        result = await _result(Situation("", level="reach"), tmp_path, endpoint.base_url)
        assert endpoint.requests == []
    assert [(step["id"], step["status"]) for step in result["checks"]] == [("reach", "ok"), ("key", "ok")]
    assert (result["requests"], result["usage"]) == (0, {"inputTokens": 0, "outputTokens": 0})


async def test_a_list_for_everybody_proves_no_key(tmp_path: Path) -> None:
    faults = Faults(model_list="keyed")
    async with check_endpoint(faults) as endpoint:
        result = await _result(Situation("", level="reach", key=WRONG_KEY), tmp_path, endpoint.base_url)
    assert [(step["id"], step["status"]) for step in result["checks"]] == [("reach", "ok"), ("key", "fail")]


async def test_ctrl_c_ends_it_at_once_and_closes_the_connection(tmp_path: Path) -> None:
    gate = Gate()
    situation = Situation("", Faults(gate=gate))
    async with situation.serving() as (base_url, endpoint):
        process = await _started(situation, tmp_path, base_url)
        async with asyncio.timeout(HANGS_S):
            await gate.wait_reached()
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
        assert (process.returncode, err) == (130, b"")
        assert await endpoint.requests[1].wait_ended() is True
    assert "Streaming" in out.decode()
    assert "Tool call" not in out.decode()


async def test_a_trimmed_base_url_is_told_of_above_the_steps_or_beside_the_json(tmp_path: Path) -> None:
    warning = "The base URL ended in /chat/completions, which agentls adds itself: it was removed."
    situation = Situation("", url="{origin}/v1/chat/completions", level="reach")
    table, lines = await show(situation, tmp_path), await show(situation, tmp_path, "--json")
    assert table.out.splitlines()[2:4] == [f"! {warning}", ""]
    assert (table.err, lines.err) == ("", f"agentls: {warning}\n")
    assert (table.code, lines.code, len(lines.out.splitlines())) == (0, 0, 3)


async def test_a_reader_that_leaves_is_not_complained_of(tmp_path: Path) -> None:
    gate = Gate()
    situation = Situation("", Faults(gate=gate))
    async with situation.serving() as (base_url, _):
        reading, writing = os.pipe()
        process = await asyncio.create_subprocess_exec(
            *situation.command(base_url),
            env=situation.environment(tmp_path, base_url),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=writing,
            stderr=asyncio.subprocess.PIPE,
        )
        os.close(writing)
        async with asyncio.timeout(HANGS_S):
            await gate.wait_reached()
            os.close(reading)
            gate.open()
            _, err = await process.communicate()
    assert (process.returncode, err) == (1, b"")


async def test_without_a_provider_it_names_the_three_ways(tmp_path: Path) -> None:
    situation = Situation("", key=None)
    command = situation.command("")
    command = command[: command.index("--base-url")]
    process = await asyncio.create_subprocess_exec(
        *command,
        env=situation.environment(tmp_path, ""),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    for way in ("--base-url", "AGENTLS_BASE_URL", "AGENTLS_CONFIG"):
        assert way in err.decode()


async def test_a_base_url_that_cannot_be_set_is_wrong_use(tmp_path: Path) -> None:
    situation = Situation("")
    process = await _started(situation, tmp_path, "ftp://127.0.0.1/v1")
    out, err = await process.communicate()
    assert process.returncode == 2
    assert "set by --base-url" in err.decode()
    assert b"Connection" not in out


async def _started(situation: Situation, folder: Path, base_url: str, *more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *situation.command(base_url, *more),
        env=situation.environment(folder, base_url),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def _result(situation: Situation, folder: Path, base_url: str) -> dict[str, Any]:
    process = await _started(situation, folder, base_url, "--json")
    out, err = await process.communicate()
    assert err == b""
    result: dict[str, Any] = json.loads(out.splitlines()[-1])["result"]
    assert result["dialect"]["modelId"] == MODEL
    return result

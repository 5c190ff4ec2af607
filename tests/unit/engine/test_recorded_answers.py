"""Recorded answers of real providers, from the socket to what the client is told, where recordings are at hand."""

import json
from pathlib import Path

import pytest

from agentls.chat.usage import read_usage
from agentls.world.scripted import Raw, Script, Text
from tests.support.workshop import Workshop, workshop
from tests.unit.chat.recordings import find_recordings

FOLDER = find_recordings()
RECORDINGS = sorted(FOLDER.glob("public/*.sse")) if FOLDER else []
NO_RETRY = {"retry": {"maxAttempts": 1}}


def told(shop: Workshop, task_id: str) -> dict[str, object]:
    """What the client was told of the first request of a task."""
    frames = [frame for frame in shop.recorder.frames if frame.params.get("taskId") == task_id]
    ends = [place for place, frame in enumerate(frames) if frame.method == "agent/request/completed"]
    first = frames[: ends[0] + 1]

    def of(method: str) -> list:
        return [frame for frame in first if frame.method == f"agent/{method}"]

    arguments = {frame["callId"]: frame["arguments"] for frame in of("toolCall/ready")}
    usage = first[-1].params.get("usage")
    return {
        "text": "".join(frame["text"] for frame in of("message/completed")),
        "reasoning": "".join(frame["text"] for frame in of("reasoning/completed")),
        "calls": [
            (frame.params.get("providerCallId"), frame["name"], arguments.get(frame["callId"]))
            for frame in of("toolCall/started")
        ],
        "usage": None if usage is None or usage.get("estimated") else (usage["inputTokens"], usage["outputTokens"]),
    }


def expected(recorded: dict) -> dict[str, object]:
    calls = []
    for call in recorded["tool_calls"]:
        try:
            arguments = json.loads(call["arguments"] or "{}") or {}
        except ValueError:
            arguments = None
        if recorded["finish_reason"] == "length" and not call["arguments"]:
            arguments = None  # cut before the first of them
        calls.append((call["id"], call["name"], arguments))
    usage = recorded["usage"] and read_usage(recorded["usage"])
    return {
        "text": recorded["text"],
        "reasoning": recorded.get("reasoning", ""),
        "calls": calls,
        "usage": usage and (usage.input_tokens, usage.output_tokens),
    }


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
async def test_the_client_is_told_what_was_recorded(tmp_path: Path, path: Path) -> None:
    recorded = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["expected"]
    body = path.read_bytes()
    pieces = [body[at : at + 997] for at in range(0, len(body), 997)]
    script = Script([Raw(pieces)], then=Text(text="done"))
    async with workshop(tmp_path, script, settings=NO_RETRY, is_strict=False) as shop:
        task_id = str((await shop.run())["taskId"])
        assert told(shop, task_id) == expected(recorded)

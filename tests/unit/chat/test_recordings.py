"""Recorded streams and error bodies of real providers, where they are at hand."""

import json
import os
import random
from pathlib import Path

import pytest

from agentls.chat.failure import classify_response, classify_stream_error
from agentls.chat.server import ServerHint
from tests.unit.chat.recordings import find_recordings
from tests.unit.chat.told import Told, tell

FOLDER = find_recordings()
RECORDINGS = sorted(FOLDER.glob("public/*.sse")) + sorted(FOLDER.glob("real-servers/*.sse")) if FOLDER else []
PUBLIC = [path for path in RECORDINGS if path.parent.name == "public"]
ERRORS = sorted(FOLDER.glob("errors/*.json")) if FOLDER else []
SPLITS = 6
CODES = {
    "auth": {"auth"},
    "model_not_found": {"modelNotFound"},
    "tools_unsupported": {"toolsUnsupported"},
    "context_length": {"contextLength"},
    "rate_limit": {"rateLimit"},
    "quota": {"quota"},
    "content_filter": {"contentFilter"},
    "bad_request": {"badRequest"},
    "server": {"server", "overloaded", "timeout"},
    "overloaded": {"overloaded"},
}


if os.environ.get("CI") == "true":

    def test_ci_has_the_recordings() -> None:
        assert PUBLIC, "the recorded streams are not beside the project; set AGENTLS_STREAMS"
        assert ERRORS


def name_of(path: Path) -> str:
    return path.stem


def expected_calls(recorded: dict) -> list[tuple]:
    calls = []
    for call in recorded["tool_calls"]:
        try:
            arguments = json.loads(call["arguments"] or "null")
        except ValueError:
            arguments = None
        calls.append((call["id"], call["name"], call["arguments"], arguments))
    return calls


def told_calls(told: Told, recorded: dict) -> list[tuple]:
    """The calls as told; no arguments at all, in any spelling, are an empty object when the answer is whole."""
    calls = []
    for call, (_, _, text, arguments) in zip(told.calls, expected_calls(recorded), strict=True):
        nothing = arguments is None and text in ("", "null")
        meant = None if nothing and call.arguments in ({}, None) else call.arguments
        calls.append((call.id, call.name, call.text, meant))
    return calls


if PUBLIC:

    @pytest.mark.parametrize("path", PUBLIC, ids=name_of)
    def test_a_recording_gives_what_was_recorded(path: Path) -> None:
        recorded = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))["expected"]
        told = tell(path.read_bytes())
        assert told.finished is not None
        finish = None if told.finished.inferred else told.finished.reason
        assert (told.text, told.reasoning) == (recorded["text"], recorded.get("reasoning", ""))
        assert told_calls(told, recorded) == expected_calls(recorded)
        assert (finish, told.usage) == (recorded["finish_reason"], recorded["usage"])

    @pytest.mark.parametrize("path", RECORDINGS, ids=name_of)
    def test_a_recording_is_the_same_however_it_is_cut_and_framed(path: Path) -> None:
        chance = random.Random(path.stem)
        body = path.read_bytes()
        whole = tell(body)
        lines = body.replace(b"\r\n", b"\n")
        framings = (
            body,
            lines.replace(b"\n", b"\r\n"),
            lines.replace(b"\n", b"\r"),
            lines.replace(b"\n\n", b"\n\n: keep-alive\n\n"),
        )
        for framed in framings:
            for _ in range(SPLITS):
                cuts = chance.sample(range(len(framed) + 1), min(len(framed), chance.choice((1, 7, 90, 400))))
                assert tell(framed, cuts) == whole

    @pytest.mark.parametrize("path", RECORDINGS, ids=name_of)
    def test_a_cut_recording_completes_no_call_that_the_whole_one_does_not(path: Path) -> None:
        chance = random.Random(path.stem)
        body = path.read_bytes()
        whole = [call.arguments for call in tell(body).calls]
        ends = [at + 2 for at in range(len(body)) if body.startswith(b"\n\n", at)]
        for cut in chance.sample(ends, min(len(ends), 12)) + [chance.randrange(len(body)) for _ in range(12)]:
            for index, call in enumerate(tell(body[:cut]).calls):
                assert call.arguments is None or call.arguments == whole[index]


if ERRORS:

    @pytest.mark.parametrize("path", ERRORS, ids=name_of)
    def test_a_recorded_error_has_its_name(path: Path) -> None:
        error = json.loads(path.read_text(encoding="utf-8"))
        raw = error.get("body_raw") or json.dumps(error["body"])
        base_url = (error.get("endpoint") or "").removesuffix("/chat/completions")
        headers = {name.lower(): str(value) for name, value in (error.get("headers") or {}).items()}
        failure = classify_response(error["status"], headers, raw.encode(), ServerHint(base_url, "some-model"))
        allowed = set(CODES[error["category"]])
        if "tool_use_failed" in raw:
            allowed = {"toolCallRejected"}
        elif error["status"] == 404 and raw.strip(' "\n') in ("404 page not found", '{"detail": "Not Found"}'):
            allowed = {"endpointNotFound"}
        assert failure.code in allowed, failure
        assert failure.title
        assert failure.advice
        assert len(failure.detail) <= 500
        if error["status"] == 200:
            assert classify_stream_error(error["body"]).code in allowed

"""Recorded streams and error bodies of real providers: where they are, and whether we come to what was recorded.

They are found in `$AGENTLS_STREAMS`, or beside the project. The tests and the report share the comparison.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from agentls.chat.failure import Failure, classify_response, classify_stream_error
from agentls.chat.server import ServerHint
from tests.unit.chat.told import Told, tell

ROOT = Path(__file__).parents[3]
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
"""What the categories of the recorded errors are called by us."""


def find_recordings() -> Path | None:
    """The folder of recordings, or None."""
    named = os.environ.get("AGENTLS_STREAMS")
    folder = Path(named) if named else ROOT.parent / "shared" / "streams"
    return folder if (folder / "public").is_dir() else None


@dataclass(frozen=True)
class Recording:
    """One recorded body, and what a right client comes to where that is known."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def body(self) -> bytes:
        return self.path.read_bytes()

    @property
    def facts(self) -> dict:
        return json.loads(self.path.with_suffix(".json").read_text(encoding="utf-8"))


def public(folder: Path | None) -> list[Recording]:
    """The recordings with an expected result."""
    return [Recording(path) for path in sorted(folder.glob("public/*.sse"))] if folder else []


def real_servers(folder: Path | None) -> list[Recording]:
    """The bodies of servers that were run; nothing is expected of them but one end."""
    paths = [*folder.glob("real-servers/*.sse"), *folder.glob("real-servers/*.body")] if folder else []
    return [Recording(path) for path in sorted(paths)]


def errors(folder: Path | None) -> list[Path]:
    """The recorded error bodies."""
    return sorted(folder.glob("errors/*.json")) if folder else []


def differences(told: Told, expected: dict) -> list[str]:
    """What was told otherwise than expected, a line each; none when all is right."""
    found = []
    if told.finished is None:
        found.append(f"the stream failed: {told.failed}")
    finish = told.finished.reason if told.finished and not told.finished.inferred else None
    pairs = {
        "text": (told.text, expected["text"]),
        "reasoning": (told.reasoning, expected.get("reasoning", "")),
        "calls": (_told_calls(told, expected), _expected_calls(expected)),
        "finish reason": (finish, expected["finish_reason"]),
        "usage": (told.usage, expected["usage"]),
    }
    found += [f"{what}: {is_!r} and not {should!r}" for what, (is_, should) in pairs.items() if is_ != should]
    return found


def _expected_calls(expected: dict) -> list[tuple]:
    calls = []
    for call in expected["tool_calls"]:
        try:
            arguments = json.loads(call["arguments"] or "null")
        except ValueError:
            arguments = None
        calls.append((call["id"], call["name"], call["arguments"], arguments))
    return calls


def _told_calls(told: Told, expected: dict) -> list[tuple]:
    """The calls as told; no arguments at all, in any spelling, are an empty object when the answer is whole."""
    calls = []
    wanted = _expected_calls(expected)
    for place, call in enumerate(told.calls):
        _, _, text, arguments = wanted[place] if place < len(wanted) else (None, "", "", {})
        nothing = arguments is None and text in ("", "null")
        meant = None if nothing and call.arguments in ({}, None) else call.arguments
        calls.append((call.id, call.name, call.text, meant))
    return calls


def verdict(recording: Recording) -> list[str]:
    """What we come to otherwise than was recorded."""
    return differences(tell(recording.body), recording.facts["expected"])


def classified(path: Path) -> tuple[Failure, set[str]]:
    """The failure that a recorded error body is given, and the codes that are right for it."""
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
    return failure, allowed


def error_verdict(path: Path) -> list[str]:
    """What is wrong with the name and the words of the failure of a recorded error body."""
    failure, allowed = classified(path)
    found = [] if failure.code in allowed else [f"{failure.code} and not {' or '.join(sorted(allowed))}: {failure}"]
    if not (failure.title and failure.advice):
        found.append("no title or no advice")
    if len(failure.detail) > 500:
        found.append("the detail is too long")
    error = json.loads(path.read_text(encoding="utf-8"))
    if error["status"] == 200 and (code := classify_stream_error(error["body"]).code) not in allowed:
        found.append(f"{code} in a stream and not {' or '.join(sorted(allowed))}")
    return found

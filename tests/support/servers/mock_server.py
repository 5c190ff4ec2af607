"""aimock, running on a free port with answers of the test's choice.

Its rules: the first whose `match` fits the request answers it. Invariant: it listens when the constructor returns.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.support.servers.mock_install import PROGRAM
from tests.support.servers.process import ServerProcess

Json = dict[str, Any]
WAIT_S = 20.0


class MockServer(ServerProcess):
    """The server; `api_key`: the only key it takes; `latency_ms`: between two events of a stream."""

    def __init__(self, folder: Path, rules: Sequence[Json], *, api_key: str | None = None, latency_ms: int = 0) -> None:
        self._key_header = {"authorization": f"Bearer {api_key}"} if api_key else {}
        path = folder / "aimock.json"
        path.write_text(json.dumps({"fixtures": list(rules)}))
        command = ["node", str(PROGRAM), "--port", "0", "--fixtures", str(path), "--latency", str(latency_ms)]
        super().__init__("aimock", [*command, "--validate-on-load"], {"AIMOCK_API_KEYS": api_key} if api_key else None)
        self.url = self.wait_ready(r"listening on (http://[\d.:]+)")[1]

    @property
    def provider(self) -> dict[str, object]:
        """A provider as `agent/provider/set` takes it."""
        return {"id": "mock", "name": "aimock", "baseUrl": f"{self.url}/v1", "modelId": "gpt-4o"}

    def journal(self) -> list[Json]:
        """What it was asked for, in order, by its own record: method, path, headers, body, response."""
        request = urllib.request.Request(f"{self.url}/__aimock/journal", headers=self._key_header)
        with urllib.request.urlopen(request, timeout=WAIT_S) as answer:
            entries: list[Json] = json.load(answer)
        return [entry for entry in entries if not entry["path"].startswith("/__aimock")]

    def requests(self) -> list[Json]:
        """The bodies of the chat requests it got, in order."""
        return [entry["body"] for entry in self.journal() if entry["path"].endswith("/chat/completions")]


def says(prompt: str, text: str, **response: object) -> Json:
    """A rule: a prompt with these words is answered with this text."""
    return {"match": {"userMessage": prompt}, "response": {"content": text, **response}}


def fails(prompt: str, status: int, error: Json) -> Json:
    """A rule: a prompt with these words is answered with an HTTP error."""
    return {"match": {"userMessage": prompt}, "response": {"error": error, "status": status}}


def calls(prompt: str, *wanted: tuple[str, Json], then: str, text: str = "") -> list[Json]:
    """Two rules: a prompt with these words is answered with `text` and tool calls, and their results with `then`."""
    tool_calls = [{"name": name, "arguments": arguments} for name, arguments in wanted]
    answer: Json = {"content": text, "toolCalls": tool_calls} if text else {"toolCalls": tool_calls}
    return [
        {"match": {"userMessage": prompt, "hasToolResult": False}, "response": answer},
        {"match": {"userMessage": prompt, "hasToolResult": True}, "response": {"content": then}},
    ]

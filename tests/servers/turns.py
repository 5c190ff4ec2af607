"""What one turn of the real agent told its client, and the program `agentls` against a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.peer import WAIT_S, Json, Peer


@dataclass(frozen=True)
class Turn:
    """The notifications of one turn, in order."""

    told: list[tuple[str, Json]]

    def of(self, method: str) -> list[Json]:
        return [params for name, params in self.told if name == f"agent/{method}"]

    @property
    def end(self) -> Json:
        [end] = self.of("turn/completed")
        return end

    @property
    def outcome(self) -> tuple[str, str | None]:
        """How it ended, and the code of its error."""
        return self.end["status"], self.end.get("error", {}).get("code")

    @property
    def advice(self) -> str:
        return str(self.end["error"]["advice"])

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.of("message/completed")]

    @property
    def calls(self) -> list[tuple[str, Json]]:
        """Name and arguments of each call, once whole."""
        return [(call["name"], call["arguments"]) for call in self.of("toolCall/ready")]

    @property
    def results(self) -> list[tuple[str, str, str]]:
        """Name, status and text of each result."""
        return [(each["name"], each["status"], each["content"][0]["text"]) for each in self.of("toolResult")]

    @property
    def requests(self) -> list[tuple[int | None, str | None]]:
        """Of each request: the HTTP status, and how the provider ended it or the code of its error."""
        ends = self.of("request/completed")
        return [(end.get("httpStatus"), end.get("finishReason") or end["error"]["code"]) for end in ends]


def turn_of(peer: Peer, prompt: str, task_id: str | None = None) -> Turn:
    """A prompt of a new task, or of `task_id`, and all that came of it."""
    first = len(peer.frames)
    if task_id is None:
        peer.start(prompt)
    else:
        assert "result" in peer.request("agent/turn/start", {"taskId": task_id, "prompt": prompt})
    peer.rested()
    return told_since(peer, first)


def told_since(peer: Peer, first: int) -> Turn:
    """The notifications from frame number `first` on."""
    return Turn([(frame["method"], frame["params"]) for frame in peer.frames[first:] if "method" in frame])


def task_of(turn: Turn) -> str:
    """The task that a turn was of."""
    return str(turn.end["taskId"])


def program(folder: Path, *argv: str, key: str | None = None) -> subprocess.CompletedProcess[bytes]:
    """`agentls` in `folder`, run to its end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTLS_")}
    environment = {**kept, "AGENTLS_DATA_DIR": str(folder.parent / "data"), **({"AGENTLS_API_KEY": key} if key else {})}
    return subprocess.run(
        [sys.executable, "-m", "agentls", *argv],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=WAIT_S * 3,
        check=False,
    )


def run_command(folder: Path, *argv: str, key: str | None = None) -> tuple[int, Turn]:
    """`agentls run … --json` in `folder`: its exit code and what it printed."""
    done = program(folder, "run", *argv, "--json", key=key)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, Turn([(line["method"], line["params"]) for line in lines])

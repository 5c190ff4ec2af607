"""The table of recordings: what it counts, what it names, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.reports import recordings

STREAM = b'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\n'
EXPECTED = {"text": "a", "tool_calls": [], "finish_reason": "stop", "usage": None}


def keep(folder: Path, name: str, text: str) -> None:
    (folder / "public").mkdir(exist_ok=True)
    (folder / "errors").mkdir(exist_ok=True)
    (folder / "public" / f"{name}.sse").write_bytes(STREAM)
    facts = {"provider": f"{name}/x", "expected": {**EXPECTED, "text": text}}
    (folder / "public" / f"{name}.json").write_text(json.dumps(facts), encoding="utf-8")


def test_a_failure_is_named_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(tmp_path, "right", "a")
    keep(tmp_path, "wrong", "b" * 300)
    error = {"provider": "right", "status": 401, "body": {"error": {"message": "no"}}, "category": "auth"}
    (tmp_path / "errors" / "one.json").write_text(json.dumps(error), encoding="utf-8")
    monkeypatch.setenv("AGENTLS_STREAMS", str(tmp_path))
    assert recordings.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[2:4]] == [
        ["right", "1", "/", "1", "1", "/", "1"],
        ["wrong", "0", "/", "1", "-"],
    ]
    assert lines[5].split() == ["all", "1", "/", "2", "1", "/", "1"]
    assert "FAILED wrong" in lines
    assert lines[-1] == "1 failed"
    assert max(len(line) for line in lines) <= recordings.WIDTH


def test_it_passes_and_it_says_when_there_is_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AGENTLS_STREAMS", str(tmp_path))
    assert recordings.main() == 2
    assert "AGENTLS_STREAMS" in capsys.readouterr().out
    keep(tmp_path, "right", "a")
    assert recordings.main() == 0

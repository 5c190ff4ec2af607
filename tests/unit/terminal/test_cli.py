"""The command line: what is a command, what is refused, and what is not imported."""

import subprocess
import sys
from pathlib import Path

import pytest

from agentls import __version__, cli

LEAN = """
import sys
import agentls.cli
agentls.cli._parser()
import agentls.terminal.run
import agentls.terminal.check
heavy = {"pygls", "lsprotocol", "pydantic", "httpx", "aiohttp", "rich", "sqlite3", "tree_sitter", "pathspec"}
print(sorted(heavy & set(sys.modules)))
"""


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"agentls {__version__}\n"


@pytest.mark.parametrize(
    "argv",
    [
        ["check", "--level", "all"],
        ["run"],
        ["run", "hi", "--approve", "maybe"],
        ["demo", "--pace", "-1"],
        ["demo", "--pace", "nan"],
        ["protocol"],
        ["protocol", "--write", "--check"],
        ["--vers"],
    ],
)
def test_a_wrong_command_line_exits_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(argv)
    assert caught.value.code == 2
    assert capsys.readouterr().out == ""


@pytest.fixture
def unconfigured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AGENTLS_BASE_URL", "AGENTLS_MODEL", "AGENTLS_API_KEY", "AGENTLS_CONFIG"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("unconfigured")
@pytest.mark.parametrize("argv", [["run", "hi"], ["check"]])
def test_without_a_provider_the_three_ways_are_named(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    for way in ("--base-url", "AGENTLS_BASE_URL", "AGENTLS_CONFIG"):
        assert way in shown.err


@pytest.mark.usefixtures("unconfigured")
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["run", "hi", "--base-url", "http://x/v1"], "a base URL is set (by --base-url), but no model"),
        (["demo", "--model", "m"], "a model is set (by --model), but no base URL"),
        (["check", "--model", "m"], "a model is set (by --model), but no base URL"),
        (["run", "  ", "--base-url", "http://x/v1", "--model", "m"], "the prompt is empty"),
        (["run", "hi", "--workspace", "/no/such/folder"], "there is no such folder"),
        (["run", "hi", "--workspace", __file__], "not a folder"),
        (["run", "hi", "--api-key-env", "NOT_SET"], "'NOT_SET' is not set"),
    ],
)
def test_what_is_missing_or_wrong_is_named(argv: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(argv) == 2
    assert words in capsys.readouterr().err


def test_the_parent_process_stays_lean(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LEAN], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout == "[]\n"

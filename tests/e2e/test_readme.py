"""The README: its commands are the ones that work, its transcript is the demo's, its paths exist.

`REWRITE_README=1 pytest tests/e2e/test_readme.py` writes the transcript anew.
"""

import asyncio
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agentls.chat.advice.provider_pages import BASE_URLS
from agentls.chat.server import NAMES
from agentls.world.scripted import Call, Calls, Script, ScriptedEndpoint, Text
from tests.reports.broken_endpoints import SITUATIONS, show

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
TRY = "python3 server/bootstrap.py demo"
CHECK = "python3 tests/run.py"
OF_OTHER_SERVERS = {"--jinja", "--enable-auto-tool-choice", "--tool-call-parser"}
PORT = re.compile(r"(?<=127\.0\.0\.1:)\d+")
CHECKS = {"check-fine": "fine", "check-broken": "tools refused"}
PROMPT = "What does this project do?"
NORMAL = (
    (re.compile(r"\b\d+ ms\b|\b\d+\.\d s\b"), "0.1 s"),
    (re.compile(r"(Ran \d+ tests in )\d+\.\d+s"), r"\g<1>0.001s"),
    (re.compile(r"\S*agentls-\w+(?=.shop-project)"), "/tmp"),
    (re.compile(r"\bpython(?= -m unittest)"), "python3"),
)


def transcript() -> str:
    """What the README's first command prints, without its pace, and without what differs between two runs."""
    command = [sys.executable, *TRY.split()[1:], "--plain", "--pace", "0"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AGENTLS_")}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout
    for pattern, normal in NORMAL:
        text = pattern.sub(normal, text)
    return text


def part(text: str) -> str:
    """The step that edits, and how it ends: enough to see what it is like."""
    [step] = re.findall(r"^The discount starts.*?^  ✓ [^\n]*\n", text, re.MULTILINE | re.DOTALL)
    [end] = re.findall(r"^Repaired: .*?^completed · [^\n]*\n", text, re.MULTILINE | re.DOTALL)
    return f"{step}\n…\n\n{end}"


def with_block(page: str, name: str, text: str) -> str:
    block = re.compile(rf"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)
    assert len(block.findall(page)) == 1
    return block.sub(lambda _: f"```text\n{text}```\n", page)


def shell_blocks() -> list[str]:
    return [command.strip() for command in re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)]


@pytest.mark.timeout(600)  # without the stamp of an earlier run, the command installs
def test_the_transcript_is_what_the_first_command_prints() -> None:
    page = README.read_text(encoding="utf-8")
    text = transcript()
    fresh = with_block(with_block(page, "demo", text), "demo-part", part(text))
    if os.environ.get("REWRITE_README"):
        README.write_text(fresh, encoding="utf-8")
        return
    assert fresh == page, "the demo prints something else: REWRITE_README=1 pytest tests/e2e/test_readme.py"


def test_two_commands_are_enough_and_ci_calls_the_second() -> None:
    blocks = shell_blocks()
    assert blocks[0] == TRY
    assert blocks[-1] == CHECK
    script = (ROOT / ".ci" / "run").read_text()
    commands = [line for line in script.splitlines() if "python3" in line and not line.startswith("#")]
    assert commands == [f"exec {CHECK}"]
    assert os.name == "nt" or os.access(ROOT / ".ci" / "run", os.X_OK)


@pytest.mark.parametrize(("typed", "status", "written"), [("y\n", "ok", True), ("n\n", "denied", False)])
async def test_its_client_runs_as_it_stands_there(tmp_path: Path, typed: str, status: str, written: bool) -> None:
    [source] = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    server = f"[{sys.executable!r}, '-m', 'agentls', '--stdio']"
    assert '[".venv/bin/agentls", "--stdio"]' in source
    (tmp_path / "ask.py").write_text(source.replace('[".venv/bin/agentls", "--stdio"]', server), encoding="utf-8")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    write = Call("write_to_file", {"path": "NOTES.md", "content": "It sells things.\n"})
    async with ScriptedEndpoint(Script([Calls([write]), Text("It is a shop.")])) as endpoint:
        command = [sys.executable, str(tmp_path / "ask.py"), endpoint.base_url, "scripted", PROMPT]
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AGENTLS_")}
        process = await asyncio.create_subprocess_exec(
            *command,
            cwd=workspace,
            env={**kept, "AGENTLS_DATA_DIR": str(tmp_path / "data")},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await process.communicate(typed.encode())
    asked = "Write NOTES.md — Changing NOTES.md needs your approval. Allow? [y/n] "
    assert out.decode() == f"{asked}[write_to_file: {status}]\nIt is a shop.\ncompleted \n", err.decode()
    assert process.returncode == 0
    assert (workspace / "NOTES.md").exists() is written


def test_every_path_it_names_exists() -> None:
    page = README.read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:server|tests|client-vscode)/[\w./-]*)", page))
    named |= set(re.findall(r"\]\((?!https?:)([^)#]+)\)", page))
    assert "server/agentls/policy/" in named
    assert sorted(path for path in named if not (ROOT / path).exists()) == []


def test_every_option_it_names_exists() -> None:
    page = README.read_text(encoding="utf-8")
    helps = [
        subprocess.run(
            [sys.executable, "-m", "agentls", *command, "--help"], capture_output=True, text=True, check=True
        ).stdout
        for command in ([], ["run"], ["check"], ["demo"], ["protocol"])
    ]
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) - OF_OTHER_SERVERS
    assert sorted(option for option in named if option not in " ".join(helps)) == []


def test_the_base_urls_it_names_are_the_ones_that_advice_names() -> None:
    rows = re.findall(
        r"^\| ([^|`]+?) (?:\([^|]*\) )?\| `(http[^`]+)`", README.read_text(encoding="utf-8"), re.MULTILINE
    )
    kinds = {name: kind for kind, name in NAMES.items()}
    named = {name: url for name, url in rows if not name.startswith("Azure")}
    assert len(named) > 20
    assert named == {name: BASE_URLS[kinds[name]] for name in named}


@pytest.mark.parametrize("block", CHECKS)
async def test_what_the_check_says_there_is_what_it_prints(block: str, tmp_path: Path) -> None:
    page = README.read_text(encoding="utf-8")
    text = PORT.sub("8000", (await show(SITUATIONS[CHECKS[block]], tmp_path)).out)
    for pattern, normal in NORMAL:
        text = pattern.sub(normal, text)
    fresh = with_block(page, block, text)
    if os.environ.get("REWRITE_README"):
        README.write_text(fresh, encoding="utf-8")
        return
    assert fresh == page, "the check prints something else: REWRITE_README=1 pytest tests/e2e/test_readme.py"


def test_it_counts_the_endpoints_of_the_report() -> None:
    assert len(SITUATIONS) == 24
    assert "of twenty-four endpoints" in README.read_text(encoding="utf-8")

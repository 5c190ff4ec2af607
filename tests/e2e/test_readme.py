"""The README: its commands are the ones that work, its transcript is the demo's, its paths exist.

`REWRITE_README=1 pytest tests/e2e/test_readme.py` writes the transcript anew.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
README = ROOT / "README.md"
TRY = "python3 server/bootstrap.py demo"
CHECK = "python3 tests/run.py"
BLOCK = re.compile(r"(?<=<!-- demo -->\n).*?(?=<!-- /demo -->)", re.DOTALL)
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
    return f"```text\n{text}```\n"


def shell_blocks() -> list[str]:
    return [command.strip() for command in re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)]


@pytest.mark.timeout(600)  # without the stamp of an earlier run, the command installs
def test_the_transcript_is_what_the_first_command_prints() -> None:
    page = README.read_text(encoding="utf-8")
    fresh = BLOCK.sub(lambda _: transcript(), page)
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
        for command in ([], ["run"], ["demo"], ["protocol"])
    ]
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page))
    assert sorted(option for option in named if option not in " ".join(helps)) == []

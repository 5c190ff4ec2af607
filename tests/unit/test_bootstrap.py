"""server/bootstrap.py: what it does when, and what it says when it cannot. No network, no real environment."""

import ast
import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
SCRIPT = ROOT / "server" / "bootstrap.py"


class Machine:
    """Records the commands, and answers them as told."""

    def __init__(self) -> None:
        self.commands: list[str] = []
        self.fails: dict[str, str] = {}

    def run(self, command: list[str], env: object = None) -> tuple[int, str]:
        text = " ".join(str(part) for part in command)
        self.commands.append(text)
        if "-m venv" in text:
            (Path(command[-1]) / "bin").mkdir(parents=True)
        for part, output in self.fails.items():
            if part in text:
                return 1, output
        return 0, "3.11"


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def bootstrap(tmp_path: Path, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, in an empty clone, on a machine that only records."""
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    venv = tmp_path / ".venv"
    for name, value in {
        "ROOT": tmp_path,
        "VENV": venv,
        "BIN": venv / "bin",
        "STAMP": venv / "agentls-stamp.json",
        "run": machine.run,
        "works": lambda python: (venv / "bin").exists(),
    }.items():
        monkeypatch.setattr(module, name, value)
    return module


def installs(machine: Machine) -> list[str]:
    return [command for command in machine.commands if "pip install" in command]


def test_a_fresh_clone_gets_an_environment_and_an_installation(
    bootstrap: ModuleType, machine: Machine, tmp_path: Path
) -> None:
    assert bootstrap.prepare([]) is True
    assert [command.split(" -")[1] for command in machine.commands] == [
        "c import ensurepip, venv",
        "m venv",
        "m pip install",
    ]
    assert installs(machine)[0].endswith(f"--editable {tmp_path}")


def test_a_second_run_does_nothing(bootstrap: ModuleType, machine: Machine) -> None:
    bootstrap.prepare(["dev"])
    Path(bootstrap.program("agentls")).touch()
    machine.commands.clear()
    assert bootstrap.prepare([]) is False
    assert bootstrap.prepare(["dev"]) is False
    assert machine.commands == []


def test_new_extras_and_new_dependencies_are_installed_beside_the_old(
    bootstrap: ModuleType, machine: Machine, tmp_path: Path
) -> None:
    bootstrap.prepare([])
    Path(bootstrap.program("agentls")).touch()
    assert bootstrap.prepare(["dev"]) is True
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    assert bootstrap.prepare([]) is True
    assert [command.rpartition(" ")[2] for command in installs(machine)] == [
        str(tmp_path),
        f"{tmp_path}[dev]",
        f"{tmp_path}[dev]",
    ]


def test_a_clone_that_was_moved_is_made_anew(bootstrap: ModuleType, machine: Machine) -> None:
    bootstrap.prepare([])
    stamp = json.loads(bootstrap.STAMP.read_text())
    bootstrap.STAMP.write_text(json.dumps({**stamp, "root": "/elsewhere"}))
    Path(bootstrap.BIN).rmdir()
    machine.commands.clear()
    bootstrap.prepare([])
    assert any("-m venv --clear" in command for command in machine.commands)


@pytest.mark.parametrize("stamp", ["", "[]", '{"extras": 3}', "\x00"])
def test_a_damaged_stamp_is_no_stamp(bootstrap: ModuleType, stamp: str) -> None:
    bootstrap.prepare([])
    bootstrap.STAMP.write_text(stamp)
    assert bootstrap.prepare([]) is True


def test_no_network_says_so(bootstrap: ModuleType, machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.fails["pip install"] = "ERROR: Temporary failure in name resolution\nERROR: gave up"
    assert bootstrap.main(["demo"]) == 1
    said = capsys.readouterr().err
    assert "the package index could not be reached" in said
    assert "  ERROR: gave up" in said
    assert not bootstrap.STAMP.exists()


def test_another_failure_of_pip_is_shown(bootstrap: ModuleType, machine: Machine) -> None:
    machine.fails["pip install"] = "ERROR: disk full"
    with pytest.raises(bootstrap.BootstrapError, match="pip could not install agentls:\n  ERROR: disk full"):
        bootstrap.prepare([])


def test_a_python_without_venv_asks_for_the_package(
    bootstrap: ModuleType, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.fails["import ensurepip"] = "No module named ensurepip"
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.BootstrapError, match=r"apt-get install python3\.11-venv"):
        bootstrap.prepare([])


def test_root_on_debian_gets_the_package_itself(
    bootstrap: ModuleType, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter([(1, ""), (0, "3.11\n"), (0, ""), (0, ""), (0, ""), (0, "")])
    monkeypatch.setattr(bootstrap, "run", lambda command, env=None: machine.run(command) and next(answers))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 0, raising=False)
    bootstrap.make_venv("/usr/bin/python3")
    assert machine.commands[2:4] == [
        "/usr/bin/apt-get update",
        "/usr/bin/apt-get install -y --no-install-recommends python3.11-venv",
    ]


def test_an_old_python_looks_for_a_newer_one(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2, "final", 0))
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/opt/{name}")
    monkeypatch.setattr(bootstrap, "works", lambda python: python == "/opt/python3.12")
    assert bootstrap.find_python() == "/opt/python3.12"
    assert "this is Python 3.9; using /opt/python3.12" in capsys.readouterr().err
    monkeypatch.setattr(bootstrap, "works", lambda python: False)
    with pytest.raises(bootstrap.BootstrapError, match=r"needs Python 3\.11 or later; this is 3\.9"):
        bootstrap.find_python()


@pytest.mark.parametrize("script", [SCRIPT, ROOT / "tests" / "run.py"])
def test_the_scripts_parse_on_old_pythons_and_import_the_standard_library_only(script: Path) -> None:
    tree = ast.parse(script.read_text(), feature_version=(3, 6))
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert imported - set(sys.stdlib_module_names) <= {"bootstrap"}

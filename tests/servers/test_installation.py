"""The installation of the real servers: once, offline and on any machine, and what it says where it cannot be."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.support.servers import llama_install, mock_install, place
from tests.support.servers.command import run
from tests.support.servers.place import Place, State
from tests.support.servers.process import ServerProcess

KILL_ITSELF = "import os, signal; os.kill(os.getpid(), signal.SIGILL)"
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "print('both run', flush=True); import time; time.sleep(600)"])
child.wait()
"""


@pytest.fixture
def somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Installations go here."""
    monkeypatch.setattr(place, "FOLDER", tmp_path / "servers")
    monkeypatch.setattr(llama_install, "PLACE", Place("llama", "llama.cpp", ("part==1",)))
    monkeypatch.setattr(mock_install, "PLACE", Place("aimock", "aimock", ("part==1",)))
    return tmp_path / "servers"


@pytest.mark.parametrize(("ci", "is_tolerated"), [("true", False), ("1", False), ("", True), ("false", True)])
def test_what_is_missing_is_tolerated_but_where_ci_is_set(
    monkeypatch: pytest.MonkeyPatch, ci: str, is_tolerated: bool
) -> None:
    monkeypatch.setenv("CI", ci)
    assert State("server", "gone").is_tolerated is is_tolerated
    assert State("server").is_tolerated
    assert State("server", "the processor", is_excused=True).is_tolerated


def test_an_installation_counts_once_it_is_finished_and_until_its_parts_change(somewhere: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.py"
    source.write_text("one")
    installed = Place("it", "It 1", ("part==1",), (source,))
    installed.folder.mkdir(parents=True)
    assert installed.state().missing is not None
    assert installed.finish() == State("It 1")
    assert Place("it", "It 1", ("part==1",), (source,)).state() == State("It 1")
    assert Place("it", "It 1", ("part==2",), (source,)).state().missing is not None
    source.write_text("two")
    assert installed.state().missing is not None


def test_without_a_built_wheel_nothing_is_compiled(
    somewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AGENTLS_WHEELS", str(tmp_path))
    assert "AGENTLS_WHEELS" in str(llama_install.install().missing)
    assert not somewhere.exists()


def test_a_processor_that_lacks_an_instruction_excuses_and_is_remembered(
    somewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (somewhere / "llama").mkdir(parents=True)
    monkeypatch.setattr(llama_install, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(llama_install, "TRIAL", KILL_ITSELF)
    state = llama_install.try_out()
    assert (state.is_excused, state.missing) == (True, "the built wheel uses instructions that this processor lacks")
    assert llama_install.install() == state


def test_a_trial_that_fails_otherwise_is_no_excuse(somewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_install, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(llama_install, "TRIAL", "raise SystemExit('it is broken')")
    state = llama_install.try_out()
    assert (state.is_excused, state.missing) == (False, "it could not answer (exit code 1):\n  it is broken")


def test_without_node_it_says_what_it_needs(somewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert mock_install.install() == State("aimock", "it needs npm, and node 20.15 or later")


def test_a_command_is_bounded_and_its_last_words_are_kept() -> None:
    endless = run([sys.executable, "-c", PARENT], limit_s=0.2)
    assert (endless.code, endless.output.splitlines()[-1]) == (1, "ended after 0.2 s")
    assert run([sys.executable, "-c", "print('last words'); raise SystemExit(3)"]).tail == "  last words"
    assert run(["no-such-program"]).code == 1


@pytest.mark.skipif(os.name == "nt", reason="a group of processes is a POSIX thing")
def test_stopping_a_server_stops_what_it_started() -> None:
    with ServerProcess("parent", [sys.executable, "-c", PARENT]) as server:
        server.wait_for_line("both run")
        assert not server.is_over
    assert server.is_over


def test_a_server_that_ends_before_it_is_ready_shows_its_last_words() -> None:
    talk = "print('no model here')"
    with (
        ServerProcess("server", [sys.executable, "-c", talk]) as server,
        pytest.raises(AssertionError, match="no model here"),
    ):
        server.wait_ready("listening")
